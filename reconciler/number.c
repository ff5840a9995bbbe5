/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whole decimal numbers. A row in bytes may be written with K, M, G or T (or Ki, Mi, ...: the
 * same, 1024 each), a row in ms with ms or s, one in s with s. A number that does not fit is an
 * error and never a smaller number.
 */

#include "number.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

struct suffix {
	const char *unit, *text;
	uint64_t factor;
};

static const struct suffix suffixes[] = {
	{"bytes", "K", UINT64_C(1) << 10},
	{"bytes", "Ki", UINT64_C(1) << 10},
	{"bytes", "M", UINT64_C(1) << 20},
	{"bytes", "Mi", UINT64_C(1) << 20},
	{"bytes", "G", UINT64_C(1) << 30},
	{"bytes", "Gi", UINT64_C(1) << 30},
	{"bytes", "T", UINT64_C(1) << 40},
	{"bytes", "Ti", UINT64_C(1) << 40},
	{"ms", "ms", 1},
	{"ms", "s", 1000},
	{"s", "s", 1},
};

/* What the number is multiplied with; 0: the row does not know that suffix. */
static uint64_t factor(const struct hc_field *field, const char *suffix)
{
	if (!*suffix)
		return 1;
	for (size_t i = 0; i < HC_COUNT(suffixes); i++)
		if (field->unit && !strcmp(field->unit, suffixes[i].unit) &&
		    !strcmp(suffix, suffixes[i].text))
			return suffixes[i].factor;
	return 0;
}

static const char *wanted(const struct hc_field *field)
{
	if (field->unit && !strcmp(field->unit, "bytes"))
		return "is not a size such as 4096, 512M or 4G";
	if (field->unit && !strcmp(field->unit, "ms"))
		return "is not a time such as 500, 500ms or 3s";
	if (field->unit && !strcmp(field->unit, "s"))
		return "is not a number of seconds such as 15";
	return "is not a whole number";
}

static uint64_t most(const struct hc_field *field)
{
	uint64_t type = field->type == HC_U32 ? UINT32_MAX : UINT64_MAX;

	return field->max && field->max < type ? field->max : type;
}

int hc_number_parse(struct hc_arena *arena, const struct hc_field *field, const char *text,
		    uint64_t *to, const char **why)
{
	size_t digits = strspn(text, "0123456789");
	uint64_t times = factor(field, text + digits), number = 0;
	bool fits = true;

	if (!digits || !times) {
		*why = wanted(field);
		return -EINVAL;
	}
	for (size_t i = 0; i < digits; i++)
		fits = fits && !__builtin_mul_overflow(number, 10, &number) &&
		       !__builtin_add_overflow(number, (uint64_t)(text[i] - '0'), &number);
	fits = fits && !__builtin_mul_overflow(number, times, &number);
	if (!fits || number > most(field)) {
		*why = hc_printf(arena, "is above %" PRIu64 "%s%s, the most it can be", most(field),
				 field->unit ? " " : "", field->unit ? field->unit : "");
		return -EINVAL;
	}
	if (number < field->min) {
		*why = hc_printf(arena, "is below %" PRIu64 "%s%s, the least it can be", field->min,
				 field->unit ? " " : "", field->unit ? field->unit : "");
		return -EINVAL;
	}
	*to = number;
	return 0;
}
