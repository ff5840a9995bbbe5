/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is: while corosync runs, what it runs with; when it does not, what it would run with. The
 * file and the service are a resource of their own (Corosync), so a file that somebody edited is
 * one difference and a stopped service is one difference, whatever else is right.
 */

#include "corosync.h"

#include <string.h>

#include <hcstate/file.h>
#include <hcstate/unit.h>

#include "authkey.h"
#include "conf.h"
#include "keys.h"

static void all_unknown(struct hc_state *live, const char *why)
{
	hc_unknown(live, &hc_node, "%s", why);
	hc_unknown(live, &hc_cluster, "%s", why);
	hc_unknown(live, &hc_cluster_link, "%s", why);
	hc_unknown(live, &hc_corosync, "%s", why);
}

static void say_link(struct hc_arena *arena, struct hc_node *node, unsigned number,
		     const char *address, const char *state)
{
	hc_strings_add(arena, &node->link_states,
		       hc_printf(arena, "link%u %s %s", number, address, state));
}

/* Of the node's own links corosync only has one to say something about, whatever there is. */
static void observe_links(struct hc_arena *arena, const struct running *running,
			  const struct running_node *seen, struct hc_node *node)
{
	for (size_t i = 0; seen->id == running->local && i < node->links.n; i++)
		say_link(arena, node, (unsigned)hc_link_number(node->links.v[i].key),
			 node->links.v[i].value, "local");
	for (size_t i = 0; seen->id != running->local && i < seen->nlink; i++)
		say_link(arena, node, seen->links[i].number, seen->links[i].address,
			 seen->links[i].connected ? "connected" : "disconnected");
}

static void observe_node(struct hc_arena *arena, const struct running *running,
			 struct hc_resource *r)
{
	struct hc_node *node = r->spec;
	const struct running_node *seen = running_find(running, node->id);

	if (!seen)
		return;
	node->member = seen->member;
	hc_set_field(r, struct hc_node, member);
	node->left = seen->left;
	hc_set_field(r, struct hc_node, left);
	observe_links(arena, running, seen, node);
	hc_set_field(r, struct hc_node, link_states);
}

static void observe_cluster(const struct running *running, struct hc_set *found,
			    struct hc_resource *r)
{
	struct hc_cluster *cluster = r->spec;

	cluster->quorate = running->quorate;
	hc_set_field(r, struct hc_cluster, quorate);
	cluster->expected_votes = running->expected_votes;
	hc_set_field(r, struct hc_cluster, expected_votes);
	cluster->total_votes = running->total_votes;
	hc_set_field(r, struct hc_cluster, total_votes);
	cluster->quorum = running->quorum;
	hc_set_field(r, struct hc_cluster, quorum);
	for (size_t i = 0; i < found->n; i++)
		if (found->v[i]->type == &hc_node &&
		    ((const struct hc_node *)found->v[i]->spec)->member)
			hc_strings_add(found->arena, &cluster->members, found->v[i]->name);
	hc_set_field(r, struct hc_cluster, members);
}

static void observe(const struct running *running, struct hc_set *found)
{
	for (size_t i = 0; i < found->n; i++)
		if (found->v[i]->type == &hc_node)
			observe_node(found->arena, running, found->v[i]);
	for (size_t i = 0; i < found->n; i++)
		if (found->v[i]->type == &hc_cluster)
			observe_cluster(running, found, found->v[i]);
}

/* The file's text, "" when there is none. */
static int read_file(struct hc_call *call, const char **text)
{
	char *data;
	size_t size;
	int r = hc_file_read(call->arena, CONF_FILE, CONF_MAX, &data, &size);

	*text = r ? "" : data;
	return r == -ENOENT ? 0 : r;
}

static const struct hc_cluster *wanted(const struct hc_call *call)
{
	for (size_t i = 0; i < call->desired->n; i++)
		if (call->desired->v[i]->type == &hc_cluster)
			return call->desired->v[i]->spec;
	return NULL;
}

/* Only where the key matters is the secret opened: to a node that is taken out of the manifests it
 * is not sealed any more, and yet it has to leave. */
static void read_authkey(struct hc_call *call, struct hc_resource *r, struct hc_state *live)
{
	struct hc_corosync *corosync = r->spec;
	enum hc_authkey verdict;
	const char *why;

	if (!call->member || !wanted(call) || !authkey_used(wanted(call)))
		return;
	if (authkey_judge(call, &verdict, &why)) {
		hc_unknown(live, &hc_corosync, "%s", why);
		return;
	}
	corosync->authkey = verdict;
	hc_set_field(r, struct hc_corosync, authkey);
}

static void read_corosync(struct hc_call *call, const char *text, const struct hc_unit *unit,
			  const struct running *running, struct hc_state *live)
{
	struct hc_resource *r = hc_resource_new(&live->found, &hc_corosync, call->node, "corosync");
	struct hc_corosync *corosync = r->spec;
	struct hc_arena *arena = live->found.arena;

	r->made = conf_is_ours(text);
	corosync->conf = hc_strdup(arena, text);
	hc_set_field(r, struct hc_corosync, conf);
	corosync->enabled = unit->enabled;
	hc_set_field(r, struct hc_corosync, enabled);
	corosync->active = unit->active;
	hc_set_field(r, struct hc_corosync, active);
	corosync->failed = unit->failed;
	hc_set_field(r, struct hc_corosync, failed);
	corosync->quorate = running->quorate;
	hc_set_field(r, struct hc_corosync, quorate);
	corosync->node_name = unit->active ? running_name(arena, running, running->local)
					   : conf_owner(arena, text);
	if (corosync->node_name)
		hc_set_field(r, struct hc_corosync, node_name);
	read_authkey(call, r, live);
}

/* The manifests' name for the cluster; NULL: they have none, and what is there is not ours. */
static const char *cluster_name(const struct hc_call *call)
{
	for (size_t i = 0; i < call->desired->n; i++)
		if (call->desired->v[i]->type == &hc_cluster)
			return call->desired->v[i]->name;
	return NULL;
}

int corosync_read(struct hc_call *call, void *data, struct hc_state *live)
{
	struct corosync *self = data;
	struct running running = {0};
	struct hc_unit unit;
	const char *text, *why;
	int r = hc_unit_read(call, COROSYNC_UNIT, &unit);

	if (r)
		return r;
	r = read_file(call, &text);
	if (r)
		return hc_fail(call, -r, NULL, CONF_FILE ": %s", strerror(-r));
	if (*text)
		hc_tell(call, FACT_CONF, conf_digest(call->arena, text));
	hc_tell(call, FACT_KEY, authkey_digest(call->arena));
	if (unit.active && running_read(call, self->asker, &running, &why)) {
		all_unknown(live, why);
		return 0;
	}
	if (!unit.active && !*text)
		return 0;
	if (!unit.active)
		conf_parse(call->arena, text, &running.keys);
	keys_resources(&running.keys, cluster_name(call), &live->found);
	if (unit.active)
		observe(&running, &live->found);
	read_corosync(call, text, &unit, &running, live);
	return 0;
}
