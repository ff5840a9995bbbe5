/* SPDX-License-Identifier: Apache-2.0 */
/*
 * When interruptions are welcome. A window is laid out as the stretches of time in which it is open
 * around a moment, day by day of its own calendar, each from when its clocks show `from` until they
 * show `to`; stretches that meet are one. So the days on which clocks turn need no rules of their
 * own: zone.c says when a clock shows what.
 */

#include "window.h"

#include <string.h>

#include "zone.h"

enum {
	MINUTE = 60,
	HOUR = 60 * MINUTE,
	DAY = 24 * HOUR,
	DAYS_AHEAD = 6 * DAY, /* a day's name is enough */
	BEFORE = 2, /* days: one that opened yesterday may be open; before 1970 it is a day more */
	AFTER = 16, /* ... and a week later it opens again, were one night lost to the clocks */
};

static const char *const weekdays[] = {"sun", "mon", "tue", "wed", "thu", "fri", "sat", NULL};

static int weekday_of(int64_t day)
{
	return (int)(((day + 4) % 7 + 7) % 7); /* 1970 began on a Thursday */
}

/* Seconds since midnight; -1: it is none. */
static int clock_of(const char *text)
{
	const char *const form = "00:00";
	int hours, minutes;

	if (!text || strlen(text) != strlen(form))
		return -1;
	for (size_t i = 0; form[i]; i++)
		if (form[i] == ':' ? text[i] != ':' : text[i] < '0' || text[i] > '9')
			return -1;
	hours = 10 * (text[0] - '0') + text[1] - '0';
	minutes = 10 * (text[3] - '0') + text[4] - '0';
	return hours < 24 && minutes < 60 ? hours * HOUR + minutes * MINUTE : -1;
}

static bool is_day(const char *text)
{
	for (size_t i = 0; weekdays[i]; i++)
		if (!strcmp(text, weekdays[i]))
			return true;
	return false;
}

bool window_check(const struct hc_agent_window *window, const char **why)
{
	_cleanup_(hc_arena_freep) struct hc_arena *arena = hc_arena_new();

	for (size_t i = 0; i < window->days.n; i++)
		if (!is_day(window->days.v[i])) {
			*why = "a day is one of mon ... sun";
			return false;
		}
	if (clock_of(window->from) < 0 || clock_of(window->to) < 0) {
		*why = "a time is written HH:MM";
		return false;
	}
	return !window->time_zone || zone_load(arena, window->time_zone, why);
}

/* What is looked at. */
struct calendar {
	const struct hc_agent_window *window;
	const struct zone *zone;
	int from, to;
};

/* The stretch that begins on that day of the calendar. False: there is none. */
static bool stretch(const struct calendar *calendar, int64_t day, time_t *begin, time_t *end)
{
	const struct hc_strings *days = &calendar->window->days;
	bool overnight = calendar->to <= calendar->from;

	if (days->n && !hc_strings_have(days, weekdays[weekday_of(day)]))
		return false;
	*begin = zone_moment(calendar->zone, day * DAY + calendar->from);
	*end = zone_moment(calendar->zone, (day + overnight) * DAY + calendar->to);
	return *begin < *end; /* else the clocks jumped over all of it */
}

static bool is_open(const struct calendar *calendar, time_t now, time_t *changes)
{
	int64_t local = now + zone_span(calendar->zone, now).offset;
	int64_t today = local / DAY;
	bool open = false;
	time_t begin, end, until = 0;

	for (int64_t day = today - BEFORE; day < today + AFTER; day++) {
		if (!stretch(calendar, day, &begin, &end) || end <= now)
			continue;
		if (begin > (open ? until : now)) {
			*changes = open ? until : begin;
			return open;
		}
		open = true;
		until = end; /* no earlier than the one before: a clock that shows more */
	}
	return open; /* it closes never */
}

bool window_open(const struct hc_agent_window *window, time_t now, time_t *changes)
{
	_cleanup_(hc_arena_freep) struct hc_arena *arena = hc_arena_new();
	struct calendar calendar = {
		.window = window,
		.from = clock_of(window->from),
		.to = clock_of(window->to),
	};
	const char *why;

	*changes = 0;
	calendar.zone = zone_load(arena, window->time_zone, &why);
	if (!calendar.zone || calendar.from < 0 || calendar.to < 0)
		return false;
	return is_open(&calendar, now, changes);
}

static int32_t offset_at(struct hc_arena *arena, const char *time_zone, time_t at)
{
	const char *why;
	const struct zone *zone = zone_load(arena, time_zone, &why);

	return zone ? zone_span(zone, at).offset : 0;
}

char *window_time(struct hc_arena *arena, const char *time_zone, time_t at, time_t now)
{
	static const char *const names[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
	_cleanup_(hc_arena_freep) struct hc_arena *scratch = hc_arena_new();
	time_t local = at + offset_at(scratch, time_zone, at);
	struct tm tm = {0};

	(void)gmtime_r(&local, &tm); /* a year that is too far away becomes 1900 */
	if (at >= now && at - now < DAYS_AHEAD)
		return hc_printf(arena, "%s %02d:%02d", names[tm.tm_wday], tm.tm_hour, tm.tm_min);
	return hc_printf(arena, "%04d-%02d-%02d %02d:%02d", tm.tm_year + 1900, tm.tm_mon + 1,
			 tm.tm_mday, tm.tm_hour, tm.tm_min);
}
