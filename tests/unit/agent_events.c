/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Events and where they go. The journal and the webhooks are the test's own, in the place of the
 * real ones; the history is in a directory of its own.
 */

#define SD_JOURNAL_SUPPRESS_LOCATION /* as what is tested has it */

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <syslog.h>
#include <unistd.h>

#include <cmocka.h>
#include <json-c/json.h>

#include <hcstate/file.h>
#include <reconciler/agent/events.h>
#include <reconciler/agent/notify.h>

enum {
	LOG = 64 * 1024,
	POSTS = 8,
};

struct scene {
	struct hc_arena *arena;
	char directory[32];
	sd_event *event;
	struct hc_agent spec;
	struct hc_agent_webhook hook;
	struct agent_webhook webhook;
	struct agent_config config;
	struct events *events;
	char heard[LOG]; /* texts, a line each */
};

/* What came out of the fakes. */
static char journal[LOG];   /* fields, "|" between them, a line per message */
static char posted[LOG];    /* bodies, a line each */
static unsigned hooks_made; /* how often webhooks were begun */
static void (*complain_of)(void *arg, const char *text);
static void *complain_arg;

static void append(char *to, const char *text, size_t size, char end)
{
	size_t used = strlen(to);

	assert_true(used + size + 2 < LOG);
	memcpy(to + used, text, size);
	to[used + size] = end;
	to[used + size + 1] = '\0';
}

/* What journald would get. */
ssize_t sendto(int fd, const void *data, size_t size, int flags, __CONST_SOCKADDR_ARG to,
	       socklen_t room)
{
	size_t begin = strlen(journal);

	(void)fd, (void)to, (void)room;
	assert_true(flags & MSG_DONTWAIT);
	append(journal, data, size - 1, '\n');
	for (char *p = journal + begin; p[1]; p++)
		if (*p == '\n')
			*p = '|';
	return (ssize_t)size;
}

struct notify *notify_new(const struct agent_config *config,
			  void (*complain)(void *arg, const char *text), void *arg)
{
	(void)config;
	hooks_made++;
	complain_of = complain;
	complain_arg = arg;
	return NULL;
}

struct notify *notify_free(struct notify *notify)
{
	return notify;
}

void notify_post(struct notify *notify, const char *event, struct json_object *body)
{
	const char *text =
		json_object_to_json_string_ext(body, JSON_C_TO_STRING_PLAIN |
							     JSON_C_TO_STRING_NOSLASHESCAPE);

	(void)notify;
	assert_string_equal(event, json_object_get_string(json_object_object_get(body, "event")));
	append(posted, text, strlen(text), '\n');
}

uint64_t hc_wall_us(void)
{
	return UINT64_C(1700000000123456);
}

static void hear(void *arg, struct json_object *event)
{
	const char *text = json_object_get_string(json_object_object_get(event, "text"));

	append(arg, text, strlen(text), '\n');
}

static int begin(void **state)
{
	struct hc_arena *arena = hc_arena_new();
	struct scene *scene = hc_new(arena, struct scene);

	scene->arena = arena;
	strcpy(scene->directory, "/tmp/events-XXXXXX");
	if (!mkdtemp(scene->directory) || sd_event_new(&scene->event) < 0)
		return -1;
	scene->spec.history = 10;
	scene->hook.url = "http://127.0.0.1:1/";
	scene->webhook = (struct agent_webhook){"chat", &scene->hook};
	scene->config = (struct agent_config){
		.node = "pve1",
		.spec = &scene->spec,
		.webhooks = &scene->webhook,
		.nwebhook = 1,
	};
	hooks_made = 0;
	*journal = *posted = '\0';
	scene->events = events_new(scene->event, &scene->config, scene->directory, true);
	(void)events_listen(scene->events, hear, scene->heard);
	*state = scene;
	return 0;
}

static int end(void **state)
{
	struct scene *scene = *state;

	events_free(scene->events);
	sd_event_unref(scene->event);
	(void)hc_file_clear(scene->directory);
	hc_arena_free(scene->arena);
	return 0;
}

/* Says it and gives the line that came of it, "" for none. */
static const char *line(struct scene *scene, struct event event)
{
	*scene->heard = '\0';
	events_say(scene->events, &event);
	return scene->heard;
}

static const struct event a_step = {
	.what = EVENT_STEP,
	.object = "Bridge/vmbr1@pve1",
	.step = "add address 10.0.0.1/24",
	.result = "done",
	.generation = "aa11",
	.duration_us = 12345,
};

