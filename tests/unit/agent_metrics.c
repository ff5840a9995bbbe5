/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The text for Prometheus, compared whole. With METRICS_OUT each test leaves its text in that
 * directory, for tests/metrics/run to have promtool read it.
 */

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

#include <hcstate/file.h>
#include <reconciler/agent/metrics.h>

struct scene {
	struct hc_arena *arena;
	struct metrics metrics;
	struct hc_commit commit;
	struct hc_generation generation;
	struct source_state source;
	struct hc_status status;
	struct hc_status_line lines[16];
	char directory[32];
};

static int begin(void **state)
{
	struct hc_arena *arena = hc_arena_new();
	struct scene *scene = hc_new(arena, struct scene);

	scene->arena = arena;
	scene->status.v = scene->lines;
	scene->source = (struct source_state){.kind = "path", .where = "/etc/hcstate/manifests"};
	scene->generation.id = "0123456789abcdef";
	strcpy(scene->directory, "/tmp/metrics-XXXXXX");
	*state = scene;
	return mkdtemp(scene->directory) ? 0 : -1;
}

static int end(void **state)
{
	struct scene *scene = *state;

	(void)hc_file_clear(scene->directory);
	hc_arena_free(scene->arena);
	return 0;
}

static void leave(struct scene *scene, const char *name, const char *text)
{
	const char *out = getenv("METRICS_OUT");

	if (out)
		assert_int_equal(hc_file_write(hc_printf(scene->arena, "%s/%s.prom", out, name),
					       0644, text, strlen(text)),
				 0);
}

static struct hc_status_line *add(struct scene *scene, const char *kind,
				  enum hc_condition condition)
{
	struct hc_type *type = hc_new(scene->arena, struct hc_type);
	struct hc_resource *want = hc_new(scene->arena, struct hc_resource);
	struct hc_finding *finding = hc_new(scene->arena, struct hc_finding);
	struct hc_status_line *line = &scene->lines[scene->status.n++];

	type->name = kind;
	want->type = type;
	finding->want = want;
	*line = (struct hc_status_line){.finding = finding, .condition = condition};
	return line;
}

static void hold(struct scene *scene, struct hc_status_line *line, enum hc_hold reason)
{
	struct hc_finding *finding = hc_new(scene->arena, struct hc_finding);

	*finding = *line->finding;
	finding->change = hc_new(scene->arena, struct hc_change);
	finding->change->hold = reason;
	line->finding = finding;
}

#define BUILD                                                                                      \
	"# HELP hcstate_build_info The agent.\n"                                                   \
	"# TYPE hcstate_build_info gauge\n"                                                        \
	"hcstate_build_info{version=\"" HC_VERSION "\",node=\"pve1\"} 1\n"

#define NO_COUNTS                                                                                  \
	"# HELP hcstate_cycles_total Looks at everything.\n"                                       \
	"# TYPE hcstate_cycles_total counter\n"                                                    \
	"hcstate_cycles_total 0\n"                                                                 \
	"# HELP hcstate_cycles_changed_total Cycles that changed something.\n"                     \
	"# TYPE hcstate_cycles_changed_total counter\n"                                            \
	"hcstate_cycles_changed_total 0\n"                                                         \
	"# HELP hcstate_cycles_failed_total Cycles in which something failed.\n"                   \
	"# TYPE hcstate_cycles_failed_total counter\n"                                             \
	"hcstate_cycles_failed_total 0\n"                                                          \
	"# HELP hcstate_steps_total Steps that came to an end, by how.\n"                          \
	"# TYPE hcstate_steps_total counter\n"                                                     \
	"hcstate_steps_total{result=\"done\"} 0\n"                                                 \
	"hcstate_steps_total{result=\"failed\"} 0\n"                                               \
	"# HELP hcstate_look_seconds How long looks take.\n"                                       \
	"# TYPE hcstate_look_seconds summary\n"                                                    \
	"hcstate_look_seconds_sum 0.000000\n"                                                      \
	"hcstate_look_seconds_count 0\n"                                                           \
	"# HELP hcstate_run_seconds How long the steps of a cycle take.\n"                         \
	"# TYPE hcstate_run_seconds summary\n"                                                     \
	"hcstate_run_seconds_sum 0.000000\n"                                                       \
	"hcstate_run_seconds_count 0\n"                                                            \
	"# HELP hcstate_repair_seconds How long it takes from noticing a difference to the first " \
	"mending step.\n"                                                                          \
	"# TYPE hcstate_repair_seconds summary\n"                                                  \
	"hcstate_repair_seconds_sum 0.000000\n"                                                    \
	"hcstate_repair_seconds_count 0\n"

