/* SPDX-License-Identifier: Apache-2.0 */
/* Windows: when they are open, on the days on which clocks turn too. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include <reconciler/agent/window.h>

#include "agent_zone.h"

enum { QUARTER = 15 * 60 };

/* Days are one text: "sat sun"; "": every day. */
static struct hc_agent_window window(struct hc_arena *arena, const char *days, const char *from,
				     const char *to, const char *zone)
{
	struct hc_agent_window w = {.from = from, .to = to, .time_zone = zone};

	for (; *days; days += strspn(days, " ")) {
		hc_strings_add(arena, &w.days, hc_strndup(arena, days, strcspn(days, " ")));
		days += strcspn(days, " ");
	}
	return w;
}

static void is_open_until(const struct hc_agent_window *w, time_t now, time_t until)
{
	time_t changes = -1;

	assert_true(window_open(w, now, &changes));
	assert_int_equal(changes, until);
}

static void is_shut_until(const struct hc_agent_window *w, time_t now, time_t until)
{
	time_t changes = -1;

	assert_false(window_open(w, now, &changes));
	assert_int_equal(changes, until);
}

/* A Monday: 2026-11-23. */
static void a_window_opens_and_closes_each_day(void **state)
{
	struct hc_agent_window w = window(*state, "", "02:00", "04:30", "UTC");

	is_shut_until(&w, utc(2026, 11, 23, 1, 59), utc(2026, 11, 23, 2, 0));
	is_open_until(&w, utc(2026, 11, 23, 2, 0), utc(2026, 11, 23, 4, 30));
	is_open_until(&w, utc(2026, 11, 23, 4, 30) - 1, utc(2026, 11, 23, 4, 30));
	is_shut_until(&w, utc(2026, 11, 23, 4, 30), utc(2026, 11, 24, 2, 0));
	is_open_until(&w, utc(1969, 7, 20, 3, 0), utc(1969, 7, 20, 4, 30));
	w = window(*state, "sun", "02:00", "04:30", "UTC");
	is_shut_until(&w, utc(1969, 7, 21, 3, 0), utc(1969, 7, 27, 2, 0));
}

static void days_are_those_on_which_it_opens(void **state)
{
	struct hc_agent_window w = window(*state, "sat", "22:00", "04:00", "UTC");

	is_shut_until(&w, utc(2026, 11, 23, 0, 0), utc(2026, 11, 28, 22, 0));
	is_shut_until(&w, utc(2026, 11, 28, 3, 0), utc(2026, 11, 28, 22, 0));
	is_open_until(&w, utc(2026, 11, 28, 22, 0), utc(2026, 11, 29, 4, 0));
	is_open_until(&w, utc(2026, 11, 29, 3, 59), utc(2026, 11, 29, 4, 0));
	is_shut_until(&w, utc(2026, 11, 29, 4, 0), utc(2026, 12, 5, 22, 0));
	is_shut_until(&w, utc(2026, 11, 29, 22, 0), utc(2026, 12, 5, 22, 0));
}

static void each_day_has_its_name(void **state)
{
	static const char *const days[] = {"mon", "tue", "wed", "thu", "fri", "sat", "sun"};

	for (int i = 0; i < 7; i++) {
		struct hc_agent_window w = window(*state, days[i], "10:00", "11:00", "UTC");

		is_shut_until(&w, utc(2026, 11, 23, 9, 0), utc(2026, 11, 23 + i, 10, 0));
	}
}

static void nights_that_meet_are_one_stretch(void **state)
{
	struct hc_agent_window all = window(*state, "", "00:00", "00:00", "UTC");
	struct hc_agent_window weekend = window(*state, "sat sun", "00:00", "00:00", "UTC");
	struct hc_agent_window nearly = window(*state, "", "12:00", "11:59", "UTC");

	is_open_until(&all, utc(2026, 11, 23, 9, 0), 0);
	is_open_until(&weekend, utc(2026, 11, 28, 9, 0), utc(2026, 11, 30, 0, 0));
	is_shut_until(&weekend, utc(2026, 11, 30, 0, 0), utc(2026, 12, 5, 0, 0));
	is_open_until(&nearly, utc(2026, 11, 23, 9, 0), utc(2026, 11, 23, 11, 59));
	is_shut_until(&nearly, utc(2026, 11, 23, 11, 59), utc(2026, 11, 23, 12, 0));
}

