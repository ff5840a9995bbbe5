/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The steps of a monitor, each harmless to take again, and the gate that it leaves through: the
 * monitors that stay must have a majority among themselves, and Ceph must agree. The gate is looked
 * at for the plan and once more right before the monitor goes.
 */

#include "monitor.h"

#include <string.h>

#include "admin_socket.h"
#include "daemon.h"
#include "first_quorum.h"
#include "past.h"
#include "rejoin.h"
#include "store.h"

enum {
	PATIENCE_US = 4000000, /* then others may look at it */
};

const char *monitor_majority(struct hc_arena *arena, const struct facts *facts, const char *node)
{
	size_t rest = 0, agree = 0;

	if (!facts_mon(facts, node))
		return "";
	for (size_t i = 0; i < facts->nmon; i++)
		if (strcmp(facts->mons[i].name, node) != 0) {
			rest++;
			agree += facts->mons[i].quorate;
		}
	if (!rest)
		return "it is the last monitor";
	if (agree >= rest / 2 + 1)
		return "";
	return hc_printf(arena, "%zu monitors would be left, of which %zu agree where %zu have to",
			 rest, agree, rest / 2 + 1);
}

int monitor_gate(struct hc_call *call, struct ceph *self, const struct facts *facts,
		 const char *node, const char **gate)
{
	struct ask safe = {
		.command = command("mon ok-to-rm", "id", node, NULL),
		.plain = true,
		.quiet = true,
	};
	int r = 0;

	*gate = monitor_majority(call->arena, facts, node);
	if (!**gate && facts_mon(facts, node)) {
		r = ask(call, self->connection, &safe);
		if (!r && safe.code)
			*gate = hc_printf(call->arena, "Ceph says: %s",
					  *safe.words ? safe.words : strerror(-safe.code));
	}
	ask_done(&safe);
	return r;
}

static const char *join(struct hc_arena *arena, const char *text, const char *more)
{
	return hc_printf(arena, "%s%s%s", text, *text ? ", " : "", more);
}

/* Nobody answers: who is expected, and where nobody is at work on it. */
static int no_answer(struct hc_call *call)
{
	struct wants wants = wants_of(call);
	const char *all = "", *idle = "";

	for (size_t i = 0; i < wants.nmon; i++) {
		const char *node = wants.mons[i].node;

		all = join(call->arena, all, node);
		if (strcmp(node, call->node) != 0 && !hc_heard(call, node, FACT_PAST))
			idle = join(call->arena, idle, node);
	}
	return hc_wait(call, "no majority of the monitors (%s) answers%s%s", all,
		       *idle ? "; no hcstate runs on " : "", idle);
}

static int judge_quorum(struct hc_call *call, struct json_object *status)
{
	const char *path = admin_socket_path(call->arena, call->node);
	struct wants wants = wants_of(call);
	const char *others = "";
	size_t n;
	struct json_object *names = json_list(status, "quorum_names", &n);
	int r;

	for (size_t i = 0; names && i < n; i++) {
		struct json_object *item = json_object_array_get_idx(names, i);
		const char *name = json_object_is_type(item, json_type_string)
					   ? json_object_get_string(item)
					   : "";

		if (!strcmp(name, call->node)) {
			r = past_note(call, &wants);
			return r ? r : store_grown(call);
		}
		others = join(call->arena, others, hc_strdup(call->arena, name));
	}
	return hc_wait(call, "its monitor is not in the quorum yet (%s): %s",
		       rejoin_hurry(call->arena, path, PATIENCE_US), *others ? others : "none");
}

/* In a quorum: the cluster is born, if it was not before. */
static int await_quorum(struct hc_call *call, struct ceph *self)
{
	struct ask status = {.command = command("quorum_status", NULL)};
	int r;

	first_quorum(call);
	r = ask(call, self->connection, &status);

	if (r == -ENOTCONN)
		r = no_answer(call);
	else if (!r)
		r = judge_quorum(call, status.json);
	ask_done(&status);
	return r;
}

static int leave(struct hc_call *call, struct ceph *self, const char *node)
{
	struct facts facts;
	const char *gate = "";
	int r = strcmp(node, call->node) != 0 ? ceph_must_lead(call, self)
					      : daemon_turn(call, &hc_ceph_monitor);

	if (!r)
		r = facts_need(call, self, &facts);
	if (r)
		return r;
	if (!facts_mon(&facts, node))
		return 0;
	r = monitor_gate(call, self, &facts, node, &gate);
	if (!r && *gate) {
		daemon_turn_over(call, &hc_ceph_monitor);
		r = hc_fail(call, EBUSY, NULL, "%s", gate);
	}
	return r ? r : tell_mon(call, self->connection, command("mon remove", "name", node, NULL));
}

int monitor_apply(struct hc_call *call, struct ceph *self, const struct hc_step *step)
{
	const char *node = step->change->node;
	const char *unit = daemon_unit(call->arena, "mon", node);

	switch ((enum monitor_op)step->op) {
	case MONITOR_MAKE:
		return store_make(call, self);
	case MONITOR_ENABLE:
		return hc_unit_enable(call, unit);
	case MONITOR_START:
		return daemon_start(call, unit);
	case MONITOR_AWAIT:
		return await_quorum(call, self);
	case MONITOR_LEAVE:
		return leave(call, self, node);
	case MONITOR_STOP:
		return daemon_stop(call, unit);
	case MONITOR_CLEAR:
		daemon_turn_over(call, &hc_ceph_monitor);
		return store_remove(call, node);
	}
	return -EINVAL;
}
