/* SPDX-License-Identifier: Apache-2.0 */
/* Jobs: one of a name at a time, waited for with its words, told once, and ended with their owner.
 */

#include <errno.h>
#include <semaphore.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "providers/libvirt/job.h"

struct scene {
	struct hc_call call;
	struct jobs *jobs;
	sem_t runs, ends; /* the job says so; it may go on */
	int result;
	bool blocked; /* SIGTERM, in its thread */
	unsigned dropped, ran;
};

static int begin(void **state)
{
	struct hc_arena *arena = hc_arena_new();
	struct scene *scene = hc_new(arena, struct scene);

	scene->call = (struct hc_call){.arena = arena, .diags = {.arena = arena}};
	scene->jobs = jobs_new();
	(void)sem_init(&scene->runs, 0, 0);
	(void)sem_init(&scene->ends, 0, 0);
	*state = scene;
	return 0;
}

static int end(void **state)
{
	struct scene *scene = *state;

	scene->jobs = jobs_free(scene->jobs);
	hc_arena_free(scene->call.arena);
	return 0;
}

static void must_wait(sem_t *sem)
{
	while (sem_wait(sem))
		assert_int_equal(errno, EINTR);
}

static int work(struct job *job, void *arg)
{
	struct scene *scene = arg;
	sigset_t set;

	(void)pthread_sigmask(SIG_BLOCK, NULL, &set);
	scene->blocked = sigismember(&set, SIGTERM);
	scene->ran++;
	job_progress(job, "%u %%", 45U);
	(void)sem_post(&scene->runs);
	must_wait(&scene->ends);
	return scene->result ? job_fail(job, -scene->result, "disk %s is full", "sda") : 0;
}

static int until_stopped(struct job *job, void *arg)
{
	struct scene *scene = arg;

	(void)sem_post(&scene->runs);
	while (!job_stopped(job))
		(void)usleep(1000);
	return -EINTR;
}

static void drop(void *arg)
{
	struct scene *scene = arg;

	scene->dropped++;
}

static int start(struct scene *scene, const char *name)
{
	return job_begin(&scene->call, scene->jobs, name, work, drop, scene);
}

static const char *said(struct scene *scene)
{
	return hc_said(&scene->call, "");
}

/* Asks until it has ended. */
static int outcome(struct scene *scene, const char *name)
{
	int r;

	while ((r = job_settled(&scene->call, scene->jobs, name)) == -EAGAIN)
		(void)usleep(1000);
	return r;
}

static void a_job_is_waited_for_with_its_words(void **state)
{
	struct scene *scene = *state;

	assert_int_equal(start(scene, "a"), 0);
	must_wait(&scene->runs);
	assert_true(job_runs(scene->jobs, "a"));
	assert_int_equal(job_settled(&scene->call, scene->jobs, "a"), -EAGAIN);
	assert_string_equal(said(scene), "45 %");
	(void)sem_post(&scene->ends);
	assert_int_equal(outcome(scene, "a"), 0);
	assert_false(job_runs(scene->jobs, "a"));
	assert_int_equal(scene->dropped, 1);
	assert_true(scene->blocked);
}

static void an_error_is_told_once(void **state)
{
	struct scene *scene = *state;

	scene->result = -ENOSPC;
	assert_int_equal(start(scene, "a"), 0);
	(void)sem_post(&scene->ends);
	assert_int_equal(outcome(scene, "a"), -ENOSPC);
	assert_string_equal(said(scene), "disk sda is full");
	assert_int_equal(job_settled(&scene->call, scene->jobs, "a"), 0);
}

static void one_of_a_name_runs_at_a_time(void **state)
{
	struct scene *scene = *state;

	assert_int_equal(start(scene, "a"), 0);
	must_wait(&scene->runs);
	assert_int_equal(start(scene, "a"), 0);
	assert_int_equal(scene->dropped, 1); /* the second one's argument */
	assert_int_equal(start(scene, "b"), 0);
	must_wait(&scene->runs);
	(void)sem_post(&scene->ends);
	(void)sem_post(&scene->ends);
	assert_int_equal(outcome(scene, "a"), 0);
	assert_int_equal(outcome(scene, "b"), 0);
	assert_int_equal(scene->ran, 2);
	assert_int_equal(scene->dropped, 3);
}

static void one_that_has_ended_unasked_begins_anew(void **state)
{
	struct scene *scene = *state;

	scene->result = -EIO;
	assert_int_equal(start(scene, "a"), 0);
	(void)sem_post(&scene->ends);
	while (job_runs(scene->jobs, "a"))
		(void)usleep(1000);
	scene->result = 0;
	assert_int_equal(start(scene, "a"), 0);
	(void)sem_post(&scene->ends);
	assert_int_equal(outcome(scene, "a"), 0);
	assert_int_equal(scene->ran, 2);
	assert_int_equal(scene->dropped, 2);
}

static void an_unknown_job_has_ended(void **state)
{
	struct scene *scene = *state;

	assert_int_equal(job_settled(&scene->call, scene->jobs, "a"), 0);
	assert_false(job_runs(scene->jobs, "a"));
}

static void those_that_run_are_asked_to_stop(void **state)
{
	struct scene *scene = *state;

	assert_int_equal(job_begin(&scene->call, scene->jobs, "a", until_stopped, drop, scene), 0);
	must_wait(&scene->runs);
	scene->jobs = jobs_free(scene->jobs);
	assert_int_equal(scene->dropped, 1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_job_is_waited_for_with_its_words),
		TEST(an_error_is_told_once),
		TEST(one_of_a_name_runs_at_a_time),
		TEST(one_that_has_ended_unasked_begins_anew),
		TEST(an_unknown_job_has_ended),
		TEST(those_that_run_are_asked_to_stop),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
