/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Ethernet: a NIC that is there. It is never made or deleted, only set. What it has in common with
 * a bridge (up, mtu, comment, boot files, taking over from ifupdown) is here too, for both.
 */

#include "nouns.h"

#include <sys/socket.h>

#include "ifupdown.h"

/* What the two kinds say in the same words. */
struct common {
	const char *comment; /* NULL: not said */
	uint32_t mtu;
	bool up, adopt;
	const char *netdev_file, *network_file; /* NULL: the kind has none */
};

static struct common common_of(const struct hc_resource *r)
{
	if (r->type == &hc_ethernet) {
		const struct hc_ethernet *e = r->spec;

		return (struct common){e->comment, e->mtu, e->up, e->adopt, NULL, e->network_file};
	} else {
		const struct hc_bridge *b = r->spec;

		return (struct common){b->comment, b->mtu,         b->up,
				       b->adopt,   b->netdev_file, b->network_file};
	}
}

const char *ifupdown_place(const struct hc_call *call, const char *link)
{
	const struct hc_resource *r =
		call->live ? hc_find(&call->live->found, &hc_networkd, call->node, NETWORKD) : NULL;

	return r ? hc_map_get(&((const struct hc_networkd *)r->spec)->ifupdown, link) : NULL;
}

const char *configured_twice(struct hc_call *call, const char *link, bool adopt)
{
	const char *place = ifupdown_place(call, link);

	if (!place || adopt)
		return NULL;
	return hc_printf(call->arena,
			 "%s also configures %s; with adopt: true hcstate takes it over", place,
			 link);
}

bool parent_adopts(const struct hc_resource *child)
{
	const struct hc_resource *parent = child->parent;

	return parent && common_of(parent).adopt;
}

static const char *mac_text(struct hc_arena *arena, const struct hc_mac *mac)
{
	const uint8_t *b = mac->bytes;

	return hc_printf(arena, "%02x:%02x:%02x:%02x:%02x:%02x", b[0], b[1], b[2], b[3], b[4],
			 b[5]);
}

static void adjust_ethernet(struct hc_call *call, struct hc_change *change)
{
	const struct hc_ethernet *want = change->want ? change->want->spec : NULL;
	bool by_mac = want && hc_has_field(change->want, struct hc_ethernet, mac);

	if (!want)
		return;
	hc_agree(change, struct hc_ethernet, adopt); /* it permits; `ifupdown` says whether to */
	if (hc_differs(change, struct hc_ethernet, network_file))
		hc_agree(change, struct hc_ethernet, autostart); /* the same, said once */
	change->refused = configured_twice(call, change->name, want->adopt);
	if (change->have && !hc_differs(change, struct hc_ethernet, mac))
		return;
	if (by_mac)
		change->refused = hc_printf(call->arena, "there is no NIC with %s on %s",
					    mac_text(call->arena, &want->mac), call->node);
	else if (call->live && hc_find(&call->live->found, &hc_bridge, call->node, change->name))
		change->refused = hc_printf(call->arena, "%s is a bridge", change->name);
	else
		change->refused = hc_printf(call->arena, "there is no link %s on %s", change->name,
					    call->node);
}

/* Bits of the two kinds that lie at different places in their structs. */
static bool differs(const struct hc_change *change, const char *field)
{
	int i = hc_field_index(change->type, field);

	return i >= 0 && change->differs >> i & 1;
}

bool link_files(const struct hc_change *change)
{
	return change->action == HC_REMOVE || differs(change, "netdev_file") ||
	       differs(change, "network_file") ||
	       (change->action == HC_CREATE && *common_of(change->want).network_file);
}

static void plan_files(struct hc_change *change, struct hc_plan *plan)
{
	bool netdev = differs(change, "netdev_file"), network = differs(change, "network_file");
	struct common want = common_of(change->want);

	if (change->action != HC_CREATE && !netdev && !network)
		return;
	if (*want.network_file)
		(void)hc_step(plan, change, OP_FILES, HC_NONE, NULL, "write boot files");
	else if (change->action != HC_CREATE)
		(void)hc_step(plan, change, OP_FILES, HC_NONE, NULL, "remove boot files");
}

int parent_link(struct hc_call *call, struct rtnl *rtnl, const struct hc_step *step,
		struct link *link)
{
	const char *name = parent_name(call->arena, step->change->name);
	int r = link_get(rtnl, name, link);

	if (r == -ENODEV && step->op == OP_DELETE)
		return 1;
	return r == -ENODEV ? hc_wait(call, "there is no link %s", name) : r;
}