static const struct event a_drift = {
	.what = EVENT_DRIFT,
	.object = "Bridge/vmbr1@pve1",
	.reason = "mtu 1500 -> 9000",
	.generation = "aa11",
};

static void a_step_is_one_line_with_its_fields(void **state)
{
	struct scene *scene = *state;

	events_say(scene->events, &a_step);
	assert_string_equal(journal,
			    "MESSAGE=Bridge/vmbr1@pve1: add address 10.0.0.1/24: done (12 ms)|"
			    "PRIORITY=6|SYSLOG_IDENTIFIER=hcstate|HCSTATE_EVENT=step|"
			    "HCSTATE_RESOURCE=Bridge/vmbr1@pve1|"
			    "HCSTATE_STEP=add address 10.0.0.1/24|HCSTATE_RESULT=done|"
			    "HCSTATE_GENERATION=aa11|HCSTATE_DURATION_USEC=12345\n");
}

static void without_a_journal_it_is_a_line_on_stderr(void **state)
{
	struct scene *scene = *state;
	const char *path = hc_printf(scene->arena, "%s/stderr", scene->directory);
	int before = dup(STDERR_FILENO);
	char *text;

	events_free(scene->events);
	scene->events = events_new(scene->event, &scene->config, scene->directory, false);
	assert_non_null(freopen(path, "w", stderr));
	events_say(scene->events, &a_step);
	(void)fflush(stderr);
	(void)dup2(before, STDERR_FILENO);
	(void)close(before);
	assert_int_equal(hc_file_read(scene->arena, path, LOG, &text, NULL), 0);
	assert_string_equal(text, "Bridge/vmbr1@pve1: add address 10.0.0.1/24: done (12 ms)\n");
	assert_string_equal(journal, "");
}

static void each_event_has_its_words_and_its_weight(void **state)
{
	static const struct {
		struct event event;
		const char *text;
		int priority;
	} all[] = {
		{{.what = EVENT_AGENT, .result = "started"}, "agent: started\n", LOG_INFO},
		{{.what = EVENT_AGENT, .result = "failed", .reason = "no room"},
		 "agent: failed: no room\n",
		 LOG_WARNING},
		{{.what = EVENT_GENERATION, .generation = "0123456789abcdef"},
		 "generation 0123456789ab: taken\n",
		 LOG_NOTICE},
		{{.what = EVENT_REFUSED, .generation = "bb", .reason = "pool.yaml:3: no"},
		 "generation bb: refused: pool.yaml:3: no\n",
		 LOG_ERR},
		{{.what = EVENT_REFUSED, .reason = "not a repository"},
		 "manifests: refused: not a repository\n",
		 LOG_ERR},
		{{.what = EVENT_DRIFT, .object = "A/b", .reason = "up no -> yes"},
		 "A/b: drift: up no -> yes\n",
		 LOG_NOTICE},
		{{.what = EVENT_DECISION, .object = "A/b", .reason = "is started -> fence"},
		 "A/b: decision: is started -> fence\n",
		 LOG_NOTICE},
		{{.what = EVENT_STEP,
		  .object = "A/b",
		  .step = "start",
		  .result = "failed",
		  .reason = "no memory",
		  .duration_us = 61500000},
		 "A/b: start: failed: no memory (1 min 1 s)\n",
		 LOG_WARNING},
		{{.what = EVENT_STEP,
		  .object = "A/b",
		  .step = "start",
		  .result = "waiting",
		  .reason = "a disk",
		  .duration_us = 1299999},
		 "A/b: start: waiting: a disk (1.2 s)\n",
		 LOG_INFO},
		{{.what = EVENT_FAILED, .object = "A/b", .reason = "no memory"},
		 "A/b: failed: no memory\n",
		 LOG_ERR},
		{{.what = EVENT_RECOVERED, .object = "A/b"}, "A/b: recovered\n", LOG_NOTICE},
		{{.what = EVENT_APPROVAL, .object = "A/b", .reason = "restart"},
		 "A/b: waits for approval: restart\n",
		 LOG_NOTICE},
		{{.what = EVENT_CYCLE, .result = "converged", .duration_us = 900},
		 "cycle: converged (under 1 ms)\n",
		 LOG_INFO},
		{{.what = EVENT_SAID, .object = "A/b", .result = "suspended", .reason = "by ann"},
		 "A/b: suspended: by ann\n",
		 LOG_NOTICE},
	};
	struct scene *scene = *state;

	for (size_t i = 0; i < HC_COUNT(all); i++) {
		char weight[32];

		*journal = '\0';
		(void)snprintf(weight, sizeof(weight), "|PRIORITY=%d|", all[i].priority);
		assert_string_equal(line(scene, all[i].event), all[i].text);
		assert_non_null(strstr(journal, weight));
	}
}

