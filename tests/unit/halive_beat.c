/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who is heard of, and who belongs to this node's part of the cluster: both under a clock of the
 * test's own; then the beat's thread, with a storage that hangs, refuses and shuts out.
 */

#include "providers/ha/beat.h"
#include "providers/ha/view.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <string.h>
#include <sys/eventfd.h>

#define S UINT64_C(1000000)

/* Beats, each with its own number, as a round reads them. */
static bool round_of(struct beats *beats, uint64_t now, const char *one, const char *other)
{
	struct hc_arena *arena = hc_arena_new();
	struct hc_map texts = {0};
	bool news;

	if (one)
		hc_map_put(arena, &texts, "pve1", one);
	if (other)
		hc_map_put(arena, &texts, "pve2", other);
	news = beats_take(beats, &texts, now);
	(void)hc_arena_free(arena);
	return news;
}

#define BEAT(n) "{\"seq\":" #n ",\"leaving\":\"stays\"}"

static void a_node_that_is_silent_long_enough_is_stale(void **state)
{
	struct beats beats = {.period = S};

	(void)state;
	assert_true(round_of(&beats, 10 * S, BEAT(1), BEAT(1)));
	assert_false(round_of(&beats, 11 * S, BEAT(2), BEAT(1)));
	assert_false(round_of(&beats, 12 * S, BEAT(3), BEAT(1)));
	assert_false(round_of(&beats, 13 * S, BEAT(4), BEAT(1)));
	assert_true(round_of(&beats, 14 * S, BEAT(5), BEAT(1)));
	assert_true(beat_is_stale(&beats, beats_find(&beats, "pve2")));
	assert_false(beat_is_stale(&beats, beats_find(&beats, "pve1")));
	assert_int_equal(beat_silence(&beats, beats_find(&beats, "pve2")), 4 * S);
	assert_true(round_of(&beats, 15 * S, BEAT(6), BEAT(2)));
	assert_false(beat_is_stale(&beats, beats_find(&beats, "pve2")));
	beats_done(&beats);
}

static void who_could_not_listen_finds_nobody_silent(void **state)
{
	struct beats beats = {.period = S};

	(void)state;
	(void)round_of(&beats, 10 * S, BEAT(1), BEAT(1));
	assert_true(round_of(&beats, 14 * S, BEAT(1), BEAT(1))); /* the storage stood still */
	assert_false(beat_is_stale(&beats, beats_find(&beats, "pve2")));
	(void)round_of(&beats, 40 * S, BEAT(1), BEAT(1));
	assert_false(beat_is_stale(&beats, beats_find(&beats, "pve2")));
	for (uint64_t at = 41; at < 44; at++)
		(void)round_of(&beats, at * S, BEAT(2), BEAT(1));
	assert_int_equal(beat_silence(&beats, beats_find(&beats, "pve2")), 3 * S);
	beats_done(&beats);
}

static void what_is_no_beat_says_nothing(void **state)
{
	static const char *const bad[] = {
		"",
		"{}",
		"[]",
		"17",
		"{\"seq\":1}",
		"{\"seq\":-1,\"leaving\":\"stays\"}",
		"{\"seq\":1,\"leaving\":\"maybe\"}",
		"{\"seq\":\"1\",\"leaving\":\"stays\"",
	};
	struct beat_word word;

	(void)state;
	for (size_t i = 0; i < HC_COUNT(bad); i++)
		assert_int_equal(beat_read(bad[i], &word), -EBADMSG);
	assert_int_equal(beat_read("{\"seq\":7,\"leaving\":\"poweroff\"}", &word), 0);
	assert_int_equal(word.seq, 7);
	assert_int_equal(word.says, BEAT_POWERS_OFF);
	assert_false(word.apart); /* one that was written before there was the word */
}

static void what_a_node_says_is_news(void **state)
{
	struct beats beats = {.period = S};

	(void)state;
	(void)round_of(&beats, 10 * S, BEAT(1), NULL);
	assert_true(round_of(&beats, 11 * S, "{\"seq\":2,\"leaving\":\"reboot\"}", NULL));
	assert_int_equal(beats_find(&beats, "pve1")->word.says, BEAT_REBOOTS);
	assert_null(beats_find(&beats, "pve2"));
	beats_done(&beats);
}

