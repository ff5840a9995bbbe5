/* SPDX-License-Identifier: Apache-2.0 */
/* When a watchdog runs, is fed, starves and is stopped, over a device of the test's. */

#include "halive_watchdog.h"

#include <sys/wait.h>
#include <unistd.h>

#include <reconciler/engine.h>

static struct world w;
static _Thread_local unsigned asked_for_memory;
static unsigned dog_asked_for_memory; /* when it was looked at last */

/* The linker gives these the calls of hc_arena_new() and strdup(). */
struct hc_arena *real_arena_new(void) __asm__("__real_hc_arena_new");
struct hc_arena *counted_arena_new(void) __asm__("__wrap_hc_arena_new");
char *real_strdup(const char *text) __asm__("__real_strdup");
char *counted_strdup(const char *text) __asm__("__wrap_strdup");

struct hc_arena *counted_arena_new(void)
{
	asked_for_memory++;
	return real_arena_new();
}

char *counted_strdup(const char *text)
{
	asked_for_memory++;
	return real_strdup(text);
}

static void meals_are_five_in_its_time(void **state)
{
	(void)state;
	assert_int_equal(watchdog_period(3), 1 * S);
	assert_int_equal(watchdog_period(10), 2 * S);
	assert_int_equal(watchdog_period(25), 5 * S);
	assert_int_equal(watchdog_period(600), 5 * S);
}

static void a_loop_that_stands_still_for_its_time_starves_it(void **state)
{
	static const struct {
		struct watchdog_look look;
		bool feeds;
	} cases[] = {
		{{.pulse = 100 * S, .now = 100 * S}, true},
		{{.pulse = 101 * S, .now = 100 * S}, true},
		{{.pulse = 70 * S, .now = 100 * S}, true},
		{{.pulse = 70 * S - 1, .now = 100 * S}, false},
		{{.pulse = 0, .now = 100 * S}, false},
	};

	(void)state;
	for (size_t i = 0; i < HC_COUNT(cases); i++)
		assert_int_equal(watchdog_feeds(&cases[i].look, 30), cases[i].feeds);
}

static void nothing_is_opened_that_nobody_asked_for(void **state)
{
	struct watchdog *dog = world_watchdog(&w);

	(void)state;
	watchdog_set(dog, NULL, 0);
	world_wait(&w, &w.looks, 1);
	assert_true(watchdog_free(dog));
	assert_int_equal(w.starts + w.tries, 0);
}

static void it_is_fed_while_the_loop_turns(void **state)
{
	struct watchdog *dog = world_watchdog(&w);

	(void)state;
	watchdog_set(dog, DEVICE, 30);
	world_wait(&w, &w.meals, 1);
	assert_string_equal(w.path, DEVICE);
	assert_int_equal(w.seconds, 30);
	world_let_it_look(&w);
	assert_int_equal(world_number(&w, &w.meals), 1); /* the next is not due */
	for (unsigned i = 1; i < 20; i++) {
		world_be(&w, 100 * S, (100 + 5 * (uint64_t)(i < 6 ? i : 6)) * S, false);
		world_let_it_look(&w);
		assert_int_equal(world_number(&w, &w.meals), i < 6 ? 1 + i : 7);
	}
	watchdog_set(dog, DEVICE, 30); /* a reading says the same again */
	world_let_it_look(&w);
	assert_int_equal(world_number(&w, &w.starts), 1);
	assert_true(watchdog_free(dog));
}

static void it_starves_while_the_loop_hangs(void **state)
{
	struct watchdog *dog = world_watchdog(&w);
	struct hc_arena *arena = hc_arena_new();

	(void)state;
	watchdog_set(dog, DEVICE, 30);
	world_wait(&w, &w.meals, 1);
	world_be(&w, 100 * S, 131 * S, false);
	world_let_it_look(&w);
	assert_int_equal(world_number(&w, &w.meals), 1);
	assert_non_null(strstr(world_said(dog, arena), "is not fed any more"));
	world_be(&w, 140 * S, 140 * S, false); /* in time yet */
	world_wait(&w, &w.meals, 2);
	world_let_it_look(&w);
	assert_string_equal(world_said(dog, arena), "");
	world_be(&w, 140 * S, 171 * S, false);
	world_let_it_look(&w);
	assert_int_equal(world_number(&w, &w.stops), 0); /* it is not let go either */
	assert_true(watchdog_free(dog));
	(void)hc_arena_free(arena);
}

