/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * A directory of manifests that is edited in the middle of a test, and the source that has to hear
 * of it.
 */

#include "agent_note.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdatomic.h>
#include <sys/stat.h>

#include <hcstate/file.h>
#include <reconciler/agent/source_path.h>

/* The git source is of another test. */
const struct source_kind source_git;

/* Short, but long enough for a machine that has other things to do. */
static const struct path_pace fast = {
	.settle = 20 * 1000ul,
	.most = 600 * 1000ul,
	.look = 3600ul * 1000 * 1000,
	.blind = 100 * 1000ul,
	.patience = 60 * 1000ul * 1000,
};

/* So that an edit falls between the look that noticed another and its end. */
static const struct path_pace seldom = {
	.settle = 300 * 1000ul,
	.most = 5000 * 1000ul,
	.look = 3600ul * 1000 * 1000,
	.blind = 700 * 1000ul,
	.patience = 60 * 1000ul * 1000,
};

/* For tests in which it may be late, but not by that much. */
static const struct path_pace slow = {
	.settle = 300 * 1000ul,
	.most = 900 * 1000ul,
	.look = 3600ul * 1000 * 1000,
	.blind = 3600ul * 1000 * 1000,
	.patience = 60 * 1000ul * 1000,
};

struct scene {
	struct hc_arena *arena;
	sd_event *event;
	const struct path_pace *pace;
	const char *directory; /* all of the scene is in there */
	struct agent_config config;
	struct source source; /* DIRECTORY/m unless begin() says another */
	unsigned changed;
};

/* Done in the middle of a load, once. */
static void (*_Atomic meddle)(struct scene *scene);
static struct scene *_Atomic meddled;

/* The real one comes after it: whoever edits meanwhile has edited before it. */
struct hc_generation *hc_load(const struct hc_registry *registry, const char *const *paths)
{
	struct hc_generation *(*real)(const struct hc_registry *, const char *const *);
	void (*edit)(struct scene *) = atomic_exchange(&meddle, NULL);

	*(void **)&real = dlsym(RTLD_NEXT, "hc_load");
	if (edit)
		edit(meddled);
	return real(registry, paths);
}

static inline void on_change(void *arg)
{
	((struct scene *)arg)->changed++;
}

/* In the scene's directory; `note NAME TEXT` prints a manifest. */
static inline void sh(const struct scene *scene, const char *command)
{
	const char *text = hc_printf(
		scene->arena,
		"cd '%s' && set -e; note() { printf 'apiVersion: hcstate/v1\\nkind: Note\\n"
		"metadata: {name: %%s}\\nspec: {text: %%s}\\n' $1 $2; }; %s",
		scene->directory, command);

	assert_int_equal(system(text), 0);
}

static inline void begin(struct scene *scene, const char *path, const struct path_pace *pace)
{
	scene->pace = pace;
	scene->config.source = hc_printf(scene->arena, "%s/%s", scene->directory, path);
	scene->source = (struct source){
		.event = scene->event,
		.config = &scene->config,
		.changed = on_change,
		.arg = scene,
		.kind = &source_path,
	};
	scene->source.self = path_begin(&scene->source, pace);
}

static inline int set_up(void **state)
{
	struct scene *scene = calloc(1, sizeof(*scene));
	char path[] = "/tmp/hcstate-unit-XXXXXX";

	scene->arena = hc_arena_new();
	assert_non_null(mkdtemp(path));
	scene->directory = hc_strdup(scene->arena, path);
	assert_true(sd_event_new(&scene->event) >= 0);
	sh(scene, "mkdir m; note a one > m/a.yaml");
	begin(scene, "m", &fast);
	*state = scene;
	return 0;
}

static inline void begin_again(struct scene *scene, const char *path, const struct path_pace *pace)
{
	source_path.end(scene->source.self);
	begin(scene, path, pace);
}

static inline int tear_down(void **state)
{
	struct scene *scene = *state;

	source_path.end(scene->source.self);
	sd_event_unref(scene->event);
	sh(scene, "cd /; rm -rf $OLDPWD");
	(void)hc_arena_free(scene->arena);
	free(scene);
	meddle = NULL;
	return 0;
}

static inline void run_for(const struct scene *scene, uint64_t us)
{
	uint64_t end = hc_now() + us;

	for (uint64_t now = hc_now(); now < end; now = hc_now())
		assert_true(sd_event_run(scene->event, end - now) >= 0);
}

static inline void assert_nothing(struct scene *scene)
{
	run_for(scene, 5 * scene->pace->settle / 2);
	assert_int_equal(scene->changed, 0);
}

static inline void wait_change(struct scene *scene)
{
	uint64_t end = hc_now() + 10ul * 1000 * 1000;

	while (!scene->changed && hc_now() < end)
		assert_true(sd_event_run(scene->event, end - hc_now()) >= 0);
	assert_int_equal(scene->changed, 1);
	scene->changed = 0;
}

static inline void assert_loads(struct scene *scene, const char *want)
{
	_cleanup_(hc_generation_freep) struct hc_generation *generation =
		source_path.load(scene->source.self, &notes);

	assert_non_null(generation);
	assert_null(scene->source.state.error);
	assert_string_equal(note_all(generation), want);
}

/* One change is heard of, then no more. */
static inline void assert_becomes(struct scene *scene, const char *want)
{
	wait_change(scene);
	assert_loads(scene, want);
	assert_nothing(scene);
}

static inline void assert_edit(struct scene *scene, const char *command, const char *want)
{
	sh(scene, command);
	assert_becomes(scene, want);
}

static inline void put(const struct scene *scene, const char *path, const char *text)
{
	const char *base = strrchr(path, '/') + 1;
	FILE *file = fopen(hc_printf(scene->arena, "%s/%s", scene->directory, path), "w");

	assert_non_null(file);
	assert_true(fprintf(file, NOTE("%c", "%s"), *base, text) > 0);
	assert_int_equal(fclose(file), 0);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
