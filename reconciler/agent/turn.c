/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A turn: look; say what is new; answer who waits; do what may be done. What takes long (a
 * migration, a recovery) is begun and then seen going on by later turns, so that nothing else waits
 * for it.
 *
 * When the next turn is due: soon while something is left to do, later and later while nothing
 * comes of it, and after agent.yaml's `look` when all is well. Whatever is noticed shortens that.
 */

#include "turn.h"

#include <json-c/json.h>
#include <malloc.h>
#include <string.h>

#include "agent.h"
#include "kept.h"
#include "notice.h"
#include "requests.h"

enum {
	LONGEST_PAUSE_US = 10 * 1000 * 1000, /* while something is left to do */
	SHORTEST_GAP_US = 20 * 1000,         /* between looks: lets a burst of events pass */
	LONGEST_GAP_US = 500 * 1000,
	/* Looking may take a quarter of the time, on the whole: that is what a storm of events
	 * costs. After a quiet time it may take so long without a pause. */
	LOOK_SHARE = 4,
	LOOK_CREDIT_US = 1000 * 1000,
	MOST_WORK = 1000,
	GLANCE_US = 300 * 1000, /* see engine.h, struct hc_pace */
	PERSON_US = 3 * 1000 * 1000,
	PARTIAL_S = 5,
};

static void begin_turn(struct agent *agent)
{
	struct hc_aim *aim = &agent->engine->aim;

	(void)hc_arena_free(agent->turn);
	agent->turn = hc_arena_new();
	agent->cycle = hc_cycle_free(agent->cycle);
	/* A person gets the whole of it. */
	agent->engine->pace.glance = agent->pace                      ? agent->pace->glance
				     : requests_wait(agent->requests) ? PERSON_US
								      : GLANCE_US;
	agent->hold_until = 0;
	agent->did = false;
	agent->policy.now = (time_t)(hc_wall_us() / 1000000);
	aim->approved = (struct hc_strings){0};
	approvals_hold(&agent->approvals, agent->generation->id, agent->policy.now, agent->turn,
		       &aim->approved);
	agent->policy.approved = &aim->approved;
	agent->policy.approvals = &agent->approvals;
}

enum hc_hold agent_hold(void *arg, struct hc_arena *arena, const struct hc_change *change,
			const char **why)
{
	struct agent *agent = arg;
	struct policy_verdict verdict = {.hold = HC_GO};

	if (agent->suspensions_lost) {
		*why = "it is not known what was suspended";
		return HC_HOLD_SUSPENDED;
	}
	policy_judge(&agent->policy, arena, change, &verdict);
	if (verdict.until && (!agent->hold_until || verdict.until < agent->hold_until))
		agent->hold_until = verdict.until;
	*why = verdict.reason;
	return verdict.hold;
}

static void note_work(struct agent *agent, const struct hc_step *step, uint64_t began,
		      const char *object)
{
	struct json_object *one;

	agent->did = true;
	if (!agent->work) {
		agent->work = json_object_new_array();
		agent->work_began = began;
	}
	if (json_object_array_length(agent->work) >= MOST_WORK)
		return;
	one = json_object_new_object();
	json_object_object_add(one, "object", json_object_new_string(object));
	json_object_object_add(one, "step", json_object_new_string(step->verb));
	json_object_object_add(one, "why",
			       step->change->reason ? json_object_new_string(step->change->reason)
						    : NULL);
	json_object_array_add(agent->work, one);
}

static void first_step(struct agent *agent)
{
	if (!agent->noticed)
		return;
	agent->metrics.repair_us_sum += hc_now() - agent->noticed;
	agent->metrics.repair_count++;
	agent->noticed = 0;
}

static void step_begins(struct agent *agent, const struct hc_step *step)
{
	if (agent->nbegun == agent->begunroom) {
		agent->begunroom = agent->begunroom ? 2 * agent->begunroom : 16;
		agent->begun = reallocarray(agent->begun, agent->begunroom, sizeof(*agent->begun));
		if (!agent->begun)
			abort(); /* memory has run out */
	}
	agent->begun[agent->nbegun++] = (struct begun){step, hc_now()};
}

