/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reading: the records, and what the threads of this process know of the others. Where Ceph does
 * not answer nothing is known of any of it, and no VM under HA is started, stopped or moved by
 * anybody.
 */

#include <errno.h>
#include <string.h>

#include <hcstate/cluster.h>
#include <hcstate/vm.h>
#include <reconciler/ha/memory_json.h>

#include "await.h"
#include "beat.h"
#include "beat_rados.h"
#include "guard.h"
#include "leaving.h"
#include "osd_down.h"
#include "self.h"

enum {
	MOST_PERIOD_US = 10000000,
	LEAST_PERIOD_US = 200000,
	BEATS_PER_DELAY = 10, /* of storage_delay: one that is lost is no loss */
	/* of storage_delay: the VMs stand still before the others may take them to be lost */
	SILENCE_PERCENT = 80,
};

/* It has no row: what is in it is this provider's. */
const struct hc_type ha_sight = {
	.name = "HaSight",
	.doc = "What a decision goes by; for the provider alone.",
	.scope = HC_CLUSTER,
	.from = HC_MADE,
	.size = sizeof(struct evidence),
	.evidence = true,
};

struct sight *sight_of(const struct hc_state *live)
{
	size_t n;
	struct hc_resource *const *v = live ? hc_of_type(&live->found, &ha_sight, &n) : NULL;

	return v && n ? ((const struct evidence *)v[0]->spec)->sight : NULL;
}

static int unknown(struct hc_state *live, const char *why)
{
	hc_unknown(live, &hc_ha_policy, "%s", why);
	hc_unknown(live, &hc_ha_resource, "%s", why);
	hc_unknown(live, &hc_ha_node, "%s", why);
	return 0;
}

/* us */
static uint64_t period_of(const struct ha_times *times)
{
	uint64_t period = times->storage_delay * 1000 / BEATS_PER_DELAY;

	if (period > MOST_PERIOD_US)
		return MOST_PERIOD_US;
	return period > LEAST_PERIOD_US ? period : LEAST_PERIOD_US;
}

/* Those that another node may come to have: their disks are shut to this one then. Where there is
 * no other node there are none. `memory`: NULL, it is not known. */
static void set_guard(struct hc_call *call, struct self *self, struct sight *sight,
		      const struct ha_memory *memory)
{
	const struct ha_times *times = &sight->wants.policy.times;
	const struct guard_limits limits = {
		.quorum = times->self_fence * 1000,
		.beat = times->storage_delay * 1000 / 100 * SILENCE_PERCENT,
	};
	struct hc_map vms = {0};

	for (size_t i = 0; i < sight->wants.n; i++) {
		const struct ha_want *want = &sight->wants.v[i];
		const struct hc_resource *r = hc_find(call->desired, &hc_vm, NULL, want->vm);
		const struct hc_vm *vm = r ? r->spec : NULL;

		if (vm && vm->uuid && !want->pinned && !ha_is_alone(call) &&
		    ha_is_to_be_guarded(call, memory, want->vm))
			hc_map_put(call->arena, &vms, vm->uuid, want->vm);
	}
	guard_set(self->guard, &vms, &limits);
	self->guarded = memory != NULL;
}

static void tend_beat(struct hc_call *call, struct self *self, const struct sight *sight)
{
	struct hc_call quiet = hc_quiet(call);
	struct beat_store store;
	rados_t rados;

	beat_set_period(self->beat, period_of(&sight->wants.policy.times));
	if (!beat_wants_store(self->beat) || links_take(&quiet, self->links, &rados))
		return;
	store = beat_rados(self->links, rados);
	beat_use_store(self->beat, &store);
}

static void see_alone(struct hc_call *call, struct sight *sight)
{
	const struct hc_resource *r = hc_find(call->whole, &hc_node, NULL, call->node);
	uint32_t id = r ? ((const struct hc_node *)r->spec)->id : 0;

	sight->view = (struct sighting){0};
	(void)sighting_take(&sight->view, true, &id, r ? 1 : 0, 1);
}

void ha_see_others(struct hc_call *call, struct self *self, struct sight *sight)
{
	struct beats heard = beat_heard(self->beat);

	sight->beats = heard;
	sight->beats.v = hc_alloc(sight->arena, (heard.n + 1) * sizeof(*heard.v));
	if (heard.n)
		memcpy(sight->beats.v, heard.v, heard.n * sizeof(*heard.v));
	beats_done(&heard);
	sight->view = view_see(self->view);
	sight->leader = ha_leader(call, &sight->beats);
	if (ha_is_alone(call))
		see_alone(call, sight);
	sight->leaving = leaving_now();
	for (size_t i = 0; i < call->peers->n; i++) {
		const char *room = hc_map_get(&call->peers->v[i].facts, ROOM);

		if (room)
			hc_map_put(sight->arena, &sight->room, call->peers->v[i].node, room);
	}
}

