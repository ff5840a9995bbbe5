/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * An agent that is made by hand over toys, with its real socket: the test takes the place of its
 * turns. A thing "held..." waits for approval, a "window..." for a window, one "reported..." is
 * only shown, one "suspended..." is nobody's to touch.
 */

#include <json-c/json.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <reconciler/agent/agent.h>
#include <reconciler/agent/member.h>
#include <reconciler/agent/requests.h>

#include "toy_engine.h"

struct scene {
	struct toys *toys;
	struct agent agent;
	struct agent_config config;
	struct hc_agent spec;
	struct source source;
	unsigned hurries; /* the source was asked to hurry */
	const char *path;
};

/* A source can lead to its test by nothing but its own. */
static inline void hurry(void *self)
{
	((struct scene *)self)->hurries++;
}

static const struct source_kind by_hand = {.hurry = hurry};

static inline enum hc_hold hold(void *arg, struct hc_arena *arena, const struct hc_change *change,
				const char **why)
{
	const struct agent *agent = arg;
	struct hc_strings yes = {0};

	approvals_hold(&agent->approvals, agent->generation->id, (time_t)(hc_wall_us() / 1000000),
		       arena, &yes);
	if (hc_strings_have(&yes, hc_change_text(arena, change)))
		return HC_GO;
	*why = "because";
	return toys_named(change->name, "held")        ? HC_HOLD_APPROVAL
	       : toys_named(change->name, "window")    ? HC_HOLD_WINDOW
	       : toys_named(change->name, "reported")  ? HC_HOLD_REPORT
	       : toys_named(change->name, "suspended") ? HC_HOLD_SUSPENDED
						       : HC_GO;
}

static inline int set_up(void **state)
{
	struct scene *scene = calloc(1, sizeof(*scene));
	struct agent *agent = &scene->agent;
	struct hc_diags *diags;

	assert_int_equal(toys_set_up((void **)&scene->toys), 0);
	diags = &scene->toys->diags;
	assert_true(sd_event_new(&agent->event) >= 0);
	scene->spec.history = 10;
	scene->config = (struct agent_config){.node = "n1", .spec = &scene->spec};
	scene->source = (struct source){.kind = &by_hand, .self = scene};
	scene->source.state = (struct source_state){.kind = "path", .where = "/m"};
	agent->config = &scene->config;
	agent->source = &scene->source;
	agent->events = events_new(agent->event, agent->config, scene->toys->directory, false);
	assert_int_equal(suspensions_read(&agent->suspensions, scene->toys->directory, diags), 0);
	assert_int_equal(approvals_read(&agent->approvals, scene->toys->directory, diags), 0);
	agent->view = view_new();
	agent->requests = requests_new(agent);
	scene->path = hc_printf(scene->toys->arena, "%s/sock", scene->toys->directory);
	agent->server = server_new(agent->event, scene->path, requests_take, agent, diags);
	assert_non_null(agent->server);
	*state = scene;
	return 0;
}

static inline void forget_look(struct agent *agent)
{
	if (!agent->now)
		return;
	(void)hc_cycle_free(agent->now->cycle);
	(void)hc_arena_free(agent->now->arena);
	agent->now = NULL;
}

static inline int tear_down(void **state)
{
	struct scene *scene = *state;
	struct agent *agent = &scene->agent;

	agent->server = server_free(agent->server);
	agent->requests = requests_free(agent->requests);
	forget_look(agent);
	agent->view = view_free(agent->view);
	agent->events = events_free(agent->events);
	for (size_t i = 0; i < HC_COUNT(agent->complaints); i++)
		free(agent->complaints[i].text);
	suspensions_free(&agent->suspensions);
	approvals_free(&agent->approvals);
	assert_int_equal(toys_tear_down((void **)&scene->toys), 0);
	sd_event_unref(agent->event);
	free(scene);
	return 0;
}

/* What is wanted so far has become a good generation. */
static inline void adopt(struct scene *scene)
{
	struct agent *agent = &scene->agent;

	agent->generation = scene->toys->generation;
	agent->engine = toys_start(scene->toys);
	agent->engine->aim.hold = hold;
	agent->engine->aim.hold_arg = agent;
	agent->engine->progress_arg = agent;
}

