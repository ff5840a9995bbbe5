/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What was decided, as live resources: what status shows, and what the provider of VMs follows.
 * What the manifests say of them is so by itself; whether something new is to be decided adjust()
 * finds.
 */

#include <inttypes.h>
#include <string.h>
#include <time.h>

#include <hcstate/cluster.h>

#include "self.h"

/* "3m", "12s"; `ms` of them */
static const char *age(struct hc_arena *arena, uint64_t ms)
{
	static const struct {
		uint64_t ms;
		const char *unit;
	} units[] = {{86400000, "d"}, {3600000, "h"}, {60000, "m"}, {1000, "s"}};

	for (size_t i = 0; i < HC_COUNT(units); i++)
		if (ms >= units[i].ms)
			return hc_printf(arena, "%" PRIu64 "%s", ms / units[i].ms, units[i].unit);
	return "0s";
}

const char *ha_moment(struct hc_arena *arena, uint64_t ms)
{
	time_t at = (time_t)(ms / 1000);
	char text[32] = "";
	struct tm tm;

	if (gmtime_r(&at, &tm))
		(void)strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", &tm); /* it has room */
	return hc_strdup(arena, text);
}

static uint64_t since(uint64_t then, uint64_t now)
{
	return now > then ? now - then : 0;
}

/* The live one is as the manifests' one, but not settled. */
static struct hc_resource *mirror(struct hc_state *live, const struct hc_resource *want,
				  size_t settled)
{
	struct hc_resource *r = hc_resource_new(&live->found, want->type, NULL, want->name);

	memcpy(r->spec, want->spec, want->type->size);
	r->set = want->set;
	*(bool *)(void *)((char *)r->spec + settled) = false;
	return r;
}

static const char *say_beat(const struct sight *sight, const char *node)
{
	const struct beat_entry *entry = beats_find(&sight->beats, node);

	if (!entry)
		return "never";
	if (entry->word.says == BEAT_STOPPED)
		return "stopped";
	return hc_printf(sight->arena, "%s ago%s",
			 age(sight->arena, beat_silence(&sight->beats, entry) / 1000),
			 entry->word.apart ? ", without its corosync" : "");
}

static void show_node(const struct sight *sight, struct hc_state *live,
		      const struct hc_resource *want)
{
	struct hc_resource *r = mirror(live, want, offsetof(struct hc_ha_node, settled));
	const struct ha_node *node = ha_find_node(&sight->memory, want->name);
	struct hc_ha_node *spec = r->spec;

	if (node) {
		spec->is = ha_node_words[node->is];
		spec->since = age(sight->arena, since(node->since, sight->now));
		hc_set_field(r, struct hc_ha_node, is);
		hc_set_field(r, struct hc_ha_node, since);
	}
	if (sight->dry)
		return;
	spec->beat = say_beat(sight, want->name);
	hc_set_field(r, struct hc_ha_node, beat);
}

/* NULL: it was answered, or is not late. */
static const char *say_overdue(const struct sight *sight, const struct ha_want *want,
			       const struct ha_vm *vm)
{
	uint64_t since = sight->answers[want - sight->wants.v].unanswered;

	return ha_is_overdue(&sight->wants.policy.times, vm->is, since, sight->now)
		       ? hc_printf(sight->arena, "order %" PRIu64 " not answered since %s",
				   vm->order, ha_moment(sight->arena, since))
		       : NULL;
}

/* `overdue` may be NULL. */
static const char *say_attempts(struct hc_arena *arena, const struct ha_vm *vm, const char *overdue)
{
	char *text = vm->restarts ? hc_printf(arena, "%u restart%s", vm->restarts,
					      vm->restarts > 1 ? "s" : "")
				  : hc_strdup(arena, "");

	for (size_t i = 0; i < vm->failed.n; i++)
		text = hc_printf(arena, "%s%s%s", text,
				 i       ? ", "
				 : *text ? ", failed on "
					 : "failed on ",
				 vm->failed.v[i]);
	if (overdue)
		text = hc_printf(arena, "%s%s%s", text, *text ? ", " : "", overdue);
	return text;
}

/* ", fenced after 1.2 s"; each phase from when the node was lost. */
static char *phase(struct hc_arena *arena, char *text, const char *name, uint64_t lost, uint64_t at)
{
	return at ? hc_printf(arena, "%s, %s after %.1f s", text, name,
			      (double)since(lost, at) / 1000)
		  : text;
}

