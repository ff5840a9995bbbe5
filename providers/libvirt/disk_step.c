/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is done about a disk. Each looks first and does only what is missing, in an order in which a
 * run that was killed leaves something that the next look sees: plugged in, its client recorded in
 * the claim, then defined; taken out of the definition, then out of what runs.
 */

#include "disk.h"

#include <inttypes.h>
#include <string.h>

#include "cluster.h"
#include "device.h"
#include "hypervisor.h"
#include "image.h"
#include "vm_home.h"
#include "vm_power.h"
#include "volume.h"

/* What a step does with the disk's volume; rados is NULL for a file. */
typedef int volume_work(struct hc_call *call, rados_t rados, const struct volume *volume,
			const struct hc_resource *disk);

/* Where the data of a disk is, wanted or live. */
static int volume_of_disk(struct hc_call *call, const struct hc_resource *disk,
			  struct volume *volume)
{
	const char *vm = vm_of_child(call->arena, disk->name), *name;
	const struct hc_resource *r = hc_find(call->desired, &hc_vm, NULL, vm);
	const struct hc_vm_disk *spec = disk->spec;
	const char *slash = spec->source ? strrchr(spec->source, '/') : NULL;

	if (r)
		name = hc_vm_disk_volume(call->arena, r->spec, device_name(disk->name));
	else if (slash)
		name = slash + 1;
	else
		return hc_fail(call, ENOENT, disk, "nobody knows what its image is called");
	if (volume_of(call, spec->storage, name, volume))
		return 0;
	return hc_fail(call, ENOENT, disk, "this node has no Storage %s", spec->storage);
}

static int with_volume(struct hc_call *call, struct libvirt *self, const struct hc_resource *disk,
		       const struct volume *volume, volume_work *work)
{
	const char *why = "";
	rados_t rados = NULL;
	int r;

	if (volume->type == HC_STORAGE_RBD && cluster_take(call, self->cluster, &rados, &why))
		return hc_wait(call, "%s", why);
	r = work(call, rados, volume, disk);
	if (rados)
		cluster_give(self->cluster, rados, r == -ETIMEDOUT);
	return r;
}

/* The Image that a disk begins as: an RBD image, or a file in a directory. */
static int image_of(struct hc_call *call, const struct hc_resource *disk, struct volume *volume)
{
	const struct hc_vm_disk *spec = disk->spec;
	const struct hc_resource *r = hc_find(call->desired, &hc_image, NULL, spec->image);
	const struct hc_image *image = r ? r->spec : NULL;

	if (image && image_volume(call, image->storage, r->name, volume))
		return 0;
	return hc_fail(call, ENOENT, disk, "this node has no Storage with Image/%s", spec->image);
}

static int make(struct hc_call *call, rados_t rados, const struct volume *volume,
		const struct hc_resource *disk)
{
	const struct hc_vm_disk *spec = disk->spec;
	struct volume image;
	int r = spec->image ? image_of(call, disk, &image) : 0;

	return r ? r
		 : volume_make(call, rados, volume, spec->size, spec->image ? &image : NULL,
			       disk->name);
}

int disk_make(struct hc_call *call, struct libvirt *self, const struct hc_resource *disk)
{
	struct volume volume = {.storage = NULL};
	int r = volume_of_disk(call, disk, &volume);

	return r ? r : with_volume(call, self, disk, &volume, make);
}

static char *write_disk(struct hc_arena *arena, const struct domain *domain, const char *name)
{
	const struct domain_disk *wanted = vm_domain_disk(domain, name);
	struct domain_disk disk;

	if (!wanted)
		return NULL;
	disk = *wanted;
	disk.boot = 0;
	disk.address = NULL;
	return domain_write_disk(arena, &disk);
}

/* The claim has to know each client before anybody may have to be fenced. */
static int record(struct hc_call *call, struct libvirt *self, const struct vm_here *here)
{
	struct vm_power power;
	int r = vm_power_open(call, self, here->name, here->uuid, &power);

	return r ? r : vm_power_close(&power, protocol_plugged(&power.protocol));
}

