/* SPDX-License-Identifier: Apache-2.0 */
/* hcstate status: one line per resource, with what the system says about it; then tables. */

#include <reconciler/status.h>

#include <string.h>
#include <time.h>

#include <reconciler/print.h>
#include <reconciler/text.h>

#include "session.h"

static size_t widest(const struct hc_status *status)
{
	size_t width = 0;

	for (size_t i = 0; i < status->n; i++)
		if (strlen(status->v[i].object) > width)
			width = strlen(status->v[i].object);
	return width;
}

/* "for 3h", or "" when it is not known. */
static const char *age(struct hc_arena *arena, uint64_t since)
{
	static const struct {
		uint64_t seconds;
		char unit;
	} units[] = {{86400, 'd'}, {3600, 'h'}, {60, 'm'}, {1, 's'}};
	uint64_t now = (uint64_t)time(NULL), passed = now > since ? now - since : 0;

	for (size_t i = 0; since && i < HC_COUNT(units); i++)
		if (passed >= units[i].seconds)
			return hc_printf(arena, " for %llu%c",
					 (unsigned long long)(passed / units[i].seconds),
					 units[i].unit);
	return "";
}

/* What a table below shows is not said twice. */
static bool has_table(const struct hc_type *type)
{
	for (size_t i = 0; i < type->nfield; i++)
		if (type->fields[i].column)
			return true;
	return false;
}

static void print_line(const struct hc_status *status, const struct hc_status_line *line, int width)
{
	const struct hc_resource *have = line->finding->have;
	const char *observed =
		have && !has_table(have->type) ? hc_resource_fields(status->arena, have, true) : "";
	const char *since = line->condition == HC_CONVERGED ? "" : age(status->arena, line->since);

	printf("%-*s  %s%s", width, hc_harmless(status->arena, line->object),
	       hc_condition_words[line->condition], since);
	if (line->reason)
		printf("  %s", hc_harmless(status->arena, line->reason));
	if (*observed)
		printf("  (%s)", hc_harmless(status->arena, observed));
	putchar('\n');
}

static void print_text(const struct session *session, const struct hc_status *status,
		       const struct options *options)
{
	int width = (int)widest(status);

	printf("node %s, generation %s\n", options->node, session->generation->id);
	for (size_t i = 0; i < status->n; i++)
		print_line(status, &status->v[i], width);
	hc_print_tables(stdout, session->cycle, session->registry);
}

int command_status(const struct options *options)
{
	struct session session;
	struct hc_status status;
	int r = session_open(&session, options, true);

	if (!r)
		r = session_look(&session, options);
	if (!r) {
		hc_status(session.engine, session.cycle, session.arena, &status);
		if (options->output == OUTPUT_JSON)
			hc_print_json(stdout, hc_status_json(&status, options->node,
							     session.generation->id));
		else
			print_text(&session, &status, options);
	}
	session_close(&session);
	return r;
}
