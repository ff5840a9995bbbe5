/* SPDX-License-Identifier: Apache-2.0 */
/*
 * docs/reference: a page for each kind and an index, from the tables. A test compares them with
 * fresh ones, so they are never behind.
 */

#include "reference.h"

#include <hcstate/agent.h>

#include "describe.h"

#define GENERATED                                                                                  \
	"<!-- Written by `hcstate schema markdown`; change the kind's table in schema/. -->\n"

/* A text inside a table's cell. */
static void put_cell(FILE *out, const char *text)
{
	for (; *text; text++) {
		if (*text == '|' || *text == '<')
			fputc('\\', out);
		fputc(*text == '\n' ? ' ' : *text, out);
	}
}

static void put_value(FILE *out, struct hc_arena *arena, const struct hc_field *field)
{
	put_cell(out, hc_describe_value(arena, field));
	if (field->item)
		fprintf(out, " ([%s](%s.md))", field->item->name, field->item->name);
	if (field->secret)
		fputs(", secret", out);
}

static void put_written(FILE *out, struct hc_arena *arena, const struct hc_field *field)
{
	fprintf(out, "| `%s` | ", field->name);
	put_value(out, arena, field);
	fputs(" | ", out);
	put_cell(out, hc_describe_absent(arena, field));
	fprintf(out, " | %s | ",
		field->type == HC_CHILDREN ? "each by itself" : hc_describe_cost(field));
	put_cell(out, field->doc ? field->doc : "");
	fputs(" |\n", out);
}

/* A field of agent.yaml: the agent takes a change when it reads the file again, whatever it is. */
static void put_of_agent(FILE *out, struct hc_arena *arena, const struct hc_field *field)
{
	fprintf(out, "| `%s` | ", field->name);
	put_value(out, arena, field);
	fputs(" | ", out);
	if (field->absent != HC_KEEP)
		put_cell(out, hc_describe_absent(arena, field));
	fputs(" | ", out);
	put_cell(out, field->doc ? field->doc : "");
	fputs(" |\n", out);
}

static void put_other(FILE *out, struct hc_arena *arena, const struct hc_field *field)
{
	fprintf(out, "| `%s` | ", field->name);
	put_value(out, arena, field);
	fprintf(out, " | %s | ", hc_describe_origin(field));
	put_cell(out, field->doc ? field->doc : "");
	fputs(" |\n", out);
}

static size_t count(const struct hc_type *type, bool written)
{
	size_t n = 0;

	for (size_t i = 0; i < type->nfield; i++)
		n += (type->fields[i].origin == HC_WRITTEN) == written;
	return n;
}

static void put_fields_of_agent(FILE *out, struct hc_arena *arena, const struct hc_type *type)
{
	fputs("\n| field | value | when left out | meaning |\n|---|---|---|---|\n", out);
	for (size_t i = 0; i < type->nfield; i++)
		put_of_agent(out, arena, &type->fields[i]);
}

void hc_reference_kind(FILE *out, const struct hc_type *type)
{
	_cleanup_(hc_arena_freep) struct hc_arena *arena = hc_arena_new();

	fprintf(out, GENERATED "# %s\n\n%s\n\nIt is %s.\n", type->name, type->doc ? type->doc : "",
		hc_describe_kind(type));
	if (hc_describe_of_agent(type)) {
		put_fields_of_agent(out, arena, type);
		return;
	}
	if (count(type, true))
		fputs("\n| field | value | when left out | a change | meaning |\n"
		      "|---|---|---|---|---|\n",
		      out);
	for (size_t i = 0; i < type->nfield; i++)
		if (type->fields[i].origin == HC_WRITTEN)
			put_written(out, arena, &type->fields[i]);
	if (count(type, false))
		fputs("\nNot written, but shown:\n\n| field | value | who says it | meaning |\n"
		      "|---|---|---|---|\n",
		      out);
	for (size_t i = 0; i < type->nfield; i++)
		if (type->fields[i].origin != HC_WRITTEN)
			put_other(out, arena, &type->fields[i]);
}

static void put_kind(FILE *out, const struct hc_type *type)
{
	fprintf(out, "| [%s](%s.md) | ", type->name, type->name);
	put_cell(out, type->doc ? type->doc : "");
	fprintf(out, " | %s |\n", hc_describe_kind(type));
}

void hc_reference_index(FILE *out, const struct hc_registry *registry)
{
	fputs(GENERATED "# Reference\n\n| kind | what it is | it is |\n|---|---|---|\n", out);
	for (size_t i = 0; i < registry->ntype; i++)
		put_kind(out, registry->types[i]);
	fputs("\nOf the [agent](../agent.md) of one machine, not of the manifests:\n\n"
	      "| kind | what it is | it is |\n|---|---|---|\n",
	      out);
	for (const struct hc_type *const *t = hc_agent_types(); *t; t++)
		put_kind(out, *t);
}
