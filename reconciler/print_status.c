/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Status for people: a line per resource with its condition, since when and why, and with what the
 * system says about it; then the tables of the kinds that have one.
 */

#include <string.h>

#include "print.h"
#include "text.h"

static size_t widest(const struct hc_status *status)
{
	size_t width = 0;

	for (size_t i = 0; i < status->n; i++)
		if (strlen(status->v[i].object) > width)
			width = strlen(status->v[i].object);
	return width;
}

char *hc_age_text(struct hc_arena *arena, uint64_t since, uint64_t now)
{
	static const struct {
		uint64_t seconds;
		char unit;
	} units[] = {{86400, 'd'}, {3600, 'h'}, {60, 'm'}, {1, 's'}};
	uint64_t passed = now > since ? now - since : 0;

	for (size_t i = 0; since && i < HC_COUNT(units); i++)
		if (passed >= units[i].seconds)
			return hc_printf(arena, " for %llu%c",
					 (unsigned long long)(passed / units[i].seconds),
					 units[i].unit);
	return hc_strdup(arena, "");
}

/* What a table below shows is not said twice. */
static bool has_table(const struct hc_type *type)
{
	for (size_t i = 0; i < type->nfield; i++)
		if (type->fields[i].column)
			return true;
	return false;
}

static void print_line(FILE *out, struct hc_arena *arena, const struct hc_status_line *line,
		       int width)
{
	const struct hc_resource *have = line->finding->have;
	const char *observed =
		have && !has_table(have->type) ? hc_resource_fields(arena, have, true) : "";
	const char *since = line->condition == HC_CONVERGED
				    ? ""
				    : hc_age_text(arena, line->since, hc_wall_us() / 1000000);

	fprintf(out, "%-*s  %s%s", width, hc_harmless(arena, line->object),
		hc_condition_words[line->condition], since);
	if (line->reason)
		fprintf(out, "  %s", hc_harmless(arena, line->reason));
	if (*observed)
		fprintf(out, "  (%s)", hc_harmless(arena, observed));
	fputc('\n', out);
}

void hc_print_status(FILE *out, const struct hc_status *status, const struct hc_cycle *cycle,
		     const struct hc_registry *registry)
{
	int width = (int)widest(status);

	for (size_t i = 0; i < status->n; i++)
		print_line(out, status->arena, &status->v[i], width);
	hc_print_tables(out, cycle, registry);
}