static const char *say_failover(struct hc_arena *arena, const struct ha_vm *vm)
{
	char *text;

	if (!vm->fled)
		return NULL;
	text = hc_printf(arena, "%s from %s", ha_moment(arena, vm->lost), vm->fled);
	text = phase(arena, text, "shut out", vm->lost, vm->fenced);
	text = phase(arena, text, "placed", vm->lost, vm->recovered);
	return phase(arena, text, "running", vm->lost, vm->runs);
}

/* A node that goes down for good stops its VMs first, so that they can go elsewhere; one that
 * reboots, so that their guests end well. Those that move away live go on. */
static bool goes_down(const struct hc_call *call, const struct sight *sight, const struct ha_vm *vm)
{
	return sight->leaving != HA_STAYS && !strcmp(vm->node, call->node) &&
	       sight->wants.policy.shutdown != HC_HA_MIGRATE;
}

static bool is_to_run(const struct hc_call *call, const struct sight *sight, const struct ha_vm *vm)
{
	const struct ha_want *want = ha_find_want(&sight->wants, vm->vm);

	switch (vm->is) {
	case HA_IS_STARTED:
	case HA_IS_FREEZE:
		return !goes_down(call, sight, vm);
	case HA_IS_MIGRATE:
		return true;
	case HA_IS_RELOCATE:
		return want && want->wish == HC_HA_STARTED;
	case HA_IS_STOPPED:
	case HA_IS_REQUEST_STOP:
	case HA_IS_FENCE:
	case HA_IS_RECOVERY:
	case HA_IS_ERROR:
		break;
	}
	return false;
}

#define SHOW(r, spec, member, value)                                                               \
	((spec)->member = (value), hc_set_field(r, struct hc_ha_resource, member))

static void show_resource(const struct hc_call *call, const struct sight *sight,
			  struct hc_state *live, const struct hc_resource *want)
{
	struct hc_resource *r = mirror(live, want, offsetof(struct hc_ha_resource, settled));
	struct hc_ha_resource *spec = r->spec;
	const struct ha_vm *vm = spec->vm ? ha_find_vm(&sight->memory, spec->vm) : NULL;
	const struct ha_want *want_of = vm ? ha_find_want(&sight->wants, vm->vm) : NULL;
	const char *overdue;

	if (!want_of)
		return;
	SHOW(r, spec, is, ha_words[vm->is]);
	SHOW(r, spec, place, vm->node);
	if (vm->target)
		SHOW(r, spec, target, vm->target);
	SHOW(r, spec, live, vm->is == HA_IS_MIGRATE);
	SHOW(r, spec, runs, is_to_run(call, sight, vm));
	SHOW(r, spec, order, vm->order);
	overdue = say_overdue(sight, want_of, vm);
	if (vm->restarts || vm->failed.n || overdue)
		SHOW(r, spec, attempts, say_attempts(sight->arena, vm, overdue));
	if (vm->fled)
		SHOW(r, spec, last_failover, say_failover(sight->arena, vm));
}

static void show_policy(struct sight *sight, struct hc_state *live, const struct hc_resource *want)
{
	struct hc_resource *r = mirror(live, want, offsetof(struct hc_ha_policy, settled));
	struct hc_ha_policy *policy = r->spec;

	sight->policy = policy;
	policy->disarmed = sight->said.disarmed;
	policy->warnings = sight->warnings;
	hc_set_field(r, struct hc_ha_policy, disarmed);
	hc_set_field(r, struct hc_ha_policy, warnings);
	if (!sight->leader)
		return;
	policy->leader = hc_strdup(sight->arena, sight->leader);
	hc_set_field(r, struct hc_ha_policy, leader);
}

void ha_show(struct hc_call *call, struct sight *sight, struct hc_state *live)
{
	const struct hc_set *desired = call->desired;

	for (size_t i = 0; i < desired->n; i++) {
		const struct hc_resource *want = desired->v[i];

		if (want->type == &hc_ha_policy)
			show_policy(sight, live, want);
		else if (want->type == &hc_ha_node)
			show_node(sight, live, want);
		else if (want->type == &hc_ha_resource)
			show_resource(call, sight, live, want);
	}
}
