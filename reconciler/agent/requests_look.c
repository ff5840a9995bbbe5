/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is answered with a look: a fresh one where that takes no longer than a moment, else the last
 * one, with its age. Whoever may have written to the manifests just before (plan, get, reconcile)
 * gets what they say by now.
 */

#include <inttypes.h>
#include <json-c/json.h>
#include <string.h>

#include <reconciler/print.h>

#include "member.h"
#include "waiter.h"

enum {
	FRESH_US = 2 * 1000 * 1000,
	FIRST_US = 15 * 1000 * 1000, /* for a first look there is nothing to give instead */
	AGAIN_US = 200 * 1000,
	FETCH_US = 90 * 1000 * 1000,
};

static uint64_t now_s(void)
{
	return hc_wall_us() / 1000000;
}

static uint64_t age_of(const struct snapshot *look)
{
	uint64_t now = now_s();

	return now > look->at ? now - look->at : 0;
}

void look_begin(struct waiter *waiter)
{
	agent_hurry(waiter->agent);
	waiter_wait(waiter, FRESH_US);
}

static bool has_git(const struct waiter *waiter)
{
	const struct source *source = waiter->agent->source;

	return source && source->state.kind && !strcmp(source->state.kind, "git");
}

void look_anew(struct waiter *waiter)
{
	if (waiter->agent->source && !has_git(waiter))
		source_hurry(waiter->agent->source);
	look_begin(waiter);
}

static void say_refused(const struct waiter *waiter)
{
	struct agent *agent = waiter->agent;
	const struct source *source = agent->source;

	if (source && source->state.error)
		fprintf(waiter->err, "hcstate: %s: %s\n", source->state.where, source->state.error);
	if (agent->refused.n)
		hc_diags_print(&agent->refused, waiter->err);
}

void look_fail(struct waiter *waiter)
{
	const struct agent *agent = waiter->agent;

	say_refused(waiter);
	if (agent->engine)
		waiter_fail(waiter, EXIT_LATER, "the agent has not come to look yet");
	else if (agent->refused.errors)
		waiter_fail(waiter, EXIT_MANIFEST, "there are no good manifests yet");
	else
		waiter_fail(waiter, EXIT_LATER, "there are no manifests yet");
}

static struct json_object *nodes_of(const struct agent *agent)
{
	if (!agent->view)
		return NULL;
	view_hear(agent->view, agent->engine, now_s());
	return view_json(agent->view, agent->generation, agent->config->node, now_s());
}

struct answer look_answer(const struct waiter *waiter)
{
	const struct agent *agent = waiter->agent;

	return (struct answer){
		.out = waiter->out,
		.err = waiter->err,
		.output = waiter->output,
		.engine = agent->engine,
		.cycle = agent->now->cycle,
		.agent = requests_agent_json(agent),
	};
}

static void finish(struct waiter *waiter, struct answer *answer, int code)
{
	json_object_put(answer->agent);
	json_object_put(answer->nodes);
	waiter_end(waiter, code);
}

static void answer_one_status(struct waiter *waiter)
{
	struct answer answer = look_answer(waiter);

	answer.nodes = nodes_of(waiter->agent);
	finish(waiter, &answer, answer_status(&answer, &waiter->agent->now->status));
}

static void answer_one_plan(struct waiter *waiter)
{
	struct answer answer = look_answer(waiter);
	bool detailed = member_true(waiter_body(waiter), "detailed_exitcode");
	int code;

	if (member_true(waiter_body(waiter), "cluster"))
		answer.nodes = nodes_of(waiter->agent);
	code = answer_plan(&answer, detailed);
	if (waiter->agent->refused.errors) { /* it is not of what the manifests say now */
		say_refused(waiter);
		code = EXIT_MANIFEST;
	}
	finish(waiter, &answer, code);
}

static void answer_one_get(struct waiter *waiter)
{
	struct answer answer = look_answer(waiter);
	struct json_object *body = waiter_body(waiter), *args = member_list(body, "args");
	struct json_object *first = member_count(args) ? json_object_array_get_idx(args, 0) : NULL;
	const char *selector =
		json_object_is_type(first, json_type_string) ? json_object_get_string(first) : NULL;

	finish(waiter, &answer, answer_get(&answer, selector, member_true(body, "desired")));
}

void status_looked(struct waiter *waiter, bool ended)
{
	(void)ended;
	if (!waiter_passes_over(waiter))
		answer_one_status(waiter);
}

void plan_looked(struct waiter *waiter, bool ended)
{
	(void)ended;
	if (!waiter_passes_over(waiter))
		answer_one_plan(waiter);
}

void get_looked(struct waiter *waiter, bool ended)
{
	(void)ended;
	if (!waiter_passes_over(waiter))
		answer_one_get(waiter);
}

/* The last look has to do. */
void look_late(struct waiter *waiter)
{
	const struct agent *agent = waiter->agent;

	if (agent->engine && agent->now) {
		fprintf(waiter->err,
			"hcstate: the agent is at work; this is what it saw %" PRIu64 " s ago\n",
			age_of(agent->now));
		waiter->passed_over = true;
		waiter->verb->looked(waiter, false);
	} else if (!agent->engine || hc_now() - waiter->begin >= FIRST_US) {
		look_fail(waiter);
	} else {
		waiter_wait(waiter, AGAIN_US);
	}
}

void look_fetch(struct waiter *waiter, bool waits)
{
	struct agent *agent = waiter->agent;

	waiter->answers = agent->source ? agent->source->state.answers : 0;
	waiter->fetched = !waits || !has_git(waiter);
	if (agent->source)
		source_hurry(agent->source);
	agent_hurry(agent);
}

bool look_fetched(struct waiter *waiter)
{
	struct agent *agent = waiter->agent;
	bool waited = hc_now() - waiter->begin >= FETCH_US;

	if (waiter->fetched)
		return true;
	waiter->fetched = waited || agent->source->state.answers != waiter->answers;
	if (waiter->fetched)
		agent_hurry(agent);
	else
		waiter_wait(waiter, AGAIN_US);
	return waiter->fetched;
}

void reconcile_begin(struct waiter *waiter)
{
	waiter_said(waiter, NULL, "reconcile",
		    hc_printf(waiter->arena, "by %s", waiter->request->user));
	look_fetch(waiter, true);
	waiter_wait(waiter, waiter->fetched ? FRESH_US : AGAIN_US);
}

static void answer_reconcile(struct waiter *waiter)
{
	const struct agent *agent = waiter->agent;
	bool well = !agent->refused.errors && !(agent->source && agent->source->state.error);

	say_refused(waiter);
	fprintf(waiter->out, "%s, generation %s: %s\n", agent->config->node, agent->generation->id,
		agent->now->converged ? "converged" : "not converged");
	waiter_end(waiter, well ? EXIT_DONE : EXIT_FAILED);
}

void reconcile_looked(struct waiter *waiter, bool ended)
{
	(void)ended;
	if (waiter->fetched && !waiter_passes_over(waiter))
		answer_reconcile(waiter);
}

/* Asks again and again whether the source has answered; then for one more look. */
void reconcile_late(struct waiter *waiter)
{
	const struct agent *agent = waiter->agent;
	bool waited = hc_now() - waiter->begin >= FETCH_US;

	if (!waiter->fetched) {
		if (look_fetched(waiter))
			waiter_wait(waiter, FRESH_US);
	} else if (agent->engine && agent->now) {
		answer_reconcile(waiter);
	} else if (!agent->engine || waited) {
		look_fail(waiter);
	} else {
		waiter_wait(waiter, AGAIN_US);
	}
}