static void a_clean_end_stops_it(void **state)
{
	struct watchdog *dog = world_watchdog(&w);

	(void)state;
	watchdog_set(dog, DEVICE, 30);
	world_wait(&w, &w.meals, 1);
	assert_true(w.noted); /* before it ran */
	assert_true(world_noted());
	assert_true(watchdog_free(dog));
	assert_int_equal(w.stops, 1);
	assert_false(world_noted());
}

/* Another provider's call hangs, and so nobody closes this one. */
static void the_end_of_the_process_stops_it(void **state)
{
	struct watchdog *dog = world_watchdog(&w);
	unsigned looks;

	(void)state;
	watchdog_set(dog, DEVICE, 30);
	world_wait(&w, &w.meals, 1);
	world_be(&w, 100 * S, 101 * S, true);
	world_wait(&w, &w.stops, 1);
	looks = world_number(&w, &w.looks);
	watchdog_set(dog, DEVICE, 30); /* a late reading */
	world_wait(&w, &w.looks, looks + 1);
	assert_true(watchdog_free(dog));
	assert_int_equal(w.starts, 1);
	assert_false(world_noted());
}

static void it_is_stopped_when_the_last_vm_has_left(void **state)
{
	struct watchdog *dog = world_watchdog(&w);

	(void)state;
	watchdog_set(dog, DEVICE, 30);
	world_wait(&w, &w.meals, 1);
	watchdog_set(dog, NULL, 0);
	world_wait(&w, &w.stops, 1);
	watchdog_set(dog, DEVICE, 60);
	world_wait(&w, &w.meals, 2);
	assert_int_equal(w.seconds, 60);
	watchdog_set(dog, DEVICE "1", 60);
	world_wait(&w, &w.meals, 3);
	assert_string_equal(w.path, DEVICE "1");
	assert_int_equal(w.stops, 2);
	assert_true(watchdog_free(dog));
	assert_int_equal(w.stops, 3);
	assert_int_equal(w.starts, 3);
}

/* It is wanted, and opening it fails. */
static struct watchdog *not_to_be_had(int error)
{
	struct watchdog *dog = world_watchdog(&w);

	w.error = error;
	watchdog_set(dog, DEVICE, 30);
	world_wait(&w, &w.tries, 1);
	return dog;
}

static void be_had(void)
{
	pthread_mutex_lock(&w.lock);
	w.error = 0;
	pthread_mutex_unlock(&w.lock);
}

static void what_cannot_be_had_is_said_and_tried_with_each_reading(void **state)
{
	struct watchdog *dog = not_to_be_had(-EBUSY);
	struct hc_arena *arena = hc_arena_new();

	(void)state;
	watchdog_set(dog, DEVICE, 30);
	world_wait(&w, &w.tries, 2);
	world_wait(&w, &w.looks, 2);
	assert_non_null(strstr(world_said(dog, arena), "it cannot be had"));
	be_had();
	watchdog_set(dog, DEVICE, 30);
	world_wait(&w, &w.meals, 1);
	world_let_it_look(&w);
	assert_string_equal(world_said(dog, arena), "");
	assert_int_equal(w.stops, 0);
	assert_true(watchdog_free(dog));
	(void)hc_arena_free(arena);
}

/* Nothing else may happen for a minute. */
static void what_cannot_be_had_is_tried_again_without_a_reading(void **state)
{
	struct watchdog *dog = not_to_be_had(-EBUSY);

	(void)state;
	world_let_it_look(&w);
	assert_int_equal(world_number(&w, &w.tries), 1);
	be_had();
	world_be(&w, 105 * S, 105 * S, false);
	world_wait(&w, &w.meals, 1);
	assert_true(watchdog_free(dog));
}