static void that_corosync_is_away_is_said_and_is_news(void **state)
{
	struct hc_arena *arena = hc_arena_new();
	struct beats beats = {.period = S};
	const struct beat_word longest = {.seq = UINT64_MAX - 1,
					  .says = BEAT_POWERS_OFF,
					  .apart = true};
	struct beat_word read;
	const char *text = beat_write(arena, &longest);

	(void)state;
	assert_int_equal(beat_read(text, &read), 0);
	assert_true(read.apart);
	assert_int_equal(read.seq, longest.seq);
	assert_int_equal(read.says, BEAT_POWERS_OFF);
	(void)round_of(&beats, 10 * S, BEAT(1), NULL);
	assert_false(beats_find(&beats, "pve1")->word.apart);
	assert_true(round_of(&beats, 11 * S,
			     "{\"seq\":2,\"leaving\":\"stays\",\"corosync\":\"away\"}", NULL));
	assert_true(beats_find(&beats, "pve1")->word.apart);
	assert_true(round_of(&beats, 12 * S, BEAT(3), NULL));
	assert_false(beats_find(&beats, "pve1")->word.apart);
	beats_done(&beats);
	(void)hc_arena_free(arena);
}

static void many_nodes_have_room(void **state)
{
	struct hc_arena *arena = hc_arena_new();
	struct beats beats = {.period = S};
	struct hc_map texts = {0};

	(void)state;
	for (int i = 0; i < 100; i++)
		hc_map_put(arena, &texts, hc_printf(arena, "node%d", i), BEAT(1));
	(void)beats_take(&beats, &texts, S);
	assert_int_equal(beats.n, 100);
	assert_non_null(beats_find(&beats, "node99"));
	beats_done(&beats);
	(void)hc_arena_free(arena);
}

static void who_goes_is_gone_since_then_and_not_since_before_quorum(void **state)
{
	const uint32_t all[] = {1, 2, 3}, two[] = {1, 2}, alone[] = {1};
	struct sighting seen = {0};

	(void)state;
	assert_true(sighting_take(&seen, true, all, 3, 10));
	assert_false(sighting_take(&seen, true, all, 3, 11));
	assert_int_equal(view_gone(&seen, 3), 0);
	assert_true(sighting_take(&seen, true, two, 2, 20));
	assert_false(sighting_take(&seen, true, two, 2, 25));
	assert_int_equal(view_gone(&seen, 3), 20);
	assert_int_equal(seen.since, 10);
	assert_true(sighting_take(&seen, false, alone, 1, 30));
	assert_true(sighting_take(&seen, true, two, 2, 50)); /* the switch is back */
	assert_int_equal(view_gone(&seen, 2), 0);
	assert_int_equal(view_gone(&seen, 3), 50);
	assert_int_equal(view_gone(&seen, 9), 50); /* never seen */
	assert_true(sighting_take(&seen, true, all, 3, 51));
	assert_int_equal(view_gone(&seen, 3), 0);
}

/* Else the guard of an agent that begins would take it to have been alone since the machine began.
 */
static void until_corosync_says_something_the_node_is_alone_since_now(void **state)
{
	uint64_t began = hc_now();
	int ring = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	struct view *view = view_new(ring);
	struct sighting seen = view_see(view);

	(void)state;
	assert_false(seen.quorate);
	assert_true(seen.since >= began);
	assert_true(view_free(view));
	(void)close(ring);
}

/* ---- the thread, with a storage of its own */

struct storage {
	pthread_mutex_t lock;
	pthread_cond_t changed;
	bool hangs;
	int error;
	unsigned writes, given, failed;
	char last[BEAT_MAX + 1];
};

static int storage_write(void *arg, const char *node, const char *text)
{
	struct storage *storage = arg;
	int r;

	(void)node;
	pthread_mutex_lock(&storage->lock);
	while (storage->hangs)
		pthread_cond_wait(&storage->changed, &storage->lock);
	r = storage->error;
	storage->writes += !r;
	if (!r)
		(void)strcpy(storage->last, text); /* NOLINT: it is as long as a beat may be */
	pthread_cond_broadcast(&storage->changed);
	pthread_mutex_unlock(&storage->lock);
	return r;
}