static void its_clock_is_that_of_its_zone(void **state)
{
	struct hc_agent_window w = window(*state, "sun", "01:00", "05:00", "Asia/Tokyo");

	/* Sunday at one in Tokyo is Saturday at four in the afternoon. */
	is_open_until(&w, utc(2026, 11, 28, 16, 0), utc(2026, 11, 28, 20, 0));
	is_shut_until(&w, utc(2026, 11, 28, 15, 59), utc(2026, 11, 28, 16, 0));
	w = window(*state, "sat", "20:00", "23:00", "America/Los_Angeles");
	is_open_until(&w, utc(2026, 11, 29, 4, 0), utc(2026, 11, 29, 7, 0));
}

static void no_zone_is_the_machines(void **state)
{
	struct hc_agent_window w = window(*state, "", "02:00", "03:00", NULL);

	(void)setenv("TZ", "America/New_York", 1);
	is_open_until(&w, utc(2026, 11, 23, 7, 0), utc(2026, 11, 23, 8, 0));
	(void)setenv("TZ", "UTC", 1);
	is_open_until(&w, utc(2026, 11, 23, 2, 0), utc(2026, 11, 23, 3, 0));
}

/* Berlin, 2026-03-29: after 01:59 comes 03:00, which is 01:00 UTC. */
static void a_time_that_is_jumped_over_is_the_moment_after(void **state)
{
	const time_t jump = utc(2026, 3, 29, 1, 0);
	struct hc_agent_window w = window(*state, "", "02:30", "04:00", "Europe/Berlin");

	is_open_until(&w, jump, utc(2026, 3, 29, 2, 0));
	is_shut_until(&w, jump - 1, jump);
	w = window(*state, "", "01:00", "02:30", "Europe/Berlin");
	is_open_until(&w, jump - 1, jump);
	is_shut_until(&w, jump, utc(2026, 3, 29, 23, 0));
	w = window(*state, "", "02:10", "02:50", "Europe/Berlin"); /* all of it */
	is_shut_until(&w, jump - 1, utc(2026, 3, 30, 0, 10));
	w = window(*state, "sun", "02:10", "02:50", "Europe/Berlin"); /* a week is lost */
	is_shut_until(&w, jump - 1, utc(2026, 4, 5, 0, 10));
	w = window(*state, "", "03:00", "02:30", "Europe/Berlin"); /* nothing in between */
	is_open_until(&w, utc(2026, 3, 28, 12, 0), utc(2026, 3, 30, 0, 30));
}

/* Berlin, 2026-10-25: from 02:00 to 03:00 twice, from 00:00 UTC on. */
static void a_time_that_comes_twice_is_the_first(void **state)
{
	struct hc_agent_window w = window(*state, "", "02:30", "03:00", "Europe/Berlin");

	is_shut_until(&w, utc(2026, 10, 25, 0, 29), utc(2026, 10, 25, 0, 30));
	is_open_until(&w, utc(2026, 10, 25, 0, 30), utc(2026, 10, 25, 2, 0));
	w = window(*state, "", "01:00", "02:30", "Europe/Berlin");
	is_open_until(&w, utc(2026, 10, 25, 0, 0), utc(2026, 10, 25, 0, 30));
	is_shut_until(&w, utc(2026, 10, 25, 1, 0), utc(2026, 10, 26, 0, 0));
}

