/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Progress: a line for each step that ends, and for each new reason to wait. What is tried again
 * with the same result is not said again. On a terminal the last line also shows what is running.
 */

#include "progress.h"

#include <string.h>

#include <reconciler/print.h>
#include <reconciler/text.h>

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
		.begin = hc_now(),
		.terminal = isatty(STDERR_FILENO),
	};
}

static bool is_news(struct progress *progress, const char *step, const char *line)
{
	const char *before = hc_map_get(&progress->said, step);

	if (before && !strcmp(before, line))
		return false;
	hc_map_put(progress->arena, &progress->said, step, line);
	return true;
}

static void clear_line(const struct progress *progress)
{
	if (progress->terminal)
		fputs("\r\033[K", stderr);
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
			hc_print_change(stdout, cycle->plan, change);
	}
}

static void show_unknown(struct progress *progress, const struct hc_state *live)
{
	for (size_t i = 0; progress->looked && i < live->nunknown; i++) {
		const struct hc_unknown *unknown = &live->unknown[i];
		const char *line = hc_printf(progress->arena, "%s: unknown: %s",
					     unknown->type->name, unknown->why);

		if (is_news(progress, unknown->type->name, line))
			fprintf(stderr, "%7.1f s  %s\n", (double)(hc_now() - progress->begin) / 1e6,
				hc_harmless(progress->arena, line));
	}
}

void progress_looked(void *arg, const struct hc_cycle *cycle)
{
	struct progress *progress = arg;

	clear_line(progress);
	show_new_changes(progress, cycle);
	show_unknown(progress, &cycle->live);
	if (!progress->looked && progress->plan)
		hc_print_plan(stdout, cycle);
	progress->looked = true;
	(void)fflush(stdout); /* checked at the end */
}

static void show_running(const struct progress *progress, const struct hc_step *step)
{
	if (progress->terminal && progress->running)
		fprintf(stderr, "%7.1f s  %zu running: %s/%s: %s",
			(double)(hc_now() - progress->begin) / 1e6, progress->running,
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
	if (state != HC_STEP_RUNNING && is_news(progress, name, line))
		fprintf(stderr, "%7.1f s  %s\n", (double)(hc_now() - progress->begin) / 1e6, line);
	show_running(progress, step);
	(void)fflush(stderr);
}

void progress_end(struct progress *progress)
{
	clear_line(progress);
}
