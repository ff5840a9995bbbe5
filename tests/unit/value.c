/* SPDX-License-Identifier: Apache-2.0 */
/* Values: what a text means, what is refused and why, and how they look. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <json-c/json.h>
#include <string.h>

#include <hcstate/type.h>

static struct hc_arena *arena;

static int setup(void **state)
{
	(void)state;
	arena = hc_arena_new();
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	arena = hc_arena_free(arena);
	return 0;
}

static uint64_t number(const struct hc_field *field, const char *text)
{
	uint64_t value = 0;
	const char *why = NULL;

	assert_int_equal(hc_value_parse(arena, field, text, &value, &why), 0);
	return value;
}

static void assert_refused(const struct hc_field *field, const char *text, const char *because)
{
	char value[64] = "";
	const char *why = NULL;

	assert_int_not_equal(hc_value_parse(arena, field, text, value, &why), 0);
	if (!strstr(why, because))
		fail_msg("\"%s\" does not say \"%s\"", why, because);
}

static void sizes_and_times_have_units(void **state)
{
	const struct hc_field size = {.type = HC_U64, .unit = "bytes"};
	const struct hc_field time = {.type = HC_U64, .unit = "ms"};
	const struct hc_field plain = {.type = HC_U64};

	(void)state;
	assert_int_equal(number(&size, "4K"), 4096);
	assert_int_equal(number(&size, "2Gi"), UINT64_C(2) << 30);
	assert_int_equal(number(&size, "1T"), UINT64_C(1) << 40);
	assert_int_equal(number(&time, "3s"), 3000);
	assert_int_equal(number(&time, "500ms"), 500);
	assert_refused(&plain, "4K", "is not a whole number");
	assert_refused(&time, "4K", "is not a time");
}

static void a_number_that_does_not_fit_is_never_a_smaller_one(void **state)
{
	const struct hc_field u32 = {.type = HC_U32};
	const struct hc_field u64 = {.type = HC_U64, .unit = "bytes"};

	(void)state;
	assert_int_equal(number(&u32, "4294967295"), UINT32_MAX);
	assert_refused(&u32, "4294967296", "4294967296 is above 4294967295");
	assert_refused(&u64, "18446744073709551616", "is above");
	assert_refused(&u64, "16777216T", "is above");
}

static void bounds_are_said_with_value_and_limit(void **state)
{
	const struct hc_field mtu = {.type = HC_U32, .min = 68, .max = 65535};

	(void)state;
	assert_refused(&mtu, "67", "67 is below 68");
	assert_refused(&mtu, "65536", "65536 is above 65535");
	assert_refused(&mtu, "-1", "\"-1\" is not a whole number");
	assert_refused(&mtu, "", "is not a whole number");
	assert_refused(&mtu, "0x44", "is not a whole number");
}

static void only_true_and_false_are_true_and_false(void **state)
{
	const struct hc_field field = {.type = HC_BOOL};
	const char *const others[] = {"yes", "True", "1", "on", "", "truee"};

	(void)state;
	for (size_t i = 0; i < HC_COUNT(others); i++)
		assert_refused(&field, others[i], "is neither true nor false");
}

static void a_pattern_is_said_in_words(void **state)
{
	const struct hc_field field = {.type = HC_STRING,
				       .pattern = "^[a-z]+$",
				       .pattern_doc = "small letters",
				       .max = 5};

	(void)state;
	assert_refused(&field, "Ab", "\"Ab\" is not small letters");
	assert_refused(&field, "abcdef", "is 6 bytes long, above 5");
}

static void a_secret_is_neither_printed_nor_quoted(void **state)
{
	const struct hc_field field = {.type = HC_STRING,
				       .secret = true,
				       .pattern = "^x$",
				       .pattern_doc = "x"};
	const char *value = "hunter2", *why = NULL, *to = NULL;
	struct json_object *json = hc_value_json(&field, &value);

	(void)state;
	assert_string_equal(hc_value_text(arena, &field, &value), "(secret)");
	assert_string_equal(json_object_get_string(json), "(secret)");
	json_object_put(json);
	assert_int_not_equal(hc_value_parse(arena, &field, value, &to, &why), 0);
	assert_null(strstr(why, "hunter2"));
}

static void two_ways_to_write_an_address_are_one(void **state)
{
	const struct hc_field field = {.type = HC_CIDR};
	struct hc_address a, b;
	const char *why;

	(void)state;
	assert_int_equal(hc_value_parse(arena, &field, "fd00:0::0001/64", &a, &why), 0);
	assert_int_equal(hc_value_parse(arena, &field, "FD00::1/64", &b, &why), 0);
	assert_true(hc_value_same(&field, &a, &b));
	assert_string_equal(hc_value_text(arena, &field, &a), "fd00::1/64");
	assert_refused(&field, "10.0.0.1", "is not an address with its prefix");
	assert_refused(&field, "10.0.0.1/", "is not an address with its prefix");
	assert_refused(&field, "10.0.0.1/+8", "is not an address with its prefix");
	assert_refused(&field, "10.0.0.1/33", "above 32");
	assert_refused(&field, "10.0.0.256/8", "is not an address");
}

static void overlap(const char *one, const char *other, bool expected)
{
	const struct hc_field field = {.type = HC_CIDR};
	struct hc_address a, b;
	const char *why;

	assert_int_equal(hc_value_parse(arena, &field, one, &a, &why), 0);
	assert_int_equal(hc_value_parse(arena, &field, other, &b, &why), 0);
	assert_int_equal(hc_address_overlap(&a, &b), expected);
	assert_int_equal(hc_address_overlap(&b, &a), expected);
}

static void networks_overlap_when_one_contains_the_other(void **state)
{
	(void)state;
	overlap("10.1.0.1/16", "10.1.2.3/24", true);
	overlap("10.1.0.1/24", "10.1.1.1/24", false);
	overlap("10.0.0.1/23", "10.0.1.1/24", true);
	overlap("10.0.0.129/25", "10.0.0.1/25", false);
	overlap("0.0.0.0/0", "10.0.0.1/32", true);
	overlap("0.0.0.0/0", "fd00::1/64", false);
}

static void a_mac_is_six_pairs(void **state)
{
	const struct hc_field field = {.type = HC_MAC};
	struct hc_mac mac;
	const char *why;

	(void)state;
	assert_int_equal(hc_value_parse(arena, &field, "52:54:00:AB:cd:0f", &mac, &why), 0);
	assert_string_equal(hc_value_text(arena, &field, &mac), "52:54:00:ab:cd:0f");
	assert_refused(&field, "52:54:00:ab:cd:0", "is not a MAC address");
	assert_refused(&field, "52-54-00-ab-cd-0f", "is not a MAC address");
	assert_refused(&field, "52:54:00:ab:cd:0g", "is not a MAC address");
}

static void a_set_of_strings_has_no_order_and_no_repetition(void **state)
{
	const struct hc_field field = {.type = HC_STRINGS};
	struct hc_strings a = {0}, b = {0};
	char word[16];

	(void)state;
	for (int i = 0; i < 100; i++) {
		sprintf(word, "%d", i);
		hc_strings_add(arena, &a, word);
		sprintf(word, "%d", 99 - i);
		hc_strings_add(arena, &b, word);
		hc_strings_add(arena, &b, "7");
	}
	assert_int_equal(a.n, 100);
	assert_true(hc_value_same(&field, &a, &b));
}

static void a_map_keeps_the_last_value_of_a_key(void **state)
{
	struct hc_map map = {0};

	(void)state;
	hc_map_put(arena, &map, "b", "1");
	hc_map_put(arena, &map, "a", "2");
	hc_map_put(arena, &map, "b", "3");
	assert_int_equal(map.n, 2);
	assert_string_equal(map.v[0].key, "a");
	assert_string_equal(hc_map_get(&map, "b"), "3");
	assert_null(hc_map_get(&map, "c"));
}

static void text_is_quoted_only_where_it_would_be_misread(void **state)
{
	const struct hc_field field = {.type = HC_STRING}, list = {.type = HC_STRINGS};
	const char *const cases[][2] = {
		{"Ceph network", "Ceph network"},
		{"", "\"\""},
		{"null", "\"null\""},
		{"a: b", "\"a: b\""},
		{"a\nb", "\"a\\nb\""},
		{"[x", "\"[x\""},
		{"enp0s3", "enp0s3"},
		{"a:b", "a:b"},
	};
	struct hc_strings strings = {0};

	(void)state;
	for (size_t i = 0; i < HC_COUNT(cases); i++)
		assert_string_equal(hc_value_text(arena, &field, &cases[i][0]), cases[i][1]);
	hc_strings_add(arena, &strings, "b,c");
	hc_strings_add(arena, &strings, "a");
	assert_string_equal(hc_value_text(arena, &list, &strings), "[a, \"b,c\"]");
}

static void no_text_is_the_empty_text(void **state)
{
	const struct hc_field field = {.type = HC_STRING};
	const char *none = NULL, *empty = "", *some = "x";

	(void)state;
	assert_true(hc_value_same(&field, &none, &empty));
	assert_false(hc_value_same(&field, &none, &some));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sizes_and_times_have_units),
		cmocka_unit_test(a_number_that_does_not_fit_is_never_a_smaller_one),
		cmocka_unit_test(bounds_are_said_with_value_and_limit),
		cmocka_unit_test(only_true_and_false_are_true_and_false),
		cmocka_unit_test(a_pattern_is_said_in_words),
		cmocka_unit_test(a_secret_is_neither_printed_nor_quoted),
		cmocka_unit_test(two_ways_to_write_an_address_are_one),
		cmocka_unit_test(networks_overlap_when_one_contains_the_other),
		cmocka_unit_test(a_mac_is_six_pairs),
		cmocka_unit_test(a_set_of_strings_has_no_order_and_no_repetition),
		cmocka_unit_test(a_map_keeps_the_last_value_of_a_key),
		cmocka_unit_test(text_is_quoted_only_where_it_would_be_misread),
		cmocka_unit_test(no_text_is_the_empty_text),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
