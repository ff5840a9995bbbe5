/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Worker threads. Jobs here end when the test opens their gate, never by the clock; only what is to
 * be late has a short patience.
 */

#include <reconciler/worker.h>

#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

enum {
	LONG_US = 60 * 1000 * 1000,
	SHORT_US = 2000,
	WAIT_US = 300 * 1000, /* half of it is enough for a job that does nothing */
};

struct gate {
	pthread_mutex_t lock;
	pthread_cond_t moved;
	bool open;
	unsigned inside, most; /* jobs that wait in it now, and the most there were at once */
};

struct scene {
	sd_event *event;
	struct hc_workers *workers;
	struct gate gate;
};

/* A job and what became of it. */
struct job {
	struct gate *gate; /* NULL: it ends at once */
	int gives;
	pthread_t ran_in;
	unsigned done, dropped;
	int result;
	unsigned *count, place; /* how many were done before it, with it */
};

static int set_up(void **state)
{
	struct scene *scene = calloc(1, sizeof(*scene));

	pthread_mutex_init(&scene->gate.lock, NULL);
	pthread_cond_init(&scene->gate.moved, NULL);
	assert_true(sd_event_new(&scene->event) >= 0);
	scene->workers = hc_workers_new(scene->event);
	assert_non_null(scene->workers);
	*state = scene;
	return 0;
}

static int tear_down(void **state)
{
	struct scene *scene = *state;

	assert_null(hc_workers_free(scene->workers));
	sd_event_unref(scene->event);
	pthread_cond_destroy(&scene->gate.moved);
	pthread_mutex_destroy(&scene->gate.lock);
	free(scene);
	return 0;
}

static void pass(struct gate *gate)
{
	pthread_mutex_lock(&gate->lock);
	gate->inside++;
	if (gate->inside > gate->most)
		gate->most = gate->inside;
	pthread_cond_broadcast(&gate->moved);
	while (!gate->open)
		pthread_cond_wait(&gate->moved, &gate->lock);
	gate->inside--;
	pthread_mutex_unlock(&gate->lock);
}

static void wait_inside(struct gate *gate, unsigned n)
{
	pthread_mutex_lock(&gate->lock);
	while (gate->inside < n)
		pthread_cond_wait(&gate->moved, &gate->lock);
	pthread_mutex_unlock(&gate->lock);
}

static void open_gate(struct gate *gate)
{
	pthread_mutex_lock(&gate->lock);
	gate->open = true;
	pthread_cond_broadcast(&gate->moved);
	pthread_mutex_unlock(&gate->lock);
}

static int run(void *arg)
{
	struct job *job = arg;

	if (job->gate)
		pass(job->gate);
	job->ran_in = pthread_self();
	return job->gives;
}

static void done(void *arg, int result)
{
	struct job *job = arg;

	assert_int_equal(job->dropped, 0);
	job->done++;
	job->result = result;
	if (job->count)
		job->place = ++*job->count;
}

static void drop(void *arg)
{
	struct job *job = arg;

	assert_int_equal(job->done, 1);
	job->dropped++;
}

static void begin(struct hc_lane *lane, struct job *job, uint64_t patience)
{
	const struct hc_job one = {
		.run = run, .done = done, .drop = drop, .arg = job, .patience = patience};

	hc_lane_run(lane, &one);
}

static void loop_until_done(const struct scene *scene, const struct job *job)
{
	while (!job->done)
		assert_true(sd_event_run(scene->event, UINT64_MAX) >= 0);
}

static void loop_until_dropped(const struct scene *scene, const struct job *job)
{
	while (!job->dropped)
		assert_true(sd_event_run(scene->event, UINT64_MAX) >= 0);
}

static void a_job_runs_in_a_thread_and_comes_back_with_its_result(void **state)
{
	struct scene *scene = *state;
	struct job job = {.gives = -ENOENT};

	begin(hc_lane_new(scene->workers, "a", 1), &job, LONG_US);
	assert_int_equal(job.done, 0);
	loop_until_done(scene, &job);
	assert_int_equal(job.result, -ENOENT);
	assert_false(pthread_equal(job.ran_in, pthread_self()));
	assert_int_equal(job.done, 1);
	assert_int_equal(job.dropped, 1);
}

