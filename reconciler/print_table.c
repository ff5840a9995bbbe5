/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tables for people: of a kind whose rows have headings, a line for each resource that was seen, on
 * whatever node. What is wanted is not asked for here; of what nobody can see the reason is shown
 * where its table would be.
 */

#include <inttypes.h>
#include <string.h>

#include "print.h"
#include "text.h"

enum {
	MOST_COLUMNS = 66, /* NAME, NODE, and a kind's fields */
};

struct table {
	FILE *out;
	struct hc_arena *arena; /* gone with the table */
	const struct hc_type *type;
	const struct hc_field *columns[MOST_COLUMNS];
	size_t ncolumn;
	const char **cells; /* row by row, the headings first */
	size_t n, room;
	size_t nwide; /* how many columns there are with NAME and NODE */
};

static const char *bytes_text(struct hc_arena *arena, double bytes)
{
	static const char *const units[] = {"KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
	size_t unit = 0;

	if (bytes < 1024)
		return hc_printf(arena, "%.0f B", bytes);
	for (bytes /= 1024; bytes >= 1023.95 && unit + 1 < HC_COUNT(units); unit++)
		bytes /= 1024;
	return hc_printf(arena, "%.1f %s", bytes, units[unit]);
}

static const char *strings_text(struct hc_arena *arena, const struct hc_strings *strings)
{
	const char *all = "";

	for (size_t i = 0; i < strings->n; i++)
		all = hc_printf(arena, "%s%s%s", all, i ? ", " : "", strings->v[i]);
	return all;
}

static const char *value_text(struct hc_arena *arena, const struct hc_field *field, const void *v)
{
	bool bytes = field->unit && !strcmp(field->unit, "bytes");

	if (field->secret)
		return "(secret)";
	if (field->type == HC_STRING)
		return *(const char *const *)v;
	if (field->type == HC_STRINGS)
		return strings_text(arena, v);
	if (bytes && field->type == HC_U64)
		return bytes_text(arena, (double)*(const uint64_t *)v);
	if (bytes && field->type == HC_U32)
		return bytes_text(arena, *(const uint32_t *)v);
	return hc_value_text(arena, field, v);
}

static void add(struct table *table, const char *text)
{
	table->cells =
		hc_grow(table->arena, table->cells, table->n, &table->room, sizeof(*table->cells));
	table->cells[table->n++] = text && *text ? hc_harmless(table->arena, text) : "-";
}

static void find_columns(struct table *table)
{
	const struct hc_type *type = table->type;

	for (size_t i = 0; i < type->nfield; i++)
		if (type->fields[i].column)
			table->columns[table->ncolumn++] = &type->fields[i];
	table->nwide = table->ncolumn + 1 + (type->scope == HC_NODE);
}

static void add_headings(struct table *table)
{
	add(table, "NAME");
	if (table->type->scope == HC_NODE)
		add(table, "NODE");
	for (size_t i = 0; i < table->ncolumn; i++)
		add(table, table->columns[i]->column);
}

static void add_row(struct table *table, const struct hc_resource *r)
{
	add(table, r->name);
	if (table->type->scope == HC_NODE)
		add(table, r->node);
	for (size_t i = 0; i < table->ncolumn; i++) {
		const struct hc_field *field = table->columns[i];
		bool there = hc_marked(r, field->offset);

		add(table,
		    there ? value_text(table->arena, field, (const char *)r->spec + field->offset)
			  : NULL);
	}
}

/* In characters, as a terminal shows them. */
static size_t width_of(const char *text)
{
	const char *end = text + strlen(text);
	size_t n = 0;

	for (; text < end; text += hc_char_size(text, end))
		n++;
	return n;
}

static size_t widest(const struct table *table, size_t column)
{
	size_t width = 0;

	for (size_t i = column; i < table->n; i += table->nwide)
		if (width_of(table->cells[i]) > width)
			width = width_of(table->cells[i]);
	return width;
}

static void print_cells(const struct table *table)
{
	size_t width[MOST_COLUMNS];

	for (size_t c = 0; c < table->nwide; c++)
		width[c] = widest(table, c);
	for (size_t row = 0; row < table->n; row += table->nwide)
		for (size_t c = 0; c < table->nwide; c++) {
			const char *cell = table->cells[row + c];
			bool last = c + 1 == table->nwide;
			int gap = last ? 0 : (int)(width[c] - width_of(cell) + 2);

			fprintf(table->out, "%s%*s%s", cell, gap, "", last ? "\n" : "");
		}
}

static void print_table(struct table *table, const struct hc_state *live)
{
	size_t n;
	struct hc_resource *const *rows = hc_of_type(&live->found, table->type, &n);
	const char *why = hc_why_unknown(live, table->type);

	find_columns(table);
	if (!table->ncolumn || (!n && !why))
		return;
	fprintf(table->out, "\n%s\n", table->type->name);
	if (why)
		fprintf(table->out, "unknown: %s\n", hc_harmless(table->arena, why));
	if (!n)
		return;
	add_headings(table);
	for (size_t i = 0; i < n; i++)
		add_row(table, rows[i]);
	print_cells(table);
}

void hc_print_tables(FILE *out, const struct hc_cycle *cycle, const struct hc_registry *registry)
{
	for (size_t i = 0; i < registry->ntype; i++) {
		_cleanup_(hc_arena_freep) struct hc_arena *arena = hc_arena_new();
		struct table table = {.out = out, .arena = arena, .type = registry->types[i]};

		print_table(&table, &cycle->live);
	}
}
