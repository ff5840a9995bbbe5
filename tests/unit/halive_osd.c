/* SPDX-License-Identifier: Apache-2.0 */
/* Which OSDs are marked down when a node is lost, and whose turn that is. */

#include <arpa/inet.h>
#include <json-c/json.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include <providers/ha/osd_find.h>
#include <providers/ha/osd_loss.h>

/* ---- three nodes as in the lab: two networks, and an address that all of them have */

struct scene {
	struct hc_arena *arena;
	struct osd_nodes nodes;
	struct osd_found found;
};

static struct hc_address address(const char *text)
{
	struct hc_address a = {.family = strchr(text, ':') ? AF_INET6 : AF_INET};

	a.prefix = a.family == AF_INET ? 32 : 128;
	assert_int_equal(inet_pton(a.family, text, a.bytes), 1);
	return a;
}

static struct scene scene(size_t nnode)
{
	struct scene s = {.arena = hc_arena_new()};

	s.nodes.v = hc_alloc(s.arena, nnode * sizeof(*s.nodes.v));
	s.nodes.n = nnode;
	for (size_t i = 0; i < nnode; i++) {
		struct osd_node *node = &s.nodes.v[i];
		int id = (int)i + 1;

		node->name = hc_printf(s.arena, "pve%d", id);
		node->id = (uint32_t)id;
		node->has = hc_alloc(s.arena, 4 * sizeof(*node->has));
		node->has[0] = address(hc_printf(s.arena, "192.168.4.20%d", id));
		node->has[1] = address(hc_printf(s.arena, "10.0.0.%d", id));
		node->has[2] = address(hc_printf(s.arena, "fd00::%d", id));
		node->has[3] = address("172.16.0.1");
		node->nhas = 4;
	}
	return s;
}

/* An OSD with its four lists of addresses. */
static const char *osd(struct scene *s, int id, bool up, const char *public, const char *cluster)
{
	const char *list = hc_printf(s->arena,
				     "{\"addrvec\":[{\"addr\":\"%s:6800\"},"
				     "{\"addr\":\"%s:6801\"}]}",
				     public, public);
	const char *other = hc_printf(s->arena, "{\"addrvec\":[{\"addr\":\"%s:6802\"}]}", cluster);

	return hc_printf(s->arena,
			 "{\"osd\":%d,\"up\":%d,\"in\":1,\"up_from\":%d,\"public_addrs\":%s,"
			 "\"cluster_addrs\":%s,\"heartbeat_back_addrs\":%s,"
			 "\"heartbeat_front_addrs\":%s}",
			 id, up, 10 + id, list, other, other, list);
}

static void find(struct scene *s, const char *dump, const char *tree)
{
	struct json_object *d = json_tokener_parse(dump), *t = json_tokener_parse(tree);

	osd_find(s->arena, d, t, &s->nodes, &s->found);
	json_object_put(d);
	json_object_put(t);
}

/* An OSD on each of n nodes, up, whose addresses are the second network's. */
static const char *usual(struct scene *s, size_t n)
{
	const char *all = "";

	for (size_t i = 1; i <= n; i++) {
		const char *at = hc_printf(s->arena, "10.0.0.%zu", i);

		all = hc_printf(s->arena, "%s%s%s", all, *all ? "," : "",
				osd(s, (int)i - 1, true, at, at));
	}
	return all;
}

static const char *dump_of(struct scene *s, const char *osds)
{
	return hc_printf(s->arena, "{\"osds\":[%s]}", osds);
}

static void the_osds_of_a_lost_node_are_found(void **state)
{
	struct scene s = scene(3);

	(void)state;
	s.nodes.v[2].lost = true;
	find(&s, dump_of(&s, usual(&s, 3)), "{}");
	assert_int_equal(s.found.n, 1);
	assert_int_equal(s.found.ids[0], 2);
	assert_int_equal(s.found.up_from[0], 12);
	assert_string_equal(s.found.of[0], "pve3");
	assert_null(s.found.why);
	hc_arena_free(s.arena);
}

static void one_that_is_down_already_is_left_alone(void **state)
{
	struct scene s = scene(3);
	const char *last = osd(&s, 2, false, "10.0.0.3", "10.0.0.3");

	(void)state;
	s.nodes.v[2].lost = true;
	find(&s, dump_of(&s, hc_printf(s.arena, "%s,%s", usual(&s, 2), last)), "{}");
	assert_int_equal(s.found.n, 0);
	hc_arena_free(s.arena);
}