static void at_most_so_many_run_at_once(void **state)
{
	struct scene *scene = *state;
	struct hc_lane *lane = hc_lane_new(scene->workers, "a", 3);
	struct job jobs[10] = {0};

	for (size_t i = 0; i < HC_COUNT(jobs); i++) {
		jobs[i].gate = &scene->gate;
		begin(lane, &jobs[i], LONG_US);
	}
	wait_inside(&scene->gate, 3);
	open_gate(&scene->gate);
	for (size_t i = 0; i < HC_COUNT(jobs); i++) {
		loop_until_done(scene, &jobs[i]);
		assert_int_equal(jobs[i].result, 0);
	}
	assert_int_equal(scene->gate.most, 3);
}

static void lanes_do_not_wait_for_each_other(void **state)
{
	struct scene *scene = *state;
	struct job held = {.gate = &scene->gate}, quick = {0};

	begin(hc_lane_new(scene->workers, "a", 1), &held, LONG_US);
	wait_inside(&scene->gate, 1);
	begin(hc_lane_new(scene->workers, "b", 0), &quick, LONG_US);
	loop_until_done(scene, &quick);
	assert_int_equal(held.done, 0);
	open_gate(&scene->gate);
	loop_until_done(scene, &held);
}

static void jobs_of_one_thread_run_in_the_order_they_came(void **state)
{
	struct scene *scene = *state;
	struct hc_lane *lane = hc_lane_new(scene->workers, "a", 1);
	struct job jobs[20] = {0};
	unsigned count = 0;

	for (size_t i = 0; i < HC_COUNT(jobs); i++) {
		jobs[i].count = &count;
		begin(lane, &jobs[i], LONG_US);
	}
	for (size_t i = 0; i < HC_COUNT(jobs); i++) {
		loop_until_done(scene, &jobs[i]);
		assert_int_equal(jobs[i].place, i + 1);
	}
}

static void a_late_job_is_reported_at_once_and_dropped_when_it_returns(void **state)
{
	struct scene *scene = *state;
	struct job job = {.gate = &scene->gate};

	begin(hc_lane_new(scene->workers, "a", 1), &job, SHORT_US);
	loop_until_done(scene, &job);
	assert_int_equal(job.result, -ETIMEDOUT);
	assert_int_equal(job.dropped, 0);
	open_gate(&scene->gate);
	loop_until_dropped(scene, &job);
	assert_int_equal(job.done, 1);
	assert_int_equal(job.result, -ETIMEDOUT);
}

static void a_lane_whose_threads_are_all_stuck_takes_nothing(void **state)
{
	struct scene *scene = *state;
	struct hc_lane *lane = hc_lane_new(scene->workers, "a", 1);
	struct job stuck = {.gate = &scene->gate}, next = {0}, last = {0};

	begin(lane, &stuck, SHORT_US);
	loop_until_done(scene, &stuck);
	begin(lane, &next, LONG_US);
	assert_int_equal(next.done, 0); /* it comes back through the loop, as every other */
	loop_until_dropped(scene, &next);
	assert_int_equal(next.result, -EBUSY);

	open_gate(&scene->gate);
	loop_until_dropped(scene, &stuck);
	begin(lane, &last, LONG_US); /* the thread is back */
	loop_until_done(scene, &last);
	assert_int_equal(last.result, 0);
}

static void a_stuck_thread_leaves_the_others_of_its_lane_at_work(void **state)
{
	struct scene *scene = *state;
	struct hc_lane *lane = hc_lane_new(scene->workers, "a", 2);
	struct job stuck = {.gate = &scene->gate}, jobs[5] = {0};

	begin(lane, &stuck, SHORT_US);
	loop_until_done(scene, &stuck);
	for (size_t i = 0; i < HC_COUNT(jobs); i++)
		begin(lane, &jobs[i], LONG_US);
	for (size_t i = 0; i < HC_COUNT(jobs); i++) {
		loop_until_done(scene, &jobs[i]);
		assert_int_equal(jobs[i].result, 0);
	}
	open_gate(&scene->gate);
	loop_until_dropped(scene, &stuck);
}

static void what_waits_behind_a_job_that_gets_stuck_is_given_back(void **state)
{
	struct scene *scene = *state;
	struct hc_lane *lane = hc_lane_new(scene->workers, "a", 1);
	struct job stuck = {.gate = &scene->gate}, waiting = {0};

	begin(lane, &stuck, SHORT_US);
	begin(lane, &waiting, LONG_US);
	loop_until_done(scene, &waiting);
	assert_int_equal(stuck.result, -ETIMEDOUT);
	assert_int_equal(waiting.result, -EBUSY);
	open_gate(&scene->gate);
	loop_until_dropped(scene, &stuck);
}

