/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Progress: a line for each step that ends, and for each new reason to wait. What is tried again
 * with the same result is not said again, and what changes all the time (how much of a recovery is
 * left) at most once a second. What stands behind a step that waits or failed follows from the plan
 * and has no line; kinds that cannot be read for the same reason share one. On a terminal the last
 * line also shows what is running; elsewhere a line says so when nothing else was said for a while.
 */

#include "progress.h"

#include <inttypes.h>
#include <string.h>

#include <reconciler/print.h>
#include <reconciler/text.h>

enum {
	OFTEN_US = 1000 * 1000,       /* between two lines on one step that goes on */
	SILENCE_US = 4 * 1000 * 1000, /* after which a word that it goes on is welcome */
};

static const char *const words[] = {
	[HC_STEP_PENDING] = "pending", [HC_STEP_RUNNING] = "begins", [HC_STEP_SETTLING] = "goes on",
	[HC_STEP_DONE] = "done",       [HC_STEP_WAITING] = "waits",  [HC_STEP_FAILED] = "failed",
	[HC_STEP_SKIPPED] = "skipped",
};

void progress_begin(struct progress *progress, struct hc_arena *arena, bool plan)
{
	*progress = (struct progress){
		.arena = arena,
		.plan = plan,
		.out = stdout,
		.err = stderr,
		.clock = hc_now,
		.begin = hc_now(),
		.terminal = isatty(STDERR_FILENO),
	};
}

static struct said *said_of(struct progress *progress, const char *of)
{
	struct said *said;

	for (size_t i = 0; i < progress->nsaid; i++)
		if (!strcmp(progress->said[i].of, of))
			return &progress->said[i];
	progress->said = hc_grow(progress->arena, progress->said, progress->nsaid,
				 &progress->saidroom, sizeof(*progress->said));
	said = &progress->said[progress->nsaid++];
	*said = (struct said){.of = hc_strdup(progress->arena, of)};
	return said;
}

static void say(struct progress *progress, struct said *said, const char *line)
{
	uint64_t now = progress->clock();

	said->when = now;
	fprintf(progress->err, "%7.1f s  %s\n", (double)(now - progress->begin) / 1e6, line);
}

/* Says what was not said last. `passing`: it will be followed by other words of the same. */
static void say_news(struct progress *progress, const char *of, const char *line, bool passing)
{
	struct said *said = said_of(progress, of);

	if (said->line && !strcmp(said->line, line))
		return;
	if (passing && said->line && progress->clock() - said->when < OFTEN_US)
		return;
	said->line = hc_strdup(progress->arena, line);
	say(progress, said, line);
}

static void clear_line(const struct progress *progress)
{
	if (progress->terminal)
		fputs("\r\033[K", progress->err);
}

static void show_new_changes(struct progress *progress, const struct hc_cycle *cycle)
{
	for (size_t i = 0; i < cycle->plan->n; i++) {
		const struct hc_change *change = cycle->plan->run[i];
		const char *object = hc_change_text(cycle->arena, change);

		if (hc_map_get(&progress->planned, object))
			continue;
		hc_map_put(progress->arena, &progress->planned, object, "");
		if (progress->looked && progress->plan)
			hc_print_change(progress->out, cycle->plan, change);
	}
}

static void show_new_kept(struct progress *progress, const struct hc_cycle *cycle)
{
	for (size_t i = 0; i < cycle->diff.n; i++) {
		const struct hc_finding *f = &cycle->diff.v[i];
		const char *object;

		if (f->verdict != HC_KEPT)
			continue;
		object = hc_resource_text(progress->arena, f->have);
		if (hc_map_get(&progress->kept, object))
			continue;
		hc_map_put(progress->arena, &progress->kept, object, "");
		if (progress->looked && progress->plan)
			hc_print_kept(progress->out, cycle, f);
	}
}

/* Those that are unknown for the reason of `first`, which is said with the first of them only. */
static const char *alike(struct hc_arena *arena, const struct hc_state *live, size_t first)
{
	const char *names = NULL;

	for (size_t i = 0; i < live->nunknown; i++) {
		if (strcmp(live->unknown[i].why, live->unknown[first].why) != 0)
			continue;
		if (i < first)
			return NULL;
		names = hc_printf(arena, "%s%s%s", names ? names : "", names ? ", " : "",
				  live->unknown[i].type->name);
	}
	return names;
}

static void show_unknown(struct progress *progress, const struct hc_state *live)
{
	for (size_t i = 0; progress->looked && i < live->nunknown; i++) {
		const char *names = alike(progress->arena, live, i);
		const char *line;

		if (!names)
			continue;
		line = hc_printf(progress->arena, "%s: unknown: %s", names, live->unknown[i].why);
		say_news(progress, live->unknown[i].type->name, hc_harmless(progress->arena, line),
			 true);
	}
}

void progress_looked(void *arg, const struct hc_cycle *cycle)
{
	struct progress *progress = arg;

	clear_line(progress);
	show_new_changes(progress, cycle);
	show_new_kept(progress, cycle);
	show_unknown(progress, &cycle->live);
	if (!progress->looked && progress->plan)
		hc_print_plan(progress->out, cycle);
	progress->looked = true;
	(void)fflush(progress->out); /* checked at the end */
}

static void show_running(const struct progress *progress, const struct hc_step *step)
{
	if (progress->terminal && progress->running)
		fprintf(progress->err, "%7.1f s  %zu running: %s/%s: %s",
			(double)(progress->clock() - progress->begin) / 1e6, progress->running,
			step->change->type->name, step->change->name, step->verb);
}

void progress_step(void *arg, const struct hc_step *step, enum hc_step_state state, const char *why)
{
	struct progress *progress = arg;
	const char *object = hc_change_text(progress->arena, step->change);
	const char *name = hc_printf(progress->arena, "%s: %s", object, step->verb);
	const char *line = hc_harmless(progress->arena,
				       hc_printf(progress->arena, "%s: %s%s%s", name, words[state],
						 why ? ": " : "", why ? why : ""));

	if (state == HC_STEP_RUNNING)
		progress->running++;
	else if (progress->running && state != HC_STEP_SETTLING && state != HC_STEP_SKIPPED)
		progress->running--;
	clear_line(progress);
	if (state != HC_STEP_RUNNING && state != HC_STEP_SKIPPED)
		say_news(progress, name, line,
			 state == HC_STEP_SETTLING || state == HC_STEP_WAITING);
	show_running(progress, step);
	(void)fflush(progress->err);
}

void progress_still(void *arg, const struct hc_step *step, uint64_t since)
{
	struct progress *progress = arg;
	_cleanup_(hc_arena_freep) struct hc_arena *arena = hc_arena_new();
	const char *name =
		hc_printf(arena, "%s: %s", hc_change_text(arena, step->change), step->verb);
	struct said *said = said_of(progress, name);
	uint64_t now = progress->clock();

	clear_line(progress);
	if (!progress->terminal && now - said->when >= SILENCE_US)
		say(progress, said,
		    hc_harmless(arena, hc_printf(arena, "still: %s (%" PRIu64 " s)", name,
						 (now - since) / 1000000)));
	show_running(progress, step);
	(void)fflush(progress->err);
}

void progress_end(struct progress *progress)
{
	clear_line(progress);
}
