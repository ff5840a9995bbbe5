/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The run: a counter per step of how many others still block it; at zero it goes to a worker. What
 * waits or fails blocks those behind it for this run and is said; everything else goes on. Before
 * the first step, what is going to be made is recorded in the inventory.
 */

#include <errno.h>
#include <string.h>

#include "engine.h"

enum {
	ACCURACY_US = 1000,
};

struct run {
	struct hc_engine *engine;
	struct hc_cycle *cycle;
	struct hc_outcome *of;  /* by step->number */
	size_t *blocked;        /* by step->number: how many steps must still come to an end */
	uint64_t *started;      /* by step->number: hc_now() of its first try */
	struct hc_work **work;  /* by step->number: a call under way; NULL: none */
	bool *another;          /* by step->number: what its last call said, see hc_call */
	struct pause *pauses;   /* those that wait to ask again */
	sd_event_source *still; /* NULL: nobody wants to hear of it */
};

/* A settling step's timer. */
struct pause {
	struct run *run;
	const struct hc_step *step;
	sd_event_source *source; /* NULL: it is over */
	struct pause *next;
};

/* A step's end starts others: these and end() need each other. */
static void launch(struct run *run, const struct hc_step *step);
static void begin(struct run *run, const struct hc_step *step, bool settling);
static void settle_left(struct hc_work *work);

static void set(struct run *run, const struct hc_step *step, enum hc_step_state state,
		const char *why)
{
	run->of[step->number] = (struct hc_outcome){.state = state, .why = why};
	if (run->engine->progress)
		run->engine->progress(run->engine->progress_arg, step, state, why);
}

static void skip_those_behind(struct run *run, const struct hc_step *step)
{
	for (size_t i = 0; i < step->nblocks; i++) {
		const struct hc_step *behind = step->blocks[i];

		if (run->of[behind->number].state != HC_STEP_PENDING)
			continue;
		set(run, behind, HC_STEP_SKIPPED,
		    hc_printf(run->cycle->arena, "after \"%s\" of %s", step->verb,
			      hc_change_text(run->cycle->arena, step->change)));
		skip_those_behind(run, behind);
	}
}

static void unblock_those_behind(struct run *run, const struct hc_step *step)
{
	for (size_t i = 0; i < step->nblocks; i++)
		if (!--run->blocked[step->blocks[i]->number])
			launch(run, step->blocks[i]);
}

static void end(struct run *run, const struct hc_step *step, enum hc_step_state state,
		const char *why)
{
	set(run, step, state, why);
	if (state == HC_STEP_DONE)
		unblock_those_behind(run, step);
	else
		skip_those_behind(run, step);
}

static int ask_again(sd_event_source *source, uint64_t usec, void *arg)
{
	struct pause *pause = arg;

	(void)source, (void)usec;
	pause->run->engine->pending--;
	pause->source = sd_event_source_disable_unref(pause->source);
	begin(pause->run, pause->step, true);
	return 0;
}

/* Asks again in a moment whether the step has settled. */
static int settle_later(struct run *run, const struct hc_step *step)
{
	struct pause *pause = hc_new(run->cycle->arena, struct pause);
	int r;

	pause->run = run;
	pause->step = step;
	pause->next = run->pauses;
	run->pauses = pause;
	r = sd_event_add_time_relative(run->engine->event, &pause->source, CLOCK_MONOTONIC,
				       run->engine->pace.look, ACCURACY_US, ask_again, pause);
	if (r >= 0)
		run->engine->pending++;
	return r;
}

static bool is_over(const struct hc_engine *engine)
{
	return engine->stop || (engine->until && hc_now() >= engine->until);
}

static void not_settled(struct run *run, const struct hc_step *step, const char *why)
{
	if (!step->patient && hc_now() - run->started[step->number] > run->engine->pace.settle)
		end(run, step, HC_STEP_FAILED,
		    hc_printf(run->cycle->arena, "it has not come to an end: %s", why));
	else if (is_over(run->engine) || settle_later(run, step) < 0)
		end(run, step, HC_STEP_WAITING, why);
	else
		set(run, step, HC_STEP_SETTLING, why);
}

static void failed(struct run *run, const struct hc_work *work, int result)
{
	end(run, work->step, HC_STEP_FAILED,
	    hc_work_said(work, run->cycle->arena, strerror(-result)));
	run->of[work->step->number].futile = work->call.futile;
}

static void done(struct run *run, const struct hc_work *work)
{
	end(run, work->step, HC_STEP_DONE, NULL);
	run->of[work->step->number].another = work->call.another;
}

static const char too_late[] = "it did not come to an end in time and may still go on";

