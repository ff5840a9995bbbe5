/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The inventory: {"format_version": 1, "made": ["Bridge/vmbr0@pve1", ...]}. Written whole (file.h),
 * so a crash leaves the old or the new one. One that cannot be read is an error, not an empty one:
 * with an empty one nothing would ever be removed again and nobody would know why.
 */

#include "inventory.h"

#include <errno.h>
#include <json-c/json.h>
#include <string.h>

#include <hcstate/file.h>

#include "registry.h"
#include "value.h"

enum {
	LARGEST = 64 * 1024 * 1024,
};

static int fail(const struct hc_inventory *inventory, struct hc_diags *diags, int r,
		const char *what)
{
	const char *why = r == -EBADMSG ? "it is not what hcstate wrote" : strerror(-r);
	struct hc_diag *diag = hc_say(diags, HC_ERROR, (struct hc_place){0}, "%s %s: %s", what,
				      inventory->path, why);

	if (r == -EBADMSG)
		hc_hint(diags, diag,
			"move it away and run again: what is there then counts as unmanaged");
	return r;
}

static int take(struct hc_inventory *inventory, struct json_object *root)
{
	struct json_object *version, *made;

	if (!json_object_object_get_ex(root, "format_version", &version) ||
	    json_object_get_int(version) != 1 || !json_object_object_get_ex(root, "made", &made) ||
	    !json_object_is_type(made, json_type_array))
		return -EBADMSG;
	for (size_t i = 0; i < json_object_array_length(made); i++) {
		const char *name = json_object_get_string(json_object_array_get_idx(made, i));

		if (!name)
			return -EBADMSG;
		hc_strings_add(inventory->arena, &inventory->made, name);
	}
	return 0;
}

int hc_inventory_read(struct hc_inventory *inventory, struct hc_arena *arena, const char *state_dir,
		      struct hc_diags *diags)
{
	struct json_object *root;
	size_t size;
	char *text;
	int r;

	*inventory = (struct hc_inventory){
		.arena = arena,
		.path = hc_printf(arena, "%s/inventory.json", state_dir),
	};
	r = hc_file_read(arena, inventory->path, LARGEST, &text, &size);
	if (r == -ENOENT)
		return 0;
	if (r)
		return fail(inventory, diags, r, "cannot read");
	root = json_tokener_parse(text);
	r = root ? take(inventory, root) : -EBADMSG;
	json_object_put(root);
	return r ? fail(inventory, diags, r, "cannot read") : 0;
}

bool hc_inventory_has(const struct hc_inventory *inventory, const struct hc_resource *resource)
{
	_cleanup_(hc_freep) char *text = NULL;
	size_t at;

	if (!inventory->made.n)
		return false;
	if (asprintf(&text, "%s/%s%s%s", resource->type->name, resource->name,
		     resource->node ? "@" : "", resource->node ? resource->node : "") < 0)
		abort();
	return hc_strings_find(&inventory->made, text, &at);
}

void hc_inventory_add(struct hc_inventory *inventory, const struct hc_resource *resource)
{
	if (hc_inventory_has(inventory, resource))
		return;
	hc_strings_add(inventory->arena, &inventory->made,
		       hc_resource_text(inventory->arena, resource));
	inventory->changed = true;
}

static void note(bool *keep, const struct hc_inventory *inventory, struct hc_arena *arena,
		 const struct hc_set *set)
{
	size_t at;

	for (size_t i = 0; i < set->n; i++)
		if (hc_strings_find(&inventory->made, hc_resource_text(arena, set->v[i]), &at))
			keep[at] = true;
}

static bool is_of_kind(const char *text, const struct hc_type *type)
{
	size_t size = strlen(type->name);

	return !strncmp(type->name, text, size) && text[size] == '/';
}

bool hc_inventory_has_kind(const struct hc_inventory *inventory, const struct hc_type *type)
{
	for (size_t i = 0; i < inventory->made.n; i++)
		if (is_of_kind(inventory->made.v[i], type))
			return true;
	return false;
}

/* Kinds that could not be read, or that nobody here can read, keep what is recorded of them. */
static bool is_known(const char *text, const struct hc_state *live,
		     const struct hc_registry *registry)
{
	for (size_t i = 0; i < registry->ntype; i++)
		if (is_of_kind(text, registry->types[i]))
			return hc_registry_provider(registry, registry->types[i]) &&
			       !hc_why_unknown(live, registry->types[i]);
	return false;
}

void hc_inventory_prune(struct hc_inventory *inventory, const struct hc_set *desired,
			const struct hc_state *live, const struct hc_registry *registry)
{
	_cleanup_(hc_arena_freep) struct hc_arena *arena = hc_arena_new();
	bool *keep = hc_alloc(arena, inventory->made.n + 1);
	size_t n = 0;

	note(keep, inventory, arena, desired);
	note(keep, inventory, arena, &live->found);
	for (size_t i = 0; i < inventory->made.n; i++)
		if (keep[i] || !is_known(inventory->made.v[i], live, registry))
			inventory->made.v[n++] = inventory->made.v[i];
	inventory->changed |= n != inventory->made.n;
	inventory->made.n = n;
}

int hc_inventory_save(struct hc_inventory *inventory, struct hc_diags *diags)
{
	struct json_object *root, *made;
	const char *text;
	int r;

	if (!inventory->changed)
		return 0;
	root = json_object_new_object();
	made = json_object_new_array();
	json_object_object_add(root, "format_version", json_object_new_int(1));
	json_object_object_add(root, "made", made);
	for (size_t i = 0; i < inventory->made.n; i++)
		json_object_array_add(made, json_object_new_string(inventory->made.v[i]));
	text = json_object_to_json_string_ext(root, JSON_C_TO_STRING_PRETTY |
							    JSON_C_TO_STRING_NOSLASHESCAPE);
	r = text ? hc_file_write(inventory->path, 0644, text, strlen(text)) : -ENOMEM;
	json_object_put(root);
	if (r)
		return fail(inventory, diags, r, "cannot write");
	inventory->changed = false;
	return 0;
}
