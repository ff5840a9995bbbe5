/* SPDX-License-Identifier: Apache-2.0 */
/* A table's rows in words. What a row says and nothing else: the docs cannot differ from the code.
 */

#include "describe.h"

#include <inttypes.h>
#include <string.h>

#include <hcstate/agent.h>

static const char *unit_of(const struct hc_field *field)
{
	if (!field->unit)
		return "";
	if (!strcmp(field->unit, "bytes"))
		return " of bytes (K, M, G or T may follow)";
	if (!strcmp(field->unit, "ms"))
		return " of milliseconds (ms or s may follow)";
	if (!strcmp(field->unit, "s"))
		return " of seconds (s may follow)";
	return field->unit;
}

static char *bounds(struct hc_arena *arena, const struct hc_field *field, const char *of)
{
	if (field->max && field->min)
		return hc_printf(arena, ", %" PRIu64 " to %" PRIu64 "%s", field->min, field->max,
				 of);
	if (field->max)
		return hc_printf(arena, ", at most %" PRIu64 "%s", field->max, of);
	if (field->min)
		return hc_printf(arena, ", at least %" PRIu64 "%s", field->min, of);
	return hc_strdup(arena, "");
}

static char *words(struct hc_arena *arena, const struct hc_field *field)
{
	char *text = hc_strdup(arena, "one of");

	for (size_t i = 0; field->words[i]; i++)
		text = hc_printf(arena, "%s%s %s", text, i ? "," : "", field->words[i]);
	return text;
}

static const char *refers(struct hc_arena *arena, const struct hc_field *field)
{
	if (field->refers)
		return hc_printf(arena, ", the name of a %s", field->refers);
	return "";
}

static char *children(struct hc_arena *arena, const struct hc_field *field)
{
	switch (field->form) {
	case HC_LIST:
		return hc_printf(arena, "a list of %s%s", field->item->name,
				 bounds(arena, field, " items"));
	case HC_ONE:
		return hc_printf(arena, "one %s", field->item->name);
	case HC_NAMED:
		return hc_printf(arena, "a mapping of names to %s%s", field->item->name,
				 bounds(arena, field, " items"));
	case HC_KEYED:
		return hc_printf(arena, "a mapping of %ss to %s, or a list of %s%s",
				 field->item->fields[0].name, field->item->name, field->item->name,
				 bounds(arena, field, " items"));
	case HC_SECTIONS:
		return hc_printf(arena, "a mapping of sections to mappings of names to %s%s",
				 field->item->name, bounds(arena, field, " sections"));
	}
	return hc_strdup(arena, "");
}

static const char *pattern(struct hc_arena *arena, const struct hc_field *field)
{
	if (field->pattern_doc)
		return hc_printf(arena, ": %s", field->pattern_doc);
	return "";
}

char *hc_describe_value(struct hc_arena *arena, const struct hc_field *field)
{
	switch (field->type) {
	case HC_BOOL:
		return hc_strdup(arena, "true or false");
	case HC_U32:
	case HC_U64:
		return hc_printf(arena, "a number%s%s", unit_of(field), bounds(arena, field, ""));
	case HC_STRING:
		return hc_printf(arena, "a text%s%s%s", pattern(arena, field),
				 bounds(arena, field, " bytes long"), refers(arena, field));
	case HC_TEXT:
		return hc_strdup(arena, "a file's text, shown as its digest");
	case HC_ENUM:
		return words(arena, field);
	case HC_STRINGS:
		return hc_printf(arena, "a list of texts%s%s%s", pattern(arena, field),
				 bounds(arena, field, " items"), refers(arena, field));
	case HC_MAP:
		return hc_printf(arena, "a mapping of texts%s", bounds(arena, field, " items"));
	case HC_IP:
		return hc_strdup(arena, "an address, as 10.0.0.1 or fd00::1");
	case HC_CIDR:
		return hc_strdup(arena, "an address with its prefix, as 10.0.0.1/24");
	case HC_MAC:
		return hc_strdup(arena, "a MAC address, as 52:54:00:12:34:56");
	case HC_CHILDREN:
		return children(arena, field);
	}
	return hc_strdup(arena, "");
}

char *hc_describe_absent(struct hc_arena *arena, const struct hc_field *field)
{
	if (field->origin != HC_WRITTEN)
		return hc_strdup(arena, "");
	switch (field->absent) {
	case HC_KEEP:
		return hc_strdup(arena, "left as it is");
	case HC_RESET:
		return field->unset ? hc_strdup(arena, field->unset) : hc_strdup(arena, "empty");
	case HC_REQUIRED:
		return hc_strdup(arena, "required");
	}
	return hc_strdup(arena, "");
}

const char *hc_describe_cost(const struct hc_field *field)
{
	switch (field->cost) {
	case HC_LIVE:
		return "changed in place";
	case HC_REBORN:
		return "what runs is restarted";
	case HC_ANEW:
		return "removed and made again";
	case HC_NEVER:
		return "cannot be changed";
	}
	return "";
}

const char *hc_describe_origin(const struct hc_field *field)
{
	switch (field->origin) {
	case HC_WRITTEN:
		return "written";
	case HC_DERIVED:
		return "worked out by hcstate from the manifests";
	case HC_OBSERVED:
		return "observed, never compared";
	}
	return "";
}

bool hc_describe_of_agent(const struct hc_type *type)
{
	for (const struct hc_type *const *t = hc_agent_types(); *t; t++)
		if (*t == type)
			return true;
	return false;
}

const struct hc_type *hc_describe_type(const struct hc_registry *registry, const char *name)
{
	for (const struct hc_type *const *t = hc_agent_types(); *t; t++)
		if (!strcmp((*t)->name, name))
			return *t;
	return hc_registry_type(registry, name);
}

const char *hc_describe_kind(const struct hc_type *type)
{
	bool node = type->scope == HC_NODE;

	if (hc_describe_of_agent(type))
		return type->from == HC_KIND ? "the one document of /etc/hcstate/agent.yaml"
					     : "nested in the document of /etc/hcstate/agent.yaml";

	if (type->evidence)
		return node ? "only looked at, never written; of a node"
			    : "only looked at, never written; of the whole cluster";
	switch (type->from) {
	case HC_KIND:
		return node ? "a document; one resource on each node of metadata.nodes, or on all"
			    : "a document; one resource for the whole cluster";
	case HC_CHILD:
		return node ? "nested in another kind; of a node"
			    : "nested in another kind; of the whole cluster";
	case HC_MADE:
		return node ? "made by hcstate, never written; of a node"
			    : "made by hcstate, never written; of the whole cluster";
	}
	return "";
}