/* Since when. */
static uint64_t step_ends(struct agent *agent, const struct hc_step *step)
{
	for (size_t i = agent->nbegun; i--;)
		if (agent->begun[i].step == step) {
			uint64_t at = agent->begun[i].at;

			agent->begun[i] = agent->begun[--agent->nbegun];
			return at;
		}
	return hc_now();
}

static void step_done(struct agent *agent, const struct hc_step *step)
{
	uint64_t began = step_ends(agent, step);
	const char *object = hc_change_text(agent->turn, step->change);
	const struct event event = {
		.what = EVENT_STEP,
		.object = object,
		.step = step->verb,
		.result = "done",
		.generation = agent->generation->id,
		.duration_us = hc_now() - began,
	};

	agent->metrics.steps_done++;
	note_work(agent, step, began, object);
	events_say(agent->events, &event);
}

void agent_progress(void *arg, const struct hc_step *step, enum hc_step_state state,
		    const char *why)
{
	struct agent *agent = arg;

	switch (state) {
	case HC_STEP_RUNNING:
		first_step(agent);
		step_begins(agent, step);
		break;
	case HC_STEP_DONE:
		step_done(agent, step);
		break;
	case HC_STEP_FAILED: /* said when the next look sees that it still differs */
		agent->metrics.steps_failed++;
		break;
	case HC_STEP_PENDING:
	case HC_STEP_SETTLING:
	case HC_STEP_WAITING:
	case HC_STEP_SKIPPED:
		break;
	}
	requests_progress(agent->requests, step, (int)state, why);
}

void agent_forget_look(struct agent *agent)
{
	agent->cycle = hc_cycle_free(agent->cycle);
	if (!agent->now)
		return;
	(void)hc_cycle_free(agent->now->cycle);
	(void)hc_arena_free(agent->now->arena);
	agent->now = NULL;
}

static void keep_look(struct agent *agent, struct hc_cycle *cycle, const struct hc_rest *rest)
{
	struct hc_arena *arena = hc_arena_new();
	struct snapshot *now = hc_new(arena, struct snapshot);

	now->arena = arena;
	now->cycle = cycle;
	now->plan = plan_id(arena, cycle->plan);
	now->at = hc_wall_us() / 1000000;
	now->converged = !rest->runnable && !rest->held && !rest->refused && !rest->hopeless &&
			 !rest->unknown && agent->engine->aim.member;
	hc_status(agent->engine, cycle, arena, &now->status);
	agent_forget_look(agent);
	agent->now = now;
}

static void count_look(struct agent *agent, const struct hc_rest *rest, uint64_t began)
{
	struct metrics *metrics = &agent->metrics;
	const char *path = agent->config->spec->metrics;
	struct hc_diags diags = {.arena = agent->turn};
	int r;

	metrics->engine = agent->engine;
	metrics->cycles++;
	metrics->failed += rest->refused || rest->hopeless;
	metrics->look_us += hc_now() - began;
	metrics->last_look = agent->now->at;
	if (agent->now->converged)
		metrics->last_success = agent->now->at;
	r = !path ? 0
		  : metrics_write(path, metrics_text(agent->turn, metrics, agent->config->node,
						     agent->generation, &agent->now->status,
						     &agent->source->state));
	if (r)
		hc_say(&diags, HC_WARNING, (struct hc_place){0}, "metrics: %s: %s", path,
		       strerror(-r));
	agent_complain(agent, &diags);
}

static void end_work(struct agent *agent)
{
	struct json_object *more;
	const struct event event = {
		.what = EVENT_CYCLE,
		.result = agent->now->converged ? "converged" : "not converged",
		.generation = agent->generation->id,
		.duration_us = hc_now() - agent->work_began,
	};
	struct event said = event;

	if (!agent->work)
		return;
	more = json_object_new_object();
	json_object_object_add(more, "changes", agent->work);
	said.more = more;
	agent->work = NULL;
	agent->metrics.changed++;
	events_say(agent->events, &said);
	(void)malloc_trim(0); /* work takes more memory than rest; nothing to trim is fine */
}

/* Whether it has come to an end, for now: what is left cannot be done by doing more. */
static bool is_over(const struct hc_rest *rest)
{
	return !rest->runnable && !rest->unknown;
}

/* A look that did not wait for a slow provider is no news of it: it is shown when there has been no
 * other for a while. */