/* Its own, and one that all nodes have, one of another node, one of nobody. */
static void every_address_has_to_be_the_lost_nodes_alone(void **state)
{
	static const char *const cluster[] = {"172.16.0.1", "10.0.0.1", "10.9.9.9"};

	(void)state;
	for (size_t i = 0; i < HC_COUNT(cluster); i++) {
		struct scene s = scene(3);
		const char *last = osd(&s, 2, true, "10.0.0.3", cluster[i]);

		s.nodes.v[2].lost = true;
		find(&s, dump_of(&s, hc_printf(s.arena, "%s,%s", usual(&s, 2), last)), "{}");
		assert_int_equal(s.found.n, 0);
		hc_arena_free(s.arena);
	}
}

/* As one that never came up has none. */
static void one_that_lacks_an_address_is_left_alone(void **state)
{
	struct scene s = scene(3);

	(void)state;
	s.nodes.v[2].lost = true;
	find(&s,
	     "{\"osds\":[{\"osd\":2,\"up\":1,\"in\":1,\"public_addrs\":"
	     "{\"addrvec\":[{\"addr\":\"10.0.0.3:6800\"}]}}]}",
	     "{}");
	assert_int_equal(s.found.n, 0);
	hc_arena_free(s.arena);
}

static void two_networks_and_ipv6_are_one_node(void **state)
{
	struct scene s = scene(3);
	const char *last = osd(&s, 2, true, "192.168.4.203", "[fd00::3]");

	(void)state;
	s.nodes.v[2].lost = true;
	find(&s, dump_of(&s, hc_printf(s.arena, "%s,%s", usual(&s, 2), last)), "{}");
	assert_int_equal(s.found.n, 1);
	hc_arena_free(s.arena);
}

static void one_that_crush_has_under_another_node_is_left_alone(void **state)
{
	struct scene s = scene(3);

	(void)state;
	s.nodes.v[2].lost = true;
	find(&s, dump_of(&s, usual(&s, 3)),
	     "{\"nodes\":[{\"id\":-3,\"name\":\"pve1\",\"type\":\"host\",\"children\":[2]}]}");
	assert_int_equal(s.found.n, 0);
	find(&s, dump_of(&s, usual(&s, 3)),
	     "{\"nodes\":[{\"id\":-3,\"name\":\"rack-7\",\"type\":\"host\",\"children\":[2]}]}");
	assert_int_equal(s.found.n, 1);
	hc_arena_free(s.arena);
}

static void half_of_the_nodes_is_too_much(void **state)
{
	struct scene s = scene(4);

	(void)state;
	s.nodes.v[2].lost = s.nodes.v[3].lost = true;
	find(&s, dump_of(&s, usual(&s, 4)), "{}");
	assert_non_null(s.found.why);
	s.nodes.v[2].lost = false;
	find(&s, dump_of(&s, usual(&s, 4)), "{}");
	assert_null(s.found.why);
	hc_arena_free(s.arena);
}

/* A minority of nodes that has most of the OSDs. */
static void more_than_half_of_the_osds_is_too_much(void **state)
{
	struct scene s = scene(3);
	const char *more = hc_printf(s.arena, "%s,%s", osd(&s, 3, true, "10.0.0.3", "10.0.0.3"),
				     osd(&s, 4, true, "10.0.0.3", "10.0.0.3"));

	(void)state;
	s.nodes.v[2].lost = true;
	find(&s, dump_of(&s, hc_printf(s.arena, "%s,%s", usual(&s, 3), more)), "{}");
	assert_int_equal(s.found.n, 3);
	assert_non_null(s.found.why);
	hc_arena_free(s.arena);
}

static void what_makes_no_sense_is_no_match(void **state)
{
	static const char *const texts[] = {
		"null",
		"[]",
		"{\"osds\":7}",
		"{\"osds\":[null,3,\"x\",{}]}",
		"{\"osds\":[{\"osd\":-1,\"up\":1}]}",
		"{\"osds\":[{\"osd\":0,\"up\":1,\"public_addrs\":{\"addrvec\":[{\"addr\":\":\"}]}}]"
		"}",
		"{\"osds\":[{\"osd\":0,\"up\":1,\"public_addrs\":{\"addrvec\":[{\"addr\":\"[\"}]}}]"
		"}",
	};
	struct scene s = scene(3);

	(void)state;
	s.nodes.v[2].lost = true;
	for (size_t i = 0; i < HC_COUNT(texts); i++) {
		find(&s, texts[i], texts[i]);
		assert_int_equal(s.found.n, 0);
	}
	hc_arena_free(s.arena);
}

