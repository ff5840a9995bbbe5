/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * What hcstate made on this node, and so may remove: a JSON file in the state directory. A thing is
 * recorded before it is made, so a kill in between leaves a record of nothing rather than a thing
 * of nobody.
 */

#include <hcstate/resource.h>

struct hc_registry;

struct hc_inventory {
	struct hc_arena *arena;
	const char *path;
	struct hc_strings made; /* Kind/name[@node] */
	bool changed;           /* since it was read or saved */
};

/* Reads it; no file is an empty inventory. Errors are said. */
int hc_inventory_read(struct hc_inventory *inventory, struct hc_arena *arena, const char *state_dir,
		      struct hc_diags *diags);
bool hc_inventory_has(const struct hc_inventory *inventory, const struct hc_resource *resource);
void hc_inventory_add(struct hc_inventory *inventory, const struct hc_resource *resource);
/* Whether it has something of that kind. */
bool hc_inventory_has_kind(const struct hc_inventory *inventory, const struct hc_type *type);
/* Forgets what is neither wanted nor there any more; only of kinds that were read completely. */
void hc_inventory_prune(struct hc_inventory *inventory, const struct hc_set *desired,
			const struct hc_state *live, const struct hc_registry *registry);
/* Writes it if it changed. */
int hc_inventory_save(struct hc_inventory *inventory, struct hc_diags *diags);
