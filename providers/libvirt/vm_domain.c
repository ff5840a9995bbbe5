/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The domain that the manifests ask for, put together from the VM and all that is nested in it,
 * with everything that libvirt has to be told to reach its disks. There is a CD drive at all times,
 * as a guest that runs gets none; cloud-init's seed is a second one.
 */

#include <inttypes.h>
#include <string.h>

#include <ceph-client/wants.h>

#include "seed.h"
#include "storage.h"
#include "vm.h"
#include "volume.h"

static const char *key_of(const struct hc_resource *child)
{
	return strchr(child->name, '/') + 1;
}

/* The children of a VM: its resources of that type. */
static struct hc_resource **children(struct hc_call *call, const struct hc_type *type,
				     const char *vm, size_t *n)
{
	size_t all, size = strlen(vm);
	struct hc_resource *const *v = hc_of_type(call->desired, type, &all);
	struct hc_resource **some = hc_alloc(call->arena, all * sizeof(*some));

	*n = 0;
	for (size_t i = 0; i < all; i++)
		if (!strncmp(v[i]->name, vm, size) && v[i]->name[size] == '/')
			some[(*n)++] = v[i];
	return some;
}

static void source_of(struct hc_call *call, const struct volume *volume,
		      struct domain_source *source)
{
	struct wants wants;

	*source = (struct domain_source){.kind = DOMAIN_FILE};
	if (volume->type == HC_STORAGE_DIR) {
		source->path = volume_text(call->arena, volume);
		return;
	}
	wants = wants_of(call);
	*source = (struct domain_source){
		.kind = DOMAIN_RBD,
		.pool = volume->pool,
		.image = volume->name,
		.user = storage_user(call, volume->storage),
		.secret_uuid = storage_secret(call, volume->storage),
	};
	for (size_t i = 0; i < wants.nmon; i++)
		if (wants.mons[i].address.family)
			hc_strings_add(call->arena, &source->hosts,
				       hc_address_text(call->arena, &wants.mons[i].address, false));
}

static int add_disk(struct hc_call *call, const struct hc_vm *vm, const struct hc_resource *r,
		    struct domain *domain)
{
	const struct hc_vm_disk *spec = r->spec;
	struct domain_disk *disk = &domain->disks[domain->ndisk];
	struct volume volume;

	if (!volume_of(call, spec->storage, hc_vm_disk_volume(call->arena, vm, key_of(r)), &volume))
		return hc_fail(call, ENOENT, r, "there is no Storage %s on this node",
			       spec->storage);
	*disk = (struct domain_disk){
		.name = key_of(r),
		.spec = *spec,
		.target = domain_target(call->arena, (enum hc_disk_bus)spec->bus, key_of(r)),
	};
	domain->ndisk++;
	source_of(call, &volume, &disk->source);
	return 0;
}

/* Where an Image is; false: there is none of that name, or not on this node. */
static bool image_volume(struct hc_call *call, const char *name, struct volume *volume)
{
	const struct hc_resource *r = hc_find(call->desired, &hc_image, NULL, name);
	const struct hc_image *image = r ? r->spec : NULL;

	if (!image || !volume_of(call, image->storage, name, volume))
		return false;
	if (volume->type == HC_STORAGE_RBD)
		volume->name = hc_printf(call->arena, HC_IMAGE_PREFIX "%s", name);
	return true;
}

const char *vm_medium_path(struct hc_call *call, const char *cdrom)
{
	struct volume volume;

	if (!cdrom || !image_volume(call, cdrom, &volume) || volume.type != HC_STORAGE_DIR)
		return cdrom;
	return volume_text(call->arena, &volume);
}

static int add_cdrom(struct hc_call *call, const struct hc_resource *r, struct domain *domain)
{
	const struct hc_vm *vm = r->spec;
	struct domain_disk *drive = &domain->disks[domain->ndisk++];
	struct volume volume;

	*drive = (struct domain_disk){
		.name = "cdrom",
		.spec = {.bus = HC_BUS_SATA},
		.cdrom = true,
		.target = domain_target(call->arena, HC_BUS_SATA, "cdrom"),
	};
	if (!vm->cdrom || !strcmp(vm->cdrom, "none"))
		return 0;
	if (*vm->cdrom == '/') {
		drive->source = (struct domain_source){.kind = DOMAIN_FILE, .path = vm->cdrom};
		return 0;
	}
	if (!image_volume(call, vm->cdrom, &volume))
		return hc_fail(call, ENOENT, r, "there is no Image %s on this node", vm->cdrom);
	source_of(call, &volume, &drive->source);
	return 0;
}

static void add_seed(struct hc_call *call, const char *vm, struct domain *domain)
{
	struct domain_disk *drive = &domain->disks[domain->ndisk];
	struct volume volume;

	if (!seed_volume(call, vm, &volume))
		return;
	*drive = (struct domain_disk){
		.name = "cloudinit",
		.spec = {.bus = HC_BUS_SCSI},
		.cdrom = true,
		.target = domain_target(call->arena, HC_BUS_SCSI, "cloudinit"),
	};
	domain->ndisk++;
	source_of(call, &volume, &drive->source);
}

static int add_disks(struct hc_call *call, const struct hc_resource *r, struct domain *domain)
{
	size_t n;
	struct hc_resource **v = children(call, &hc_vm_disk, r->name, &n);
	int error = 0;

	domain->disks = hc_alloc(call->arena, (n + 2) * sizeof(*domain->disks));
	for (size_t i = 0; !error && i < n; i++)
		error = add_disk(call, r->spec, v[i], domain);
	if (!error)
		error = add_cdrom(call, r, domain);
	if (!error)
		add_seed(call, r->name, domain);
	return error;
}

static void add_nets(struct hc_call *call, const char *vm, struct domain *domain)
{
	size_t n;
	struct hc_resource **v = children(call, &hc_vm_net, vm, &n);

	domain->nets = hc_alloc(call->arena, n * sizeof(*domain->nets));
	for (size_t i = 0; i < n; i++)
		domain->nets[domain->nnet++] = (struct domain_net){
			.name = key_of(v[i]),
			.spec = *(const struct hc_vm_net *)v[i]->spec,
		};
}

int vm_domain(struct hc_call *call, const char *vm, struct domain *domain)
{
	const struct hc_resource *r = hc_find(call->desired, &hc_vm, NULL, vm);
	int error;

	if (!r)
		return hc_fail(call, ENOENT, NULL, "no manifest has a VirtualMachine %s", vm);
	*domain = (struct domain){
		.name = r->name,
		.uuid = ((const struct hc_vm *)r->spec)->uuid,
		.ours = true,
		.emulated = access("/dev/kvm", R_OK | W_OK) != 0,
		.vm = *(const struct hc_vm *)r->spec,
	};
	error = add_disks(call, r, domain);
	if (error)
		return error;
	add_nets(call, vm, domain);
	domain_boot(domain);
	return 0;
}

const struct domain_disk *vm_domain_disk(const struct domain *domain, const char *name)
{
	for (size_t i = 0; i < domain->ndisk; i++)
		if (domain->disks[i].name && !strcmp(domain->disks[i].name, name))
			return &domain->disks[i];
	return NULL;
}

const struct domain_net *vm_domain_net(const struct domain *domain, const char *name)
{
	for (size_t i = 0; i < domain->nnet; i++)
		if (domain->nets[i].name && !strcmp(domain->nets[i].name, name))
			return &domain->nets[i];
	return NULL;
}
