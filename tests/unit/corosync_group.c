/* SPDX-License-Identifier: Apache-2.0 */
/* What hcstate processes tell each other: hostile until checked, and gone with who told it. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "providers/corosync/table.h"

#define PREFIX "{\"v\":1,\"node\":\"pve1\",\"leaving\":false,"

static bool taken(const char *text)
{
	_cleanup_(hc_arena_freep) struct hc_arena *arena = hc_arena_new();
	struct message message;

	return message_read(arena, text, strlen(text), &message);
}

static void a_message_is_read_as_it_was_written(void **state)
{
	_cleanup_(hc_arena_freep) struct hc_arena *arena = hc_arena_new();
	struct message in = {.node = "pve1", .leaving = true}, out;
	const char *text;

	(void)state;
	hc_map_put(arena, &in.facts, "corosync.conf", "\"quoted\"\n");
	text = message_write(arena, &in);
	assert_true(message_read(arena, text, strlen(text), &out));
	assert_string_equal(out.node, "pve1");
	assert_true(out.leaving);
	assert_string_equal(hc_map_get(&out.facts, "corosync.conf"), "\"quoted\"\n");
}

static void what_is_no_message_of_ours_is_dropped(void **state)
{
	static const char *const texts[] = {
		"",
		"[]",
		"{}",
		PREFIX "\"facts\":{}} ,",
		PREFIX "\"facts\":{}",
		PREFIX "\"facts\":[]}",
		PREFIX "\"facts\":null}",
		PREFIX "\"facts\":{\"a\":1}}",
		PREFIX "\"facts\":{\"a\":{\"b\":\"c\"}}}",
		PREFIX "\"facts\":{\"a\":\"b\\u0000c\"}}",
		PREFIX "\"facts\":{\"a\":\"\xff\"}}",
		"{\"v\":2,\"node\":\"pve1\",\"leaving\":false,\"facts\":{}}",
		"{\"v\":\"1\",\"node\":\"pve1\",\"leaving\":false,\"facts\":{}}",
		"{\"v\":1,\"node\":\"pve1\\n\",\"leaving\":false,\"facts\":{}}",
		"{\"v\":1,\"node\":\"\",\"leaving\":false,\"facts\":{}}",
		"{\"v\":1,\"node\":\"pve1\",\"leaving\":0,\"facts\":{}}",
	};

	(void)state;
	assert_true(taken(PREFIX "\"facts\":{}}"));
	assert_true(taken(PREFIX "\"facts\":{},\"newer\":[1]}"));
	for (size_t i = 0; i < HC_COUNT(texts); i++)
		if (taken(texts[i]))
			fail_msg("taken: %s", texts[i]);
}

static void a_message_has_a_bound(void **state)
{
	_cleanup_(hc_arena_freep) struct hc_arena *arena = hc_arena_new();
	/* right but for its length: blanks follow */
	char *large = hc_printf(arena, "%-*s", MESSAGE_MAX + 1, PREFIX "\"facts\":{}}");
	struct message message;

	(void)state;
	assert_false(message_read(arena, large, MESSAGE_MAX + 1, &message));
}

static bool tells(struct table *table, uint32_t nodeid, uint32_t pid)
{
	static const char text[] = PREFIX "\"facts\":{\"a\":\"b\"}}";

	return table_take(table, nodeid, pid, text, strlen(text));
}

static void facts_go_with_the_process_that_told_them(void **state)
{
	_cleanup_(hc_arena_freep) struct hc_arena *arena = hc_arena_new();
	const struct entry both[] = {{.nodeid = 2, .pid = 9}, {.nodeid = 1, .pid = 5}};
	const struct entry one[] = {{.nodeid = 1, .pid = 5}};
	struct hc_peers peers = {0};
	struct table table = {0};

	(void)state;
	assert_false(tells(&table, 1, 5));
	table_members(&table, both, 2);
	assert_true(tells(&table, 2, 9));
	table_copy(&table, arena, &peers);
	assert_int_equal(peers.n, 1);
	assert_true(tells(&table, 1, 5));
	table_copy(&table, arena, &peers);
	assert_int_equal(peers.n, 2);
	assert_int_equal(peers.v[0].nodeid, 1);
	table_members(&table, one, 1);
	table_copy(&table, arena, &peers);
	assert_int_equal(peers.n, 1);
	assert_string_equal(hc_map_get(&peers.v[0].facts, "a"), "b");
	assert_false(table_has_node(&table, 2));
	table_clear(&table);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_message_is_read_as_it_was_written),
		cmocka_unit_test(what_is_no_message_of_ours_is_dropped),
		cmocka_unit_test(a_message_has_a_bound),
		cmocka_unit_test(facts_go_with_the_process_that_told_them),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
