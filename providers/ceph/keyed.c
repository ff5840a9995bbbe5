/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Managers and metadata servers: what is read of them, and their plan. On its own node a daemon is
 * seen by its unit, its key ring and the cluster's map; those of other nodes by the map, and by the
 * key that is left of one that died.
 *
 * While nobody answers, what only the cluster can tell is not compared.
 */

#include "keyed.h"

#include <string.h>

#include <hcstate/cluster.h>

#include "keyed_step.h"

static bool *flag_of(struct hc_resource *r, size_t offset)
{
	return (bool *)((char *)r->spec + offset);
}

static void put_flag(struct hc_resource *r, size_t offset, bool value)
{
	*flag_of(r, offset) = value;
	hc_mark(r, offset);
}

static bool is(const struct hc_resource *r, size_t offset)
{
	return hc_marked(r, offset) && *(const bool *)((const char *)r->spec + offset);
}

/* The role of what has none yet. */
#define STARTING "starting"

static void put_role(const struct look *look, const struct keyed *keyed, struct hc_resource *r)
{
	const char *role;

	if (look->facts->why)
		return;
	role = keyed->role_of(look->call->arena, look->facts, r->node);
	put_flag(r, keyed->joined, role);
	if (!role && keyed->starting && keyed->starting(look->facts, r->node))
		role = STARTING;
	if (!role)
		return;
	*(const char **)((char *)r->spec + keyed->role) = role;
	hc_mark(r, keyed->role);
}

static const char *entity_of(const struct hc_call *call, const struct keyed *keyed,
			     const char *node)
{
	return hc_printf(call->arena, "%s.%s", keyed->kind, node);
}

/* Beside the key that the monitors know; a file without one of those is as good as a wrong one. */
static int judge(const struct look *look, const struct keyed *keyed, enum hc_keyring *verdict)
{
	struct hc_call *call = look->call;
	const char *entity = entity_of(call, keyed, call->node);
	const struct fact_key *key = look->facts->why ? NULL : facts_key(look->facts, entity);
	const char *path = keyed_keyring(call->arena, keyed, call->node);
	struct keyring want = {.entity = entity, .key = "", .caps = ""};
	uid_t user;
	gid_t group;
	int r = daemon_user(call, &user, &group);

	if (r)
		return r;
	if (key) {
		want.key = key->key;
		want.size = strlen(key->key);
	}
	r = keyring_judge(path, &want, user, verdict);
	if (!key && *verdict != HC_KEYRING_ABSENT)
		*verdict = HC_KEYRING_WRONG;
	return r ? hc_fail(call, -r, NULL, "%s: %s", path, strerror(-r)) : 0;
}

static void put_keyring(const struct look *look, const struct keyed *keyed, struct hc_resource *r,
			enum hc_keyring verdict)
{
	/* a file beside a key that nobody could be asked for says nothing */
	if (look->facts->why && verdict != HC_KEYRING_ABSENT)
		return;
	*(unsigned *)((char *)r->spec + keyed->keyring) = verdict;
	hc_mark(r, keyed->keyring);
}

static bool known(const struct look *look, const struct keyed *keyed, const char *node)
{
	return !look->facts->why && (keyed->role_of(look->call->arena, look->facts, node) ||
				     facts_key(look->facts, entity_of(look->call, keyed, node)));
}

static int read_own(const struct look *look, const struct keyed *keyed)
{
	struct hc_call *call = look->call;
	enum hc_keyring verdict;
	struct hc_resource *r;
	struct hc_unit unit;
	int err = hc_unit_read(call, daemon_unit(call->arena, keyed->kind, call->node), &unit);

	if (err)
		return err;
	if (!unit.found) {
		if (daemon_wanted(call, keyed->type, call->node))
			hc_unknown(look->live, keyed->type, "package %s is not installed",
				   keyed->package);
		return 0;
	}
	err = judge(look, keyed, &verdict);
	if (err || (!known(look, keyed, call->node) && verdict == HC_KEYRING_ABSENT &&
		    !unit.enabled && !unit.active))
		return err;
	r = daemon_found(look, keyed->type, call->node);
	put_flag(r, keyed->enabled, unit.enabled);
	put_flag(r, keyed->active, unit.active);
	put_flag(r, keyed->failed, unit.failed);
	put_keyring(look, keyed, r, verdict);
	put_role(look, keyed, r);
	return 0;
}

static bool has_found(const struct look *look, const struct hc_type *type, const char *node)
{
	const struct hc_set *found = &look->live->found;

	for (size_t i = 0; i < found->n; i++)
		if (found->v[i]->type == type && !strcmp(found->v[i]->node, node))
			return true;
	return false;
}

static void read_other(const struct look *look, const struct keyed *keyed, const char *node)
{
	if (*node && strcmp(node, look->call->node) != 0 && !has_found(look, keyed->type, node))
		put_role(look, keyed, daemon_found(look, keyed->type, node));
}