/* It says when it changes, and it does: minute by minute over the weeks in which clocks turn. */
static void it_changes_when_it_says(void **state)
{
	static const struct {
		const char *days, *from, *to, *zone;
	} forms[] = {
		{"", "22:00", "06:00", "Europe/Berlin"},
		{"sun", "02:15", "02:45", "Australia/Lord_Howe"},
		{"sat sun", "01:30", "01:30", "America/New_York"},
		{"mon", "00:00", "23:59", "UTC"},
		{"fri", "12:00", "11:00", "Pacific/Chatham"},
	};

	for (size_t i = 0; i < HC_COUNT(forms); i++) {
		struct hc_agent_window w =
			window(*state, forms[i].days, forms[i].from, forms[i].to, forms[i].zone);
		time_t says = 0, changes, now = utc(2026, 9, 20, 0, 0);
		bool open = window_open(&w, now, &says);

		for (; now < utc(2026, 11, 10, 0, 0); now += QUARTER) {
			if (now >= says)
				open = !open;
			assert_int_equal(window_open(&w, now, &changes), open);
			assert_true(changes > now);
			assert_true(now >= says || changes == says);
			says = changes;
		}
	}
}

static void what_is_wrong_with_a_window_is_said(void **state)
{
	const struct hc_agent_window bad[] = {
		window(*state, "sat", "22:00", "04:00", "Europe/Atlantis"),
		window(*state, "sat", "22:00", "04:00", "../../../etc/passwd"),
		window(*state, "satur", "22:00", "04:00", "UTC"),
		window(*state, "sat", "24:00", "04:00", "UTC"),
		window(*state, "sat", "22:00", "04:60", "UTC"),
		window(*state, "sat", "22:00", "4:00", "UTC"),
		window(*state, "sat", "22.00", "04:00", "UTC"),
		window(*state, "sat", NULL, "04:00", "UTC"),
	};
	const struct hc_agent_window good = window(*state, "mon sun", "23:59", "00:00", "UTC"),
				     machine = window(*state, "", "00:00", "00:00", NULL);
	const char *why;

	assert_true(window_check(&good, &why));
	assert_true(window_check(&machine, &why));
	for (size_t i = 0; i < HC_COUNT(bad); i++) {
		why = NULL;
		assert_false(window_check(&bad[i], &why));
		assert_non_null(why);
	}
	is_shut_until(&bad[0], 0, 0);
	is_shut_until(&bad[3], 0, 0);
}

static void a_time_is_said_by_its_zones_clock(void **state)
{
	const time_t now = utc(2026, 11, 23, 12, 0);

	assert_string_equal(window_time(*state, "Europe/Berlin", utc(2026, 11, 28, 1, 0), now),
			    "Sat 02:00");
	assert_string_equal(window_time(*state, "Asia/Tokyo", utc(2026, 11, 24, 15, 0), now),
			    "Wed 00:00");
	assert_string_equal(window_time(*state, "UTC", utc(2026, 11, 30, 12, 0), now),
			    "2026-11-30 12:00");
	assert_string_equal(window_time(*state, "UTC", utc(2026, 11, 22, 7, 5), now),
			    "2026-11-22 07:05");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_window_opens_and_closes_each_day, setup,
						teardown),
		cmocka_unit_test_setup_teardown(days_are_those_on_which_it_opens, setup, teardown),
		cmocka_unit_test_setup_teardown(each_day_has_its_name, setup, teardown),
		cmocka_unit_test_setup_teardown(nights_that_meet_are_one_stretch, setup, teardown),
		cmocka_unit_test_setup_teardown(its_clock_is_that_of_its_zone, setup, teardown),
		cmocka_unit_test_setup_teardown(no_zone_is_the_machines, setup, teardown),
		cmocka_unit_test_setup_teardown(a_time_that_is_jumped_over_is_the_moment_after,
						setup, teardown),
		cmocka_unit_test_setup_teardown(a_time_that_comes_twice_is_the_first, setup,
						teardown),
		cmocka_unit_test_setup_teardown(it_changes_when_it_says, setup, teardown),
		cmocka_unit_test_setup_teardown(what_is_wrong_with_a_window_is_said, setup,
						teardown),
		cmocka_unit_test_setup_teardown(a_time_is_said_by_its_zones_clock, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
