/* SPDX-License-Identifier: Apache-2.0 */
/* A monitor leaves only while those who stay are a majority, and no two daemons leave at a time. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <hcstate/ceph_daemon.h>

#include "providers/ceph/daemon.h"
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

/* Two nodes' processes, each with what it told; as everybody hears it. */
struct pair {
	struct hc_peer peer[2];
	struct hc_peers peers;
};

static int asks(struct pair *pair, struct hc_arena *arena, int who)
{
	struct hc_call call = {
		.arena = arena,
		.node = pair->peer[who].node,
		.peers = &pair->peers,
		.diags = {.arena = arena},
	};
	int r = daemon_turn(&call, &hc_ceph_manager);

	for (size_t i = 0; i < call.told.n; i++)
		hc_map_put(arena, &pair->peer[who].facts, call.told.v[i].key, call.told.v[i].value);
	return r;
}

static void pair_new(struct pair *pair)
{
	*pair = (struct pair){
		.peer = {{.node = "pve1", .nodeid = 1}, {.node = "pve2", .nodeid = 2}},
		.peers = {.joined = true, .n = 2},
	};
	pair->peers.v = pair->peer;
}

static void those_who_may_leave_go_one_after_the_other(void **state)
{
	struct hc_arena *arena = arena_of(state);
	struct pair pair;

	pair_new(&pair);
	assert_int_equal(asks(&pair, arena, 1), -EAGAIN); /* has to hear itself */
	assert_int_equal(asks(&pair, arena, 0), -EAGAIN); /* comes later, though lower */
	assert_int_equal(asks(&pair, arena, 1), 0);
	assert_int_equal(asks(&pair, arena, 1), 0); /* also when it is asked again */
	assert_int_equal(asks(&pair, arena, 0), -EAGAIN);
	pair.peers.n = 1; /* pve2's process has ended */
	assert_int_equal(asks(&pair, arena, 0), -EAGAIN);
	assert_int_equal(asks(&pair, arena, 0), 0);
}

static struct hc_map copy(struct hc_arena *arena, const struct hc_map *map)
{
	struct hc_map made = {0};

	for (size_t i = 0; i < map->n; i++)
		hc_map_put(arena, &made, map->v[i].key, map->v[i].value);
	return made;
}

/* Both ask before either hears the other. */
static void ask_at_once(struct pair *pair, struct hc_arena *arena, int r[2])
{
	struct pair seen[2];

	for (int i = 0; i < 2; i++) {
		seen[i] = *pair;
		seen[i].peers.v = seen[i].peer;
		for (int k = 0; k < 2; k++)
			seen[i].peer[k].facts = copy(arena, &pair->peer[k].facts);
		r[i] = asks(&seen[i], arena, i);
	}
	for (int i = 0; i < 2; i++)
		pair->peer[i].facts = seen[i].peer[i].facts;
}

static void of_two_who_ask_at_once_one_steps_back(void **state)
{
	struct hc_arena *arena = arena_of(state);
	struct pair pair;
	int r[2];

	pair_new(&pair);
	for (int i = 0; i < 4; i++) {
		ask_at_once(&pair, arena, r);
		assert_true(r[0] || r[1]);
	}
	assert_int_equal(r[0], 0);
}

static void without_the_group_nobody_leaves(void **state)
{
	struct pair pair;

	pair_new(&pair);
	pair.peers.joined = false;
	assert_int_equal(asks(&pair, arena_of(state), 0), -EAGAIN);
	assert_int_equal(asks(&pair, arena_of(state), 0), -EAGAIN);
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
		cmocka_unit_test(those_who_may_leave_go_one_after_the_other),
		cmocka_unit_test(of_two_who_ask_at_once_one_steps_back),
		cmocka_unit_test(without_the_group_nobody_leaves),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
