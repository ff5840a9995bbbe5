/* SPDX-License-Identifier: Apache-2.0 */
/* hcstate version: the program's and its providers', with the kinds of each. */

#include <json-c/json.h>

#include <reconciler/print.h>

#include "command.h"

static void print_module(const struct hc_module *module)
{
	if (!module->provider) {
		printf("  %s: not usable: %s\n", module->path, module->why);
		return;
	}
	printf("  %-10s%s:", module->provider->name, module->provider->doc);
	for (const struct hc_type *const *t = module->provider->types; *t; t++)
		printf(" %s", (*t)->name);
	putchar('\n');
}

static struct json_object *module_json(const struct hc_module *module)
{
	struct json_object *one = json_object_new_object(), *kinds = json_object_new_array();

	json_object_object_add(one, "path", json_object_new_string(module->path));
	if (module->why)
		json_object_object_add(one, "error", json_object_new_string(module->why));
	if (module->provider) {
		json_object_object_add(one, "name", json_object_new_string(module->provider->name));
		for (const struct hc_type *const *t = module->provider->types; *t; t++)
			json_object_array_add(kinds, json_object_new_string((*t)->name));
	}
	json_object_object_add(one, "kinds", kinds);
	return one;
}

static void print_json(const struct hc_registry *registry)
{
	struct json_object *root = json_object_new_object(), *providers = json_object_new_array();

	for (size_t i = 0; i < registry->nmodule; i++)
		json_object_array_add(providers, module_json(&registry->modules[i]));
	json_object_object_add(root, "format_version", json_object_new_int(1));
	json_object_object_add(root, "version", json_object_new_string(HC_VERSION));
	json_object_object_add(root, "interface", json_object_new_int(HC_ABI));
	json_object_object_add(root, "providers", providers);
	hc_print_json(stdout, root);
}

int command_version(const struct options *options)
{
	_cleanup_(hc_registry_freep) struct hc_registry *registry = hc_registry_new();

	hc_registry_load(registry, NULL);
	if (options->output == OUTPUT_JSON) {
		print_json(registry);
		return EXIT_DONE;
	}
	printf("hcstate %s, provider interface %d\nproviders:%s\n", HC_VERSION, HC_ABI,
	       registry->nmodule ? "" : " none installed");
	for (size_t i = 0; i < registry->nmodule; i++)
		print_module(&registry->modules[i]);
	return EXIT_DONE;
}