static void an_agent_that_knows_nothing_yet_says_so(void **state)
{
	struct scene *scene = *state;
	const char *text = metrics_text(scene->arena, &scene->metrics, "pve1", NULL, NULL, NULL);

	assert_string_equal(text, BUILD NO_COUNTS);
	leave(scene, "nothing", text);
}

/* Of numbers() and resources(). */
static const char everything[] =
	BUILD "# HELP hcstate_generation_info The version of the manifests that is made true.\n"
	      "# TYPE hcstate_generation_info gauge\n"
	      "hcstate_generation_info{generation=\"aa11\",commit=\"aa11\",source=\"ssh://"
	      "git.lab/c\"} 1\n"
	      "# HELP hcstate_generation_commit_timestamp_seconds When it was committed.\n"
	      "# TYPE hcstate_generation_commit_timestamp_seconds gauge\n"
	      "hcstate_generation_commit_timestamp_seconds 1700000000\n"
	      "# HELP hcstate_cycles_total Looks at everything.\n"
	      "# TYPE hcstate_cycles_total counter\n"
	      "hcstate_cycles_total 1\n"
	      "# HELP hcstate_cycles_changed_total Cycles that changed something.\n"
	      "# TYPE hcstate_cycles_changed_total counter\n"
	      "hcstate_cycles_changed_total 2\n"
	      "# HELP hcstate_cycles_failed_total Cycles in which something failed.\n"
	      "# TYPE hcstate_cycles_failed_total counter\n"
	      "hcstate_cycles_failed_total 3\n"
	      "# HELP hcstate_steps_total Steps that came to an end, by how.\n"
	      "# TYPE hcstate_steps_total counter\n"
	      "hcstate_steps_total{result=\"done\"} 5\n"
	      "hcstate_steps_total{result=\"failed\"} 6\n"
	      "# HELP hcstate_look_seconds How long looks take.\n"
	      "# TYPE hcstate_look_seconds summary\n"
	      "hcstate_look_seconds_sum 7.000008\n"
	      "hcstate_look_seconds_count 1\n"
	      "# HELP hcstate_run_seconds How long the steps of a cycle take.\n"
	      "# TYPE hcstate_run_seconds summary\n"
	      "hcstate_run_seconds_sum 0.900000\n"
	      "hcstate_run_seconds_count 4\n"
	      "# HELP hcstate_repair_seconds How long it takes from noticing a difference to the "
	      "first mending step.\n"
	      "# TYPE hcstate_repair_seconds summary\n"
	      "hcstate_repair_seconds_sum 10.000000\n"
	      "hcstate_repair_seconds_count 11\n"
	      "# HELP hcstate_last_look_timestamp_seconds When everything was looked at last.\n"
	      "# TYPE hcstate_last_look_timestamp_seconds gauge\n"
	      "hcstate_last_look_timestamp_seconds 1700000012\n"
	      "# HELP hcstate_last_success_timestamp_seconds When a look found all as wanted "
	      "last.\n"
	      "# TYPE hcstate_last_success_timestamp_seconds gauge\n"
	      "hcstate_last_success_timestamp_seconds 1700000013\n"
	      "# HELP hcstate_source_up Whether what is newest of the manifests can be had.\n"
	      "# TYPE hcstate_source_up gauge\n"
	      "hcstate_source_up 0\n"
	      "# HELP hcstate_source_last_answer_timestamp_seconds When the source answered "
	      "last.\n"
	      "# TYPE hcstate_source_last_answer_timestamp_seconds gauge\n"
	      "hcstate_source_last_answer_timestamp_seconds 1700000014\n"
	      "# HELP hcstate_resources Resources by kind and state.\n"
	      "# TYPE hcstate_resources gauge\n"
	      "hcstate_resources{kind=\"Bridge\",state=\"converged\"} 1\n"
	      "hcstate_resources{kind=\"Bridge\",state=\"drifted\"} 2\n"
	      "hcstate_resources{kind=\"Bridge\",state=\"waiting\"} 0\n"
	      "hcstate_resources{kind=\"Bridge\",state=\"failed\"} 0\n"
	      "hcstate_resources{kind=\"Bridge\",state=\"unmanaged\"} 0\n"
	      "hcstate_resources{kind=\"Bridge\",state=\"unknown\"} 0\n"
	      "hcstate_resources{kind=\"Bridge\",state=\"kept\"} 0\n"
	      "hcstate_resources{kind=\"Node\",state=\"converged\"} 0\n"
	      "hcstate_resources{kind=\"Node\",state=\"drifted\"} 0\n"
	      "hcstate_resources{kind=\"Node\",state=\"waiting\"} 1\n"
	      "hcstate_resources{kind=\"Node\",state=\"failed\"} 1\n"
	      "hcstate_resources{kind=\"Node\",state=\"unmanaged\"} 1\n"
	      "hcstate_resources{kind=\"Node\",state=\"unknown\"} 1\n"
	      "hcstate_resources{kind=\"Node\",state=\"kept\"} 1\n"
	      "# HELP hcstate_unwell_since_timestamp_seconds Since when the oldest resource of a "
	      "kind that is not as wanted is so.\n"
	      "# TYPE hcstate_unwell_since_timestamp_seconds gauge\n"
	      "hcstate_unwell_since_timestamp_seconds{kind=\"Bridge\"} 1600000002\n"
	      "# HELP hcstate_held_changes Changes that the policy holds back, by what for.\n"
	      "# TYPE hcstate_held_changes gauge\n"
	      "hcstate_held_changes{hold=\"window\"} 1\n"
	      "hcstate_held_changes{hold=\"approval\"} 2\n"
	      "hcstate_held_changes{hold=\"suspended\"} 0\n"
	      "hcstate_held_changes{hold=\"report\"} 1\n"
	      "# HELP hcstate_converged Whether the last look found all as wanted.\n"
	      "# TYPE hcstate_converged gauge\n"
	      "hcstate_converged 0\n";

