/* SPDX-License-Identifier: Apache-2.0 */
/* Time zones: the same as the C library says of each, and no trust in the file. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <hcstate/file.h>
#include <reconciler/agent/zone.h>
#include <reconciler/agent/zone_rule.h>

#include "agent_zone.h"

#define BERLIN "/usr/share/zoneinfo/Europe/Berlin"

enum { HOUR = 3600, DAY = 24 * HOUR };

static void become(const char *zone)
{
	assert_int_equal(setenv("TZ", zone, 1), 0);
	tzset();
}

/* What the C library says, in the zone that the process is in. */
static int64_t theirs(time_t at)
{
	struct tm tm;

	assert_non_null(localtime_r(&at, &tm));
	return tm.tm_gmtoff;
}

static void compare(const struct zone *zone, time_t from, time_t to, time_t step)
{
	for (time_t at = from; at < to; at += step) {
		struct zone_span span = zone_span(zone, at);

		if (span.offset != theirs(at))
			fail_msg("at %jd: %d instead of %jd", (intmax_t)at, span.offset,
				 (intmax_t)theirs(at));
		assert_true(span.end > at);
	}
}

/* Each second on which a span ends is one on which another begins. */
static void compare_ends(const struct zone *zone, time_t from, time_t to)
{
	for (time_t at = from; at < to; at = zone_span(zone, at).end) {
		struct zone_span span = zone_span(zone, at);

		assert_int_equal(span.offset, theirs(at));
		if (span.end < to) {
			assert_int_equal(zone_span(zone, span.end - 1).offset, span.offset);
			assert_int_equal(theirs(span.end - 1), span.offset);
			assert_int_equal(zone_span(zone, span.end).offset, theirs(span.end));
		}
		if (span.end == INT64_MAX)
			break;
	}
}

static const char *const zones[] = {
	"Europe/Berlin",       "America/New_York",  "UTC",
	"Australia/Lord_Howe", "Europe/Dublin",     "America/Nuuk",
	"Africa/Cairo",        "Africa/Casablanca", "Asia/Tehran",
	"Pacific/Apia",        "Asia/Jerusalem",    "Asia/Kolkata",
};

static void a_zone_is_what_the_library_says_it_is(void **state)
{
	const char *why;

	for (size_t i = 0; i < HC_COUNT(zones); i++) {
		const struct zone *zone = zone_load(*state, zones[i], &why);

		assert_non_null(zone);
		become(zones[i]);
		if (i < 4)
			compare(zone, utc(2020, 1, 1, 0, 0), utc(2040, 1, 1, 0, 0), HOUR / 2);
		compare(zone, utc(1880, 1, 1, 0, 0), utc(2140, 1, 1, 0, 0), 3 * DAY + 12345);
		compare_ends(zone, utc(1880, 1, 1, 0, 0), utc(2140, 1, 1, 0, 0));
	}
}

static void a_rule_is_what_the_library_says_it_is(void **state)
{
	static const char *const rules[] = {
		"CET-1CEST,M3.5.0,M10.5.0/3",
		"<+1030>-10:30<+11>-11,M10.1.0,M4.1.0",
		"EST5EDT,M3.2.0/2:00:30,M11.1.0",
		"XXX3YYY2,J60/0,J300",
		"XXX3YYY,59/0,300/1:30",
		"IST-1GMT0,M10.5.0,M3.5.0/1",
		"<-03>+3:15:10",
		"AAA-5BBB,M3.4.4/50,M10.4.4/50",
		"<-02>2<-01>,M3.5.0/-1,M10.5.0/0",
	};

	(void)state;
	for (size_t i = 0; i < HC_COUNT(rules); i++) {
		struct zone_rule rule;

		assert_true(zone_rule_read(rules[i], &rule));
		become(rules[i]);
		for (time_t at = utc(1999, 12, 1, 0, 0); at < utc(2110, 1, 1, 0, 0);
		     at += 7 * HOUR + 11)
			if (zone_rule_span(&rule, at).offset != theirs(at))
				fail_msg("%s at %jd", rules[i], (intmax_t)at);
	}
}