static void was_taken(void *arg, int result)
{
	struct hc_work *work = arg;
	struct run *run = work->owner;
	const struct hc_step *step = work->step;
	struct hc_arena *arena;

	if (!work->settling || result != -EAGAIN) /* a question that changed nothing */
		hc_read_acted(work->slot);
	if (!work->left && result != -ETIMEDOUT) /* else its run has ended, or its call has not */
		run->another[step->number] = work->call.another;
	work->overdue = result == -ETIMEDOUT;
	if (work->left && !result && !work->settling && work->slot->provider->settled) {
		settle_left(work);
		return;
	}
	if (work->left) {
		hc_left_ended(work, result, too_late);
		return;
	}
	arena = run->cycle->arena;
	run->work[step->number] = NULL;
	run->engine->pending--;
	if (result == -ETIMEDOUT) {
		hc_work_late(work, run->cycle);
		end(run, step, HC_STEP_FAILED, too_late);
		return;
	}
	hc_work_told(work);
	if (result == -EBUSY && !work->call.diags.n)
		end(run, step, HC_STEP_FAILED, "earlier calls to its provider are stuck");
	else if (result == -EAGAIN && work->settling)
		not_settled(run, step, hc_work_said(work, arena, "it goes on"));
	else if (result == -EAGAIN)
		end(run, step, HC_STEP_WAITING, hc_work_said(work, arena, "for something"));
	else if (result)
		failed(run, work, result);
	else if (!work->settling && work->slot->provider->settled)
		begin(run, step, true);
	else
		done(run, work);
}

/* In a worker. */
static int take(void *arg)
{
	struct hc_work *work = arg;
	const struct hc_provider *provider = work->slot->provider;

	work->call.deadline = hc_now() + work->patience;
	return work->settling ? provider->settled(&work->call, work->slot->self, work->step)
			      : provider->apply(&work->call, work->slot->self, work->step);
}

static struct hc_slot *slot_of(struct hc_engine *engine, const struct hc_step *step)
{
	const struct hc_provider *provider =
		hc_registry_provider(engine->registry, step->change->type);

	for (size_t i = 0; i < engine->nslot; i++)
		if (engine->slots[i].provider == provider)
			return &engine->slots[i];
	return NULL; /* a plan only has changes of providers that read */
}

static void begin(struct run *run, const struct hc_step *step, bool settling)
{
	struct hc_engine *engine = run->engine;
	uint64_t patience = step->deadline_us ? step->deadline_us : engine->pace.step;
	struct hc_work *work = hc_work_new(slot_of(engine, step), &run->cycle->live, patience);

	work->owner = run;
	work->step = step;
	work->settling = settling;
	work->call.another = run->another[step->number];
	run->work[step->number] = work;
	hc_work_begin(work, take, was_taken);
}

/* Nobody waits for it, but whether it is done has to be asked as of any other. */
static void settle_left(struct hc_work *work)
{
	struct hc_work *next = hc_work_new(work->slot, &work->cycle->live, work->patience);

	hc_work_told(work);
	next->step = work->step;
	next->settling = next->left = true;
	next->call.another = work->call.another;
	hc_work_begin(next, take, was_taken);
	next->since = work->since;
	next->engine->pending--;
	hc_work_late(next, work->cycle);
}

/* What a person says while it runs counts from there on. */
static const char *suspended(const struct run *run, const struct hc_change *change)
{
	const struct hc_aim *aim = &run->engine->aim;
	const char *why = NULL;

	if (aim->hold &&
	    aim->hold(aim->hold_arg, run->cycle->arena, change, &why) == HC_HOLD_SUSPENDED)
		return why;
	return NULL;
}

static const char *held(struct run *run, const struct hc_step *step)
{
	struct hc_arena *arena = run->cycle->arena;
	const struct hc_trouble *trouble =
		hc_trouble_find(&run->engine->troubles, hc_change_text(arena, step->change));
	uint64_t now = hc_now();
	const char *why;

	if (run->engine->stop)
		return "asked to stop";
	if (step->change->going)
		return "an earlier try of it has not come to an end yet";
	why = suspended(run, step->change);
	if (why)
		return why;
	if (!trouble || trouble->next <= now)
		return NULL;
	return hc_printf(arena, "%s; next try in %.1f s", trouble->why,
			 (double)(trouble->next - now) / 1e6);
}

static void launch(struct run *run, const struct hc_step *step)
{
	const char *why;

	if (step->change->refused) {
		/* Not taken; what cannot do without it is refused as well (guard.c). */
		run->of[step->number] =
			(struct hc_outcome){.state = HC_STEP_SKIPPED, .why = step->change->refused};
		unblock_those_behind(run, step);
		return;
	}
	why = held(run, step);
	if (why) {
		run->of[step->number] = (struct hc_outcome){.state = HC_STEP_SKIPPED, .why = why};
		skip_those_behind(run, step);
		return;
	}
	run->started[step->number] = hc_now();
	set(run, step, HC_STEP_RUNNING, NULL);
	begin(run, step, false);
}

