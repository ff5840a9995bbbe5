/* SPDX-License-Identifier: Apache-2.0 */
/* Which guests are giving memory back, or taking it, by what was seen of them before. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "providers/libvirt/balloon.h"

#define UUID "11111111-2222-4333-8444-555555555555"
#define OTHER "22222222-2222-4333-8444-555555555555"
#define MIB (UINT64_C(1) << 20)
#define S UINT64_C(1000000)

static int begin(void **state)
{
	*state = balloons_new();
	return 0;
}

static int end(void **state)
{
	*state = balloons_free(*state);
	return 0;
}

static enum balloon_trend note(struct balloons *balloons, unsigned start, uint64_t mib,
			       uint64_t now)
{
	return balloons_note(balloons, UUID, start, mib * MIB, now);
}

static void what_has_less_than_before_gives_for_a_while(void **state)
{
	assert_int_equal(note(*state, 1, 320, 9 * S), BALLOON_RESTS);
	assert_int_equal(note(*state, 1, 319, 10 * S), BALLOON_GIVES);
	assert_int_equal(note(*state, 1, 319, 11 * S), BALLOON_GIVES); /* libvirt says no more */
	assert_int_equal(note(*state, 1, 300, 12 * S), BALLOON_GIVES);
	assert_int_equal(note(*state, 1, 300, 14 * S), BALLOON_GIVES);
	assert_int_equal(note(*state, 1, 300, 15 * S), BALLOON_RESTS); /* it gives no more */
}

/* Somebody lets it have more. */
static void what_has_more_than_before_takes(void **state)
{
	assert_int_equal(note(*state, 1, 257, 9 * S), BALLOON_RESTS);
	assert_int_equal(note(*state, 1, 256, 10 * S), BALLOON_GIVES);
	assert_int_equal(note(*state, 1, 300, 10 * S), BALLOON_TAKES);
	assert_int_equal(note(*state, 1, 300, 13 * S), BALLOON_RESTS);
}

static void what_was_never_seen_before_rests(void **state)
{
	assert_int_equal(note(*state, 1, 320, 1), BALLOON_RESTS);
	assert_int_equal(note(*state, 2, 256, 2), BALLOON_RESTS); /* it was started anew */
	assert_int_equal(balloons_note(*state, OTHER, 2, 128 * MIB, 3), BALLOON_RESTS);
	assert_int_equal(note(*state, 2, 255, 4), BALLOON_GIVES);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(what_has_less_than_before_gives_for_a_while),
		TEST(what_has_more_than_before_takes),
		TEST(what_was_never_seen_before_rests),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
