/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* The agent's side of git: a source whose hcstate-git is a script of the test. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

#include <hcstate/file.h>
#include <reconciler/agent/source.h>
#include <reconciler/agent/source_git.h>

#define TEST(f) cmocka_unit_test_setup_teardown(f, begin, end)

#define ID1 "1111111111111111111111111111111111111111"
#define ID2 "2222222222222222222222222222222222222222"
#define COMMITS                                                                                    \
	"\"commits\":[{\"id\":\"" ID1 "\",\"author\":\"A\",\"subject\":\"S\",\"when\":5,"          \
	"\"signer\":\"x@y\"},{\"id\":\"" ID2 "\"}]"
#define NODE                                                                                       \
	"apiVersion: hcstate/v1\nkind: Node\nmetadata: {name: n1}\nspec: {id: 1, links: {link0: "  \
	"10.0.0.1}}\n"

#define HEAD "{\"ok\":true,\"verified\":true,"

struct scene {
	struct hc_arena *arena;
	char directory[32];
	sd_event *event;
	struct hc_agent_git git;
	struct agent_config config;
	struct source *source;
	unsigned changes;
};

static inline int begin(void **state)
{
	struct hc_arena *arena = hc_arena_new();
	struct scene *scene = hc_new(arena, struct scene);

	scene->arena = arena;
	strcpy(scene->directory, "/tmp/agent-git-XXXXXX");
	if (!mkdtemp(scene->directory) || sd_event_new(&scene->event) < 0 ||
	    setenv("HCSTATE_LIBEXEC", scene->directory, 1))
		return -1;
	scene->git = (struct hc_agent_git){
		.url = "https://u:secret@host/r.git",
		.path = "cluster",
		.interval = 30,
		.timeout = 20,
	};
	scene->config = (struct agent_config){.git = &scene->git};
	*state = scene;
	return 0;
}

static inline int end(void **state)
{
	struct scene *scene = *state;

	(void)source_free(scene->source);
	(void)sd_event_unref(scene->event);
	(void)hc_file_clear(scene->directory);
	(void)hc_arena_free(scene->arena);
	return 0;
}

static inline void changed(void *arg)
{
	((struct scene *)arg)->changes++;
}

static inline char *in(struct scene *scene, const char *name)
{
	return hc_printf(scene->arena, "%s/%s", scene->directory, name);
}

/* What the child does, as a shell script. */
static inline void child_is(struct scene *scene, const char *script)
{
	const char *text =
		hc_printf(scene->arena, "#!/bin/sh\ncd %s\n%s\n", scene->directory, script);

	assert_int_equal(hc_file_write(in(scene, "hcstate-git"), 0755, text, strlen(text)), 0);
}

/* What one that fetched says: that is not asked whether it is good, and says so. */
#define FETCHED                                                                                    \
	"{\"ok\":true,\"verified\":true,\"reached\":true,\"same\":true,\"commits\":[{\"id\":"      \
	"\"" ID1 "\"}]}\n"

static inline void file_says(struct scene *scene, const char *name, const char *text)
{
	assert_int_equal(hc_file_write(in(scene, name), 0644, text, strlen(text)), 0);
}

/* One that fetches, and says that; another that judges, and gives that answer. */
static inline void children_answer(struct scene *scene, const char *fetch, const char *check)
{
	file_says(scene, "fetch", fetch);
	file_says(scene, "check", check);
	child_is(scene, "cat >asked; v=check; grep -q '\"verb\":\"fetch\"' asked && v=fetch\n"
			"echo $v >>children; mv asked request.$v; cat $v");
}

static inline void child_answers(struct scene *scene, const char *answer)
{
	children_answer(scene, FETCHED, answer);
}

static inline void server_answers(struct scene *scene, const char *answer)
{
	children_answer(scene, answer, "nobody judges what was not fetched");
	child_is(scene, "exec cat fetch"); /* as quick as may be: a test asks it for a day */
}

/* Which of them ran since it was asked last. */
static inline const char *children(struct scene *scene)
{
	char *text;

	assert_int_equal(hc_file_read(scene->arena, in(scene, "children"), 4096, &text, NULL), 0);
	file_says(scene, "children", "");
	for (char *p = text; *p; p++)
		if (*p == '\n')
			*p = ' ';
	return text;
}

static inline const char *request_of(struct scene *scene, const char *verb)
{
	const char *path = in(scene, hc_printf(scene->arena, "request.%s", verb));
	char *text;

	assert_int_equal(hc_file_read(scene->arena, path, 65536, &text, NULL), 0);
	return text;
}

/* Until a fetch has come to an end. */
static inline void run(struct scene *scene)
{
	uint64_t until = hc_now() + UINT64_C(60000000);

	if (!scene->source)
		scene->source =
			source_new(scene->event, &scene->config, scene->directory, changed, scene);
	else
		source_hurry(scene->source);
	scene->source->state.answered = 0;
	while (!scene->source->state.answered && hc_now() < until)
		assert_true(sd_event_run(scene->event, 100000) >= 0);
	assert_true(scene->source->state.answered);
}

static inline const char *good(struct scene *scene, const char *text)
{
	return hc_printf(scene->arena,
			 "{\"ok\":true,\"same\":false,\"verified\":true,\"refused\":false,"
			 "\"error\":null," COMMITS ",\"files\":[{\"path\":\"cluster/a.yaml\","
			 "\"size\":%zu,\"hunks\":[[1,2,1],[3,2,0]]}]}\n%s",
			 strlen(text), text);
}