static void what_cannot_be_had_leaves_no_note(void **state)
{
	struct watchdog *dog = not_to_be_had(-EBUSY);

	(void)state;
	assert_true(w.noted);
	assert_true(watchdog_free(dog));
	assert_false(world_noted());
}

/* Trying starts it for a moment: not with every reading. */
static void what_is_not_fit_is_tried_once_a_minute(void **state)
{
	struct watchdog *dog = not_to_be_had(-ENOTSUP);

	(void)state;
	for (unsigned i = 0; i < 5; i++) {
		unsigned looks = world_number(&w, &w.looks);

		watchdog_set(dog, DEVICE, 30);
		world_wait(&w, &w.looks, looks + 1);
	}
	assert_int_equal(world_number(&w, &w.tries), 1);
	world_be(&w, 160 * S, 160 * S, false);
	watchdog_set(dog, DEVICE, 30);
	world_wait(&w, &w.tries, 2);
	assert_true(watchdog_free(dog));
}

/* Ceph may be out of reach for all, so that nobody knows yet whether VMs are here. */
static void what_a_killed_agent_left_is_fed_before_anything_is_read(void **state)
{
	struct watchdog *dog;

	(void)state;
	assert_int_equal(watchdog_note_write(DEVICE, 45), 0);
	dog = world_watchdog(&w);
	world_wait(&w, &w.meals, 1);
	assert_int_equal(w.seconds, 45);
	watchdog_set(dog, NULL, 0); /* none is here */
	world_wait(&w, &w.stops, 1);
	assert_true(watchdog_free(dog));
	assert_int_equal(w.starts, 1);
	assert_false(world_noted());
}

/* Perhaps it was had before this. */
static struct watchdog *left_and_not_to_be_had(void)
{
	struct watchdog *dog;

	assert_int_equal(watchdog_note_write(DEVICE, 45), 0);
	world_begin(&w);
	w.error = -EBUSY;
	dog = world_watchdog_in(&w);
	world_wait(&w, &w.tries, 3);
	return dog;
}

static void what_was_left_is_opened_to_be_stopped(void **state)
{
	struct watchdog *dog = left_and_not_to_be_had();
	_cleanup_(hc_arena_freep) struct hc_arena *arena = hc_arena_new();

	(void)state;
	watchdog_set(dog, NULL, 0);
	world_let_it_look(&w);
	assert_true(world_noted());
	assert_non_null(strstr(world_said(dog, arena), "may reset this node"));
	be_had();
	world_wait(&w, &w.stops, 1);
	assert_true(watchdog_free(dog));
	assert_int_equal(w.starts, 1);
	assert_int_equal(w.stops, 1);
	assert_false(world_noted());
}

/* Its first look comes late. */
static void what_was_left_is_stopped_if_none_is_asked_for_at_once(void **state)
{
	struct watchdog *dog;

	(void)state;
	assert_int_equal(watchdog_note_write(DEVICE, 45), 0);
	world_begin(&w);
	pthread_mutex_lock(&w.lock);
	dog = world_watchdog_in(&w);
	watchdog_set(dog, NULL, 0);
	pthread_mutex_unlock(&w.lock);
	world_wait(&w, &w.stops, 1);
	assert_true(watchdog_free(dog));
	assert_int_equal(w.starts, 1);
	assert_int_equal(w.stops, 1);
	assert_false(world_noted());
}

static void what_was_left_makes_way_for_another(void **state)
{
	struct watchdog *dog = left_and_not_to_be_had();

	(void)state;
	watchdog_set(dog, DEVICE "1", 45);
	world_let_it_look(&w);
	assert_string_equal(w.path, DEVICE); /* that one first */
	be_had();
	world_wait(&w, &w.starts, 2);
	assert_string_equal(w.path, DEVICE "1");
	assert_true(watchdog_free(dog));
	assert_int_equal(w.stops, 2);
	assert_false(world_noted());
}

