/* SPDX-License-Identifier: Apache-2.0 */
/*
 * This node's facts. One message of the process group has room for 64 KiB of all facts together, so
 * each of these gets a bound, and reasons are cut: whoever wants to know more asks that node.
 */

#include "view_fact.h"

#include <json-c/json.h>
#include <string.h>

#include <reconciler/print.h>
#include <reconciler/text.h>

#include "approval.h"

enum {
	MOST_TEXT = 300, /* bytes of one text */
	HEAD_ROOM = 1024,
};

const char *fact_text(struct json_object *fact)
{
	return json_object_to_json_string_ext(fact, JSON_C_TO_STRING_PLAIN |
							    JSON_C_TO_STRING_NOSLASHESCAPE);
}

/* What a text needs as a JSON string, which a fact is in its message. */
static size_t size_in_message(const char *text)
{
	size_t n = 0;

	for (; *text; text++)
		n += *text == '"' || *text == '\\' || *text == '/' ? 2
		     : (unsigned char)*text < ' '                  ? 6
								   : 1;
	return n;
}

static struct json_object *short_text(const char *text)
{
	_cleanup_(hc_arena_freep) struct hc_arena *arena = hc_arena_new();
	size_t size = text ? strlen(text) : 0, n = 0;

	if (size <= MOST_TEXT)
		return hc_json_string(text);
	while (n < MOST_TEXT)
		n += hc_char_size(text + n, text + size);
	return hc_json_string(hc_printf(arena, "%.*s...", (int)n, text));
}

/* Takes `one` into the list while there is room for it; else it is counted. */
static void add(struct json_object *list, struct json_object *one, size_t *used, uint64_t *more)
{
	size_t size = size_in_message(fact_text(one)) + 1;

	if (*more || *used + size > FACT_MOST - HEAD_ROOM) {
		++*more;
		json_object_put(one);
		return;
	}
	*used += size;
	json_object_array_add(list, one);
}

static bool is_well(enum hc_condition condition)
{
	return condition == HC_CONVERGED || condition == HC_FOREIGN || condition == HC_STAYS;
}

static struct json_object *line_json(const struct hc_status_line *line)
{
	struct json_object *one = json_object_new_object();

	json_object_object_add(one, "object", short_text(line->object));
	json_object_object_add(one, "state", hc_json_string(hc_condition_words[line->condition]));
	json_object_object_add(one, "reason", short_text(line->reason));
	json_object_object_add(one, "since", json_object_new_uint64(line->since));
	return one;
}

static struct json_object *counts_json(const struct hc_status *status)
{
	struct json_object *counts = json_object_new_object();

	for (int condition = 0; hc_condition_words[condition]; condition++) {
		uint64_t n = 0;

		for (size_t i = 0; i < status->n; i++)
			n += (int)status->v[i].condition == condition;
		if (n)
			json_object_object_add(counts, hc_condition_words[condition],
					       json_object_new_uint64(n));
	}
	return counts;
}

struct json_object *fact_status(const struct hc_status *status, const char *generation)
{
	struct json_object *fact = json_object_new_object(), *lines = json_object_new_array();
	uint64_t more = 0;
	size_t used = 0;
	bool converged = true;

	for (size_t i = 0; i < status->n; i++) {
		if (is_well(status->v[i].condition))
			continue;
		converged = false;
		add(lines, line_json(&status->v[i]), &used, &more);
	}
	json_object_object_add(fact, "generation", hc_json_string(generation));
	json_object_object_add(fact, "converged", json_object_new_boolean(converged));
	json_object_object_add(fact, "counts", counts_json(status));
	json_object_object_add(fact, "lines", lines);
	json_object_object_add(fact, "more", json_object_new_uint64(more));
	return fact;
}

static struct json_object *change_json(const struct hc_cycle *cycle, const struct hc_change *change)
{
	struct json_object *one = json_object_new_object();
	const char *refused = change->refused ? change->refused : cycle->plan->refused;

	json_object_object_add(one, "action", hc_json_string(hc_action_words[change->action]));
	json_object_object_add(one, "object", short_text(hc_change_text(cycle->arena, change)));
	json_object_object_add(one, "fields", short_text(hc_change_fields(cycle->arena, change)));
	json_object_object_add(one, "impact", hc_json_string(hc_impact_words[change->impact]));
	json_object_object_add(one, "reason", short_text(change->reason));
	json_object_object_add(one, "hold", hc_json_string(hc_hold_words[change->hold]));
	json_object_object_add(one, "refused", short_text(refused));
	return one;
}

struct json_object *fact_plan(const struct hc_cycle *cycle)
{
	struct json_object *fact = json_object_new_object(), *changes = json_object_new_array();
	const struct hc_plan *plan = cycle->plan;
	uint64_t more = 0;
	size_t used = 0;

	for (size_t i = 0; i < plan->n; i++)
		add(changes, change_json(cycle, plan->run[i]), &used, &more);
	json_object_object_add(fact, "id", hc_json_string(plan_id(cycle->arena, plan)));
	json_object_object_add(fact, "changes", changes);
	json_object_object_add(fact, "more", json_object_new_uint64(more));
	return fact;
}
