/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* When clocks turn, year after year: "CET-1CEST,M3.5.0,M10.5.0/3", as POSIX writes it in TZ. */

#include "zone.h"

enum zone_turn_form {
	ZONE_NO_LEAP_DAY, /* J60: the 60th day of a year in which February has 28 */
	ZONE_DAY,         /* 59: days since the year's first */
	ZONE_WEEKDAY,     /* M3.5.0: the fifth (or last) Sunday of March */
};

struct zone_turn {
	enum zone_turn_form form;
	int month, week, day;
	int32_t time; /* s since that day's midnight, by the clocks as they were; may be negative */
};

struct zone_rule {
	int32_t standard, summer; /* offsets from UTC */
	bool turns;               /* there is a summer time */
	struct zone_turn to_summer, back;
};

/* False: it is no such rule. */
bool zone_rule_read(const char *text, struct zone_rule *rule);
struct zone_span zone_rule_span(const struct zone_rule *rule, int64_t at);