static void what_was_left_is_given_up_when_its_time_is_over(void **state)
{
	struct watchdog *dog = left_and_not_to_be_had();
	unsigned tries;

	(void)state;
	watchdog_set(dog, NULL, 0);
	world_be(&w, 189 * S, 189 * S, false);
	world_let_it_look(&w);
	assert_true(world_noted());
	world_be(&w, 190 * S, 190 * S, false);
	tries = world_number(&w, &w.tries) + 2; /* one may be under way */
	while (world_noted())
		(void)usleep(1000);
	assert_true(world_number(&w, &w.tries) <= tries);
	assert_true(watchdog_free(dog));
	assert_int_equal(w.starts, 0);
}

/* It reads its aim while it is told another. */
static void what_is_asked_for_may_change_at_any_moment(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 50; i++) {
		struct watchdog *dog;

		assert_int_equal(watchdog_note_write(DEVICE, 45), 0);
		dog = world_watchdog(&w);
		watchdog_set(dog, DEVICE, 45);
		watchdog_set(dog, NULL, 0);
		world_wait(&w, &w.stops, 1);
		assert_true(watchdog_free(dog));
		assert_false(world_noted());
	}
}

static void one_that_cannot_be_stopped_is_fed_to_the_end(void **state)
{
	struct watchdog *dog = world_watchdog(&w);
	struct hc_arena *arena = hc_arena_new();

	(void)state;
	w.endless = true; /* and nothing says so */
	watchdog_set(dog, DEVICE, 30);
	world_wait(&w, &w.meals, 1);
	world_let_it_look(&w);
	assert_string_equal(world_said(dog, arena), "");
	watchdog_set(dog, NULL, 0);
	world_be(&w, 105 * S, 105 * S, false);
	world_wait(&w, &w.meals, 2);
	world_let_it_look(&w);
	assert_non_null(strstr(world_said(dog, arena), "cannot be stopped"));
	assert_int_equal(world_number(&w, &w.refusals), 1); /* it is not asked each time */
	world_be(&w, 110 * S, 110 * S, true);               /* the end may take its time */
	world_wait(&w, &w.meals, 3);
	assert_int_equal(world_number(&w, &w.ends), 0);
	assert_true(watchdog_free(dog));
	assert_int_equal(w.ends, 1);
	assert_int_equal(w.starts, 1);
	assert_true(world_noted()); /* for the next agent to feed */
	assert_int_equal(watchdog_note_remove(), 0);
	(void)hc_arena_free(arena);
}

static void one_that_says_that_it_cannot_be_stopped_is_asked_all_the_same(void **state)
{
	struct watchdog *dog = world_watchdog(&w);
	struct hc_arena *arena = hc_arena_new();

	(void)state;
	w.hint = true;
	watchdog_set(dog, DEVICE, 30);
	world_wait(&w, &w.meals, 1);
	world_let_it_look(&w);
	assert_non_null(strstr(world_said(dog, arena), "cannot be stopped"));
	watchdog_set(dog, NULL, 0);
	world_wait(&w, &w.stops, 1);
	assert_true(watchdog_free(dog));
	assert_false(world_noted());
	(void)hc_arena_free(arena);
}

static void one_that_is_wanted_again_is_asked_again(void **state)
{
	struct watchdog *dog = world_watchdog(&w);

	(void)state;
	w.endless = true;
	watchdog_set(dog, DEVICE, 30);
	world_wait(&w, &w.meals, 1);
	watchdog_set(dog, NULL, 0);
	world_wait(&w, &w.refusals, 1);
	watchdog_set(dog, DEVICE, 30);
	world_let_it_look(&w);
	pthread_mutex_lock(&w.lock);
	w.endless = false; /* it was a moment's failure */
	pthread_mutex_unlock(&w.lock);
	watchdog_set(dog, NULL, 0);
	world_wait(&w, &w.stops, 1);
	assert_true(watchdog_free(dog));
	assert_int_equal(w.starts, 1);
	assert_int_equal(w.refusals, 1);
	assert_false(world_noted());
}