static int attach_running(struct hc_call *call, struct libvirt *self, const struct vm_here *here,
			  const char *name)
{
	int r = vm_domain_disk(here->running, name) ? 0
						    : device_attach(call, here, name, write_disk);

	return r ? r : record(call, self, here);
}

int disk_attach(struct hc_call *call, struct libvirt *self, const struct hc_change *change)
{
	const char *name = device_name(change->name);
	virConnectPtr connect;
	struct vm_here here;
	int r = device_open(call, self, change->name, &connect, &here);

	if (r)
		return r;
	if (here.running && (!here.defined || !vm_domain_disk(here.defined, name) ||
			     !vm_domain_disk(here.running, name)))
		r = attach_running(call, self, &here, name);
	if (!r && (!here.defined || !vm_domain_disk(here.defined, name)))
		r = vm_define(call, self, here.name, name);
	vm_here_done(connect, &here);
	return r;
}

static int grow(struct hc_call *call, rados_t rados, const struct volume *volume,
		const struct hc_resource *disk)
{
	return volume_grow(call, rados, volume, ((const struct hc_vm_disk *)disk->spec)->size);
}

static int grow_stopped(struct hc_call *call, struct libvirt *self, const struct hc_resource *disk)
{
	struct volume volume = {.storage = NULL};
	int r = volume_of_disk(call, disk, &volume);

	return r ? r : with_volume(call, self, disk, &volume, grow);
}

/* QEMU grows what it has open itself, and tells the guest. */
static int grow_running(struct hc_call *call, const struct vm_here *here,
			const struct hc_resource *disk)
{
	const struct hc_vm_disk *spec = disk->spec;
	const struct domain_disk *is = vm_domain_disk(here->running, device_name(disk->name));
	virDomainBlockInfo info;

	if (!is || !is->target)
		return hc_wait(call, "%s is not attached", disk->name);
	/* What grew meanwhile must not be cut off again. */
	if (virDomainGetBlockInfo(here->domain, is->target, &info, 0))
		return hypervisor_fail(call, disk, "cannot see its size");
	if (info.capacity > spec->size)
		return hc_fail(call, EINVAL, disk, "it has %llu bytes by now: it never shrinks",
			       info.capacity);
	if (!virDomainBlockResize(here->domain, is->target, spec->size,
				  VIR_DOMAIN_BLOCK_RESIZE_BYTES))
		return 0;
	return hypervisor_fail(call, disk, "cannot grow it");
}

int disk_grow(struct hc_call *call, struct libvirt *self, const struct hc_resource *disk)
{
	virConnectPtr connect;
	struct vm_here here;
	int r = device_open(call, self, disk->name, &connect, &here);

	if (r)
		return r;
	r = here.running ? grow_running(call, &here, disk) : grow_stopped(call, self, disk);
	vm_here_done(connect, &here);
	return r;
}

int disk_detach(struct hc_call *call, struct libvirt *self, const char *child)
{
	const char *name = device_name(child);
	virConnectPtr connect;
	struct vm_here here;
	int r = device_open(call, self, child, &connect, &here);

	if (r)
		return r;
	r = device_detach(call, self, &here, hc_printf(call->arena, "ua-%s", name),
			  here.defined && vm_domain_disk(here.defined, name),
			  here.running && vm_domain_disk(here.running, name));
	vm_here_done(connect, &here);
	return r;
}

static bool has_disk(const struct domain *domain, const char *name)
{
	return vm_domain_disk(domain, name);
}

int disk_detached(struct hc_call *call, struct libvirt *self, const char *child)
{
	return device_gone(call, self, child, has_disk);
}

static int drop(struct hc_call *call, rados_t rados, const struct volume *volume,
		const struct hc_resource *disk)
{
	(void)disk;
	return volume_remove(call, rados, volume);
}

int disk_remove(struct hc_call *call, struct libvirt *self, const struct hc_resource *disk)
{
	struct volume volume = {.storage = NULL};
	int r = volume_of_disk(call, disk, &volume);

	return r ? r : with_volume(call, self, disk, &volume, drop);
}
