/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Managers: one is active, the others stand by. The last one does not go.
 *
 * The map keeps the entry of one that was stopped until it has been silent for half a minute or the
 * next one of that name comes; the active one is then chosen anew and takes seconds to be ready. So
 * the entry of before says nothing of one that was just started. Each has a gid of its own.
 */

#include <string.h>

#include "keyed.h"

static const char *role_of(struct hc_arena *arena, const struct facts *facts, const char *node)
{
	const struct fact_mgr *mgr = facts_mgr(facts, node);

	(void)arena;
	if (!mgr || mgr->starting || mgr->former)
		return NULL;
	return mgr->active ? "active" : "standby";
}

/* It was made active a moment ago, and does not answer yet. */
static bool starting(const struct facts *facts, const char *node)
{
	const struct fact_mgr *mgr = facts_mgr(facts, node);

	return mgr && mgr->starting;
}

static uint64_t life(const struct facts *facts, const char *node)
{
	const struct fact_mgr *mgr = facts_mgr(facts, node);

	return mgr ? mgr->gid : 0;
}

static const char *name_at(const struct facts *facts, size_t i)
{
	return i < facts->nmgr ? facts->mgrs[i].name : NULL;
}

static size_t needed(const struct hc_set *found)
{
	(void)found;
	return 1;
}

static size_t needed_now(const struct facts *facts)
{
	(void)facts;
	return 1;
}

static const char *const caps[] = {"mon", "allow profile mgr", "osd", "allow *",
				   "mds", "allow *",           NULL};

static const struct keyed manager = {
	.type = &hc_ceph_manager,
	.kind = "mgr",
	.word = "manager",
	.package = "ceph-mgr",
	.caps = caps,
	.enabled = offsetof(struct hc_ceph_manager, enabled),
	.active = offsetof(struct hc_ceph_manager, active),
	.keyring = offsetof(struct hc_ceph_manager, keyring),
	.joined = offsetof(struct hc_ceph_manager, joined),
	.failed = offsetof(struct hc_ceph_manager, failed),
	.role = offsetof(struct hc_ceph_manager, role),
	.role_of = role_of,
	.starting = starting,
	.life = life,
	.name_at = name_at,
	.needed = needed,
	.needed_now = needed_now,
};

static int read_managers(const struct look *look)
{
	return keyed_read(look, &manager);
}

static int adjust(struct hc_call *call, struct hc_change *change)
{
	return keyed_adjust(call, &manager, change);
}

static int plan(struct hc_call *call, struct hc_change *change, struct hc_plan *to)
{
	return keyed_plan(call, &manager, change, to);
}

static int apply(struct hc_call *call, struct ceph *self, const struct hc_step *step)
{
	return keyed_apply(call, self, &manager, step);
}

const struct noun manager_noun = {
	.type = &hc_ceph_manager,
	.read = read_managers,
	.adjust = adjust,
	.plan = plan,
	.apply = apply,
};
