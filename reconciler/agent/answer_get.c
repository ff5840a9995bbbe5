/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What get prints: resources that are there, or that should be. As YAML it is what `plan --live`
 * reads back, so that a plan can be made elsewhere. Exit 1 when nothing of that name is.
 */

#include "answer.h"

#include <json-c/json.h>
#include <string.h>

#include <reconciler/print.h>
#include <reconciler/text.h>

/* Whether the selector names the resource. */
static bool selected(const struct hc_resource *resource, const char *selector)
{
	size_t kind = selector ? strcspn(selector, "/") : 0;
	size_t name = strlen(resource->name);

	if (!selector)
		return true;
	if (strlen(resource->type->name) != kind ||
	    strncmp(selector, resource->type->name, kind) != 0)
		return false;
	if (!selector[kind])
		return true;
	selector += kind + 1;
	if (strncmp(selector, resource->name, name) != 0)
		return false;
	return !selector[name] || (selector[name] == '@' && resource->node &&
				   !strcmp(selector + name + 1, resource->node));
}

static void print(const struct answer *answer, const struct hc_resource *resource,
		  struct json_object *all)
{
	_cleanup_(hc_arena_freep) struct hc_arena *arena = hc_arena_new();

	switch (answer->output) {
	case OUTPUT_JSON:
		json_object_array_add(all, hc_resource_json(resource));
		break;
	case OUTPUT_YAML:
		hc_print_yaml(answer->out, hc_resource_json(resource));
		break;
	case OUTPUT_TEXT:
		fprintf(answer->out, "%s  %s\n",
			hc_harmless(arena, hc_resource_text(arena, resource)),
			hc_harmless(arena, hc_resource_fields(arena, resource, false)));
		break;
	}
}

static void print_unknown(const struct answer *answer)
{
	const struct hc_state *live = &answer->cycle->live;

	for (size_t i = 0; i < live->nunknown; i++) {
		const struct hc_unknown *unknown = &live->unknown[i];

		if (answer->output == OUTPUT_YAML)
			hc_print_yaml(answer->out, hc_unknown_json(unknown->type, unknown->why));
		else
			fprintf(answer->err, "hcstate: %s: unknown: %s\n", unknown->type->name,
				unknown->why);
	}
}

static int print_set(const struct answer *answer, const struct hc_set *set, const char *selector)
{
	struct json_object *root = json_object_new_object(), *all = json_object_new_array();
	bool any = false;

	for (size_t i = 0; i < set->n; i++) {
		if (!selected(set->v[i], selector))
			continue;
		any = true;
		print(answer, set->v[i], all);
	}
	json_object_object_add(root, "format_version", json_object_new_int(1));
	json_object_object_add(root, "resources", all);
	if (answer->output == OUTPUT_JSON)
		hc_print_json(answer->out, root);
	else
		json_object_put(root);
	if (any || !selector)
		return EXIT_DONE;
	fprintf(answer->err, "hcstate: there is no %s\n", selector);
	return EXIT_FAILED;
}

int answer_get(const struct answer *answer, const char *selector, bool desired)
{
	if (desired)
		return print_set(answer, &answer->engine->desired, selector);
	print_unknown(answer);
	return print_set(answer, &answer->cycle->live.found, selector);
}
