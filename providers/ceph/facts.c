/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the cluster says of itself: a dozen questions, one after the other, each answered in about
 * a millisecond from the monitors' memory. How large the cluster is does not change their number.
 *
 * The answers are of slightly different moments; what is decided on them is checked by Ceph again
 * when it is done. One that is missing makes all of it unknown: half a list must never look like a
 * whole one. Only the manager's, which has nothing but numbers to show, may be missing.
 */

#include "facts.h"

#include <string.h>

#include "ceph.h"
#include "facts_take.h"

struct question {
	const char *prefix;
	const char *name, *value; /* an argument, or NULL */
	take_function *take, *also;
	bool manager;
};

static const struct question questions[] = {
	{"quorum_status", .take = take_quorum},
	{"mgr dump", .take = take_mgrs},
	{"osd crush dump", .take = take_crush},
	{"osd dump", .take = take_osds, .also = take_pools},
	{"fs dump", .take = take_fs},
	{"status", .take = take_status},
	{"df", .take = take_df},
	{"config dump", .take = take_config},
	{"config-key dump", .name = "key", .value = MARKS, .take = take_marks},
	{"auth ls", .take = take_keys},
	{"osd df", .name = "output_method", .value = "plain", .take = take_usage, .manager = true},
};

static int put(struct hc_call *call, struct ceph *self, const struct question *question,
	       struct facts *facts)
{
	struct ask asking = {
		.command = command(question->prefix, question->name, question->value, NULL),
		.manager = question->manager,
	};
	int r = ask(call, self->connection, &asking);

	if (!r && !asking.json)
		r = hc_fail(call, EBADMSG, NULL, "Ceph answers nothing to %s", question->prefix);
	if (!r)
		question->take(call->arena, asking.json, facts);
	if (!r && question->take == take_mgrs)
		facts_former_manager(facts, call->node, atomic_load(&self->former_manager));
	if (!r && question->also)
		question->also(call->arena, asking.json, facts);
	ask_done(&asking);
	return r;
}

/* A manager that is none, or does not answer, leaves its numbers at 0. */
static bool is_needed(const struct question *question, const struct facts *facts)
{
	if (!question->manager)
		return true;
	for (size_t i = 0; i < facts->nmgr; i++)
		if (facts->mgrs[i].active)
			return facts->nosd;
	return false;
}

/* What stands in the way is said by those whose kinds are unknown then, not by the call. */
void facts_read(struct hc_call *call, struct ceph *self, struct facts *facts)
{
	static const struct facts nothing = {.health = "", .fsid = "", .require_osd_release = ""};

	*facts = nothing;
	for (size_t i = 0; i < HC_COUNT(questions); i++) {
		struct hc_call quiet = hc_quiet(call);
		int r = 0;

		if (is_needed(&questions[i], facts))
			r = put(&quiet, self, &questions[i], facts);
		if (!r || questions[i].manager)
			continue;
		*facts = nothing;
		facts->why = hc_said(&quiet, strerror(-r));
		break;
	}
}

int facts_read_managers(struct hc_call *call, struct ceph *self, struct facts *facts)
{
	static const struct question question = {"mgr dump", .take = take_mgrs};

	*facts = (struct facts){0};
	return put(call, self, &question, facts);
}

int facts_need(struct hc_call *call, struct ceph *self, struct facts *facts)
{
	facts_read(call, self, facts);
	return facts->why ? hc_wait(call, "%s", facts->why) : 0;
}

const char *facts_recovery(struct hc_arena *arena, const struct facts *facts)
{
	const char *text = hc_printf(arena, "%u of %u placement groups are active+clean",
				     facts->pgs_clean, facts->pgs);
	uint64_t wrong = facts->objects_degraded + facts->objects_misplaced;
	double percent = facts->objects ? 100.0 * (double)wrong / (double)facts->objects : 0;

	if (!wrong)
		return text;
	return hc_printf(arena, "%s, %.0f %% of the objects to be copied", text,
			 percent > 100 ? 100
			 : percent < 1 ? 1
				       : percent);
}

const struct fact_mon *facts_mon(const struct facts *facts, const char *name)
{
	for (size_t i = 0; i < facts->nmon; i++)
		if (!strcmp(facts->mons[i].name, name))
			return &facts->mons[i];
	return NULL;
}

const struct fact_mgr *facts_mgr(const struct facts *facts, const char *name)
{
	for (size_t i = 0; i < facts->nmgr; i++)
		if (!strcmp(facts->mgrs[i].name, name))
			return &facts->mgrs[i];
	return NULL;
}

const struct fact_osd *facts_osd(const struct facts *facts, uint32_t id)
{
	for (size_t i = 0; i < facts->nosd; i++)
		if (facts->osds[i].id == id)
			return &facts->osds[i];
	return NULL;
}

const struct fact_osd *facts_osd_uuid(const struct facts *facts, const char *uuid)
{
	for (size_t i = 0; i < facts->nosd; i++)
		if (!strcmp(facts->osds[i].uuid, uuid))
			return &facts->osds[i];
	return NULL;
}

const struct fact_pool *facts_pool(const struct facts *facts, const char *name)
{
	for (size_t i = 0; i < facts->npool; i++)
		if (!strcmp(facts->pools[i].name, name))
			return &facts->pools[i];
	return NULL;
}

const struct fact_rule *facts_rule(const struct facts *facts, const char *name)
{
	for (size_t i = 0; i < facts->nrule; i++)
		if (!strcmp(facts->rules[i].name, name))
			return &facts->rules[i];
	return NULL;
}

const struct fact_profile *facts_profile(const struct facts *facts, const char *name)
{
	for (size_t i = 0; i < facts->nprofile; i++)
		if (!strcmp(facts->profiles[i].name, name))
			return &facts->profiles[i];
	return NULL;
}

const struct fact_fs *facts_fs(const struct facts *facts, const char *name)
{
	for (size_t i = 0; i < facts->nfs; i++)
		if (!strcmp(facts->fs[i].name, name))
			return &facts->fs[i];
	return NULL;
}

const struct fact_key *facts_key(const struct facts *facts, const char *entity)
{
	for (size_t i = 0; i < facts->nkey; i++)
		if (!strcmp(facts->keys[i].entity, entity))
			return &facts->keys[i];
	return NULL;
}

const char *facts_option(const struct facts *facts, const char *section, const char *name)
{
	for (size_t i = 0; i < facts->noption; i++)
		if (!strcmp(facts->options[i].section, section) &&
		    !strcmp(facts->options[i].name, name))
			return facts->options[i].value;
	return NULL;
}

uint32_t facts_number(const struct fact_profile *profile, const char *key)
{
	const char *text = hc_map_get(&profile->values, key);
	unsigned long long value = text ? strtoull(text, NULL, 10) : 0;

	return value <= UINT32_MAX ? (uint32_t)value : 0;
}