static void one_that_waits_too_short_and_cannot_be_stopped_is_fed_in_its_own_time(void **state)
{
	struct watchdog *dog = world_watchdog(&w);
	struct hc_arena *arena = hc_arena_new();

	(void)state;
	w.has = 10;
	w.hint = w.endless = true;
	watchdog_set(dog, DEVICE, 30);
	world_wait(&w, &w.meals, 1);
	world_be(&w, 101 * S, 101 * S, false);
	world_let_it_look(&w);
	assert_int_equal(world_number(&w, &w.meals), 1);
	world_be(&w, 101 * S, 102 * S, false); /* a fifth of 10 s, not of 30 */
	world_wait(&w, &w.meals, 2);
	world_let_it_look(&w);
	assert_non_null(strstr(world_said(dog, arena), "nor be told to wait 30 s"));
	assert_non_null(strstr(world_said(dog, arena), "is reset 10 s after"));
	world_be(&w, 101 * S, 131 * S, false); /* the loop has the time that was asked for */
	world_wait(&w, &w.meals, 3);
	assert_true(watchdog_free(dog));
	assert_int_equal(watchdog_note_remove(), 0);
	(void)hc_arena_free(arena);
}

static struct watchdog_look look_and_count(void *arg)
{
	dog_asked_for_memory = asked_for_memory;
	return world_look(arg);
}

static unsigned memory_so_far(void)
{
	unsigned n;

	pthread_mutex_lock(&w.lock);
	n = dog_asked_for_memory; /* world_look() has the lock after it was counted */
	pthread_mutex_unlock(&w.lock);
	return n;
}

/* There may be none, and who waits for it does not feed. */
static void it_asks_for_no_memory_while_all_is_well(void **state)
{
	const struct watchdog_use use = {
		.open = world_open,
		.feed = world_feed,
		.stop = world_stop,
		.leave = world_leave,
		.look = look_and_count,
		.arg = &w,
		.tick = 1000,
		.ring = -1,
	};
	struct watchdog *dog;
	unsigned before;

	(void)state;
	world_begin(&w);
	dog = watchdog_new(&use);
	watchdog_set(dog, DEVICE, 30);
	world_wait(&w, &w.meals, 1);
	world_let_it_look(&w);
	before = memory_so_far();
	assert_int_not_equal(before, 0);
	for (unsigned i = 1; i < 5; i++) {
		world_be(&w, (100 + 5 * (uint64_t)i) * S, (100 + 5 * (uint64_t)i) * S, false);
		watchdog_set(dog, DEVICE, 30);
		world_wait(&w, &w.meals, 1 + i);
		world_let_it_look(&w);
	}
	assert_int_equal(memory_so_far(), before);
	assert_true(watchdog_free(dog));
}

/* ---- the end of the process */

static struct hc_pulse pulse;

static struct watchdog_look look_at_pulse(void *arg)
{
	struct watchdog_look look = world_look(arg);

	look.ended = hc_pulse_ended(&pulse);
	return look;
}

/* As the agent does with SIGTERM. */
static void be_asked_to_stop(struct hc_engine *engine)
{
	hc_pulse_end(&pulse);
	hc_engine_stop(engine);
}

static void live_and_be_asked_twice(void)
{
	const struct watchdog_use use = {
		.open = world_open,
		.feed = world_feed,
		.stop = world_stop,
		.leave = world_leave,
		.look = look_at_pulse,
		.arg = &w,
		.ring = -1,
	};
	struct hc_engine engine = {.pulse = &pulse, .pace = hc_usual_pace};

	world_begin(&w);
	watchdog_set(watchdog_new(&use), DEVICE, 30);
	world_wait(&w, &w.meals, 1);
	be_asked_to_stop(&engine);
	be_asked_to_stop(&engine);
	_exit(2); /* it does not come back from that */
}

static void who_is_asked_twice_to_stop_stops_it_first(void **state)
{
	int status;
	pid_t child = fork();

	(void)state;
	if (!child)
		live_and_be_asked_twice();
	assert_true(child > 0);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 1);
	assert_false(world_noted());
}