void plan_link(struct hc_change *change, struct hc_plan *plan)
{
	struct common want = common_of(change->want);
	const char *place = NULL;

	if (differs(change, "comment"))
		(void)hc_step(plan, change, OP_COMMENT, HC_NONE, NULL, "set comment");
	if (differs(change, "mtu"))
		(void)hc_step(plan, change, OP_MTU,
			      change->type == &hc_ethernet ? HC_BLIP : HC_NONE, NULL, "set mtu %u",
			      want.mtu);
	if (differs(change, "up"))
		(void)hc_step(plan, change, OP_STATE, want.up ? HC_NONE : HC_BLIP, NULL,
			      want.up ? "bring up" : "take down");
	plan_files(change, plan);
	if (differs(change, "ifupdown"))
		place = change->type == &hc_ethernet
				? ((const struct hc_ethernet *)change->have->spec)->ifupdown
				: ((const struct hc_bridge *)change->have->spec)->ifupdown;
	if (place)
		(void)hc_step(plan, change, OP_ADOPT, HC_NONE, NULL, "comment out %s", place);
}

/* Whether the bridge was there when hcstate first wrote a file for it. */
static bool was_there(const struct hc_change *change)
{
	const struct hc_bridge *have = change->have ? change->have->spec : NULL;

	return have && (have->was_there || !have->netdev_file || !*have->netdev_file);
}

/* `mac`: of a bridge that is about to be made, or NULL. */
static int write_netdev(struct hc_call *call, struct rtnl *rtnl, const struct hc_change *change,
			const char *text, const struct hc_mac *mac)
{
	const struct hc_resource *about = change->want ? change->want : change->have;
	const char *name = boot_name(call->arena, about->name, "netdev");
	struct link link;

	if (*text) {
		int r = link_get(rtnl, about->name, &link);
		if (r < 0 && r != -ENODEV)
			return r;
		if (!r)
			mac = &link.mac;
		if (mac)
			text = networkd_with_mac(call->arena, text, mac);
		if (was_there(change))
			text = networkd_with_mark(call->arena, text);
	}
	return boot_write(call, about, name, text);
}

static int apply_files(struct hc_call *call, struct rtnl *rtnl, const struct hc_step *step)
{
	const struct hc_change *change = step->change;
	const struct hc_resource *about = change->want ? change->want : change->have;
	struct common want = {.network_file = "", .netdev_file = ""};
	int r = 0;

	if (change->want)
		want = common_of(change->want);
	if (want.netdev_file && change->type == &hc_bridge)
		r = write_netdev(call, rtnl, change, want.netdev_file, step->arg);
	if (!r)
		r = boot_write(call, about, boot_name(call->arena, change->name, "network"),
			       want.network_file);
	return r;
}

static int get(struct hc_call *call, struct rtnl *rtnl, const struct hc_change *change,
	       struct link *link)
{
	int r = link_get(rtnl, change->name, link);

	if (r == -ENODEV)
		return hc_fail(call, ENODEV, change->want, "there is no link %s", change->name);
	return r;
}

int apply_link(struct hc_call *call, struct rtnl *rtnl, const struct hc_step *step)
{
	const struct hc_change *change = step->change;
	struct common want;
	struct link link;
	int r;

	if (step->op == OP_FILES)
		return apply_files(call, rtnl, step);
	want = common_of(change->want);
	r = get(call, rtnl, change, &link);
	if (r < 0)
		return r;
	switch ((enum op)step->op) {
	case OP_ADOPT:
		return ifupdown_adopt(call, IFUPDOWN_FILE, link.real);
	case OP_COMMENT:
		return link_set_alias(rtnl, &link, want.comment);
	case OP_MTU:
		return link_set_mtu(rtnl, &link, want.mtu);
	case OP_STATE:
		return link_set_up(rtnl, &link, want.up);
	case OP_CREATE:
	case OP_DELETE:
	case OP_MAC:
	case OP_SWITCHING:
	case OP_FILES:
	case OP_ENABLE:
	case OP_RESTART:
	case OP_AGAIN:
	case OP_WAIT:
		break;
	}
	return hc_fail(call, EINVAL, change->want, "no step of a link");
}

static void plan_ethernet(struct hc_call *call, struct hc_change *change, struct hc_plan *plan)
{
	(void)call;
	if (change->action == HC_REMOVE)
		(void)hc_step(plan, change, OP_FILES, HC_NONE, NULL, "remove boot files");
	else if (change->have) /* one that is not there is refused */
		plan_link(change, plan);
}

const struct noun ethernet_noun = {
	.type = &hc_ethernet,
	.adjust = adjust_ethernet,
	.plan = plan_ethernet,
	.apply = apply_link,
	.files = link_files,
};