static int storage_read(void *arg, struct hc_arena *arena, struct hc_map *texts)
{
	struct storage *storage = arg;

	pthread_mutex_lock(&storage->lock);
	hc_map_put(arena, texts, "pve1", hc_strdup(arena, storage->last));
	pthread_mutex_unlock(&storage->lock);
	return 0;
}

static void storage_give(void *arg, bool failed)
{
	struct storage *storage = arg;

	pthread_mutex_lock(&storage->lock);
	storage->given++;
	storage->failed += failed;
	pthread_cond_broadcast(&storage->changed);
	pthread_mutex_unlock(&storage->lock);
}

static void wait_until(struct storage *storage, const unsigned *number, unsigned least)
{
	pthread_mutex_lock(&storage->lock);
	while (*number < least)
		pthread_cond_wait(&storage->changed, &storage->lock);
	pthread_mutex_unlock(&storage->lock);
}

static void set(struct storage *storage, bool hangs, int error)
{
	pthread_mutex_lock(&storage->lock);
	storage->hangs = hangs;
	storage->error = error;
	pthread_cond_broadcast(&storage->changed);
	pthread_mutex_unlock(&storage->lock);
}

static struct storage storage = {.lock = PTHREAD_MUTEX_INITIALIZER,
				 .changed = PTHREAD_COND_INITIALIZER};
static const struct beat_store store = {.write = storage_write,
					.read = storage_read,
					.give = storage_give,
					.arg = &storage};

static void rung(int fd)
{
	struct pollfd poller = {.fd = fd, .events = POLLIN};
	eventfd_t value;

	assert_int_equal(poll(&poller, 1, 10000), 1);
	assert_int_equal(eventfd_read(fd, &value), 0);
}

static void it_beats_and_says_goodbye(void **state)
{
	int ring = eventfd(0, EFD_CLOEXEC);
	struct beat *beat = beat_new("pve1", ring, NULL);
	uint64_t before = beat_last(beat);
	struct beats heard;

	(void)state;
	set(&storage, false, 0);
	storage.writes = storage.given = storage.failed = 0;
	beat_set_period(beat, 1000);
	assert_true(beat_wants_store(beat));
	beat_use_store(beat, &store);
	assert_false(beat_wants_store(beat));
	wait_until(&storage, &storage.writes, 3);
	rung(ring);
	assert_true(beat_last(beat) > before);
	heard = beat_heard(beat);
	assert_non_null(beats_find(&heard, "pve1"));
	beats_done(&heard);
	assert_true(beat_free(beat));
	assert_non_null(strstr(storage.last, "stopped"));
	assert_int_equal(storage.given, 1);
	assert_int_equal(storage.failed, 0);
	(void)close(ring);
}

static void a_storage_that_hangs_holds_up_nobody_else(void **state)
{
	int ring = eventfd(0, EFD_CLOEXEC);
	struct beat *beat = beat_new("pve1", ring, NULL);
	uint64_t last = beat_last(beat);
	struct beats heard;

	(void)state;
	set(&storage, true, 0);
	storage.writes = 0;
	beat_set_period(beat, 1000);
	beat_use_store(beat, &store);
	assert_int_equal(beat_last(beat), last);
	heard = beat_heard(beat);
	assert_int_equal(heard.n, 0);
	beats_done(&heard);
	set(&storage, false, 0);
	wait_until(&storage, &storage.writes, 1);
	assert_true(beat_free(beat));
	(void)close(ring);
}

static void a_connection_that_was_shut_out_is_given_back(void **state)
{
	int ring = eventfd(0, EFD_CLOEXEC);
	struct beat *beat = beat_new("pve1", ring, NULL);

	(void)state;
	set(&storage, false, -ESHUTDOWN);
	storage.given = storage.failed = 0;
	beat_use_store(beat, &store);
	wait_until(&storage, &storage.failed, 1);
	rung(ring);
	assert_true(beat_wants_store(beat));
	assert_true(beat_free(beat));
	assert_int_equal(storage.given, 1);
	(void)close(ring);
}

/* Its own thread finds that there is no corosync here. */
static void tell(void *arg, bool apart)
{
	beat_set_apart(arg, apart);
}