/* A partition that has just formed is given the time for the others to join it: a switch that was
 * off for a while must not have those fenced who come back a moment later. */
static uint64_t settles(const struct sight *sight)
{
	uint64_t until = sight->view.since + sight->wants.policy.times.fence_delay * 1000;

	return sight->view.quorate && until > sight->began ? until : 0;
}

static void judge(struct sight *sight)
{
	if (sight->dry)
		return;
	if (!sight->view.quorate)
		sight->waits = "this node is not in a quorate part of the cluster";
	else if (!sight->leader)
		sight->waits = "which node decides is not known yet";
	else if (settles(sight))
		sight->waits = "the cluster has just become quorate";
	else if (!sight->beats.listens)
		sight->waits = "the other nodes were not listened to yet";
}

static void set_clock(struct self *self, const struct sight *sight)
{
	uint64_t due = ha_due(sight), at = due ? sight->began + due * 1000 : 0;
	uint64_t settled = settles(sight);

	if (settled && (!at || settled < at))
		at = settled;
	view_ring_at(self->view, at);
}

/* -errno: *why */
static int take_records(const struct record_store *store, struct sight *sight, const char **why)
{
	struct hc_arena *arena = sight->arena;
	int r = record_read(store, arena, RECORD_STATE, &sight->state);

	if (!r)
		r = record_read(store, arena, RECORD_WORDS, &sight->words);
	if (r) {
		*why = hc_printf(arena, "HA's records in pool " RECORD_POOL " cannot be read: %s",
				 strerror(-r));
		return r;
	}
	r = ha_memory_read(arena, sight->state.text, sight->state.size, &sight->memory, why);
	if (r) {
		*why = hc_printf(arena, "HA's record " RECORD_STATE " is not one of ours: %s",
				 *why);
		return r;
	}
	r = ha_said_read(arena, sight->words.text, sight->words.size, &sight->said, why);
	if (r)
		*why = hc_printf(arena, "HA's record " RECORD_WORDS " is not one of ours: %s",
				 *why);
	return r;
}

static int read_records(struct hc_call *call, struct self *self, struct sight *sight,
			const char **why)
{
	struct hc_call quiet = hc_quiet(call);
	struct record_store store;
	rados_t rados;
	int r = links_take(&quiet, self->links, &rados);

	if (r) {
		*why = hc_said(&quiet, strerror(-r));
		return r;
	}
	store = record_store(rados);
	r = take_records(&store, sight, why);
	links_give(self->links, rados, r == -ESHUTDOWN || r == -ENOTCONN);
	return r;
}

static void add_evidence(struct hc_state *live, struct sight *sight)
{
	struct hc_resource *r = hc_resource_new(&live->found, &ha_sight, NULL, "ha");

	((struct evidence *)r->spec)->sight = sight;
}

static struct sight *sight_new(struct hc_call *call, struct self *self)
{
	struct sight *sight = hc_new(call->arena, struct sight);

	sight->arena = call->arena;
	sight->dry = call->dry;
	sight->now = hc_wall_us() / 1000;
	sight->began = hc_now();
	ha_wants(call->arena, call->whole, &sight->wants);
	sight->number = atomic_fetch_add(&self->sights, 1) + 1;
	return sight;
}

int ha_read(struct hc_call *call, void *data, struct hc_state *live)
{
	struct self *self = data;
	struct sight *sight = sight_new(call, self);
	const char *why;
	int r;

	if (self->guard && (!self->guarded || !sight->wants.n))
		set_guard(call, self, sight, NULL);
	if (!sight->wants.n) {
		ha_tend_watchdog(call, self->watchdog, sight, false);
		return 0;
	}
	if (!sight->dry) {
		tend_beat(call, self, sight);
		guard_said(self->guard, sight->arena, &sight->warnings);
		osds_down_look(self->osds_down, call);
		osds_down_said(self->osds_down, sight->arena, &sight->warnings);
	}
	r = read_records(call, self, sight, &why);
	ha_tend_watchdog(call, self->watchdog, sight, !r);
	if (r)
		return unknown(live, why);
	if (!sight->dry) {
		set_guard(call, self, sight, &sight->memory);
		ha_see_others(call, self, sight);
	}
	judge(sight);
	ha_hear_answers(call, sight);
	if (!sight->dry) {
		awaits_look(self->awaits, call, sight);
		set_clock(self, sight);
	}
	add_evidence(live, sight);
	ha_show(call, sight, live);
	return 0;
}