static void a_note_that_is_none_of_ours_is_none(void **state)
{
	static const char *const texts[] = {
		"",
		"\n",
		"/dev/watchdog",
		"/dev/watchdog\n",
		"/dev/watchdog 30",
		"/dev/watchdog 0\n",
		"/dev/watchdog -1\n",
		"/dev/watchdog 601\n",
		"/dev/watchdog 30 \n",
		"/dev/ 30\n",
		"/etc/passwd 30\n",
		"/dev/../etc/passwd 30\n",
		" 30\n",
	};
	_cleanup_(hc_arena_freep) struct hc_arena *arena = hc_arena_new();
	const char *path = hc_printf(arena, "%s/watchdog", getenv("HCSTATE_RUN"));
	unsigned seconds;

	(void)state;
	for (size_t i = 0; i < HC_COUNT(texts); i++) {
		assert_int_equal(hc_file_write(path, 0644, texts[i], strlen(texts[i])), 0);
		assert_null(watchdog_note_read(arena, &seconds));
	}
	assert_int_equal(watchdog_note_write(DEVICE "0", 600), 0);
	assert_string_equal(watchdog_note_read(arena, &seconds), DEVICE "0");
	assert_int_equal(seconds, 600);
	assert_int_equal(watchdog_note_remove(), 0);
	assert_int_equal(watchdog_note_remove(), 0);
}

static void without_a_note_it_is_not_started(void **state)
{
	struct watchdog *dog = world_watchdog(&w);

	assert_int_equal(setenv("HCSTATE_RUN", "/dev/null", 1), 0);
	watchdog_set(dog, DEVICE, 30);
	world_wait(&w, &w.looks, 1);
	assert_true(watchdog_free(dog));
	assert_int_equal(w.starts + w.tries, 0);
	assert_int_equal(setenv("HCSTATE_RUN", *state, 1), 0);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(meals_are_five_in_its_time),
		cmocka_unit_test(a_loop_that_stands_still_for_its_time_starves_it),
		cmocka_unit_test(nothing_is_opened_that_nobody_asked_for),
		cmocka_unit_test(it_is_fed_while_the_loop_turns),
		cmocka_unit_test(it_starves_while_the_loop_hangs),
		cmocka_unit_test(a_clean_end_stops_it),
		cmocka_unit_test(the_end_of_the_process_stops_it),
		cmocka_unit_test(it_is_stopped_when_the_last_vm_has_left),
		cmocka_unit_test(what_cannot_be_had_is_said_and_tried_with_each_reading),
		cmocka_unit_test(what_cannot_be_had_is_tried_again_without_a_reading),
		cmocka_unit_test(what_cannot_be_had_leaves_no_note),
		cmocka_unit_test(what_is_not_fit_is_tried_once_a_minute),
		cmocka_unit_test(what_a_killed_agent_left_is_fed_before_anything_is_read),
		cmocka_unit_test(what_was_left_is_opened_to_be_stopped),
		cmocka_unit_test(what_was_left_is_stopped_if_none_is_asked_for_at_once),
		cmocka_unit_test(what_was_left_makes_way_for_another),
		cmocka_unit_test(what_was_left_is_given_up_when_its_time_is_over),
		cmocka_unit_test(what_is_asked_for_may_change_at_any_moment),
		cmocka_unit_test(one_that_cannot_be_stopped_is_fed_to_the_end),
		cmocka_unit_test(one_that_says_that_it_cannot_be_stopped_is_asked_all_the_same),
		cmocka_unit_test(one_that_is_wanted_again_is_asked_again),
		cmocka_unit_test(
			one_that_waits_too_short_and_cannot_be_stopped_is_fed_in_its_own_time),
		cmocka_unit_test(it_asks_for_no_memory_while_all_is_well),
		cmocka_unit_test(who_is_asked_twice_to_stop_stops_it_first),
		cmocka_unit_test(a_note_that_is_none_of_ours_is_none),
		cmocka_unit_test(without_a_note_it_is_not_started),
	};

	return cmocka_run_group_tests(tests, world_setup, world_teardown);
}
