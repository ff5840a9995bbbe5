/* SPDX-License-Identifier: Apache-2.0 */
/* A kind in a manual page: what the reference says of what can be written, as a list. */

#include "man.h"

#include <hcstate/type.h>
#include <reconciler/describe.h>

/* "a number, 68 to 65535; 1500 when left out; changed in place" */
static void put_terms(FILE *out, struct hc_arena *arena, const struct hc_type *type,
		      const struct hc_field *field)
{
	bool of_agent = hc_describe_of_agent(type);
	char *text = hc_describe_value(arena, field);

	if (field->secret)
		text = hc_printf(arena, "%s, secret", text);
	if (field->absent == HC_REQUIRED)
		text = hc_printf(arena, "%s; required", text);
	else if (!of_agent || field->absent != HC_KEEP)
		text = hc_printf(arena, "%s; when left out: %s", text,
				 hc_describe_absent(arena, field));
	if (!of_agent && field->type != HC_CHILDREN)
		text = hc_printf(arena, "%s; a change: %s", text, hc_describe_cost(field));
	man_text(out, hc_printf(arena, "(%s)", text));
}

static void put_field(FILE *out, struct hc_arena *arena, const struct hc_type *type,
		      const struct hc_field *field)
{
	fprintf(out, ".It Va %s\n", field->name);
	if (field->doc)
		man_text(out, field->doc);
	put_terms(out, arena, type, field);
}

static bool is_written(const struct hc_type *type)
{
	for (size_t i = 0; i < type->nfield; i++)
		if (type->fields[i].origin == HC_WRITTEN)
			return true;
	return false;
}

void man_kind(FILE *out, const struct hc_type *type)
{
	_cleanup_(hc_arena_freep) struct hc_arena *arena = hc_arena_new();

	fprintf(out, ".Ss %s\n", type->name);
	if (type->doc)
		man_text(out, type->doc);
	man_text(out, hc_printf(arena, "It is %s.", hc_describe_kind(type)));
	if (!is_written(type))
		return;
	fputs(".Bl -tag -width 4n\n", out);
	for (size_t i = 0; i < type->nfield; i++)
		if (type->fields[i].origin == HC_WRITTEN)
			put_field(out, arena, type, &type->fields[i]);
	fputs(".El\n", out);
}
