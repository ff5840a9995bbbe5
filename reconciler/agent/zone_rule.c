/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Turns of clocks by rule. A zone's file lists the turns of the past and ends with such a rule for
 * all that is to come.
 *
 * A year's two turns are moments of their own, and a turn may be said to be days away from the day
 * it names. So the turns of some years around a time are laid out and sorted, and the last one that
 * is not after it counts: north and south of the equator need no difference then.
 */

#include "zone_rule.h"

#include <ctype.h>
#include <string.h>

enum {
	DAY_S = 24 * 3600,
	YEARS = 5, /* laid out around a time */
	TURNS = 2 * YEARS,
	OFFSET_HOURS = 24,      /* of an offset */
	TURN_HOURS = 7 * 24 - 1 /* of a turn's time: RFC 8536, 3.3.1 */
};

/* Far enough from any overflow; clocks of that time turn no more. */
#define LATEST ((int64_t)1 << 40)

static bool take(const char **p, char c)
{
	if (**p != c)
		return false;
	(*p)++;
	return true;
}

static bool read_number(const char **p, int min, int max, int *number)
{
	int n = 0, digits = 0;

	for (; isdigit((unsigned char)**p) && digits < 3; digits++)
		n = 10 * n + (*(*p)++ - '0');
	*number = n;
	return digits && n >= min && n <= max;
}

/* [+-]hh[:mm[:ss]] */
static bool read_time(const char **p, int hours, int32_t *seconds)
{
	bool minus = take(p, '-');
	int h, m = 0, s = 0;

	if (!minus)
		(void)take(p, '+');
	if (!read_number(p, 0, hours, &h))
		return false;
	if (take(p, ':')) {
		if (!read_number(p, 0, 59, &m))
			return false;
		if (take(p, ':') && !read_number(p, 0, 59, &s))
			return false;
	}
	*seconds = 3600 * h + 60 * m + s;
	if (minus)
		*seconds = -*seconds;
	return true;
}

/* CET, <+1030>. Nobody here asks for it. */
static bool skip_name(const char **p)
{
	const char *first = *p, *end;

	if (take(p, '<')) {
		end = strchr(*p, '>');
		*p = end ? end + 1 : *p;
		return end && end > first + 1;
	}
	while (isalpha((unsigned char)**p))
		(*p)++;
	return *p - first >= 3;
}

static bool read_weekday(const char **p, struct zone_turn *turn)
{
	return read_number(p, 1, 12, &turn->month) && take(p, '.') &&
	       read_number(p, 1, 5, &turn->week) && take(p, '.') &&
	       read_number(p, 0, 6, &turn->day);
}

static bool read_turn(const char **p, struct zone_turn *turn)
{
	bool good;

	if (!take(p, ','))
		return false;
	turn->form = take(p, 'J') ? ZONE_NO_LEAP_DAY : take(p, 'M') ? ZONE_WEEKDAY : ZONE_DAY;
	turn->time = 2 * 3600;
	if (turn->form == ZONE_WEEKDAY)
		good = read_weekday(p, turn);
	else
		good = read_number(p, turn->form == ZONE_NO_LEAP_DAY, 365, &turn->day);
	return good && (!take(p, '/') || read_time(p, TURN_HOURS, &turn->time));
}

bool zone_rule_read(const char *text, struct zone_rule *rule)
{
	const char *p = text;
	int32_t west;

	*rule = (struct zone_rule){0};
	if (!skip_name(&p) || !read_time(&p, OFFSET_HOURS, &west))
		return false;
	rule->standard = -west; /* POSIX counts to the west */
	if (!*p)
		return true;
	rule->turns = true;
	rule->summer = rule->standard + 3600;
	if (!skip_name(&p))
		return false;
	if (*p != ',') {
		if (!read_time(&p, OFFSET_HOURS, &west))
			return false;
		rule->summer = -west;
	}
	return read_turn(&p, &rule->to_summer) && read_turn(&p, &rule->back) && !*p;
}

static int64_t floor_div(int64_t a, int64_t b)
{
	return a / b - (a % b < 0);
}

static bool is_leap(int64_t year)
{
	return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

/* Of the year's first, since 1970. */
static int64_t first_day(int64_t year)
{
	int64_t past = year - 1;

	return 365 * (year - 1970) + floor_div(past, 4) - floor_div(past, 100) +
	       floor_div(past, 400) - 477; /* leap days until 1970 */
}

/* The day that a turn names, since 1970. */
static int64_t turn_day(const struct zone_turn *turn, int64_t year)
{
	static const int months[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
	int64_t day = first_day(year), weekday, last;

	switch (turn->form) {
	case ZONE_NO_LEAP_DAY:
		return day + turn->day - 1 + (turn->day >= 60 && is_leap(year));
	case ZONE_DAY:
		return day + turn->day;
	case ZONE_WEEKDAY:
		break;
	}
	for (int i = 0; i < turn->month - 1; i++)
		day += months[i] + (i == 1 && is_leap(year));
	last = day + months[turn->month - 1] + (turn->month == 2 && is_leap(year)) - 1;
	weekday = ((day + 4) % 7 + 7) % 7; /* 1970 began on a Thursday */
	day += (turn->day - weekday + 7) % 7 + (int64_t)7 * (turn->week - 1);
	return day > last ? day - 7 : day;
}

struct moment {
	int64_t at;
	bool summer; /* from then on */
};

/* Of two turns at once, that to summer is the last: where it is always summer, each year's end
 * meets the next one's beginning. */
static int by_time(const void *a, const void *b)
{
	const struct moment *x = a, *y = b;

	if (x->at != y->at)
		return x->at < y->at ? -1 : 1;
	return x->summer - y->summer;
}

static void lay_out(const struct zone_rule *rule, int64_t year, struct moment *v)
{
	for (size_t i = 0; i < TURNS; i += 2, year++) {
		v[i] = (struct moment){
			.at = turn_day(&rule->to_summer, year) * DAY_S + rule->to_summer.time -
			      rule->standard,
			.summer = true,
		};
		v[i + 1] = (struct moment){
			.at = turn_day(&rule->back, year) * DAY_S + rule->back.time - rule->summer,
		};
	}
	qsort(v, TURNS, sizeof(*v), by_time);
}

struct zone_span zone_rule_span(const struct zone_rule *rule, int64_t at)
{
	struct zone_span span = {.offset = rule->standard, .end = INT64_MAX};
	struct moment v[TURNS];

	if (!rule->turns || at > LATEST || at < -LATEST)
		return span;
	lay_out(rule, 1970 + floor_div(at, 31556952) - YEARS / 2, v);
	for (size_t i = 0; i < HC_COUNT(v) && span.end == INT64_MAX; i++) {
		if (v[i].at > at)
			span.end = v[i].at;
		else
			span.offset = v[i].summer ? rule->summer : rule->standard;
	}
	return span;
}
