/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What speaks against doing without an OSD, asked of Ceph itself: ok-to-stop, safe-to-destroy, the
 * states of all placement groups; and what Ceph has no command for: whether the others can hold as
 * many copies, and whether there is room for what has to move.
 *
 * Asked when one is lost or to go, and again in the step itself.
 */

#include "osd.h"

#include <inttypes.h>
#include <string.h>

char *osd_bytes(struct hc_arena *arena, uint64_t bytes)
{
	return hc_printf(arena, "%.1f GiB", (double)bytes / (double)(1 << 30));
}

static struct json_object *about(const char *prefix, uint32_t id)
{
	struct json_object *ask = command(prefix, NULL), *ids = json_object_new_array();
	char text[16];

	(void)snprintf(text, sizeof(text), "%" PRIu32, id);
	json_object_array_add(ids, json_object_new_string(text));
	json_object_object_add(ask, "ids", ids);
	return ask;
}

static bool lists(struct json_object *answer, const char *path, uint32_t id)
{
	size_t n = 0;
	struct json_object *list = json_list(answer, path, &n);

	for (size_t i = 0; i < n; i++)
		if (json_number(json_object_array_get_idx(list, i), "", UINT32_MAX) == id)
			return true;
	return false;
}

/* What of it speaks against it when Ceph has no words for that. */
static const char *why_unsafe(struct hc_arena *arena, struct json_object *answer, uint32_t id)
{
	const char *why = "Ceph does not say that it is safe to destroy";

	if (lists(answer, "missing_stats", id))
		why = "the manager has no figures of it";
	if (lists(answer, "stored_pgs", id))
		why = "it still stores placement groups";
	if (lists(answer, "active", id))
		why = "placement groups are still mapped to it";
	return hc_printf(arena, "%s", why);
}

static int ask_safe(struct hc_call *call, struct ceph *self, uint32_t id, const char **why)
{
	struct ask question = {.command = about("osd safe-to-destroy", id),
			       .manager = true,
			       .quiet = true};
	int r = ask(call, self->connection, &question);

	if (r)
		return r;
	/* the code is 0 also when it is not safe */
	if (!question.code && lists(question.json, "safe_to_destroy", id))
		*why = "";
	else if (question.words && *question.words)
		*why = hc_strdup(call->arena, question.words);
	else
		*why = why_unsafe(call->arena, question.json, id);
	ask_done(&question);
	return 0;
}

static int ask_stop(struct hc_call *call, struct ceph *self, uint32_t id, const char **why)
{
	struct ask question = {.command = about("osd ok-to-stop", id),
			       .manager = true,
			       .quiet = true};
	int r = ask(call, self->connection, &question);

	if (r)
		return r;
	if (!question.code)
		*why = "";
	else if (question.words && *question.words)
		*why = hc_strdup(call->arena, question.words);
	else
		*why = "Ceph does not say that it may stop";
	ask_done(&question);
	return 0;
}

/* Whether one of the words between the plus signs is that one. */
static bool has_word(const char *state, const char *word)
{
	size_t size = strlen(word);

	for (; *state; state += strcspn(state, "+"), state += *state == '+')
		if (strcspn(state, "+") == size && !strncmp(state, word, size))
			return true;
	return false;
}

static bool is_moving(const char *state)
{
	static const char *const words[] = {"backfilling",   "backfill_wait", "recovering",
					    "recovery_wait", "peering",       "activating",
					    "creating",      "wait"};

	for (size_t i = 0; i < HC_COUNT(words); i++)
		if (has_word(state, words[i]))
			return true;
	return false;
}

/* It answers its clients, and nothing of it is on a lost disk alone. */
static bool is_serving(const char *state)
{
	return has_word(state, "active") && !has_word(state, "stale") &&
	       !has_word(state, "recovery_unfound") && !has_word(state, "backfill_unfound");
}

/* They are agreeing on who has what, as for a second or two whenever an OSD came or went. */
static bool is_passing(const char *state)
{
	static const char *const words[] = {"peering", "activating", "creating", "unknown"};

	if (has_word(state, "down") || has_word(state, "incomplete"))
		return false;
	for (size_t i = 0; i < HC_COUNT(words); i++)
		if (has_word(state, words[i]))
			return true;
	return false;
}

void osd_pgs_add(struct osd_pgs *pgs, const char *state, uint64_t count)
{
	bool serving = is_serving(state);

	pgs->serving += serving ? count : 0;
	pgs->clean += has_word(state, "active") && has_word(state, "clean") ? count : 0;
	pgs->moving += is_moving(state) ? count : 0;
	if (!serving && is_passing(state))
		pgs->passing += count;
	else if (!serving && has_word(state, "stale") && has_word(state, "active"))
		pgs->stale += count;
}

/* Stale are those whose first OSD died just now, until the next one speaks for them; but also those
 * that have no other, which ok-to-stop counts among what would go. While some are peering it counts
 * those too, so it is believed only afterwards. */
uint32_t osd_settling(const struct osd_pgs *pgs, const char *ok_to_stop)
{
	if (pgs->serving + pgs->passing + pgs->stale < pgs->all)
		return 0;
	return pgs->passing || !*ok_to_stop ? (uint32_t)(pgs->passing + pgs->stale) : 0;
}

