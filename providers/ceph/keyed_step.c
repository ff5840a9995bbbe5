/* SPDX-License-Identifier: Apache-2.0 */
/* The steps of managers and metadata servers, each harmless to take again. */

#include "keyed_step.h"

#include <string.h>

#include "entity.h"

enum {
	ASK_US = 5 * 1000 * 1000, /* what is to be started does not wait longer for an answer */
};

char *keyed_directory(struct hc_arena *arena, const struct keyed *keyed, const char *node)
{
	return hc_printf(arena, "/var/lib/ceph/%s/ceph-%s", keyed->kind, node);
}

char *keyed_keyring(struct hc_arena *arena, const struct keyed *keyed, const char *node)
{
	return hc_printf(arena, "%s/keyring", keyed_directory(arena, keyed, node));
}

enum hc_keyring keyed_verdict(const struct hc_resource *r, const struct keyed *keyed)
{
	return *(const unsigned *)((const char *)r->spec + keyed->keyring);
}

static char *entity_of(struct hc_arena *arena, const struct keyed *keyed, const char *node)
{
	return hc_printf(arena, "%s.%s", keyed->kind, node);
}

static int write_key(struct hc_call *call, struct ceph *self, const struct keyed *keyed)
{
	const char *node = call->node;
	int r = daemon_directory(call, keyed_directory(call->arena, keyed, node));

	return r ? r
		 : entity_keyring(call, self, entity_of(call->arena, keyed, node), keyed->caps,
				  keyed_keyring(call->arena, keyed, node));
}

/* What the map has of it before it is started; 0: that cannot be told, or does not matter. */
static uint64_t life_before(struct hc_call *call, struct ceph *self, const struct keyed *keyed)
{
	struct hc_call quiet = hc_quiet(call);
	uint64_t soon = hc_now() + ASK_US;
	struct facts facts;

	if (!keyed->life)
		return 0;
	if (quiet.deadline > soon)
		quiet.deadline = soon;
	if (facts_read_managers(&quiet, self, &facts))
		return 0;
	return keyed->life(&facts, call->node);
}

/* One that runs by now, though it had to be started, is in the map as what it is. */
static int start(struct hc_call *call, struct ceph *self, const struct keyed *keyed,
		 const char *unit)
{
	uint64_t before = life_before(call, self, keyed);
	struct hc_unit state;
	int r = hc_unit_read(call, unit, &state);

	if (r || state.active)
		return r;
	r = hc_unit_start_alone(call, unit);
	if (!r && keyed->life)
		atomic_store(&self->former_manager, before);
	return r;
}

static int restart(struct hc_call *call, struct ceph *self, const struct keyed *keyed,
		   const char *unit)
{
	uint64_t before = life_before(call, self, keyed);
	int r = hc_unit_restart_alone(call, unit);

	if (!r && keyed->life)
		atomic_store(&self->former_manager, before);
	return r;
}

static int await_joined(struct hc_call *call, struct ceph *self, const struct keyed *keyed)
{
	struct facts facts;
	int r = facts_need(call, self, &facts);

	if (r || keyed->role_of(call->arena, &facts, call->node))
		return r;
	return hc_wait(call, "the cluster does not know %s.%s yet", keyed->kind, call->node);
}

static bool is_in_map(const struct keyed *keyed, const struct facts *facts, const char *node)
{
	const char *name;

	for (size_t i = 0; (name = keyed->name_at(facts, i)); i++)
		if (!strcmp(name, node))
			return true;
	return false;
}

/* How many are at their work, or ready for it, beside that node's; *coming: how many are about to.
 */
static size_t others(struct hc_arena *arena, const struct keyed *keyed, const struct facts *facts,
		     const char *node, size_t *coming)
{
	size_t n = 0;
	const char *name;

	*coming = 0;
	for (size_t i = 0; (name = keyed->name_at(facts, i)); i++) {
		if (!strcmp(name, node))
			continue;
		if (keyed->role_of(arena, facts, name))
			n++;
		else
			*coming += keyed->starting && keyed->starting(facts, name);
	}
	return n;
}

/* The gate, looked at once more right before it goes. */
static int may_go(struct hc_call *call, const struct keyed *keyed, const struct facts *facts,
		  const char *node)
{
	size_t left, coming, needed = keyed->needed_now(facts);
	const char *why;

	if (!is_in_map(keyed, facts, node))
		return 0;
	left = others(call->arena, keyed, facts, node, &coming);
	if (left < needed && left + coming >= needed)
		return hc_wait(call, "another %s has to be ready first", keyed->word);
	why = keyed_gate(call->arena, keyed, left, needed);
	return *why ? hc_fail(call, EBUSY, NULL, "%s", why) : 0;
}

static int stop(struct hc_call *call, struct ceph *self, const struct keyed *keyed,
		const char *node)
{
	struct facts facts;
	int r = daemon_turn(call, keyed->type);

	if (!r)
		r = facts_need(call, self, &facts);
	if (!r)
		r = may_go(call, keyed, &facts, node);
	if (r && r != -EAGAIN)
		daemon_turn_over(call, keyed->type);
	return r ? r : daemon_stop(call, daemon_unit(call->arena, keyed->kind, node));
}

/* The maps keep one that was stopped, or whose node is no more, for half a minute or for ever. */
static int leave_map(struct hc_call *call, struct ceph *self, const struct keyed *keyed,
		     const char *node)
{
	bool mds = keyed->type == &hc_ceph_mds;
	struct facts facts;
	int r = facts_need(call, self, &facts);

	if (!r && strcmp(node, call->node) != 0)
		r = may_go(call, keyed, &facts, node);
	if (r || !is_in_map(keyed, &facts, node))
		return r;
	return tell_mon(call, self->connection,
			command(mds ? "mds fail" : "mgr fail", mds ? "role_or_gid" : "who", node,
				NULL));
}

static int forget(struct hc_call *call, struct ceph *self, const struct keyed *keyed,
		  const char *node)
{
	int r = strcmp(node, call->node) != 0 ? ceph_must_lead(call, self) : 0;

	if (!r)
		r = leave_map(call, self, keyed, node);
	return r ? r : entity_remove(call, self, entity_of(call->arena, keyed, node));
}

int keyed_apply(struct hc_call *call, struct ceph *self, const struct keyed *keyed,
		const struct hc_step *step)
{
	const char *node = step->change->node;
	const char *unit = daemon_unit(call->arena, keyed->kind, node);

	switch ((enum keyed_op)step->op) {
	case KEYED_KEY:
		return write_key(call, self, keyed);
	case KEYED_ENABLE:
		return hc_unit_enable(call, unit);
	case KEYED_START:
		return start(call, self, keyed, unit);
	case KEYED_RESTART:
		return restart(call, self, keyed, unit);
	case KEYED_AWAIT:
		return await_joined(call, self, keyed);
	case KEYED_STOP:
		return stop(call, self, keyed, node);
	case KEYED_FORGET:
		return forget(call, self, keyed, node);
	case KEYED_CLEAR:
		daemon_turn_over(call, keyed->type);
		return daemon_clear(call, keyed_directory(call->arena, keyed, node));
	}
	return -EINVAL;
}
