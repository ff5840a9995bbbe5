/* SPDX-License-Identifier: Apache-2.0 */
/* A monitor leaves only while those who stay are a majority. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "providers/ceph/monitor.h"

static struct hc_arena *arena_of(void **state)
{
	return *state;
}

static int setup(void **state)
{
	*state = hc_arena_new();
	return 0;
}

static int teardown(void **state)
{
	*state = hc_arena_free(*state);
	return 0;
}

/* As many monitors as there are letters: "yyn", y for those who agree. */
static const char *majority(void **state, const char *agree, const char *leaves)
{
	static struct fact_mon mons[8];
	struct facts facts = {.mons = mons, .nmon = strlen(agree)};

	for (size_t i = 0; i < facts.nmon; i++)
		mons[i] = (struct fact_mon){
			.name = hc_printf(arena_of(state), "pve%zu", i + 1),
			.quorate = agree[i] == 'y',
		};
	return monitor_majority(arena_of(state), &facts, leaves);
}

static void one_of_three_may_leave(void **state)
{
	assert_string_equal(majority(state, "yyy", "pve2"), "");
}

static void the_dead_one_of_three_may_leave(void **state)
{
	assert_string_equal(majority(state, "yyn", "pve3"), "");
}

static void a_live_one_beside_a_dead_one_stays(void **state)
{
	assert_string_equal(majority(state, "yyn", "pve1"),
			    "2 monitors would be left, of which 1 agree where 2 have to");
}

static void one_of_two_may_leave_and_the_last_stays(void **state)
{
	assert_string_equal(majority(state, "yy", "pve2"), "");
	assert_string_equal(majority(state, "y", "pve1"), "it is the last monitor");
}

static void four_of_which_one_is_dead_bear_it(void **state)
{
	assert_string_equal(majority(state, "yyyn", "pve1"), "");
	assert_string_equal(majority(state, "yynn", "pve1"),
			    "3 monitors would be left, of which 1 agree where 2 have to");
}

static void who_is_not_in_the_map_is_not_missed(void **state)
{
	assert_string_equal(majority(state, "y", "pve9"), "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_of_three_may_leave),
		cmocka_unit_test(the_dead_one_of_three_may_leave),
		cmocka_unit_test(a_live_one_beside_a_dead_one_stays),
		cmocka_unit_test(one_of_two_may_leave_and_the_last_stays),
		cmocka_unit_test(four_of_which_one_is_dead_bear_it),
		cmocka_unit_test(who_is_not_in_the_map_is_not_missed),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
