/* SPDX-License-Identifier: Apache-2.0 */
/* What takes long and what never comes back: what is said of it, and what is no matter. */

#include "agent_scene.h"

#include <stdatomic.h>
#include <time.h>

#include <reconciler/agent/notice.h>
#include <reconciler/agent/stuck.h>

/* The core's clock, which a test may put forward; workers ask it too. */
static atomic_uint_fast64_t ahead;

/* The toys' own arena is their workers'. */
static struct hc_arena *texts;

uint64_t hc_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return ahead + (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}

enum {
	MOMENT_US = 20 * 1000,
	PATIENT_US = 11 * 1000 * 1000, /* longer than it is borne that something is unknown */
	LONG_US = 61 * 1000 * 1000,
};

static char *events_of(struct scene *scene)
{
	struct json_object *all = events_last(scene->agent.events);
	char *text = hc_strdup(texts, json_object_to_json_string(all));

	json_object_put(all);
	return text;
}

static char *stuck_of(struct scene *scene)
{
	struct json_object *calls = stuck_json(&scene->agent);
	char *text = NULL, *copy;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	stuck_print(out, texts, calls);
	assert_int_equal(fclose(out), 0);
	json_object_put(calls);
	copy = hc_strdup(texts, text);
	free(text);
	return copy;
}

static void hang_reads(struct toys *toys, bool hang)
{
	if (!hang)
		toys_open_gate(toys);
	pthread_mutex_lock(&toys->lock);
	toys->read_hangs = hang;
	toys->open = !hang;
	pthread_mutex_unlock(&toys->lock);
}

/* A look as a turn has it, for what is new in it. */
static void notice(struct scene *scene)
{
	struct hc_rest rest = look(scene);

	scene->agent.registry = scene->toys->registry;
	notice_look(&scene->agent, scene->agent.now->cycle);
	scene->agent.settled = is_over(&rest);
}

/* ... that waits for all, however busy the machine is. */
static void wait_and_notice(struct scene *scene)
{
	uint64_t glance = scene->agent.engine->pace.glance;

	scene->agent.engine->pace.glance = 0;
	notice(scene);
	scene->agent.engine->pace.glance = glance;
}

static void come_back(struct scene *scene)
{
	struct hc_engine *engine = scene->agent.engine;

	while (engine->late || engine->slots[0].reading)
		assert_true(sd_event_run(engine->event, UINT64_MAX) >= 0);
}

/* Its read ends in time, however seldom anybody looks. */
static void what_is_still_being_read_has_not_failed(void **state)
{
	struct scene *scene = *state;

	scene->toys->pace.glance = MOMENT_US;
	(void)toys_want(scene->toys, "a");
	adopt(scene);
	hang_reads(scene->toys, true);
	notice(scene);
	assert_true(scene->agent.now->cycle->partial);
	ahead += PATIENT_US;
	notice(scene);
	assert_null(strstr(events_of(scene), "failed"));
	hang_reads(scene->toys, false);
	come_back(scene);
	notice(scene);
	assert_null(strstr(events_of(scene), "recovered"));
	notice_free(&scene->agent);
}

/* ... and what cannot be read has, also when it is being read again when the time is over. */
static void what_cannot_be_read_has_failed(void **state)
{
	struct scene *scene = *state;

	scene->toys->pace.glance = MOMENT_US;
	(void)toys_want(scene->toys, "a");
	adopt(scene);
	scene->toys->unknown = "it is dark"; /* nobody reads it yet */
	wait_and_notice(scene);
	assert_null(strstr(events_of(scene), "failed"));
	hang_reads(scene->toys, true);
	notice(scene);
	ahead += PATIENT_US;
	notice(scene);
	assert_null(strstr(events_of(scene), "failed"));
	hang_reads(scene->toys, false);
	come_back(scene);
	notice(scene);
	assert_true(has(events_of(scene), "it is dark"));
	scene->toys->unknown = NULL;
	wait_and_notice(scene);
	assert_true(has(events_of(scene), "recovered"));
	notice_free(&scene->agent);
}

static void a_read_that_does_not_come_back_is_named(void **state)
{
	struct scene *scene = *state;
	struct heard heard;
	int fd;

	scene->toys->pace.read = MOMENT_US;
	(void)toys_want(scene->toys, "a");
	adopt(scene);
	assert_string_equal(stuck_of(scene), "");
	hang_reads(scene->toys, true);
	(void)look(scene);
	assert_true(has(stuck_of(scene), "stuck: toys: a read has not come back since 2"));
	fd = ask(scene, "{\"do\":\"status\"}");
	(void)look(scene);
	heard = hear(scene, fd);
	assert_true(has(heard.out, "stuck: toys: a read"));
	(void)close(fd);
	stuck_say(&scene->agent);
	assert_null(strstr(events_of(scene), "come back"));
	ahead += LONG_US;
	stuck_say(&scene->agent);
	assert_true(has(events_of(scene), "toys: a read has not come back for long"));
	hang_reads(scene->toys, false);
	come_back(scene);
	assert_string_equal(stuck_of(scene), "");
}

/* One that is in time is nobody's matter until something waits for it. */
static void what_newer_manifests_wait_for_is_named(void **state)
{
	struct scene *scene = *state;

	scene->toys->pace.linger = MOMENT_US;
	(void)toys_want(scene->toys, "hangs");
	adopt(scene);
	mend(scene);
	assert_non_null(scene->agent.engine->late);
	assert_string_equal(stuck_of(scene), "");
	scene->agent.news = true;
	scene->agent.busy = hc_now();
	assert_true(has(stuck_of(scene), "goes on: toys: \"create\" of Thing/hangs@n1 has not "));
	assert_true(has(stuck_of(scene), "; newer manifests wait for it\n"));
	ahead += LONG_US;
	stuck_say(&scene->agent);
	assert_true(has(events_of(scene), "and newer manifests wait for it"));
	toys_open_gate(scene->toys);
	come_back(scene);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(what_is_still_being_read_has_not_failed),
		CASE(what_cannot_be_read_has_failed),
		CASE(a_read_that_does_not_come_back_is_named),
		CASE(what_newer_manifests_wait_for_is_named),
	};

	int r;

	texts = hc_arena_new();
	r = cmocka_run_group_tests(tests, NULL, NULL);
	hc_arena_freep(&texts);
	return r;
}