static void what_is_no_rule_is_none(void **state)
{
	static const char *const none[] = {
		"",
		"CET",
		"CE-1",
		"<+01-1",
		"<>-1",
		"CET-25",
		"CET-1:60",
		"CET-1CEST",
		"CET-1CEST,M3.5.0",
		"CET-1CEST,M13.5.0,M10.5.0",
		"CET-1CEST,M0.5.0,M10.5.0",
		"CET-1CEST,M3.6.0,M10.5.0",
		"CET-1CEST,M3.5.7,M10.5.0",
		"CET-1CEST,M3.5.0/168,M10.5.0",
		"CET-1CEST,J0,J300",
		"CET-1CEST,J1,J366",
		"CET-1CEST,1,366",
		"CET-1CEST,1,300x",
		"CET-1 ",
		"CET-1CEST,M3.5.0,M10.5.0/3,",
	};

	(void)state;
	for (size_t i = 0; i < HC_COUNT(none); i++) {
		struct zone_rule rule;

		if (zone_rule_read(none[i], &rule))
			fail_msg("%s", none[i]);
	}
}

/* Where summer never ends the year's end meets its beginning; the library does not agree with
 * itself about that, so this is by hand. */
static void a_summer_may_have_no_end(void **state)
{
	struct zone_rule rule;

	(void)state;
	assert_true(zone_rule_read("EST5EDT,0/0,J365/25", &rule));
	for (time_t at = utc(2026, 12, 30, 0, 0); at < utc(2027, 1, 3, 0, 0); at += HOUR)
		assert_int_equal(zone_rule_span(&rule, at).offset, -4 * HOUR);
}

static void a_moment_is_the_first_at_which_the_clock_is_so_far(void **state)
{
	const char *why;
	const struct zone *zone = zone_load(*state, "Europe/Berlin", &why);

	assert_int_equal(zone_moment(zone, utc(2026, 1, 1, 12, 0)), utc(2026, 1, 1, 11, 0));
	assert_int_equal(zone_moment(zone, utc(2026, 7, 1, 12, 0)), utc(2026, 7, 1, 10, 0));
	/* 2026-03-29: 02:00 to 03:00 is not there. */
	assert_int_equal(zone_moment(zone, utc(2026, 3, 29, 1, 59)), utc(2026, 3, 29, 0, 59));
	assert_int_equal(zone_moment(zone, utc(2026, 3, 29, 2, 0)), utc(2026, 3, 29, 1, 0));
	assert_int_equal(zone_moment(zone, utc(2026, 3, 29, 2, 30)), utc(2026, 3, 29, 1, 0));
	assert_int_equal(zone_moment(zone, utc(2026, 3, 29, 3, 0)), utc(2026, 3, 29, 1, 0));
	assert_int_equal(zone_moment(zone, utc(2026, 3, 29, 3, 1)), utc(2026, 3, 29, 1, 1));
	/* 2026-10-25: 02:00 to 03:00 comes twice. */
	assert_int_equal(zone_moment(zone, utc(2026, 10, 25, 2, 0)), utc(2026, 10, 25, 0, 0));
	assert_int_equal(zone_moment(zone, utc(2026, 10, 25, 2, 59)), utc(2026, 10, 25, 0, 59));
	assert_int_equal(zone_moment(zone, utc(2026, 10, 25, 3, 0)), utc(2026, 10, 25, 2, 0));
	/* 2011-12-30 was not there in Samoa. */
	zone = zone_load(*state, "Pacific/Apia", &why);
	assert_int_equal(zone_moment(zone, utc(2011, 12, 30, 12, 0)), utc(2011, 12, 30, 10, 0));
}

