/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What differs between two generations. Both sets are sorted alike, so one merge finds it. Unlike
 * the comparison with a system, a field that is not asked for any more is a difference too: nobody
 * watches over it from then on.
 */

#include <json-c/json.h>

#include <reconciler/print.h>
#include <reconciler/text.h>

#include "diff.h"

static const void *value(const struct hc_resource *resource, size_t i)
{
	if (!resource || !(resource->set >> i & 1))
		return NULL;
	return (const char *)resource->spec + resource->type->fields[i].offset;
}

static bool is_written(const struct hc_field *field)
{
	return field->type != HC_CHILDREN && field->origin != HC_OBSERVED;
}

static uint64_t compare(const struct hc_resource *before, const struct hc_resource *after)
{
	uint64_t differs = 0;

	for (size_t i = 0; i < before->type->nfield; i++) {
		const struct hc_field *field = &before->type->fields[i];
		const void *old = value(before, i), *new = value(after, i);

		if (!is_written(field) || (!old && !new))
			continue;
		if (!old || !new || !hc_value_same(field, old, new))
			differs |= UINT64_C(1) << i;
	}
	return differs;
}

void diff_find(struct diff *diff)
{
	const struct hc_set *before = &diff->before->desired, *after = &diff->after->desired;
	size_t i = 0, k = 0;

	while (i < before->n || k < after->n) {
		const struct hc_resource *old = i < before->n ? before->v[i] : NULL;
		const struct hc_resource *new = k < after->n ? after->v[k] : NULL;
		int order = !old ? 1 : !new ? -1 : hc_resource_order(old, new);
		struct difference one = {
			.before = order <= 0 ? old : NULL,
			.after = order >= 0 ? new : NULL,
			.one = order >= 0 ? new : old,
		};

		i += order <= 0;
		k += order >= 0;
		one.differs = order ? 0 : compare(old, new);
		if (!order && !one.differs)
			continue;
		diff->v = hc_grow(diff->arena, diff->v, diff->n, &diff->room, sizeof(*diff->v));
		diff->v[diff->n++] = one;
	}
}

static const char *text(struct hc_arena *arena, const struct hc_resource *resource, size_t i)
{
	const void *v = value(resource, i);

	return v ? hc_value_text(arena, &resource->type->fields[i], v) : "none";
}

/* "size 2 -> 3", or what a new one sets; of one that goes nothing. */
static const char *fields_text(struct hc_arena *arena, const struct difference *one)
{
	char *all = hc_strdup(arena, "");

	if (!one->before)
		return hc_resource_fields(arena, one->after, false);
	for (size_t i = 0; i < one->before->type->nfield; i++)
		if (one->differs >> i & 1)
			all = hc_printf(arena, "%s%s%s %s -> %s", all, *all ? ", " : "",
					one->before->type->fields[i].name,
					text(arena, one->before, i), text(arena, one->after, i));
	return all;
}

/* Where it is written: of a change its first field that is; of what goes, where it was. */
static struct hc_place place_of(const struct difference *one)
{
	const struct hc_resource *resource = one->one;

	for (size_t i = 0; one->before && one->after && i < resource->type->nfield; i++)
		if (one->differs >> i & 1 && value(one->after, i))
			return hc_field_place(resource, (int)i);
	return resource->place;
}

static const char *sign(const struct difference *one)
{
	return !one->before ? "+" : !one->after ? "-" : "~";
}

void diff_print(const struct diff *diff, FILE *out)
{
	size_t created = 0, removed = 0;

	for (size_t i = 0; i < diff->n; i++) {
		const struct difference *one = &diff->v[i];
		struct hc_place place = place_of(one);
		const char *fields = hc_harmless(diff->arena, fields_text(diff->arena, one));

		created += !one->before;
		removed += !one->after;
		fprintf(out, "%s %s%s%s\n", sign(one),
			hc_harmless(diff->arena, hc_resource_text(diff->arena, one->one)),
			*fields ? "  " : "", fields);
		if (place.source)
			fprintf(out, "    %s\n",
				hc_harmless(diff->arena, hc_place_text(diff->arena, place)));
	}
	if (diff->n)
		fprintf(out, "%zu to create, %zu to change, %zu to remove\n", created,
			diff->n - created - removed, removed);
	else
		fputs("no difference\n", out);
}

static struct json_object *fields_json(const struct difference *one)
{
	struct json_object *all = json_object_new_object();
	const struct hc_type *type = one->one->type;

	for (size_t i = 0; i < type->nfield; i++) {
		const struct hc_field *field = &type->fields[i];
		const void *old = value(one->before, i), *new = value(one->after, i);
		struct json_object *both;

		if (!is_written(field) || !one->after || (!old && !new) ||
		    (one->before && !(one->differs >> i & 1)))
			continue;
		both = json_object_new_object();
		json_object_object_add(both, "from", old ? hc_value_json(field, old) : NULL);
		json_object_object_add(both, "to", new ? hc_value_json(field, new) : NULL);
		json_object_object_add(all, field->name, both);
	}
	return all;
}

static struct json_object *one_json(struct hc_arena *arena, const struct difference *one)
{
	const struct hc_resource *resource = one->one;
	struct json_object *object = json_object_new_object();
	struct hc_place place = place_of(one);

	json_object_object_add(object, "action",
			       json_object_new_string(!one->before  ? "create"
						      : !one->after ? "remove"
								    : "update"));
	json_object_object_add(object, "kind", hc_json_string(resource->type->name));
	json_object_object_add(object, "name", hc_json_string(resource->name));
	json_object_object_add(object, "node", hc_json_string(resource->node));
	json_object_object_add(object, "fields", fields_json(one));
	json_object_object_add(object, "place",
			       hc_json_string(place.source ? hc_place_text(arena, place) : NULL));
	return object;
}

void diff_print_json(const struct diff *diff)
{
	struct json_object *object = json_object_new_object();
	struct json_object *changes = json_object_new_array();

	for (size_t i = 0; i < diff->n; i++)
		json_object_array_add(changes, one_json(diff->arena, &diff->v[i]));
	json_object_object_add(object, "format_version", json_object_new_int(1));
	json_object_object_add(object, "from", hc_json_string(diff->before->id));
	json_object_object_add(object, "to", hc_json_string(diff->after->id));
	json_object_object_add(object, "changes", changes);
	hc_print_json(stdout, object);
}