/* A provider may be silent for long; who waits should not have to wonder. */
static int say_still(sd_event_source *source, uint64_t usec, void *arg)
{
	struct run *run = arg;
	struct hc_engine *engine = run->engine;
	const struct hc_plan *plan = run->cycle->plan;
	uint64_t now = hc_now();

	(void)usec;
	for (size_t i = 0; i < plan->nstep; i++) {
		const struct hc_step *step = plan->step[i];
		enum hc_step_state state = run->of[step->number].state;
		uint64_t since = run->started[step->number];

		if ((state == HC_STEP_RUNNING || state == HC_STEP_SETTLING) &&
		    now - since >= engine->pace.still)
			engine->still(engine->progress_arg, step, since);
	}
	(void)sd_event_source_set_time_relative(source, engine->pace.still); /* or silence */
	(void)sd_event_source_set_enabled(source, SD_EVENT_ONESHOT);
	return 0;
}

static void begin_still(struct run *run)
{
	struct hc_engine *engine = run->engine;

	if (engine->still && engine->pace.still)
		(void)sd_event_add_time_relative(engine->event, &run->still, CLOCK_MONOTONIC,
						 engine->pace.still, ACCURACY_US, say_still,
						 run); /* without it all is as well, but silent */
}

/* What takes long goes on by itself: its call as one that is late, its pause not at all. What no
 * thread has begun yet is the next run's, for until then somebody may have said not to. */
static void leave(struct run *run)
{
	const struct hc_plan *plan = run->cycle->plan;

	for (size_t i = 0; i < plan->nstep; i++) {
		const struct hc_step *step = plan->step[i];
		struct hc_work *work = run->work[step->number];
		bool settling, begun;

		if (!work)
			continue;
		run->engine->pending--;
		settling = work->settling;
		begun = !hc_lane_withdraw(work->slot->lane, work);
		if (begun) {
			work->left = true;
			hc_work_late(work, run->cycle);
		}
		end(run, step, HC_STEP_WAITING,
		    begun || settling ? "it goes on" : "for others of its provider");
		run->of[step->number].left = true;
		run->of[step->number].settling = settling;
	}
	for (struct pause *pause = run->pauses; pause; pause = pause->next) {
		if (!pause->source)
			continue;
		pause->source = sd_event_source_disable_unref(pause->source);
		run->engine->pending--;
		end(run, pause->step, HC_STEP_WAITING, run->of[pause->step->number].why);
		run->of[pause->step->number].settling = true;
	}
}

static int record(struct run *run, struct hc_diags *diags)
{
	const struct hc_plan *plan = run->cycle->plan;

	for (size_t i = 0; i < plan->n; i++) {
		const struct hc_change *change = plan->change[i];

		if (!change->refused &&
		    (change->action == HC_CREATE || change->action == HC_REPLACE))
			hc_inventory_add(&run->engine->inventory, change->want);
	}
	return hc_inventory_save(&run->engine->inventory, diags);
}

static void refuse_all(struct run *run, const char *why)
{
	for (size_t i = 0; i < run->cycle->plan->nstep; i++)
		end(run, run->cycle->plan->step[i], HC_STEP_FAILED, why);
}

int hc_run(struct hc_engine *engine, struct hc_cycle *cycle, struct hc_outcome **outcomes)
{
	struct hc_plan *plan = cycle->plan;
	struct hc_diags diags = {.arena = cycle->arena};
	struct run run = {
		.engine = engine,
		.cycle = cycle,
		.of = hc_alloc(cycle->arena, plan->nstep * sizeof(*run.of)),
		.blocked = hc_alloc(cycle->arena, plan->nstep * sizeof(*run.blocked)),
		.started = hc_alloc(cycle->arena, plan->nstep * sizeof(*run.started)),
		.work = hc_alloc(cycle->arena, plan->nstep * sizeof(struct hc_work *)),
		.another = hc_alloc(cycle->arena, plan->nstep * sizeof(*run.another)),
	};
	int r;

	*outcomes = run.of;
	for (size_t i = 0; i < plan->nstep; i++)
		run.blocked[plan->step[i]->number] = plan->step[i]->nafter;
	if (record(&run, &diags)) {
		refuse_all(&run, diags.v[0].text);
		return -EIO;
	}
	begin_still(&run);
	for (size_t i = 0; i < plan->nstep; i++)
		if (!plan->step[i]->nafter)
			launch(&run, plan->step[i]);
	r = hc_engine_wait(engine,
			   engine->pace.linger ? hc_now() + hc_left_patience(engine, cycle) : 0);
	leave(&run);
	run.still = sd_event_source_disable_unref(run.still);
	return r;
}