static void programs_get_all_of_it(void **state)
{
	struct scene *scene = *state;
	struct event event = a_step;
	struct json_object *last;

	event.reason = "it was asked for";
	event.more = json_tokener_parse("{\"plan\": \"0f\", \"step\": \"another\"}");
	events_say(scene->events, &event);
	last = events_last(scene->events);
	assert_string_equal(
		json_object_to_json_string_ext(last, JSON_C_TO_STRING_PLAIN |
							     JSON_C_TO_STRING_NOSLASHESCAPE),
		"[{\"at\":\"2023-11-14T22:13:20.123Z\",\"event\":\"step\","
		"\"object\":\"Bridge/vmbr1@pve1\",\"step\":\"add address 10.0.0.1/24\","
		"\"result\":\"done\",\"reason\":\"it was asked for\",\"generation\":\"aa11\","
		"\"duration_us\":12345,\"text\":\"Bridge/vmbr1@pve1: add address 10.0.0.1/24: "
		"done: it was asked for (12 ms)\",\"plan\":\"0f\"}]");
	json_object_put(last);
}

static void no_terminal_takes_a_name_for_a_command(void **state)
{
	struct scene *scene = *state;

	assert_string_equal(line(scene, (struct event){.what = EVENT_FAILED,
						       .object = "A/\x1b[2J",
						       .reason = "one\nPRIORITY=0\xff"}),
			    "A/?[2J: failed: one?PRIORITY=0?\n");
	assert_non_null(strstr(journal, "|HCSTATE_RESOURCE=A/?[2J|HCSTATE_REASON=one?PRIORITY"));
}

static void what_is_long_is_cut_between_characters(void **state)
{
	struct scene *scene = *state;
	char reason[5002] = "x";
	const char *text;

	for (size_t i = 1; i + 1 < sizeof(reason); i += 2)
		memcpy(reason + i, "\xc3\xa4", 2);
	reason[sizeof(reason) - 1] = '\0';
	text = line(scene, (struct event){.what = EVENT_DRIFT, .object = "A/b", .reason = reason});
	assert_int_equal(strlen(text), strlen("A/b: drift: ...\n") + 4095);
	assert_string_equal(text + strlen(text) - 6, "\xc3\xa4...\n");
}

static void a_long_list_of_changes_loses_its_end(void **state)
{
	struct scene *scene = *state;
	struct json_object *changes = json_object_new_array(), *more = json_object_new_object();
	struct json_object *last, *list, *one;
	size_t left;

	for (size_t i = 0; i < 10000; i++)
		json_object_array_add(changes, json_object_new_string("Bridge/vmbr1@pve1"));
	json_object_object_add(more, "changes", changes);
	(void)line(scene, (struct event){.what = EVENT_CYCLE, .result = "failed", .more = more});
	last = events_last(scene->events);
	one = json_object_array_get_idx(last, 0);
	assert_true(strlen(json_object_to_json_string(one)) < 70000);
	assert_true(json_object_object_get_ex(one, "changes", &list));
	left = json_object_array_length(list);
	assert_true(left >= 1000);
	assert_int_equal(json_object_get_int(json_object_object_get(one, "left_out")),
			 10000 - left);
	json_object_put(last);
}

static void the_last_ones_are_kept_and_no_more(void **state)
{
	struct scene *scene = *state;
	struct json_object *last;
	const char *text;

	for (unsigned i = 0; i < 300; i++)
		events_say(scene->events,
			   &(struct event){.what = EVENT_SAID,
					   .result = hc_printf(scene->arena, "%u", i)});
	last = events_last(scene->events);
	assert_int_equal(json_object_array_length(last), 256);
	text = json_object_get_string(
		json_object_object_get(json_object_array_get_idx(last, 0), "result"));
	assert_string_equal(text, "44");
	text = json_object_get_string(
		json_object_object_get(json_object_array_get_idx(last, 255), "result"));
	assert_string_equal(text, "299");
	json_object_put(last);
}

