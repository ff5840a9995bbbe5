/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* The kinds and providers that this process knows: the core's tables and those that modules bring.
 */

#include <hcstate/provider.h>

struct hc_module {
	const char *path;
	void *handle;
	const struct hc_provider *provider; /* NULL: could not be loaded, see why */
	const char *why;
};

struct hc_registry {
	struct hc_arena *arena;
	const struct hc_type **types; /* sorted by name */
	size_t ntype, typeroom;
	struct hc_module *modules; /* sorted by path */
	size_t nmodule, moduleroom;
};

/* The core's kinds. */
struct hc_registry *hc_registry_new(void);
/* Only these; NULL ends them. */
struct hc_registry *hc_registry_of(const struct hc_type *const *types);
struct hc_registry *hc_registry_free(struct hc_registry *registry);
void hc_registry_freep(struct hc_registry **registry);

/* Loads every module of the directory (NULL: $HCSTATE_PROVIDERS, else where they are installed). */
void hc_registry_load(struct hc_registry *registry, const char *directory);
/* Adds a provider of this process. */
int hc_registry_add(struct hc_registry *registry, const struct hc_provider *provider);

const struct hc_type *hc_registry_type(const struct hc_registry *registry, const char *name);
/* Which provider manages the type; NULL: none is installed. */
const struct hc_provider *hc_registry_provider(const struct hc_registry *registry,
					       const struct hc_type *type);
