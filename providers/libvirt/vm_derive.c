/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What follows from the documents of VMs: who they are for ever, what is compared although nobody
 * wrote it, and what cloud-init will read. The same on every node, so VMs of all nodes get theirs.
 *
 * An identity is a digest of the cluster's and the VM's. Without the cluster's there is none yet: a
 * VM that began its life as another would be a stranger to its own disks later.
 */

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include <ceph-client/wants.h>
#include <hcstate/ceph_cluster.h>
#include <hcstate/cluster.h>

#include "domain_parts.h"
#include "ha_order.h"
#include "nouns.h"
#include "seed.h"
#include "uuid.h"

#define UUID_SPACE "hcstate.org/VirtualMachine"
#define MAC_SPACE "hcstate.org/VmNet"

/* What is hashed has its end marked, so that no two lists of texts are the same bytes. */
static void digest(uint8_t *out, size_t size, const char *space, const char *first,
		   const char *second)
{
	const char *const texts[] = {space, first, second};
	crypto_generichash_state state;

	/* None of it fails for these sizes. */
	(void)crypto_generichash_init(&state, NULL, 0, size);
	for (size_t i = 0; i < HC_COUNT(texts); i++)
		(void)crypto_generichash_update(&state, (const unsigned char *)texts[i],
						strlen(texts[i]) + 1);
	(void)crypto_generichash_final(&state, out, size);
}

/* The cluster's identity; NULL: it has none yet. */
static const char *cluster_of(const struct hc_set *desired)
{
	size_t n;
	struct hc_resource *const *v = hc_of_type(desired, &hc_ceph_cluster, &n);

	if (n)
		return wants_fsid(desired, v[0]);
	v = hc_of_type(desired, &hc_cluster, &n);
	if (!n)
		return "";
	return ((const struct hc_cluster *)v[0]->spec)->cluster_name
		       ? ((const struct hc_cluster *)v[0]->spec)->cluster_name
		       : v[0]->name;
}

/* A UUID of version 8: one that is made as we like. */
static char *uuid_of(struct hc_arena *arena, const char *cluster, const char *vm)
{
	uint8_t b[crypto_generichash_BYTES_MIN];

	digest(b, sizeof(b), UUID_SPACE, cluster, vm);
	return uuid_of_hash(arena, b);
}

/* Of those that nobody sells: 02, and 40 bits of the digest. */
static struct hc_mac mac_of(const char *uuid, const char *net)
{
	uint8_t b[crypto_generichash_BYTES_MIN];
	struct hc_mac mac;

	digest(b, sizeof(b), MAC_SPACE, uuid, net);
	memcpy(mac.bytes, b, sizeof(mac.bytes));
	mac.bytes[0] = 2;
	return mac;
}

/* Differs always, so that vm_adjust() is asked, which knows what HA decided. */
static void derive_order(const struct hc_set *desired, struct hc_resource *r)
{
	if (!vm_under_ha(desired, r->name))
		return;
	((struct hc_vm *)r->spec)->order = UINT64_MAX;
	hc_set_field(r, struct hc_vm, order);
}

static void derive_vms(const struct hc_set *desired)
{
	const char *cluster = cluster_of(desired);
	size_t n;
	struct hc_resource *const *v = hc_of_type(desired, &hc_vm, &n);

	for (size_t i = 0; i < n; i++) {
		struct hc_vm *vm = v[i]->spec;

		if (!vm->uuid && cluster)
			vm->uuid = uuid_of(desired->arena, cluster, v[i]->name);
		if (!hc_has_field(v[i], struct hc_vm, max_cpus))
			vm->max_cpus = vm->cpus;
		if (!hc_has_field(v[i], struct hc_vm, max_memory))
			vm->max_memory = vm->memory;
		vm->settled = true;
		if (vm->uuid)
			hc_set_field(v[i], struct hc_vm, uuid);
		hc_set_field(v[i], struct hc_vm, max_cpus);
		hc_set_field(v[i], struct hc_vm, max_memory);
		hc_set_field(v[i], struct hc_vm, settled);
		hc_set_field(v[i], struct hc_vm, libvirt_autostart); /* never */
		derive_order(desired, v[i]);
	}
}

static void derive_disks(const struct hc_set *desired)
{
	size_t n;
	struct hc_resource *const *v = hc_of_type(desired, &hc_vm_disk, &n);

	for (size_t i = 0; i < n; i++) {
		((struct hc_vm_disk *)v[i]->spec)->attached = true;
		hc_set_field(v[i], struct hc_vm_disk, attached);
	}
}

static void derive_nets(const struct hc_set *desired)
{
	size_t n;
	struct hc_resource *const *v = hc_of_type(desired, &hc_vm_net, &n);

	for (size_t i = 0; i < n; i++) {
		const struct hc_vm *vm = v[i]->parent ? v[i]->parent->spec : NULL;
		struct hc_vm_net *net = v[i]->spec;

		if (hc_has_field(v[i], struct hc_vm_net, mac) || !vm || !vm->uuid)
			continue;
		net->mac = mac_of(vm->uuid, strrchr(v[i]->name, '/') + 1);
		hc_set_field(v[i], struct hc_vm_net, mac);
	}
}

static const char *storage_of(const struct hc_set *desired, const struct hc_resource *vm)
{
	const char *storage = NULL;
	int lowest = INT32_MAX;
	size_t n;
	struct hc_resource *const *v = hc_of_type(desired, &hc_vm_disk, &n);

	for (size_t i = 0; i < n; i++) {
		int number = disk_number(strrchr(v[i]->name, '/') + 1);

		if (v[i]->parent != vm || number < 0 || number >= lowest)
			continue;
		lowest = number;
		storage = ((const struct hc_vm_disk *)v[i]->spec)->storage;
	}
	return storage;
}

/* A name of a host has letters, digits and `-`. */
static char *host_name(struct hc_arena *arena, const char *vm)
{
	char *name = hc_strndup(arena, vm, 63);

	for (char *c = name; *c; c++)
		if (!strchr("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789", *c))
			*c = '-';
	return name;
}

static void derive_seed(struct hc_call *call, const struct hc_set *desired, struct hc_resource *r)
{
	struct hc_vm_cloud_init *spec = r->spec;

	if (!spec->hostname)
		spec->hostname = host_name(desired->arena, r->parent->name);
	if (!spec->storage)
		spec->storage = storage_of(desired, r->parent);
	if (!spec->storage) {
		hc_say(&call->diags, HC_ERROR, r->place,
		       "cloud_init needs a storage: the VM has no disk whose storage it could use");
		return;
	}
	spec->seed = seed_text(desired->arena, desired, r, r->parent);
	hc_set_field(r, struct hc_vm_cloud_init, hostname);
	hc_set_field(r, struct hc_vm_cloud_init, storage);
	if (spec->seed)
		hc_set_field(r, struct hc_vm_cloud_init, seed);
}

int vm_derive(struct hc_call *call, struct hc_set *desired)
{
	size_t n;
	struct hc_resource *const *v = hc_of_type(desired, &hc_vm_cloud_init, &n);

	derive_vms(desired);
	derive_disks(desired);
	derive_nets(desired);
	for (size_t i = 0; i < n; i++)
		if (v[i]->parent)
			derive_seed(call, desired, v[i]);
	return 0;
}
