/* SPDX-License-Identifier: Apache-2.0 */
/*
 * hcstate get [KIND[/NAME[@NODE]]]: what is there, or with --desired what should be. As YAML it is
 * what `plan --live` reads back, so that a plan can be made elsewhere. Exit 1 when nothing of that
 * name is.
 */

#include <json-c/json.h>
#include <string.h>

#include <reconciler/print.h>
#include <reconciler/text.h>

#include "session.h"

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

static void print(const struct hc_resource *resource, enum output output, struct hc_arena *arena,
		  struct json_object *all)
{
	switch (output) {
	case OUTPUT_JSON:
		json_object_array_add(all, hc_resource_json(resource));
		break;
	case OUTPUT_YAML:
		hc_print_yaml(stdout, hc_resource_json(resource));
		break;
	case OUTPUT_TEXT:
		printf("%s  %s\n", hc_harmless(arena, hc_resource_text(arena, resource)),
		       hc_harmless(arena, hc_resource_fields(arena, resource, false)));
		break;
	}
}

static void print_unknown(const struct hc_state *live, enum output output)
{
	for (size_t i = 0; i < live->nunknown; i++) {
		if (output == OUTPUT_YAML)
			hc_print_yaml(stdout,
				      hc_unknown_json(live->unknown[i].type, live->unknown[i].why));
		else
			fprintf(stderr, "hcstate: %s: unknown: %s\n", live->unknown[i].type->name,
				live->unknown[i].why);
	}
}

static int print_set(const struct hc_set *set, const struct options *options,
		     struct hc_arena *arena)
{
	struct json_object *root = json_object_new_object(), *all = json_object_new_array();
	const char *selector = options->narg ? options->args[0] : NULL;
	bool any = false;

	for (size_t i = 0; i < set->n; i++) {
		if (!selected(set->v[i], selector))
			continue;
		any = true;
		print(set->v[i], options->output, arena, all);
	}
	json_object_object_add(root, "format_version", json_object_new_int(1));
	json_object_object_add(root, "resources", all);
	if (options->output == OUTPUT_JSON)
		hc_print_json(stdout, root);
	else
		json_object_put(root);
	if (any || !selector)
		return EXIT_DONE;
	fprintf(stderr, "hcstate: there is no %s\n", selector);
	return EXIT_FAILED;
}

int command_get(const struct options *options)
{
	struct session session;
	int r = session_open(&session, options, true);

	if (!r && options->desired)
		r = print_set(&session.engine->desired, options, session.arena);
	else if (!r) {
		r = session_look(&session, options);
		if (!r) {
			print_unknown(&session.cycle->live, options->output);
			r = print_set(&session.cycle->live.found, options, session.arena);
		}
	}
	session_close(&session);
	return r;
}