static bool is_shown(const struct agent *agent, const struct hc_cycle *cycle)
{
	return !cycle->partial || !agent->now || agent->now->cycle->partial ||
	       hc_wall_us() / 1000000 - agent->now->at > PARTIAL_S;
}

static void show_look(struct agent *agent, struct hc_cycle *cycle, const struct hc_rest *rest,
		      uint64_t began)
{
	bool over = is_over(rest);

	keep_look(agent, cycle, rest);
	if (over)
		end_work(agent);
	kept_look(agent, rest->unknown);
	view_hear(agent->view, agent->engine, agent->now->at);
	view_tell(agent->view, agent->engine, cycle, &agent->now->status, agent->generation->id);
	count_look(agent, rest, began);
	requests_looked(agent->requests, over);
}

static void look_done(struct agent *agent, struct hc_cycle *cycle, const struct hc_rest *rest,
		      uint64_t began)
{
	notice_look(agent, cycle);
	if (is_shown(agent, cycle))
		show_look(agent, cycle, rest, began);
	else
		agent->cycle = cycle;
	if (cycle->partial && !rest->runnable)
		return;
	agent->settled = is_over(rest);
	if (agent->settled)
		agent->changed = false;
}

/* Gives the pause that the engine thinks right. */
static uint64_t mend(struct agent *agent, struct hc_cycle *cycle, const struct hc_rest *rest)
{
	uint64_t began = hc_now(), pause = 0;

	if (!agent->engine->late)
		agent->nbegun = 0;
	if (hc_attempt(agent->engine, cycle, rest, &pause) < 0)
		agent->stop = agent->broken = true;
	agent->metrics.runs++;
	agent->metrics.run_us += hc_now() - began;
	return pause;
}

static uint64_t shorter(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

/* While nothing comes of it: later and later. */
static uint64_t patience(struct agent *agent, uint64_t pause)
{
	uint64_t least = agent->engine->pace.look;

	agent->quiet_turns = agent->did ? 0 : agent->quiet_turns + 1;
	for (uint64_t i = 2; i < agent->quiet_turns && least < LONGEST_PAUSE_US; i++)
		least += least / 2;
	if (agent->did || pause >= least)
		return pause;
	return shorter(least, LONGEST_PAUSE_US);
}

static uint64_t due_after(struct agent *agent, const struct hc_rest *rest, uint64_t pause)
{
	uint64_t usual = (uint64_t)agent->config->spec->look * 1000000, due = usual;
	uint64_t wall = hc_wall_us();

	if (rest->runnable || rest->unknown)
		due = shorter(usual, patience(agent, pause));
	else
		agent->quiet_turns = 0;
	if (agent->hold_until) {
		uint64_t then = (uint64_t)agent->hold_until * 1000000;

		due = shorter(due, then > wall ? then - wall : 0);
	}
	return hc_now() + due;
}

/* agent->looked is until when the looks so far were paid for, at their share of the time. */
static void space_looks(struct agent *agent, uint64_t took)
{
	uint64_t now = hc_now(), saved = (uint64_t)LOOK_CREDIT_US * LOOK_SHARE;

	if (agent->looked + saved < now)
		agent->looked = now - saved;
	agent->looked = shorter(agent->looked + took * LOOK_SHARE, now + LONGEST_GAP_US);
	agent->earliest = now + SHORTEST_GAP_US;
	if (agent->earliest < agent->looked)
		agent->earliest = agent->looked;
}

uint64_t turn_take(struct agent *agent)
{
	uint64_t began = hc_now(), took, pause = agent->engine->pace.look;
	struct hc_cycle *cycle;
	struct hc_rest rest;

	begin_turn(agent);
	agent->look = false;
	cycle = hc_look(agent->engine);
	if (!cycle) {
		agent->stop = agent->broken = true;
		return hc_now();
	}
	took = hc_now() - began;
	rest = hc_judge(agent->engine, cycle);
	look_done(agent, cycle, &rest, began);
	if (rest.runnable && !agent->stop)
		pause = mend(agent, cycle, &rest);
	else
		agent->noticed = 0; /* it was nothing */
	space_looks(agent, took);
	return due_after(agent, &rest, pause);
}