static void drift_is_said_once_until_it_is_mended(void **state)
{
	struct scene *scene = *state;
	struct hc_strings differ = {0};
	struct event later = a_drift;

	later.generation = "bb22";
	assert_string_not_equal(line(scene, a_drift), "");
	assert_string_equal(line(scene, a_drift), "");
	assert_string_equal(line(scene, later), "");
	assert_null(strstr(strstr(journal, "drift") + 6, "MESSAGE="));
	(void)line(scene, a_step);
	assert_string_not_equal(line(scene, a_drift), "");
	hc_strings_add(scene->arena, &differ, "Bridge/vmbr0@pve1");
	hc_strings_add(scene->arena, &differ, "Bridge/vmbr1@pve1");
	events_differ(scene->events, &differ);
	assert_string_equal(line(scene, a_drift), "");
	differ.n = 1;
	events_differ(scene->events, &differ);
	assert_string_not_equal(line(scene, a_drift), "");
}

static void a_step_that_fails_or_is_of_another_mends_nothing(void **state)
{
	struct scene *scene = *state;
	struct event failed = a_step, other = a_step;

	failed.result = "failed";
	other.object = "Bridge/vmbr0@pve1";
	(void)line(scene, a_drift);
	(void)line(scene, other);
	(void)line(scene, failed);
	assert_string_equal(line(scene, a_drift), "");
}

/* Its numbers are names: where to is not where from. */
static void another_decision_is_news_and_so_is_one_that_was_done(void **state)
{
	struct scene *scene = *state;
	struct event event = {.what = EVENT_DECISION, .object = "A/b", .reason = "pve3 -> pve2"};

	assert_string_not_equal(line(scene, event), "");
	assert_string_equal(line(scene, event), "");
	event.generation = "bb";
	assert_string_equal(line(scene, event), "");
	event.reason = "pve2 -> pve3";
	assert_string_not_equal(line(scene, event), "");
	(void)line(scene, (struct event){.what = EVENT_STEP,
					 .object = "A/b",
					 .step = "order it",
					 .result = "done"});
	assert_string_not_equal(line(scene, event), "");
}

static void failure_and_approval_are_said_once_a_generation(void **state)
{
	struct scene *scene = *state;
	struct event event = {.object = "A/b", .reason = "why"};

	for (size_t i = 0; i < 2; i++) {
		event.what = i ? EVENT_FAILED : EVENT_APPROVAL;
		event.generation = "aa";
		assert_string_not_equal(line(scene, event), "");
		assert_string_equal(line(scene, event), "");
		event.generation = "bb";
		assert_string_not_equal(line(scene, event), "");
		assert_string_equal(line(scene, event), "");
		(void)line(scene, (struct event){.what = EVENT_RECOVERED, .object = "A/c"});
		assert_string_equal(line(scene, event), "");
		(void)line(scene, (struct event){.what = EVENT_RECOVERED, .object = "A/b"});
		assert_string_not_equal(line(scene, event), "");
	}
}

static void another_reason_to_fail_is_news(void **state)
{
	struct scene *scene = *state;
	struct event event = {.what = EVENT_FAILED, .object = "A/b"};

	event.reason = "no answer for 9 s";
	assert_string_not_equal(line(scene, event), "");
	event.reason = "no answer for 10 s";
	assert_string_equal(line(scene, event), "");
	event.reason = "no such device";
	assert_string_equal(line(scene, event), "A/b: failed: no such device\n");
	event.what = EVENT_APPROVAL;
	assert_string_not_equal(line(scene, event), "");
	event.reason = "restart";
	assert_string_equal(line(scene, event), "");
}

static void a_refusal_is_said_once_and_its_end_is_recovery(void **state)
{
	struct scene *scene = *state;
	struct hc_strings none = {0};
	struct event refused = {.what = EVENT_REFUSED, .generation = "bb", .reason = "bad"};
	const struct event taken = {.what = EVENT_GENERATION, .generation = "cc"};

	(void)line(scene, taken);
	assert_string_equal(posted, "");
	assert_string_not_equal(line(scene, refused), "");
	assert_string_equal(line(scene, refused), "");
	refused.reason = "unsigned";
	assert_string_not_equal(line(scene, refused), "");
	events_differ(scene->events, &none);
	assert_string_equal(line(scene, refused), "");
	*posted = '\0';
	(void)line(scene, taken);
	assert_non_null(strstr(posted, "\"event\":\"recovered\""));
	assert_string_not_equal(line(scene, refused), "");
}

