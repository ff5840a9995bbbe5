/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From the source to the engine. A generation is good when it was read whole, has no error, and
 * every provider can derive from it what follows. Only then it is kept on disk and takes the place
 * of the one before; all else is said, once per generation, and changes nothing.
 */

#include "adopt.h"

#include <errno.h>
#include <string.h>

#include "agent.h"

enum {
	BUSY_US = 1000 * 1000, /* until it is tried again while a late call looks at the old one */
	KEEP_US = 60 * 1000 * 1000, /* ... to keep on disk what could not be kept */
	LINGER_US = 300 * 1000,     /* see engine.h, struct hc_pace */
};

static void say_refused(struct agent *agent, const struct hc_generation *generation)
{
	const struct hc_diag *first = agent->refused.n ? &agent->refused.v[0] : NULL;
	_cleanup_(hc_arena_freep) struct hc_arena *arena = hc_arena_new();
	const char *where = first && first->place.source
				    ? hc_printf(arena, "%s: ", hc_place_text(arena, first->place))
				    : "";
	const struct event event = {
		.what = EVENT_REFUSED,
		.generation = generation->id,
		.result = "refused",
		.reason = hc_printf(arena, "%s%s%s", where, first ? first->text : "it is not good",
				    agent->refused.errors > 1 ? " (and more)" : ""),
	};

	agent->refusing = true;
	events_say(agent->events, &event);
}

static void forget_refused(struct agent *agent)
{
	(void)hc_arena_free(agent->refused_arena);
	agent->refused_arena = NULL;
	agent->refused = (struct hc_diags){NULL};
	agent->refused_id = NULL;
}

/* The generation stays as long as what is wrong with it is shown: places point into it. */
static void refuse(struct agent *agent, struct hc_generation *generation)
{
	bool known = agent->refused_id && !strcmp(agent->refused_id, generation->id);

	forget_refused(agent);
	agent->refused_arena = generation->arena;
	agent->refused = generation->diags;
	agent->refused_id = generation->id;
	hc_diags_sort(&agent->refused);
	if (!known)
		say_refused(agent, generation);
}

static void say_taken(struct agent *agent, const char *result)
{
	const struct hc_generation *generation = agent->generation;
	_cleanup_(hc_arena_freep) struct hc_arena *arena = hc_arena_new();
	const struct event event = {
		.what = EVENT_GENERATION,
		.generation = generation->id,
		.result = result,
		.reason = generation->commit
				  ? hc_printf(arena, "%s (%s)", generation->commit->subject,
					      generation->commit->author)
				  : NULL,
	};

	agent->refusing = false;
	events_say(agent->events, &event);
}

static struct hc_engine *make_engine(struct agent *agent, const struct hc_generation *generation,
				     struct hc_diags *diags)
{
	const struct hc_engine_options options = {
		.node = agent->node,
		.state_dir = agent->state_dir,
		.key_file = agent->key_file,
		.allow_removals = UINT64_MAX,
		.pace = agent->pace,
		.event = agent->event,
		.pulse = agent->pulse ? &agent->pulse->seen : NULL,
	};

	return hc_engine_new(agent->registry, generation, &options, diags);
}

/* 0, -EBUSY: later; else said in the generation's diags. */
static int give_to_engine(struct agent *agent, struct hc_generation *generation)
{
	if (agent->engine)
		return hc_engine_take(agent->engine, generation, &generation->diags);
	agent->engine = make_engine(agent, generation, &generation->diags);
	if (!agent->engine)
		return -EINVAL;
	agent->engine->pace.linger = agent->pace ? agent->pace->linger : LINGER_US;
	agent->engine->aim.hold = agent_hold;
	agent->engine->aim.hold_arg = agent;
	agent->engine->progress = agent_progress;
	agent->engine->progress_arg = agent;
	return 0;
}

/* Takes it. Gives whether it is the engine's now. */
static bool take(struct agent *agent, struct hc_generation *generation)
{
	int r;

	if (generation->diags.errors || generation->partial) {
		refuse(agent, generation);
		return false;
	}
	if (agent->engine && hc_engine_busy(agent->engine)) {
		r = -EBUSY;
	} else {
		agent_forget_look(agent); /* it points into the generation before */
		r = give_to_engine(agent, generation);
	}
	if (r == -EBUSY) {
		(void)hc_generation_free(generation);
		agent->news = true;
		agent->busy = hc_now() + BUSY_US;
		return false;
	}
	if (r) {
		refuse(agent, generation);
		return false;
	}
	(void)hc_generation_free(agent->generation);
	agent->generation = generation;
	agent->look = agent->changed = true;
	return true;
}

