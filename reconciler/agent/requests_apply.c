/* SPDX-License-Identifier: Apache-2.0 */
/*
 * apply: the agent does by itself what apply would do, so this is a person who watches until
 * nothing is left that it may do, and whose approvals are taken first. That the person goes away,
 * or that the time is over, stops nothing.
 *
 * An approval is of a generation, and who edited just before means the one that this edit makes. So
 * it is taken with the first look at what the source has by then.
 */

#include <json-c/json.h>
#include <string.h>

#include <reconciler/print.h>

#include "member.h"
#include "waiter.h"

enum {
	LONGEST_S = 7 * 24 * 3600,
	GOOD_US = 5 * 1000 * 1000, /* for manifests that can be used at all */
};

static uint64_t patience_of(const struct waiter *waiter)
{
	uint64_t most = UINT64_C(1000000) * LONGEST_S;
	uint64_t us = member_number(waiter_body(waiter), "timeout_us");

	return us && us < most ? us : most;
}

/* "Bridge/vmbr0" is this node's. */
static const char *whole_name(const struct waiter *waiter, const char *object)
{
	const struct agent *agent = waiter->agent;
	const char *kind = hc_strndup(waiter->arena, object, strcspn(object, "/"));
	const struct hc_type *type = hc_registry_type(agent->engine->registry, kind);

	if (!type || type->scope != HC_NODE || strchr(object, '@'))
		return object;
	return hc_printf(waiter->arena, "%s@%s", object, agent->config->node);
}

static void find_approved(const struct waiter *waiter, struct hc_strings *objects)
{
	struct json_object *all = member_list(waiter_body(waiter), "approved");

	for (size_t i = 0; i < member_count(all); i++) {
		struct json_object *one = json_object_array_get_idx(all, i);

		if (json_object_is_type(one, json_type_string))
			hc_strings_add(waiter->arena, objects,
				       whole_name(waiter, json_object_get_string(one)));
	}
}

static int approve_all(struct waiter *waiter)
{
	struct agent *agent = waiter->agent;
	struct hc_diags diags = {.arena = waiter->arena};
	struct hc_strings objects = {0};
	int r;

	find_approved(waiter, &objects);
	r = approvals_add_all(&agent->approvals, &objects, agent->generation->id,
			      waiter->request->user, (time_t)(hc_wall_us() / 1000000), &diags);
	hc_diags_print(&diags, waiter->err);
	for (size_t i = 0; !r && i < objects.n; i++)
		waiter_said(waiter, objects.v[i], "approved",
			    hc_printf(waiter->arena, "by %s", waiter->request->user));
	return r;
}

/* The streams are others after each waiter_send(). */
static struct progress *progress_of(struct waiter *waiter)
{
	waiter->progress.out = waiter->out;
	waiter->progress.err = waiter->err;
	return &waiter->progress;
}

static bool approves(const struct waiter *waiter)
{
	struct json_object *all = member_list(waiter_body(waiter), "approved");

	for (size_t i = 0; i < member_count(all); i++)
		if (json_object_is_type(json_object_array_get_idx(all, i), json_type_string))
			return true;
	return false;
}

static void wait_for_good(struct waiter *waiter)
{
	waiter_wait(waiter, patience_of(waiter) < GOOD_US ? patience_of(waiter) : GOOD_US);
}

void apply_begin(struct waiter *waiter)
{
	waiter->approving = approves(waiter);
	if (!waiter->agent->engine && waiter->approving) {
		look_fail(waiter); /* there is nothing yet that an approval could be of */
		return;
	}
	waiter_said(waiter, NULL, "apply",
		    hc_printf(waiter->arena, "by %s", waiter->request->user));
	progress_begin(&waiter->progress, waiter->arena, waiter->output == OUTPUT_TEXT);
	waiter->progress.terminal = member_true(waiter_body(waiter), "terminal");
	look_fetch(waiter, waiter->approving);
	if (look_fetched(waiter))
		wait_for_good(waiter);
}

static void finish(struct waiter *waiter, enum hc_end end)
{
	struct agent *agent = waiter->agent;
	struct answer answer = look_answer(waiter);
	int code;

	progress_end(progress_of(waiter));
	code = answer_end(&answer, &agent->now->status, end);
	json_object_put(answer.agent);
	if (agent->refused.errors) { /* what is true now is not what the manifests say now */
		hc_diags_print(&agent->refused, waiter->err);
		code = EXIT_MANIFEST;
	}
	waiter_end(waiter, code);
}

static void approve(struct waiter *waiter)
{
	waiter->approving = false;
	if (approve_all(waiter))
		waiter_end(waiter, EXIT_FAILED);
	else
		agent_hurry(waiter->agent);
}

void apply_looked(struct waiter *waiter, bool ended)
{
	const struct agent *agent = waiter->agent;

	if (!waiter->fetched || waiter_passes_over(waiter))
		return;
	if (waiter->approving) {
		approve(waiter); /* the next look shows what they let through */
		return;
	}
	progress_looked(progress_of(waiter), agent->now->cycle);
	waiter_send(waiter);
	if (ended)
		finish(waiter, agent->now->converged ? HC_END_CONVERGED : HC_END_FAILED);
}

void apply_progress(struct waiter *waiter, const struct hc_step *step, enum hc_step_state state,
		    const char *why)
{
	if (!waiter->progress.looked)
		return; /* of a plan that was not shown: the next look tells what is left of it */
	progress_step(progress_of(waiter), step, state, why);
	waiter_send(waiter);
}

/* Whether all that is left waits for something that comes by itself. */
static bool all_waits(const struct snapshot *look)
{
	for (size_t i = 0; i < look->status.n; i++) {
		const struct hc_status_line *line = &look->status.v[i];
		const struct hc_change *change = line->finding->change;

		if (line->condition == HC_FAILED || line->condition == HC_UNCERTAIN ||
		    (change && change->refused))
			return false;
	}
	return !look->cycle->plan->refused;
}

void apply_late(struct waiter *waiter)
{
	const struct agent *agent = waiter->agent;
	uint64_t passed = hc_now() - waiter->begin, patience = patience_of(waiter);

	if (!waiter->fetched) {
		if (look_fetched(waiter))
			wait_for_good(waiter);
		return;
	}
	if (agent->engine && passed < patience)
		waiter_wait(waiter, patience - passed);
	else if (!agent->engine || !agent->now)
		look_fail(waiter);
	else
		finish(waiter, all_waits(agent->now) ? HC_END_LATER : HC_END_FAILED);
}