/* ---- who was lost */

#define see(losses, quorate, now, ...)                                                             \
	osd_losses_see(losses, quorate, (const uint32_t[]){__VA_ARGS__},                           \
		       sizeof((uint32_t[]){__VA_ARGS__}) / sizeof(uint32_t), now)

static void who_comes_and_goes_all_the_time_is_left_to_ceph(void **state)
{
	const uint64_t minute = 60 * UINT64_C(1000000);
	struct osd_losses losses = {0};

	(void)state;
	for (uint64_t i = 0; i < 5; i++) {
		see(&losses, true, (2 * i + 1) * minute, 1, 2, 3);
		see(&losses, true, (2 * i + 2) * minute, 1, 2);
		assert_int_equal(osd_losses_have(&losses, 3), i < 3);
		osd_losses_clear(&losses); /* corosync here is no better */
	}
	see(&losses, true, 30 * minute, 1, 2, 3);
	see(&losses, true, 31 * minute, 1, 2);
	assert_true(osd_losses_have(&losses, 3));
}

static void who_goes_is_lost_once(void **state)
{
	struct osd_losses losses = {0};

	(void)state;
	see(&losses, true, 1, 1, 2, 3);
	assert_int_equal(losses.n, 0);
	see(&losses, true, 2, 1, 2);
	assert_true(osd_losses_have(&losses, 3));
	assert_int_equal(losses.v[0].at, 2);
	see(&losses, true, 3, 1, 2);
	assert_int_equal(losses.n, 1);
	assert_int_equal(losses.v[0].at, 2);
	osd_losses_forget(&losses, 3);
	see(&losses, true, 4, 1, 2);
	assert_int_equal(losses.n, 0);
}

static void who_is_back_is_not_lost(void **state)
{
	struct osd_losses losses = {0};

	(void)state;
	see(&losses, true, 1, 1, 2, 3);
	see(&losses, true, 2, 1, 2);
	see(&losses, true, 3, 1, 2, 3);
	assert_int_equal(losses.n, 0);
}

/* The one that is alone sees the others go, and may not say so. */
static void without_quorum_nobody_is_lost(void **state)
{
	struct osd_losses losses = {0};

	(void)state;
	see(&losses, true, 1, 1, 2, 3);
	see(&losses, false, 2, 1);
	assert_int_equal(losses.n, 0);
	see(&losses, true, 3, 1, 2);
	assert_int_equal(losses.n, 1);
	assert_true(osd_losses_have(&losses, 3));
}

static void after_a_silence_nothing_is_compared(void **state)
{
	struct osd_losses losses = {0};

	(void)state;
	see(&losses, true, 1, 1, 2, 3);
	osd_losses_clear(&losses);
	see(&losses, true, 2, 1, 2);
	assert_int_equal(losses.n, 0);
}

/* pve1 is there and runs no hcstate: it comes last. */
static void the_lowest_that_runs_hcstate_is_first(void **state)
{
	const struct osd_members running = {.v = {2, 3, 4}, .n = 3};
	struct osd_losses losses = {0};

	(void)state;
	see(&losses, true, 1, 1, 2, 3);
	assert_int_equal(osd_turn(&losses, &running, 2), 0);
	assert_int_equal(osd_turn(&losses, &running, 3), 1);
	assert_int_equal(osd_turn(&losses, &running, 1), 2);
	see(&losses, true, 2, 1, 3);
	assert_int_equal(osd_turn(&losses, &running, 3), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_osds_of_a_lost_node_are_found),
		cmocka_unit_test(one_that_is_down_already_is_left_alone),
		cmocka_unit_test(every_address_has_to_be_the_lost_nodes_alone),
		cmocka_unit_test(one_that_lacks_an_address_is_left_alone),
		cmocka_unit_test(two_networks_and_ipv6_are_one_node),
		cmocka_unit_test(one_that_crush_has_under_another_node_is_left_alone),
		cmocka_unit_test(half_of_the_nodes_is_too_much),
		cmocka_unit_test(more_than_half_of_the_osds_is_too_much),
		cmocka_unit_test(what_makes_no_sense_is_no_match),
		cmocka_unit_test(who_goes_is_lost_once),
		cmocka_unit_test(who_comes_and_goes_all_the_time_is_left_to_ceph),
		cmocka_unit_test(who_is_back_is_not_lost),
		cmocka_unit_test(without_quorum_nobody_is_lost),
		cmocka_unit_test(after_a_silence_nothing_is_compared),
		cmocka_unit_test(the_lowest_that_runs_hcstate_is_first),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