int keyed_read(const struct look *look, const struct keyed *keyed)
{
	const struct facts *facts = look->facts;
	size_t prefix = strlen(keyed->kind) + 1;
	const char *name;
	int r = read_own(look, keyed);

	if (r || facts->why)
		return r;
	for (size_t i = 0; (name = keyed->name_at(facts, i)); i++)
		read_other(look, keyed, name);
	for (size_t i = 0; i < facts->nkey; i++)
		if (!strncmp(facts->keys[i].entity, keyed->kind, prefix - 1) &&
		    facts->keys[i].entity[prefix - 1] == '.')
			read_other(look, keyed, facts->keys[i].entity + prefix);
	return 0;
}

const char *keyed_gate(struct hc_arena *arena, const struct keyed *keyed, size_t left,
		       size_t needed)
{
	if (left >= needed)
		return "";
	if (needed == 1)
		return hc_printf(arena, "it is the last %s", keyed->word);
	return hc_printf(arena, "%zu of the %ss would be left, and %zu are needed", left,
			 keyed->word, needed);
}

static bool is_starting(const struct hc_resource *r, const struct keyed *keyed)
{
	return hc_marked(r, keyed->role) &&
	       !strcmp(*(const char *const *)((const char *)r->spec + keyed->role), STARTING);
}

/* One that is starting is waited for by the step, and no reason to refuse. */
static const char *gate(struct hc_call *call, const struct keyed *keyed,
			const struct hc_change *change)
{
	size_t n, left = 0;
	struct hc_resource *const *v = hc_of_type(&call->live->found, keyed->type, &n);

	for (size_t i = 0; i < n; i++)
		left += strcmp(v[i]->node, change->node) != 0 &&
			(is(v[i], keyed->joined) || is_starting(v[i], keyed));
	if (!hc_marked(change->have, keyed->joined))
		return "no majority of the monitors answers: whether it may go cannot be told";
	if (!is(change->have, keyed->joined))
		return "";
	return keyed_gate(call->arena, keyed, left, keyed->needed(&call->live->found));
}

static void adjust_removal(struct hc_call *call, const struct keyed *keyed,
			   struct hc_change *change)
{
	const char *why;

	if (!daemon_leaves(call, change))
		return;
	change->reason = "no manifest asks for it any more, and its going is approved";
	why = gate(call, keyed, change);
	if (*why)
		change->refused = why;
}

int keyed_adjust(struct hc_call *call, const struct keyed *keyed, struct hc_change *change)
{
	if (change->action == HC_REMOVE) {
		adjust_removal(call, keyed, change);
		return 0;
	}
	change->refused = daemon_refusal(call);
	if (!change->have)
		return 0;
	/* one that does not run has not joined either: say the one, not both */
	if (!is(change->have, keyed->active) || !hc_marked(change->have, keyed->joined))
		hc_change_agree(change, keyed->joined);
	if (!hc_marked(change->have, keyed->keyring))
		hc_change_agree(change, keyed->keyring);
	if (!is(change->have, keyed->active) && is(change->have, keyed->failed))
		change->reason =
			hc_printf(call->arena,
				  "its unit ended with an error: journalctl -u %s says more",
				  daemon_unit(call->arena, keyed->kind, change->node));
	return 0;
}

static void plan_removal(struct hc_call *call, struct hc_change *change, struct hc_plan *plan)
{
	bool own = !strcmp(change->node, call->node);

	if (own)
		(void)hc_step(plan, change, KEYED_STOP, HC_NONE, NULL, "stop");
	hc_step(plan, change, KEYED_FORGET, HC_NONE, NULL, "remove its key")->node =
		own ? call->node : NULL;
	if (own)
		(void)hc_step(plan, change, KEYED_CLEAR, HC_NONE, NULL, "remove its directory");
}

static bool differs(const struct hc_change *change, size_t offset)
{
	return !change->have || hc_change_differs(change, offset);
}

int keyed_plan(struct hc_call *call, const struct keyed *keyed, struct hc_change *change,
	       struct hc_plan *plan)
{
	bool start, key, restart;

	if (change->action == HC_REMOVE) {
		plan_removal(call, change, plan);
		return 0;
	}
	start = differs(change, keyed->active);
	key = differs(change, keyed->keyring);
	restart = !start && key && keyed_verdict(change->have, keyed) != HC_KEYRING_READABLE;
	if (key)
		(void)hc_step(plan, change, KEYED_KEY, HC_NONE, NULL, "write its key");
	if (differs(change, keyed->enabled))
		(void)hc_step(plan, change, KEYED_ENABLE, HC_NONE, NULL, "enable");
	if (start)
		(void)hc_step(plan, change, KEYED_START, HC_NONE, NULL, "start");
	if (restart)
		(void)hc_step(plan, change, KEYED_RESTART, HC_BLIP, NULL, "restart");
	if (start || restart || differs(change, keyed->joined))
		(void)hc_step(plan, change, KEYED_AWAIT, HC_NONE, NULL,
			      "wait until the cluster has it");
	return 0;
}