static int open_later(sd_event_source *source, uint64_t usec, void *arg)
{
	(void)source, (void)usec;
	open_gate(arg);
	return 0;
}

static void waiting_for_a_thread_does_not_use_up_a_jobs_patience(void **state)
{
	struct scene *scene = *state;
	struct hc_lane *lane = hc_lane_new(scene->workers, "a", 1);
	struct job first = {.gate = &scene->gate}, second = {0};

	begin(lane, &first, LONG_US);
	begin(lane, &second, WAIT_US / 2);
	assert_true(sd_event_add_time_relative(scene->event, NULL, CLOCK_MONOTONIC, WAIT_US, 1,
					       open_later, &scene->gate) >= 0);
	loop_until_done(scene, &first);
	loop_until_done(scene, &second);
	assert_int_equal(first.result, 0);
	assert_int_equal(second.result, 0);
}

/* Begins another job of the lane when it is done. */
struct chain {
	struct job job;
	struct hc_lane *lane;
	struct job *next;
};

static void begin_next(void *arg, int result)
{
	struct chain *chain = arg;

	done(&chain->job, result);
	begin(chain->lane, chain->next, LONG_US);
}

static void the_end_of_a_job_may_begin_another(void **state)
{
	struct scene *scene = *state;
	struct job next = {0};
	struct chain chain = {.lane = hc_lane_new(scene->workers, "a", 1), .next = &next};
	const struct hc_job one = {
		.run = run, .done = begin_next, .drop = drop, .arg = &chain, .patience = LONG_US};

	hc_lane_run(chain.lane, &one);
	loop_until_done(scene, &next);
	assert_int_equal(chain.job.dropped, 1);
	assert_int_equal(next.result, 0);
}

static void what_is_left_at_the_end_is_waited_for_and_dropped(void **state)
{
	struct scene *scene = *state;
	struct job job = {.done = 1}; /* nobody asks for the result any more */

	begin(hc_lane_new(scene->workers, "a", 1), &job, LONG_US);
	scene->workers = hc_workers_free(scene->workers);
	assert_int_equal(job.dropped, 1);
}

static int for_ever(void *arg)
{
	(void)arg;
	for (;;)
		pause();
	return 0;
}

static void a_thread_that_never_returns_does_not_hold_up_the_end(void **state)
{
	struct scene *scene = *state;
	struct job job = {0};
	const struct hc_job one = {
		.run = for_ever, .done = done, .drop = drop, .arg = &job, .patience = SHORT_US};

	hc_lane_run(hc_lane_new(scene->workers, "a", 2), &one);
	loop_until_done(scene, &job);
	scene->workers = hc_workers_free(scene->workers);
	assert_int_equal(job.dropped, 0);
}

static int signals_blocked(void *arg)
{
	sigset_t now;

	(void)arg;
	pthread_sigmask(SIG_SETMASK, NULL, &now);
	return sigismember(&now, SIGTERM) && sigismember(&now, SIGINT);
}

static void signals_are_the_loops(void **state)
{
	struct scene *scene = *state;
	struct job job = {0};
	const struct hc_job one = {.run = signals_blocked,
				   .done = done,
				   .drop = drop,
				   .arg = &job,
				   .patience = LONG_US};

	hc_lane_run(hc_lane_new(scene->workers, "a", 1), &one);
	loop_until_done(scene, &job);
	assert_int_equal(job.result, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
		TEST(a_job_runs_in_a_thread_and_comes_back_with_its_result),
		TEST(at_most_so_many_run_at_once),
		TEST(lanes_do_not_wait_for_each_other),
		TEST(jobs_of_one_thread_run_in_the_order_they_came),
		TEST(a_late_job_is_reported_at_once_and_dropped_when_it_returns),
		TEST(a_lane_whose_threads_are_all_stuck_takes_nothing),
		TEST(a_stuck_thread_leaves_the_others_of_its_lane_at_work),
		TEST(what_waits_behind_a_job_that_gets_stuck_is_given_back),
		TEST(waiting_for_a_thread_does_not_use_up_a_jobs_patience),
		TEST(the_end_of_a_job_may_begin_another),
		TEST(what_is_left_at_the_end_is_waited_for_and_dropped),
		TEST(a_thread_that_never_returns_does_not_hold_up_the_end),
		TEST(signals_are_the_loops),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