static void numbers(struct scene *scene)
{
	scene->metrics = (struct metrics){
		.cycles = 1,
		.changed = 2,
		.failed = 3,
		.runs = 4,
		.steps_done = 5,
		.steps_failed = 6,
		.look_us = 7000008,
		.run_us = 900000,
		.repair_us_sum = 10000000,
		.repair_count = 11,
		.last_look = 1700000012,
		.last_success = 1700000013,
	};
	scene->commit = (struct hc_commit){.id = "aa11", .when = 1700000000};
	scene->generation.id = "aa11";
	scene->generation.commit = &scene->commit;
	scene->source = (struct source_state){
		.kind = "git",
		.where = "ssh://git.lab/c",
		.error = "no route to host",
		.answered = 1700000014,
	};
}

static void resources(struct scene *scene)
{
	struct hc_status_line *line;

	hold(scene, add(scene, "Node", HC_WAITING), HC_HOLD_WINDOW);
	hold(scene, add(scene, "Node", HC_FAILED), HC_GO);
	add(scene, "Bridge", HC_CONVERGED)->since = 1500000000;
	line = add(scene, "Bridge", HC_DRIFTED);
	line->since = 1600000003;
	hold(scene, line, HC_HOLD_APPROVAL);
	line = add(scene, "Bridge", HC_DRIFTED);
	line->since = 1600000002;
	hold(scene, line, HC_HOLD_APPROVAL);
	hold(scene, add(scene, "Node", HC_UNCERTAIN), HC_HOLD_REPORT);
	(void)add(scene, "Node", HC_FOREIGN);
	(void)add(scene, "Node", HC_STAYS);
}

static void everything_has_its_number(void **state)
{
	struct scene *scene = *state;
	const char *text;

	numbers(scene);
	resources(scene);
	text = metrics_text(scene->arena, &scene->metrics, "pve1", &scene->generation,
			    &scene->status, &scene->source);
	assert_string_equal(text, everything);
	leave(scene, "everything", text);
}

static void what_looking_costs_is_told_by_provider(void **state)
{
	static const struct hc_provider net = {.name = "net"}, ceph = {.name = "ceph"};
	struct hc_slot slots[] = {
		{.provider = &net, .reads = {3, 1500000, 20}},
		{.provider = &ceph, .reads = {0}},
	};
	const struct hc_engine engine = {.slots = slots, .nslot = 2};
	struct scene *scene = *state;
	const char *text;

	scene->metrics.engine = &engine;
	text = metrics_text(scene->arena, &scene->metrics, "pve1", NULL, NULL, NULL);
	assert_string_equal(
		text, BUILD NO_COUNTS
		"# HELP hcstate_provider_reads_total Reads through a provider.\n"
		"# TYPE hcstate_provider_reads_total counter\n"
		"hcstate_provider_reads_total{provider=\"net\"} 3\n"
		"hcstate_provider_reads_total{provider=\"ceph\"} 0\n"
		"# HELP hcstate_provider_read_seconds_total How long they took.\n"
		"# TYPE hcstate_provider_read_seconds_total counter\n"
		"hcstate_provider_read_seconds_total{provider=\"net\"} 1.500000\n"
		"hcstate_provider_read_seconds_total{provider=\"ceph\"} 0.000000\n"
		"# HELP hcstate_provider_read_cpu_seconds_total Processor time of them, without "
		"that "
		"of threads of a library's own.\n"
		"# TYPE hcstate_provider_read_cpu_seconds_total counter\n"
		"hcstate_provider_read_cpu_seconds_total{provider=\"net\"} 0.000020\n"
		"hcstate_provider_read_cpu_seconds_total{provider=\"ceph\"} 0.000000\n");
	leave(scene, "costs", text);
}