static void there_is_an_end_to_what_is_noted(void **state)
{
	struct scene *scene = *state;
	struct event event = a_drift;

	for (unsigned i = 0; i <= 4096; i++) {
		event.object = hc_printf(scene->arena, "A/%u", i);
		*journal = '\0';
		*posted = '\0';
		assert_string_not_equal(line(scene, event), "");
	}
	assert_string_equal(line(scene, event), "");
	event.object = "A/7";
	assert_string_not_equal(line(scene, event), "");
}

static void webhooks_are_told_of_five_things(void **state)
{
	struct scene *scene = *state;
	struct event event = {.what = EVENT_APPROVAL, .object = "A/b", .reason = "restart"};

	for (unsigned i = EVENT_AGENT; event_words[i]; i++) {
		const struct event dull = {.what = i, .result = "done"};

		if (i != EVENT_DRIFT && i != EVENT_DECISION && i != EVENT_REFUSED &&
		    i != EVENT_FAILED && i != EVENT_RECOVERED && i != EVENT_APPROVAL)
			(void)line(scene, dull);
	}
	assert_string_equal(posted, "");
	event.more = json_tokener_parse("{\"plan\": \"0123456789ab\"}");
	(void)line(scene, event);
	assert_string_equal(posted,
			    "{\"format_version\":1,\"event\":\"approval\",\"node\":\"pve1\","
			    "\"object\":\"A/b\",\"reason\":\"restart\",\"generation\":null,"
			    "\"at\":\"2023-11-14T22:13:20.123Z\",\"plan\":\"0123456789ab\","
			    "\"text\":\"A/b: waits for approval: restart\"}\n");
	*posted = '\0';
	(void)line(scene, a_drift);
	(void)line(scene, (struct event){.what = EVENT_DECISION, .object = "A/b"});
	(void)line(scene, (struct event){.what = EVENT_FAILED, .object = "A/b"});
	(void)line(scene, (struct event){.what = EVENT_RECOVERED, .object = "A/b"});
	(void)line(scene, (struct event){.what = EVENT_REFUSED, .reason = "bad"});
	assert_non_null(strstr(posted, "\"event\":\"drift\""));
	assert_non_null(strstr(posted, "\"event\":\"decision\""));
	assert_non_null(
		strstr(posted, "\"event\":\"failed\",\"node\":\"pve1\",\"object\":\"A/b\""));
	assert_non_null(strstr(posted, "\"event\":\"recovered\""));
	assert_non_null(strstr(posted, "\"event\":\"failed\",\"node\":\"pve1\",\"object\":null"));
}

static void the_history_is_of_cycles_and_outlives_the_agent(void **state)
{
	struct scene *scene = *state;
	struct event cycle = {.what = EVENT_CYCLE, .result = "converged", .generation = "aa"};
	struct json_object *all;

	(void)line(scene, a_step);
	for (unsigned i = 0; i < 3; i++) {
		cycle.more = json_object_new_object();
		json_object_object_add(cycle.more, "changes", json_object_new_int((int)i));
		(void)line(scene, cycle);
	}
	events_free(scene->events);
	scene->events = events_new(scene->event, &scene->config, scene->directory, true);
	all = events_history(scene->events, 2);
	assert_int_equal(json_object_array_length(all), 2);
	assert_string_equal(
		json_object_to_json_string_ext(json_object_array_get_idx(all, 1),
					       JSON_C_TO_STRING_PLAIN),
		"{\"at\":\"2023-11-14T22:13:20.123Z\",\"event\":\"cycle\",\"result\":\"converged\","
		"\"generation\":\"aa\",\"text\":\"cycle: converged\",\"changes\":2}");
	json_object_put(all);
	all = events_history(scene->events, 100);
	assert_int_equal(json_object_array_length(all), 3);
	json_object_put(all);
}

struct shy {
	struct events *events;
	struct events_listener *self, *other;
	unsigned heard;
};

/* Listens once, and keeps the other from listening on. */
static void hear_once(void *arg, struct json_object *event)
{
	struct shy *shy = arg;

	(void)event;
	shy->heard++;
	events_unlisten(shy->events, shy->self);
	events_unlisten(shy->events, shy->other);
}

