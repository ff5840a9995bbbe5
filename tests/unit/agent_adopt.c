/* SPDX-License-Identifier: Apache-2.0 */
/* What is said of a source that is gone for long, and when it is back: once each. */

#include "agent_scene.h"

#include <reconciler/agent/adopt.h>

static struct hc_generation *have_none(void *self, const struct hc_registry *registry)
{
	(void)self, (void)registry;
	return NULL;
}

static const struct source_kind silent = {.load = have_none, .hurry = hurry};

struct said {
	unsigned trouble, recovered, refused, taken, all;
};

static void count(void *arg, struct json_object *event)
{
	const char *result = member_text(event, "result");
	struct said *said = arg;

	said->all++;
	said->trouble += result && !strcmp(result, "trouble");
	said->recovered += result && !strcmp(result, "recovered");
	said->taken += result && !strcmp(result, "taken");
	said->refused += !strcmp(member_text(event, "event"), "refused");
}

static struct source_state *begin(struct scene *scene, struct said *said)
{
	(void)toys_want(scene->toys, "a");
	adopt(scene);
	scene->source.kind = &silent;
	(void)events_listen(scene->agent.events, count, said);
	return &scene->source.state;
}

static void hear_of_it(struct scene *scene, unsigned times)
{
	while (times--)
		adopt_news(&scene->agent);
}

static void a_server_that_is_gone_is_said_once_and_so_is_its_return(void **state)
{
	struct scene *scene = *state;
	struct said said = {0};
	struct source_state *source = begin(scene, &said);

	*source = (struct source_state){
		.kind = "git",
		.where = "https://host/r.git",
		.tip = "0123456789012345678901234567890123456789", /* seen before, and refused */
		.gone = true,
		.error = "the host is gone (since 2026-11-23T08:00:00Z)",
	};
	hear_of_it(scene, 20);
	assert_int_equal(said.trouble, 1);
	assert_int_equal(said.all, 1);
	assert_ptr_equal(scene->agent.generation, scene->toys->generation); /* it stays */
	source->error = NULL;
	source->gone = false;
	source->tip = scene->agent.generation->id;
	hear_of_it(scene, 20);
	assert_int_equal(said.recovered, 1);
	assert_int_equal(said.all, 2);
}

static void a_tip_that_is_refused_is_no_server_that_is_gone(void **state)
{
	struct scene *scene = *state;
	struct said said = {0};
	struct source_state *source = begin(scene, &said);

	*source = (struct source_state){
		.kind = "git",
		.where = "https://host/r.git",
		.tip = "0123456789012345678901234567890123456789",
		.error = "commit 012345678901 is not signed",
	};
	hear_of_it(scene, 20);
	assert_int_equal(said.refused, 1);
	assert_int_equal(said.all, 1);
}

/* What was refused is mended by going back to what is true already: nothing else is taken. */
static struct hc_generation *have_the_same(void *self, const struct hc_registry *registry)
{
	struct hc_arena *arena = hc_arena_new();
	struct hc_generation *generation = hc_new(arena, struct hc_generation);

	(void)registry;
	generation->arena = arena;
	generation->diags.arena = arena;
	generation->id = hc_strdup(arena, ((struct scene *)self)->agent.generation->id);
	return generation;
}

static void going_back_ends_a_refusal(void **state)
{
	static const struct source_kind steady = {.load = have_the_same, .hurry = hurry};
	struct scene *scene = *state;
	struct said said = {0};
	struct source_state *source = begin(scene, &said);

	scene->source.kind = &steady;
	*source = (struct source_state){
		.kind = "git",
		.where = "https://host/r.git",
		.tip = "0123456789012345678901234567890123456789",
		.error = "commit 012345678901 is not signed",
	};
	hear_of_it(scene, 3);
	assert_int_equal(said.refused, 1);
	assert_int_equal(said.all, 1);
	source->tip = scene->agent.generation->id;
	source->error = NULL;
	hear_of_it(scene, 3);
	assert_int_equal(said.all, 2); /* that the one before is taken: webhooks: recovered */
	assert_int_equal(said.taken, 1);
}

static void manifests_on_a_file_system_that_hangs_are_said(void **state)
{
	struct scene *scene = *state;
	struct said said = {0};
	struct source_state *source = begin(scene, &said);

	source->error = "the manifests are being edited";
	hear_of_it(scene, 2);
	assert_int_equal(said.all, 0);
	source->error = "the manifests cannot be read: /m hangs since 2026-11-23T08:00:00Z";
	source->hangs = true;
	hear_of_it(scene, 2);
	assert_int_equal(said.trouble, 1);
	source->error = NULL;
	source->hangs = false;
	hear_of_it(scene, 2);
	assert_int_equal(said.recovered, 1);
	assert_int_equal(said.all, 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(a_server_that_is_gone_is_said_once_and_so_is_its_return),
		CASE(a_tip_that_is_refused_is_no_server_that_is_gone),
		CASE(going_back_ends_a_refusal),
		CASE(manifests_on_a_file_system_that_hangs_are_said),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