static void the_machines_zone_is_that_of_tz(void **state)
{
	const time_t summer = utc(2026, 7, 1, 0, 0);
	const char *why;

	(void)setenv("TZ", "America/New_York", 1);
	assert_int_equal(zone_span(zone_load(*state, NULL, &why), summer).offset, -4 * HOUR);
	(void)setenv("TZ", ":" BERLIN, 1);
	assert_int_equal(zone_span(zone_load(*state, NULL, &why), summer).offset, 2 * HOUR);
	(void)setenv("TZ", "XYZ-3:30", 1);
	assert_int_equal(zone_span(zone_load(*state, NULL, &why), summer).offset, 7 * HOUR / 2);
	(void)setenv("TZ", "no such thing", 1);
	assert_int_equal(zone_span(zone_load(*state, NULL, &why), summer).offset, 0);
	(void)unsetenv("TZ");
	tzset();
	assert_int_equal(zone_span(zone_load(*state, NULL, &why), summer).offset, theirs(summer));
}

static void a_zone_that_is_not_there_is_said(void **state)
{
	static const char *const none[] = {
		"Europe/Atlantis", "Europe",         "", BERLIN, "../zoneinfo/UTC",
		"tzdata.zi",       "Europe/Berlin/x"};

	for (size_t i = 0; i < HC_COUNT(none); i++) {
		const char *why = NULL;

		assert_null(zone_load(*state, none[i], &why));
		assert_non_null(why);
	}
}

static char *berlin(struct hc_arena *arena, size_t *size)
{
	char *data;

	assert_int_equal(hc_file_read(arena, BERLIN, 65536, &data, size), 0);
	return data;
}

static void half_a_file_is_none(void **state)
{
	const char *why;
	size_t size;
	const char *data = berlin(*state, &size);

	assert_non_null(zone_read(*state, data, size, &why));
	for (size_t n = 0; n < size; n++) {
		char *part = malloc(n + 1); /* not more: a step too far is seen */

		assert_non_null(part);
		memcpy(part, data, n);
		assert_null(zone_read(*state, part, n, &why));
		free(part);
	}
}

/* Where the second header is, which counts. */
static char *second(char *data, size_t size)
{
	char *p = memmem(data + 44, size - 44, "TZif", 4);

	assert_non_null(p);
	return p;
}

/* How the file is spoilt: that byte, `turns` of them and of the bytes before. */
struct lie {
	size_t at, per_turn;
	unsigned char byte;
	const char *what;
};

static void a_file_that_lies_is_none(void **state)
{
	static const struct lie lies[] = {
		{0, 0, 'X', "no magic"},
		{4, 0, 0, "the first version"},
		{31, 0, 1, "leap seconds"},
		{32, 0, 1, "times without end"},
		{39, 0, 0, "no types"},
		{44, 0, 0x7F, "times that fall"},
		{44, 8, 250, "a type that is not there"},
		{44, 9, 1, "an offset of days"},
	};

	for (size_t i = 0; i < HC_COUNT(lies); i++) {
		const char *why;
		size_t size, turns;
		char *data = berlin(*state, &size), *from = second(data, size);

		turns = 256U * (unsigned char)from[34] + (unsigned char)from[35];
		from[lies[i].at + turns * lies[i].per_turn] = (char)lies[i].byte;
		if (zone_read(*state, data, size, &why))
			fail_msg("%s", lies[i].what);
		assert_int_equal(!strcmp(why, "it counts leap seconds"), lies[i].at == 31);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_zone_is_what_the_library_says_it_is, setup,
						teardown),
		cmocka_unit_test_setup_teardown(a_rule_is_what_the_library_says_it_is, setup,
						teardown),
		cmocka_unit_test_setup_teardown(what_is_no_rule_is_none, setup, teardown),
		cmocka_unit_test_setup_teardown(a_summer_may_have_no_end, setup, teardown),
		cmocka_unit_test_setup_teardown(a_moment_is_the_first_at_which_the_clock_is_so_far,
						setup, teardown),
		cmocka_unit_test_setup_teardown(the_machines_zone_is_that_of_tz, setup, teardown),
		cmocka_unit_test_setup_teardown(a_zone_that_is_not_there_is_said, setup, teardown),
		cmocka_unit_test_setup_teardown(half_a_file_is_none, setup, teardown),
		cmocka_unit_test_setup_teardown(a_file_that_lies_is_none, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
