/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Calls that outlived their deadline run on in threads of their own, and what they look at is kept
 * for them: the generation too, so no other is taken before the last of them is back. That may be
 * never. Nothing can end such a call but the end of the process, so a person is told which it is.
 */

#include "stuck.h"

#include <inttypes.h>
#include <json-c/json.h>

#include <reconciler/print.h>
#include <reconciler/text.h>

#include "agent.h"
#include "member.h"

enum {
	SILENT_US = 60 * 1000 * 1000, /* until it is said */
};

static bool news_wait(const struct agent *agent)
{
	return agent->news && agent->busy;
}

static bool is_stuck(const struct agent *agent, const struct hc_work *work)
{
	return work->overdue || news_wait(agent);
}

static uint64_t age_of(const struct hc_work *work)
{
	uint64_t now = hc_now();

	return now > work->since ? now - work->since : 0;
}

static struct json_object *call_json(const struct agent *agent, const struct hc_work *work)
{
	_cleanup_(hc_arena_freep) struct hc_arena *arena = hc_arena_new();
	struct json_object *one = json_object_new_object();
	const struct hc_step *step = work->step;

	json_object_object_add(one, "provider", hc_json_string(work->slot->provider->name));
	json_object_object_add(one, "object",
			       step ? hc_json_string(hc_change_text(arena, step->change)) : NULL);
	json_object_object_add(one, "step", step ? hc_json_string(step->verb) : NULL);
	json_object_object_add(one, "since", hc_json_time((hc_wall_us() - age_of(work)) / 1000000));
	json_object_object_add(one, "overdue", json_object_new_boolean(work->overdue));
	json_object_object_add(one, "news_wait", json_object_new_boolean(news_wait(agent)));
	return one;
}

struct json_object *stuck_json(const struct agent *agent)
{
	struct json_object *all = json_object_new_array();

	for (const struct hc_work *work = agent->engine ? agent->engine->late : NULL; work;
	     work = work->next)
		if (is_stuck(agent, work))
			json_object_array_add(all, call_json(agent, work));
	return all;
}

void stuck_print(FILE *out, struct hc_arena *arena, struct json_object *calls)
{
	for (size_t i = 0; i < member_count(calls); i++) {
		struct json_object *one = json_object_array_get_idx(calls, i);
		const char *provider = member_text(one, "provider");
		const char *object = member_text(one, "object"), *step = member_text(one, "step");
		const char *since = member_text(one, "since");

		fprintf(out, "%s: %s: ", member_true(one, "overdue") ? "stuck" : "goes on",
			provider ? hc_harmless(arena, provider) : "");
		if (object && step)
			fprintf(out, "\"%s\" of %s", hc_harmless(arena, step),
				hc_harmless(arena, object));
		else
			fputs("a read", out);
		fprintf(out, " has not come back since %s%s\n",
			since ? hc_harmless(arena, since) : "it began",
			member_true(one, "news_wait") ? "; newer manifests wait for it" : "");
	}
}

static void say(struct agent *agent, const struct hc_work *work)
{
	_cleanup_(hc_arena_freep) struct hc_arena *arena = hc_arena_new();
	struct hc_diags diags = {.arena = arena};
	const struct hc_step *step = work->step;
	const char *what = step ? hc_printf(arena, "\"%s\" of %s", step->verb,
					    hc_change_text(arena, step->change))
				: "a read";

	hc_say(&diags, HC_WARNING, (struct hc_place){0}, "%s: %s has not come back for long%s",
	       work->slot->provider->name, what,
	       news_wait(agent) ? ", and newer manifests wait for it" : "");
	agent_complain(agent, &diags); /* which says it once in a while */
}

void stuck_say(struct agent *agent)
{
	for (const struct hc_work *work = agent->engine ? agent->engine->late : NULL; work;
	     work = work->next)
		if (is_stuck(agent, work) && age_of(work) >= SILENT_US)
			say(agent, work);
}
