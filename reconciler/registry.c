/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Kinds and providers. Kinds of the core are always there, so that every manifest validates
 * everywhere; a module that cannot be loaded makes only its own kinds unknown on this node, and
 * says why.
 */

#include "registry.h"

#include <dirent.h>
#include <dlfcn.h>
#include <string.h>

static int by_name(const void *a, const void *b)
{
	const struct hc_type *const *x = a, *const *y = b;

	return strcmp((*x)->name, (*y)->name);
}

static void sort_types(struct hc_registry *registry)
{
	qsort(registry->types, registry->ntype, sizeof(*registry->types), by_name);
}

struct hc_registry *hc_registry_of(const struct hc_type *const *types)
{
	struct hc_arena *arena = hc_arena_new();
	struct hc_registry *registry = hc_new(arena, struct hc_registry);

	registry->arena = arena;
	for (const struct hc_type *const *t = types; *t; t++) {
		registry->types = hc_grow(arena, registry->types, registry->ntype,
					  &registry->typeroom, sizeof(*registry->types));
		registry->types[registry->ntype++] = *t;
	}
	sort_types(registry);
	return registry;
}

struct hc_registry *hc_registry_new(void)
{
	return hc_registry_of(hc_core_types());
}

struct hc_registry *hc_registry_free(struct hc_registry *registry)
{
	if (!registry)
		return NULL;
	for (size_t i = 0; i < registry->nmodule; i++)
		if (registry->modules[i].handle)
			(void)dlclose(registry->modules[i].handle); /* it only frees */
	(void)hc_arena_free(registry->arena);
	return NULL;
}

void hc_registry_freep(struct hc_registry **registry)
{
	*registry = hc_registry_free(*registry);
}

const struct hc_type *hc_registry_type(const struct hc_registry *registry, const char *name)
{
	for (size_t i = 0; i < registry->ntype; i++)
		if (!strcmp(registry->types[i]->name, name))
			return registry->types[i];
	return NULL;
}

static bool manages(const struct hc_provider *provider, const struct hc_type *type)
{
	for (const struct hc_type *const *t = provider->types; *t; t++)
		if (*t == type)
			return true;
	return false;
}

const struct hc_provider *hc_registry_provider(const struct hc_registry *registry,
					       const struct hc_type *type)
{
	for (size_t i = 0; i < registry->nmodule; i++)
		if (registry->modules[i].provider && manages(registry->modules[i].provider, type))
			return registry->modules[i].provider;
	return NULL;
}

/* Two kinds of one name, or two providers of one kind, would leave it open who is meant. */
static const char *conflict(const struct hc_registry *registry, const struct hc_provider *provider)
{
	for (const struct hc_type *const *t = provider->types; *t; t++) {
		const struct hc_type *known = hc_registry_type(registry, (*t)->name);

		if (known && known != *t)
			return hc_printf(registry->arena,
					 "it brings a kind %s, which exists already", (*t)->name);
		if (hc_registry_provider(registry, *t))
			return hc_printf(registry->arena, "%s is managed by provider %s already",
					 (*t)->name, hc_registry_provider(registry, *t)->name);
	}
	return NULL;
}

static struct hc_module *add_module(struct hc_registry *registry, const char *path)
{
	registry->modules = hc_grow(registry->arena, registry->modules, registry->nmodule,
				    &registry->moduleroom, sizeof(*registry->modules));
	registry->modules[registry->nmodule] = (struct hc_module){
		.path = hc_strdup(registry->arena, path),
	};
	return &registry->modules[registry->nmodule++];
}

static void add_types(struct hc_registry *registry, const struct hc_provider *provider)
{
	for (const struct hc_type *const *t = provider->types; *t; t++) {
		if (hc_registry_type(registry, (*t)->name))
			continue;
		registry->types = hc_grow(registry->arena, registry->types, registry->ntype,
					  &registry->typeroom, sizeof(*registry->types));
		registry->types[registry->ntype++] = *t;
	}
	sort_types(registry);
}

static void take(struct hc_registry *registry, struct hc_module *module,
		 const struct hc_provider *provider)
{
	if (provider->abi != HC_ABI)
		module->why =
			hc_printf(registry->arena, "it was built for interface %u, this is %u",
				  provider->abi, HC_ABI);
	else
		module->why = conflict(registry, provider);
	if (module->why)
		return;
	add_types(registry, provider);
	module->provider = provider;
}

int hc_registry_add(struct hc_registry *registry, const struct hc_provider *provider)
{
	struct hc_module *module = add_module(registry, provider->name);

	take(registry, module, provider);
	return module->provider ? 0 : -EINVAL;
}

static void load(struct hc_registry *registry, const char *path)
{
	struct hc_module *module = add_module(registry, path);
	const struct hc_provider *provider;

	/* It stays mapped: a call of it that is stuck may still come back. */
	module->handle = dlopen(path, RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
	if (!module->handle) {
		module->why = hc_strdup(registry->arena, dlerror());
		return;
	}
	provider = dlsym(module->handle, "hcstate_provider");
	if (!provider)
		module->why = "it has no symbol hcstate_provider";
	else
		take(registry, module, provider);
}

static int is_module(const struct dirent *entry)
{
	size_t size = strlen(entry->d_name);

	return entry->d_name[0] != '.' && size > 3 && !strcmp(entry->d_name + size - 3, ".so");
}

void hc_registry_load(struct hc_registry *registry, const char *directory)
{
	struct dirent **entries = NULL;
	int n;

	if (!directory)
		directory = secure_getenv("HCSTATE_PROVIDERS");
	if (!directory)
		directory = HC_MODULE_DIR;
	n = scandir(directory, &entries, is_module, alphasort);
	for (int i = 0; i < n; i++) {
		load(registry, hc_printf(registry->arena, "%s/%s", directory, entries[i]->d_name));
		free(entries[i]);
	}
	free(entries);
}
