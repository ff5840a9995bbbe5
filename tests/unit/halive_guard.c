/* SPDX-License-Identifier: Apache-2.0 */
/* When a node is alone, and that its guard suspends each VM once then. */

#include "providers/ha/guard.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <pthread.h>
#include <string.h>

#define S UINT64_C(1000000)

static void a_node_without_quorum_or_without_beats_is_alone(void **state)
{
	static const struct guard_limits limits = {.quorum = 5 * S, .beat = 8 * S};
	static const struct {
		struct guard_contact contact;
		enum guard_verdict verdict;
	} cases[] = {
		/* all is well */
		{{.quorate = true, .since = 1 * S, .beat = 99 * S}, GUARD_CALM},
		/* beats that stall, as they do for all when a node is lost */
		{{.quorate = true, .since = 1 * S, .beat = 93 * S}, GUARD_CALM},
		{{.quorate = true, .since = 1 * S, .beat = 92 * S}, GUARD_ALONE},
		/* no quorum, for a moment and for longer */
		{{.quorate = false, .since = 96 * S, .beat = 99 * S}, GUARD_WAITS},
		{{.quorate = false, .since = 95 * S, .beat = 99 * S}, GUARD_ALONE},
		/* both */
		{{.quorate = false, .since = 98 * S, .beat = 90 * S}, GUARD_ALONE},
		/* corosync was never heard */
		{{.quorate = false, .since = 0, .beat = 99 * S}, GUARD_ALONE},
		/* what has just begun */
		{{.quorate = true, .since = 1 * S, .beat = 101 * S}, GUARD_CALM},
		{{.quorate = false, .since = 101 * S, .beat = 101 * S}, GUARD_WAITS},
	};

	(void)state;
	for (size_t i = 0; i < HC_COUNT(cases); i++)
		assert_int_equal(guard_judge(&cases[i].contact, &limits, 100 * S),
				 cases[i].verdict);
}

struct world {
	pthread_mutex_t lock;
	pthread_cond_t changed;
	bool quorate;
	int error;
	unsigned asked, suspended, looks;
	char last[64];
};

static struct world world = {.lock = PTHREAD_MUTEX_INITIALIZER,
			     .changed = PTHREAD_COND_INITIALIZER};

static struct guard_contact contact(void *arg)
{
	struct guard_contact now = {.since = 1, .beat = hc_now()};

	(void)arg;
	pthread_mutex_lock(&world.lock);
	now.quorate = world.quorate;
	world.looks++;
	pthread_cond_broadcast(&world.changed);
	pthread_mutex_unlock(&world.lock);
	return now;
}

static int suspend(void *arg, const char *uuid, const char *name)
{
	int r;

	(void)arg, (void)uuid;
	pthread_mutex_lock(&world.lock);
	r = world.error;
	world.asked++;
	world.suspended += !r;
	(void)strncpy(world.last, name, sizeof(world.last) - 1);
	pthread_cond_broadcast(&world.changed);
	pthread_mutex_unlock(&world.lock);
	return r;
}

static void wait_until(const unsigned *number, unsigned least)
{
	pthread_mutex_lock(&world.lock);
	while (*number < least)
		pthread_cond_wait(&world.changed, &world.lock);
	pthread_mutex_unlock(&world.lock);
}

static void be(bool quorate, int error)
{
	pthread_mutex_lock(&world.lock);
	world.quorate = quorate;
	world.error = error;
	pthread_mutex_unlock(&world.lock);
}

/* Two more looks: what was to follow from it has. */
static void let_it_look(void)
{
	unsigned looks;

	pthread_mutex_lock(&world.lock);
	looks = world.looks;
	pthread_mutex_unlock(&world.lock);
	wait_until(&world.looks, looks + 2);
}

static unsigned suspended(void)
{
	unsigned n;

	pthread_mutex_lock(&world.lock);
	n = world.suspended;
	pthread_mutex_unlock(&world.lock);
	return n;
}

