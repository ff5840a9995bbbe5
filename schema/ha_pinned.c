/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What ties a VM to one node: a file of it. Decided from the manifests alone, so that a plan, the
 * simulator and the agents say the same before anything happens. A kernel or an initrd does not
 * count: whoever writes one has it on every node that the VM may run on.
 */

#include <hcstate/ha.h>

#include <string.h>

#include <hcstate/resource.h>
#include <hcstate/storage.h>
#include <hcstate/vm.h>

/* The first of the list, which is sorted by name, whose name is not before that one. */
static size_t lower(struct hc_resource *const *v, size_t n, const char *name)
{
	size_t low = 0, high = n;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (strcmp(v[middle]->name, name) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* On whichever node: what is a directory on one is no place to come back to from another. */
static bool is_directory(const struct hc_set *desired, const char *name)
{
	size_t n;
	struct hc_resource *const *v = hc_of_type(desired, &hc_storage, &n);

	for (size_t i = name ? lower(v, n, name) : n; i < n && !strcmp(v[i]->name, name); i++)
		if (((const struct hc_storage *)v[i]->spec)->type == HC_STORAGE_DIR)
			return true;
	return false;
}

static const char *file_of_node(struct hc_arena *arena, const char *what, const char *storage)
{
	return hc_printf(arena, "its %s is in Storage/%s, a directory of its node", what, storage);
}

/* A cloud-init image without a storage of its own is beside the first disk. */
static const char *by_disks(struct hc_arena *arena, const struct hc_set *desired, const char *vm)
{
	const char *prefix = hc_printf(arena, "%s/", vm);
	size_t n, size = strlen(prefix);
	struct hc_resource *const *v = hc_of_type(desired, &hc_vm_disk, &n);

	for (size_t i = lower(v, n, prefix); i < n && !strncmp(v[i]->name, prefix, size); i++) {
		const struct hc_vm_disk *disk = v[i]->spec;

		if (is_directory(desired, disk->storage))
			return file_of_node(arena, v[i]->name + size, disk->storage);
	}
	return NULL;
}

static const char *by_seed(struct hc_arena *arena, const struct hc_set *desired, const char *vm)
{
	const struct hc_resource *r =
		hc_find(desired, &hc_vm_cloud_init, NULL, hc_printf(arena, "%s/cloud-init", vm));
	const struct hc_vm_cloud_init *seed = r ? r->spec : NULL;

	return seed && is_directory(desired, seed->storage)
		       ? file_of_node(arena, "cloud_init", seed->storage)
		       : NULL;
}

static const char *by_cdrom(struct hc_arena *arena, const struct hc_set *desired,
			    const struct hc_vm *vm)
{
	const struct hc_resource *r;
	const struct hc_image *image;

	if (!vm->cdrom || !strcmp(vm->cdrom, "none"))
		return NULL;
	if (*vm->cdrom == '/')
		return hc_printf(arena, "its cdrom %s is a file of its node", vm->cdrom);
	r = hc_find(desired, &hc_image, NULL, vm->cdrom);
	image = r ? r->spec : NULL;
	return image && is_directory(desired, image->storage)
		       ? file_of_node(arena, "cdrom", image->storage)
		       : NULL;
}

const char *hc_ha_pinned(struct hc_arena *arena, const struct hc_set *desired,
			 const struct hc_resource *vm)
{
	const char *why = by_disks(arena, desired, vm->name);

	if (!why)
		why = by_seed(arena, desired, vm->name);
	if (!why)
		why = by_cdrom(arena, desired, vm->spec);
	if (!why && ((const struct hc_vm *)vm->spec)->firmware == HC_FIRMWARE_UEFI)
		why = "the variables of its uefi are a file of its node";
	return why;
}
