/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* For the tests of where manifests come from: a kind that has a text and nothing else. */

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include <reconciler/load.h>

struct note {
	const char *text;
};

static const struct hc_field note_fields[] = {hc_string(struct note, text, .doc = "What it says.")};

static const struct hc_type note_type = {
	.name = "Note",
	.doc = "Says something.",
	.scope = HC_CLUSTER,
	HC_FIELDS(note_fields),
	.size = sizeof(struct note),
};

static const struct hc_type *note_types[] = {&note_type};
static const struct hc_registry notes = {.types = note_types, .ntype = HC_COUNT(note_types)};

#define NOTE(name, text)                                                                           \
	"apiVersion: hcstate/v1\nkind: Note\nmetadata: {name: " name "}\nspec: {text: " text "}\n"

/* "a=one b=two"; "?" when something is wrong with it. */
static inline const char *note_all(const struct hc_generation *generation)
{
	const char *all = "";

	if (generation->diags.errors)
		return "?";
	for (size_t i = 0; i < generation->desired.n; i++) {
		const struct hc_resource *r = generation->desired.v[i];

		all = hc_printf(generation->arena, "%s%s%s=%s", all, *all ? " " : "", r->name,
				((const struct note *)r->spec)->text);
	}
	return all;
}