static inline bool is_over(const struct hc_rest *rest)
{
	return !rest->runnable && !rest->unknown;
}

/* One look, as a turn has it. */
static inline struct hc_rest look(struct scene *scene)
{
	struct hc_arena *arena = hc_arena_new();
	struct snapshot *now = hc_new(arena, struct snapshot);
	struct agent *agent = &scene->agent;
	struct hc_rest rest;

	forget_look(agent);
	agent->look = false;
	now->arena = arena;
	now->cycle = hc_look(agent->engine);
	rest = hc_judge(agent->engine, now->cycle);
	now->plan = plan_id(arena, now->cycle->plan);
	now->at = hc_wall_us() / 1000000;
	now->converged = is_over(&rest) && !rest.held && !rest.refused && !rest.hopeless;
	hc_status(agent->engine, now->cycle, arena, &now->status);
	agent->now = now;
	view_tell(agent->view, agent->engine, now->cycle, &now->status, "toys");
	requests_looked(agent->requests, is_over(&rest));
	return rest;
}

static inline void pump(struct scene *scene)
{
	while (sd_event_run(scene->agent.event, 0) > 0)
		;
}

static inline int ask(struct scene *scene, const char *request)
{
	struct sockaddr_un name = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	(void)snprintf(name.sun_path, sizeof(name.sun_path), "%s", scene->path);
	assert_int_equal(connect(fd, (struct sockaddr *)&name, sizeof(name)), 0);
	assert_int_equal(send(fd, request, strlen(request), 0), strlen(request));
	assert_int_equal(send(fd, "\n", 1, 0), 1);
	pump(scene);
	return fd;
}

/* All that came of it: "out", then "err", "event", and the exit code: what a test looks for. */
struct heard {
	char *out, *err;
	size_t events;
	int code; /* -1: it has not ended */
};

static inline void take(struct toys *toys, struct heard *heard, const char *line)
{
	struct json_object *object = json_tokener_parse(line), *code;
	const char *out = member_text(object, "out"), *err = member_text(object, "err");

	assert_non_null(object);
	heard->out = hc_printf(toys->arena, "%s%s", heard->out, out ? out : "");
	heard->err = hc_printf(toys->arena, "%s%s", heard->err, err ? err : "");
	heard->events += member_object(object, "event") != NULL;
	if (json_object_object_get_ex(object, "exit", &code))
		heard->code = json_object_get_int(code);
	json_object_put(object);
}

static inline struct heard hear(struct scene *scene, int fd)
{
	struct toys *toys = scene->toys;
	struct heard heard = {hc_strdup(toys->arena, ""), hc_strdup(toys->arena, ""), 0, -1};
	char *all = hc_strdup(toys->arena, ""), chunk[65536], *rest;
	ssize_t n;

	pump(scene);
	while ((n = recv(fd, chunk, sizeof(chunk) - 1, 0)) > 0) {
		chunk[n] = 0;
		all = hc_printf(toys->arena, "%s%s", all, chunk);
		pump(scene);
	}
	for (char *line = strtok_r(all, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest))
		take(toys, &heard, line);
	assert_true(heard.code == -1 || n == 0);
	return heard;
}

static inline struct heard asked(struct scene *scene, const char *request)
{
	int fd = ask(scene, request);
	struct heard heard = hear(scene, fd);

	(void)close(fd);
	pump(scene);
	return heard;
}

static inline bool has(const char *text, const char *part)
{
	if (strstr(text, part))
		return true;
	fprintf(stderr, "no \"%s\" in:\n%s\n", part, text);
	return false;
}

/* As agent.c tells it. */
static inline void progress(void *arg, const struct hc_step *step, enum hc_step_state state,
			    const char *why)
{
	struct agent *agent = arg;

	requests_progress(agent->requests, step, (int)state, why);
}

static inline void mend(struct scene *scene)
{
	struct hc_rest rest = look(scene);
	uint64_t pause;

	scene->agent.engine->progress = progress;
	if (rest.runnable)
		assert_int_equal(hc_attempt(scene->agent.engine, scene->agent.now->cycle, &rest,
					    &pause),
				 0);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