static bool is_converged(struct scene *scene)
{
	const char *text = metrics_text(scene->arena, &scene->metrics, "pve1", &scene->generation,
					&scene->status, &scene->source);
	bool yes = strstr(text, "\nhcstate_converged 1\n");

	assert_true(yes || strstr(text, "\nhcstate_converged 0\n"));
	return yes;
}

static void only_what_is_not_as_wanted_is_not_converged(void **state)
{
	struct scene *scene = *state;

	(void)add(scene, "Bridge", HC_CONVERGED);
	(void)add(scene, "Bridge", HC_FOREIGN);
	(void)add(scene, "Bridge", HC_STAYS);
	assert_true(is_converged(scene));
	add(scene, "Bridge", HC_CONVERGED)->condition = HC_DRIFTED;
	assert_false(is_converged(scene));
	scene->lines[3].condition = HC_WAITING;
	assert_false(is_converged(scene));
	scene->lines[3].condition = HC_FAILED;
	assert_false(is_converged(scene));
	scene->lines[3].condition = HC_UNCERTAIN;
	assert_false(is_converged(scene));
}

static void a_set_of_nothing_is_converged(void **state)
{
	struct scene *scene = *state;
	const char *text = metrics_text(scene->arena, &scene->metrics, "pve1", &scene->generation,
					&scene->status, &scene->source);

	assert_true(is_converged(scene));
	assert_null(strstr(text, "hcstate_resources"));
	assert_non_null(strstr(text, "\nhcstate_source_up 1\n"));
	leave(scene, "empty", text);
}

static void labels_cannot_break_out(void **state)
{
	struct scene *scene = *state;
	const char *text;

	scene->source.where = "/a\"} 9\nhcstate_converged 1\n\\";
	scene->generation.id = "\xff\xc3\xa4";
	text = metrics_text(scene->arena, &scene->metrics, "pve1", &scene->generation, NULL,
			    &scene->source);
	assert_non_null(strstr(text, "{generation=\"?\xc3\xa4\",commit=\"\",source=\"/a\\\"} "
				     "9?hcstate_converged 1?\\\\\"} 1\n"));
	leave(scene, "hostile", text);
}

static void the_file_is_for_everybody_to_read(void **state)
{
	struct scene *scene = *state;
	const char *path = hc_printf(scene->arena, "%s/hcstate.prom", scene->directory);
	struct stat is;
	char *text;

	assert_int_equal(metrics_write(path, "first, and longer\n"), 0);
	assert_int_equal(metrics_write(path, "second\n"), 0);
	assert_int_equal(stat(path, &is), 0);
	assert_int_equal(is.st_mode & 07777, 0644);
	assert_int_equal(hc_file_read(scene->arena, path, 100, &text, NULL), 0);
	assert_string_equal(text, "second\n");
}

static void a_directory_that_is_missing_is_an_error(void **state)
{
	struct scene *scene = *state;

	assert_int_equal(
		metrics_write(hc_printf(scene->arena, "%s/no/hcstate.prom", scene->directory), ""),
		-ENOENT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(an_agent_that_knows_nothing_yet_says_so, begin,
						end),
		cmocka_unit_test_setup_teardown(what_looking_costs_is_told_by_provider, begin, end),
		cmocka_unit_test_setup_teardown(everything_has_its_number, begin, end),
		cmocka_unit_test_setup_teardown(only_what_is_not_as_wanted_is_not_converged, begin,
						end),
		cmocka_unit_test_setup_teardown(a_set_of_nothing_is_converged, begin, end),
		cmocka_unit_test_setup_teardown(labels_cannot_break_out, begin, end),
		cmocka_unit_test_setup_teardown(the_file_is_for_everybody_to_read, begin, end),
		cmocka_unit_test_setup_teardown(a_directory_that_is_missing_is_an_error, begin,
						end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
