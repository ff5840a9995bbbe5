/* SPDX-License-Identifier: Apache-2.0 */
/*
 * hcstate simulate: what high availability would do in a scenario, by the function that decides in
 * the agents. With a scenario it looks at no system and asks no agent, so it runs anywhere.
 */

#include "command.h"

#include <reconciler/simulate/report.h>
#include <reconciler/simulate/scenario.h>

#include "simulate_fail.h"

static int run(const struct options *options, struct hc_arena *arena,
	       const struct scenario *scenario, struct hc_diags *diags)
{
	struct report report = {.out = stdout, .jsonl = options->output == OUTPUT_JSON};
	const struct ha_memory *last = NULL;

	if (simulate(arena, scenario, report_event, &report, diags, &last)) {
		hc_diags_print(diags, stderr);
		return EXIT_FAILED;
	}
	report_end(&report, scenario->until, last);
	return EXIT_DONE;
}

/* For people in any case, and in the form that was asked for. */
static void say_wrong(const struct options *options, struct hc_arena *arena, struct hc_diags *diags)
{
	struct hc_generation is = {.arena = arena, .diags = *diags};

	hc_diags_print(diags, stderr);
	if (diags->errors && options->output == OUTPUT_JSON)
		command_print_report(&is);
}

int command_simulate(const struct options *options)
{
	_cleanup_(hc_arena_freep) struct hc_arena *arena = hc_arena_new();
	_cleanup_(hc_registry_freep) struct hc_registry *registry = hc_registry_new();
	_cleanup_(hc_generation_freep) struct hc_generation *generation = NULL;
	struct hc_diags diags = {.arena = arena};
	const struct scenario *scenario;
	int exitcode;

	if (options->fail)
		return simulate_fail_command(options);
	if (!options->narg) {
		fputs("hcstate: what is to be simulated? a scenario's file, or --fail NODE\n",
		      stderr);
		return EXIT_USAGE;
	}
	if (options->live) {
		fputs("hcstate: a scenario says how it begins: --live goes with --fail\n", stderr);
		return EXIT_USAGE;
	}
	hc_registry_load(registry, NULL);
	generation = command_load(options, registry, &exitcode);
	if (!generation)
		return exitcode;
	scenario = scenario_load(arena, options->args[0], &generation->desired, &diags);
	say_wrong(options, arena, &diags);
	return scenario ? run(options, arena, scenario, &diags) : EXIT_MANIFEST;
}