static void wait_for_text(const char *text, bool there)
{
	pthread_mutex_lock(&storage.lock);
	while (!strstr(storage.last, text) == there)
		pthread_cond_wait(&storage.changed, &storage.lock);
	pthread_mutex_unlock(&storage.lock);
}

static void what_becomes_of_corosync_is_told_at_once(void **state)
{
	int ring = eventfd(0, EFD_CLOEXEC);
	struct beat *beat = beat_new("pve1", ring, NULL);

	(void)state;
	set(&storage, false, 0);
	beat_set_period(beat, 3600 * S);
	beat_use_store(beat, &store);
	wait_for_text("stays", true);
	beat_set_apart(beat, true);
	wait_for_text("away", true);
	beat_set_apart(beat, false);
	wait_for_text("away", false);
	assert_true(beat_free(beat));
	(void)close(ring);
}

/* What changes here makes it beat faster: there is soon more to hear of the others. */
static void after_a_change_it_beats_faster_for_a_while(void **state)
{
	int ring = eventfd(0, EFD_CLOEXEC);
	struct beat *beat = beat_new("pve1", ring, NULL);
	uint64_t began;

	(void)state;
	set(&storage, false, 0);
	storage.writes = 0;
	beat_set_period(beat, S);
	beat_use_store(beat, &store);
	wait_until(&storage, &storage.writes, 1);
	began = hc_now();
	beat_set_apart(beat, false);
	wait_until(&storage, &storage.writes, 5);
	assert_true(hc_now() - began < 3 * S); /* four at the usual pace take three or more */
	assert_true(beat_free(beat));
	(void)close(ring);
}

static void the_view_tells_until_it_is_asked_not_to(void **state)
{
	int ring = eventfd(0, EFD_CLOEXEC), other = eventfd(0, EFD_CLOEXEC);
	struct beat *beat = beat_new("pve1", ring, NULL);
	struct view *view = view_new(other);

	(void)state;
	set(&storage, false, 0);
	beat_set_period(beat, 3600 * S);
	beat_use_store(beat, &store);
	rung(other);
	view_tell(view, tell, beat); /* also what it knew before */
	wait_for_text("away", true); /* where the tests run there is none */
	view_tell(view, NULL, NULL);
	assert_true(beat_free(beat));
	assert_true(view_free(view));
	(void)close(ring);
	(void)close(other);
}

static enum ha_leaving goes_down(void)
{
	return HA_POWERS_OFF;
}

static void a_machine_that_goes_down_says_so_also_at_the_end(void **state)
{
	int ring = eventfd(0, EFD_CLOEXEC);
	struct beat *beat = beat_new("pve1", ring, goes_down);

	(void)state;
	set(&storage, false, 0);
	storage.writes = 0;
	beat_use_store(beat, &store);
	wait_until(&storage, &storage.writes, 1);
	assert_non_null(strstr(storage.last, "poweroff"));
	assert_true(beat_free(beat));
	assert_non_null(strstr(storage.last, "poweroff"));
	(void)close(ring);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_node_that_is_silent_long_enough_is_stale),
		cmocka_unit_test(who_could_not_listen_finds_nobody_silent),
		cmocka_unit_test(what_is_no_beat_says_nothing),
		cmocka_unit_test(what_a_node_says_is_news),
		cmocka_unit_test(that_corosync_is_away_is_said_and_is_news),
		cmocka_unit_test(many_nodes_have_room),
		cmocka_unit_test(who_goes_is_gone_since_then_and_not_since_before_quorum),
		cmocka_unit_test(until_corosync_says_something_the_node_is_alone_since_now),
		cmocka_unit_test(it_beats_and_says_goodbye),
		cmocka_unit_test(a_storage_that_hangs_holds_up_nobody_else),
		cmocka_unit_test(a_connection_that_was_shut_out_is_given_back),
		cmocka_unit_test(what_becomes_of_corosync_is_told_at_once),
		cmocka_unit_test(after_a_change_it_beats_faster_for_a_while),
		cmocka_unit_test(the_view_tells_until_it_is_asked_not_to),
		cmocka_unit_test(a_machine_that_goes_down_says_so_also_at_the_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