static void each_vm_is_suspended_once_in_each_time_alone(void **state)
{
	const struct guard_use use = {.contact = contact, .suspend = suspend};
	static const struct guard_limits limits = {.quorum = 5 * S, .beat = 5 * S};
	struct guard *guard = guard_new(&use);
	struct hc_arena *arena = hc_arena_new();
	struct hc_map vms = {0};
	struct hc_strings said = {0};

	(void)state;
	hc_map_put(arena, &vms, "uuid-1", "web1");
	hc_map_put(arena, &vms, "uuid-2", "web2");
	be(true, 0);
	guard_set(guard, &vms, &limits);
	let_it_look();
	assert_int_equal(suspended(), 0);
	be(false, 0);
	wait_until(&world.suspended, 2);
	let_it_look();
	guard_set(guard, &vms, &limits); /* a reading tells it the same again */
	let_it_look();
	assert_int_equal(suspended(), 2);
	guard_said(guard, arena, &said);
	assert_int_equal(said.n, 2);
	be(true, 0);
	let_it_look();
	said.n = 0;
	guard_said(guard, arena, &said);
	assert_int_equal(said.n, 0);
	be(false, 0);
	wait_until(&world.suspended, 4);
	assert_true(guard_free(guard));
	(void)hc_arena_free(arena);
}

static void what_could_not_be_begun_is_tried_again(void **state)
{
	const struct guard_use use = {.contact = contact, .suspend = suspend};
	static const struct guard_limits limits = {.quorum = 5 * S, .beat = 5 * S};
	struct guard *guard = guard_new(&use);
	struct hc_arena *arena = hc_arena_new();
	struct hc_map vms = {0};

	(void)state;
	hc_map_put(arena, &vms, "uuid-1", "web1");
	world.asked = world.suspended = 0;
	be(false, -EAGAIN);
	guard_set(guard, &vms, &limits);
	wait_until(&world.asked, 2);
	assert_int_equal(suspended(), 0);
	be(false, 0);
	wait_until(&world.suspended, 1);
	assert_true(guard_free(guard));
	(void)hc_arena_free(arena);
}

/* What the records say of where a VM is may be newer than what this node knows of itself. */
static void who_is_taken_away_while_it_is_alone_is_suspended_all_the_same(void **state)
{
	const struct guard_use use = {.contact = contact, .suspend = suspend};
	static const struct guard_limits limits = {.quorum = 5 * S, .beat = S / 5};
	struct guard *guard = guard_new(&use);
	struct hc_arena *arena = hc_arena_new();
	struct hc_map both = {0}, one = {0};
	struct hc_strings said = {0};

	(void)state;
	hc_map_put(arena, &both, "uuid-1", "web1");
	hc_map_put(arena, &both, "uuid-2", "web2");
	hc_map_put(arena, &one, "uuid-2", "web2");
	world.asked = world.suspended = 0;
	be(true, 0);
	guard_set(guard, &both, &limits);
	guard_set(guard, &one, &limits); /* it does not know yet that it is alone */
	be(false, 0);
	guard_set(guard, &one, &limits);
	wait_until(&world.suspended, 2);
	guard_set(guard, &one, &limits);
	let_it_look();
	assert_int_equal(suspended(), 2);
	guard_said(guard, arena, &said);
	assert_int_equal(said.n, 2);
	be(true, 0);
	guard_set(guard, &one, &limits);
	let_it_look();
	guard_set(guard, &one, &limits); /* there was contact for long enough */
	be(false, 0);
	wait_until(&world.suspended, 3);
	let_it_look();
	assert_int_equal(suspended(), 3);
	assert_string_equal(world.last, "web2");
	assert_true(guard_free(guard));
	(void)hc_arena_free(arena);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_node_without_quorum_or_without_beats_is_alone),
		cmocka_unit_test(each_vm_is_suspended_once_in_each_time_alone),
		cmocka_unit_test(what_could_not_be_begun_is_tried_again),
		cmocka_unit_test(who_is_taken_away_while_it_is_alone_is_suspended_all_the_same),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
