/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whether a VM can move, from the manifests and from what was read: pure, so that a plan says it
 * before anything begins. Each reason names what is in the way and, where there is one, the way
 * out. What only the target knows was asked in read (migrate_look.c) and stands in `obstacles`.
 */

#include <string.h>

#include <hcstate/cluster.h>

#include "ha_order.h"
#include "migrate.h"
#include "vm_home.h"

static const struct hc_storage *storage_of(const struct hc_call *call, const char *name)
{
	const struct hc_resource *r =
		name ? hc_find(call->desired, &hc_storage, call->node, name) : NULL;

	return r ? r->spec : NULL;
}

static bool is_directory(const struct hc_call *call, const char *storage)
{
	const struct hc_storage *spec = storage_of(call, storage);

	return spec && spec->type == HC_STORAGE_DIR;
}

/* corosync's word, where it is known; who does not answer is said in `obstacles`. */
static const char *not_a_member(struct hc_call *call, const char *target)
{
	const struct hc_resource *r = hc_find(&call->live->found, &hc_node, NULL, target);

	if (!r || !hc_has_field(r, struct hc_node, member) ||
	    ((const struct hc_node *)r->spec)->member)
		return NULL;
	return hc_printf(call->arena, "%s is not a member of the cluster now", target);
}

static const char *cdrom_in_the_way(struct hc_call *call, const struct hc_vm *want)
{
	const struct hc_resource *r;
	const struct hc_image *image;

	if (!want->cdrom || !strcmp(want->cdrom, "none"))
		return NULL;
	if (*want->cdrom == '/')
		return hc_printf(call->arena,
				 "its cdrom %s is a file of %s: cdrom: none ejects it and frees "
				 "the way",
				 want->cdrom, call->node);
	r = hc_find(call->desired, &hc_image, NULL, want->cdrom);
	image = r ? r->spec : NULL;
	if (!image || !is_directory(call, image->storage))
		return NULL;
	return hc_printf(call->arena,
			 "its cdrom Image/%s is a file of %s, in Storage/%s: cdrom: none ejects "
			 "it and frees the way",
			 want->cdrom, call->node, image->storage);
}

static const char *file_in_the_way(struct hc_call *call, const char *what, const char *where)
{
	return hc_printf(call->arena, "its %s is a file of %s, in %s: only what is in Ceph moves",
			 what, call->node, where);
}

/* A disk that was taken from the manifests counts as long as the VM has it. */
static const char *disk_in_the_way(struct hc_call *call, const char *vm)
{
	size_t n;
	struct hc_resource *const *v = hc_of_type(call->desired, &hc_vm_disk, &n);

	for (size_t i = 0; i < n; i++) {
		const struct hc_vm_disk *disk = v[i]->spec;

		if (vm_has_child(vm, v[i]) && is_directory(call, disk->storage))
			return file_in_the_way(call, strchr(v[i]->name, '/') + 1,
					       hc_printf(call->arena, "Storage/%s", disk->storage));
	}
	v = hc_of_type(&call->live->found, &hc_vm_disk, &n);
	for (size_t i = 0; i < n; i++) {
		const struct hc_vm_disk *disk = v[i]->spec;

		if (vm_has_child(vm, v[i]) && disk->attached && disk->source &&
		    *disk->source == '/')
			return file_in_the_way(call, strchr(v[i]->name, '/') + 1, disk->source);
	}
	return NULL;
}

static const char *seed_in_the_way(struct hc_call *call, const char *vm)
{
	size_t n;
	struct hc_resource *const *v = hc_of_type(call->desired, &hc_vm_cloud_init, &n);

	for (size_t i = 0; i < n; i++) {
		const struct hc_vm_cloud_init *seed = v[i]->spec;

		if (vm_has_child(vm, v[i]) && is_directory(call, seed->storage))
			return file_in_the_way(call, "cloud_init",
					       hc_printf(call->arena, "Storage/%s", seed->storage));
	}
	return NULL;
}

static const char *obstacles(struct hc_call *call, const struct hc_vm *have)
{
	const char *text = NULL;

	for (size_t i = 0; i < have->obstacles.n; i++)
		text = text ? hc_printf(call->arena, "%s; %s", text, have->obstacles.v[i])
			    : have->obstacles.v[i];
	return text;
}

static const char *refusal(struct hc_call *call, const char *name, const struct hc_vm *want,
			   const struct hc_vm *have)
{
	const char *why = not_a_member(call, want->node);

	if (!why)
		why = cdrom_in_the_way(call, want);
	if (!why)
		why = disk_in_the_way(call, name);
	if (!why)
		why = seed_in_the_way(call, name);
	if (!why && !have->running && want->firmware == HC_FIRMWARE_UEFI)
		why = hc_printf(call->arena,
				"the variables of its uefi are a file of %s: it moves only while "
				"it runs",
				call->node);
	if (!why && have->running)
		why = obstacles(call, have);
	return why ? hc_printf(call->arena, "it cannot move to %s: %s", want->node, why) : NULL;
}

const char *migrate_refusal(struct hc_call *call, const struct hc_change *change)
{
	return change->have ? refusal(call, change->name, change->want->spec, change->have->spec)
			    : NULL;
}

bool migrate_is_due(struct hc_call *call, const char *vm)
{
	const struct hc_resource *want = hc_find(call->desired, &hc_vm, NULL, vm);
	const struct hc_resource *have = hc_find(&call->live->found, &hc_vm, NULL, vm);
	const struct hc_vm_claim *claim = vm_claim(call, vm);
	const char *asked = want ? ((const struct hc_vm *)want->spec)->node : NULL;
	struct order order;

	if (vm_order(call, vm, &order))
		return order_moves(&order) && order_is_mine(call, &order);
	if (!asked || !have || !claim || !claim->epoch || !claim->node ||
	    !strcmp(claim->node, asked) || (claim->asked_node && !strcmp(claim->asked_node, asked)))
		return false;
	return !refusal(call, vm, want->spec, have->spec);
}