static void a_listener_may_go_while_it_is_told(void **state)
{
	struct scene *scene = *state;
	char other[LOG] = "";
	struct shy shy = {.events = scene->events};

	shy.other = events_listen(scene->events, hear, other);
	shy.self = events_listen(scene->events, hear_once, &shy);
	assert_string_not_equal(line(scene, a_step), "");
	assert_string_not_equal(line(scene, a_step), "");
	assert_int_equal(shy.heard, 1);
	assert_string_equal(other, "");
}

static void *complain(void *arg)
{
	(void)arg;
	for (unsigned i = 0; i < 40; i++) /* more than there is place for */
		complain_of(complain_arg, "webhook chat cannot be told");
	return NULL;
}

static void a_complaint_of_another_thread_is_an_event_of_the_loop(void **state)
{
	struct scene *scene = *state;
	pthread_t thread;

	assert_int_equal(pthread_create(&thread, NULL, complain, NULL), 0);
	(void)pthread_join(thread, NULL);
	assert_string_equal(scene->heard, "");
	assert_true(sd_event_run(scene->event, 0) > 0);
	assert_non_null(strstr(scene->heard, "agent: failed: webhook chat cannot be told\n"));
	assert_int_equal(sd_event_run(scene->event, 0), 0);
	*scene->heard = '\0';
	complain_of(complain_arg, "again");
	assert_true(sd_event_run(scene->event, 0) > 0);
	assert_string_equal(scene->heard, "agent: failed: again\n");
}

static void only_other_webhooks_are_begun_anew(void **state)
{
	struct scene *scene = *state;

	assert_int_equal(hooks_made, 1);
	scene->config.node = "pve2";
	events_configure(scene->events, &scene->config);
	assert_int_equal(hooks_made, 1);
	(void)line(scene, a_drift);
	assert_non_null(strstr(posted, "\"node\":\"pve2\""));
	scene->hook.header_file = "token";
	events_configure(scene->events, &scene->config);
	assert_int_equal(hooks_made, 2);
	hc_strings_add(scene->arena, &scene->hook.events, "drift");
	events_configure(scene->events, &scene->config);
	assert_int_equal(hooks_made, 3);
	scene->config.nwebhook = 0;
	events_configure(scene->events, &scene->config);
	assert_int_equal(hooks_made, 4);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_step_is_one_line_with_its_fields, begin, end),
		cmocka_unit_test_setup_teardown(without_a_journal_it_is_a_line_on_stderr, begin,
						end),
		cmocka_unit_test_setup_teardown(each_event_has_its_words_and_its_weight, begin,
						end),
		cmocka_unit_test_setup_teardown(programs_get_all_of_it, begin, end),
		cmocka_unit_test_setup_teardown(no_terminal_takes_a_name_for_a_command, begin, end),
		cmocka_unit_test_setup_teardown(what_is_long_is_cut_between_characters, begin, end),
		cmocka_unit_test_setup_teardown(a_long_list_of_changes_loses_its_end, begin, end),
		cmocka_unit_test_setup_teardown(the_last_ones_are_kept_and_no_more, begin, end),
		cmocka_unit_test_setup_teardown(drift_is_said_once_until_it_is_mended, begin, end),
		cmocka_unit_test_setup_teardown(a_step_that_fails_or_is_of_another_mends_nothing,
						begin, end),
		cmocka_unit_test_setup_teardown(
			another_decision_is_news_and_so_is_one_that_was_done, begin, end),
		cmocka_unit_test_setup_teardown(failure_and_approval_are_said_once_a_generation,
						begin, end),
		cmocka_unit_test_setup_teardown(another_reason_to_fail_is_news, begin, end),
		cmocka_unit_test_setup_teardown(a_refusal_is_said_once_and_its_end_is_recovery,
						begin, end),
		cmocka_unit_test_setup_teardown(there_is_an_end_to_what_is_noted, begin, end),
		cmocka_unit_test_setup_teardown(webhooks_are_told_of_five_things, begin, end),
		cmocka_unit_test_setup_teardown(the_history_is_of_cycles_and_outlives_the_agent,
						begin, end),
		cmocka_unit_test_setup_teardown(a_listener_may_go_while_it_is_told, begin, end),
		cmocka_unit_test_setup_teardown(
			a_complaint_of_another_thread_is_an_event_of_the_loop, begin, end),
		cmocka_unit_test_setup_teardown(only_other_webhooks_are_begun_anew, begin, end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