/* What could not be read has no part in the id. */
static bool is_known(const struct agent *agent, const struct hc_generation *generation)
{
	return !generation->diags.errors && !generation->partial && agent->generation &&
	       !strcmp(agent->generation->id, generation->id);
}

/* What cannot be kept is made true all the same; it is said, for a boot would begin with the one
 * before, and tried again: a full disk has room some day. */
static void keep(struct agent *agent)
{
	_cleanup_(hc_arena_freep) struct hc_arena *arena = hc_arena_new();
	struct hc_diags diags = {.arena = arena};
	int r = store_keep(agent->state_dir, agent->generation, &diags);

	agent->unkept = r ? hc_now() + KEEP_US : 0;
	agent_complain(agent, &diags);
}

void adopt_keep(struct agent *agent)
{
	if (agent->unkept && hc_now() >= agent->unkept)
		keep(agent);
}

/* That it cannot be asked; its words for one time that this lasts do not change. */
static void say_failing(struct agent *agent)
{
	const struct source_state *state = &agent->source->state;
	_cleanup_(hc_arena_freep) struct hc_arena *arena = hc_arena_new();
	struct hc_diags diags = {.arena = arena};

	agent->source_failing = true;
	if (state->hangs) /* its words name the path */
		hc_say(&diags, HC_WARNING, (struct hc_place){0}, "%s", state->error);
	else
		hc_say(&diags, HC_WARNING, (struct hc_place){0}, "%s: %s", state->where,
		       state->error);
	agent_complain(agent, &diags);
}

static void say_answers(struct agent *agent)
{
	_cleanup_(hc_arena_freep) struct hc_arena *arena = hc_arena_new();
	const struct event event = {
		.what = EVENT_AGENT,
		.result = "recovered",
		.reason = hc_printf(arena, "%s answers again", agent->source->state.where),
		.generation = agent->generation ? agent->generation->id : NULL,
	};

	if (agent->source_failing)
		events_say(agent->events, &event);
	agent->source_failing = false;
}

/* Whether what is wrong is the newest that there is, and not that nothing can be had. */
static bool is_refused(const struct agent *agent)
{
	const struct source_state *state = &agent->source->state;

	return state->tip && !state->gone &&
	       !(agent->generation && !strcmp(agent->generation->id, state->tip));
}

/* What the source itself refused (a commit that is not signed, a history that was rewritten), or
 * that it cannot be asked. */
static void say_source(struct agent *agent)
{
	const struct source_state *state = &agent->source->state;
	const struct event event = {
		.what = EVENT_REFUSED,
		.generation = state->tip,
		.result = "refused",
		.reason = state->error,
	};

	if (state->error && strcmp(state->kind, "git") != 0 && !state->hangs)
		return; /* a directory that is being edited is none's fault */
	if (state->error && !is_refused(agent)) {
		say_failing(agent);
		return;
	}
	say_answers(agent);
	agent->refusing |= state->error != NULL;
	if (state->error)
		events_say(agent->events, &event); /* which says it once */
}

/* One that is older than what the source refused is no news, whatever is wrong with it. */
static bool is_old(const struct agent *agent, const struct hc_generation *generation)
{
	const struct source_state *state = &agent->source->state;

	return is_known(agent, generation) ||
	       (state->tip && state->error && strcmp(state->tip, generation->id) != 0);
}

void adopt_news(struct agent *agent)
{
	struct hc_generation *generation;

	agent->news = false;
	agent->busy = 0;
	generation = source_load(agent->source, agent->registry);
	say_source(agent);
	if (!generation)
		return;
	if (is_old(agent, generation)) {
		forget_refused(agent); /* it was mended by going back, or is not the newest */
		if (agent->refusing && !agent->source->state.error)
			say_taken(agent, "taken");
		(void)hc_generation_free(generation);
		return;
	}
	if (!take(agent, generation))
		return;
	forget_refused(agent);
	say_taken(agent, "taken");
	keep(agent);
}

void adopt_first(struct agent *agent)
{
	_cleanup_(hc_arena_freep) struct hc_arena *arena = hc_arena_new();
	struct hc_diags diags = {.arena = arena};
	struct hc_generation *generation;

	adopt_news(agent);
	if (agent->generation)
		return;
	generation = store_load(agent->state_dir, agent->registry, &diags);
	agent_complain(agent, &diags);
	if (generation && take(agent, generation))
		say_taken(agent, "kept from before");
}