int osd_pgs(struct hc_call *call, struct ceph *self, struct osd_pgs *pgs)
{
	struct ask status = {.command = command("status", NULL)};
	int r = ask(call, self->connection, &status);
	struct json_object *states;
	size_t n = 0;

	*pgs = (struct osd_pgs){0};
	if (r)
		return r;
	pgs->all = json_number(status.json, "pgmap.num_pgs", 0);
	states = json_list(status.json, "pgmap.pgs_by_state", &n);
	for (size_t i = 0; i < n; i++) {
		struct json_object *one = json_object_array_get_idx(states, i);
		const char *state = json_text(call->arena, one, "state_name", "");

		osd_pgs_add(pgs, state, json_number(one, "count", 0));
	}
	ask_done(&status);
	return 0;
}

static const struct fact_rule *rule_of(const struct facts *facts, const struct fact_pool *pool)
{
	for (size_t i = 0; i < facts->nrule; i++)
		if (!strcmp(facts->rules[i].name, pool->rule))
			return &facts->rules[i];
	return NULL;
}

static bool is_usable(const struct fact_osd *osd, const struct fact_osd *without,
		      const struct fact_rule *rule)
{
	return osd != without && osd->exists && osd->up && osd->in &&
	       (!*rule->device_class || !strcmp(rule->device_class, osd->device_class));
}

/* How many places the rule would find without that OSD: hosts, or OSDs where it counts those. */
static uint32_t places(struct hc_arena *arena, const struct facts *facts,
		       const struct fact_rule *rule, const struct fact_osd *without)
{
	struct hc_strings hosts = {0};
	uint32_t osds = 0;

	for (size_t i = 0; i < facts->nosd; i++) {
		if (!is_usable(&facts->osds[i], without, rule))
			continue;
		osds++;
		hc_strings_add(arena, &hosts, facts->osds[i].host);
	}
	return strcmp(rule->failure_domain, "osd") ? (uint32_t)hosts.n : osds;
}

static const char *spare(struct hc_arena *arena, const struct facts *facts,
			 const struct fact_osd *without)
{
	for (size_t i = 0; i < facts->npool; i++) {
		const struct fact_pool *pool = &facts->pools[i];
		const struct fact_rule *rule = rule_of(facts, pool);
		uint32_t left = rule ? places(arena, facts, rule, without) : 0;

		if (rule && left < pool->size)
			return hc_printf(arena,
					 "pool %s is to have %" PRIu32
					 " copies, each on another %s, and "
					 "%" PRIu32 " would be left",
					 pool->name, pool->size, rule->failure_domain, left);
	}
	return "";
}

const char *osd_no_place(struct hc_arena *arena, const struct facts *facts)
{
	return spare(arena, facts, NULL);
}

static const char *space(struct hc_arena *arena, const struct facts *facts,
			 const struct fact_osd *without)
{
	double room = 0;

	for (size_t i = 0; i < facts->nosd; i++) {
		const struct fact_osd *osd = &facts->osds[i];
		double left = (double)osd->total * facts->nearfull - (double)osd->used;

		if (osd != without && osd->exists && osd->up && osd->in && left > 0)
			room += left;
	}
	if ((double)without->used <= room)
		return "";
	return hc_printf(arena,
			 "%s would have to move, and the others have %s until they are nearly full",
			 osd_bytes(arena, without->used), osd_bytes(arena, (uint64_t)room));
}

static const char *settling(struct hc_arena *arena, const struct osd_pgs *pgs,
			    const char *ok_to_stop)
{
	uint32_t n = osd_settling(pgs, ok_to_stop);

	return n ? hc_printf(arena, "%" PRIu32 " placement groups are not active yet", n) : "";
}

static int ask_all(struct hc_call *call, struct ceph *self, const struct facts *facts,
		   const struct fact_osd *osd, struct osd_gate *gate)
{
	struct osd_pgs pgs;
	int r = ask_safe(call, self, osd->id, &gate->safe_to_destroy);

	if (!r)
		r = ask_stop(call, self, osd->id, &gate->ok_to_stop);
	if (!r)
		r = osd_pgs(call, self, &pgs);
	if (r)
		return r;
	gate->all_active = pgs.serving >= pgs.all && !*gate->ok_to_stop;
	gate->settling = settling(call->arena, &pgs, gate->ok_to_stop);
	gate->spare = spare(call->arena, facts, osd);
	gate->space = space(call->arena, facts, osd);
	return 0;
}

/* After a node's end it may take half a minute until another manager answers. */
void osd_gate(struct hc_call *call, struct ceph *self, const struct facts *facts,
	      const struct fact_osd *osd, struct osd_gate *gate)
{
	struct hc_call quiet = hc_quiet(call);
	const char *why;

	if (!ask_all(&quiet, self, facts, osd, gate))
		return;
	why = hc_said(&quiet, "Ceph does not answer");
	*gate = (struct osd_gate){why, why, why, why, false, why};
}

const char *osd_gate_lost(struct hc_arena *arena, const char *safe_to_destroy, bool all_active)
{
	if ((safe_to_destroy && !*safe_to_destroy) || all_active)
		return NULL;
	return hc_printf(
		arena,
		"not every placement group is active with min_size copies without it, so its "
		"data may be the last there is: %s",
		safe_to_destroy ? safe_to_destroy : "Ceph was not asked");
}
