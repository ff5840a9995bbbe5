/* SPDX-License-Identifier: Apache-2.0 */
/*
 * VmCloudInit: a second CD of a VM with the seed for cloud-init. It is all made of the manifests,
 * so it goes without a question when they have none any more. A guest reads it when it boots; so a
 * drive that comes or goes does so at the VM's next start.
 */

#include <errno.h>
#include <string.h>

#include "cluster.h"
#include "device.h"
#include "hypervisor.h"
#include "seed.h"
#include "vm.h"
#include "vm_home.h"

enum op {
	WRITE,
	DEFINE,
	EJECT,
	REMOVE,
	DETACH,
};

#define OTHER "(another one)"

/* The drive in what is defined, or, of a domain that is not, in what runs. */
static const struct domain_disk *drive_of(const struct vm_here *here)
{
	const struct domain *domain = here->defined ? here->defined : here->running;
	const struct domain_disk *drive = domain ? vm_domain_disk(domain, SEED_DISK) : NULL;

	return drive && drive->source.kind != DOMAIN_EMPTY ? drive : NULL;
}

/* Whether the drive has this volume in it. */
static bool has_volume(struct hc_arena *arena, const struct domain_source *source,
		       const struct volume *volume)
{
	switch (source->kind) {
	case DOMAIN_EMPTY:
		return false;
	case DOMAIN_FILE:
		return volume->type == HC_STORAGE_DIR &&
		       !strcmp(source->path, volume_text(arena, volume));
	case DOMAIN_RBD:
		return volume->type == HC_STORAGE_RBD && !strcmp(source->pool, volume->pool) &&
		       !strcmp(source->image, volume->name);
	}
	return false;
}

/* Whether it holds what is wanted; a negative errno, and *why. */
static int compare(const struct look *look, const struct volume *volume, const char *text,
		   const char **why)
{
	rados_t rados = NULL;
	int r = 0;

	if (volume->type == HC_STORAGE_RBD)
		r = cluster_take(look->call, look->self->cluster, &rados, why);
	if (r)
		return r;
	r = seed_same(look->call->arena, rados, volume, text);
	if (rados)
		cluster_give(look->self->cluster, rados, r == -ETIMEDOUT);
	if (r < 0)
		*why = hc_printf(look->call->arena, "%s cannot be read: %s",
				 volume_text(look->call->arena, volume), strerror(-r));
	return r == -ENOENT ? 0 : r;
}

/* "stockage_ceph/vm-100-cloudinit", "/srv/vms/vm-100-cloudinit" */
static const char *text_of(struct hc_arena *arena, const struct domain_source *source)
{
	switch (source->kind) {
	case DOMAIN_EMPTY:
		break;
	case DOMAIN_FILE:
		return source->path;
	case DOMAIN_RBD:
		return hc_printf(arena, "%s/%s", source->pool, source->image);
	}
	return "";
}

/* All that a document says is in the text: of what is there only that one is compared. */
static struct hc_resource *add(const struct look *look, const char *name, const char *source)
{
	const struct hc_resource *want =
		hc_find(look->call->desired, &hc_vm_cloud_init, NULL, name);
	struct hc_resource *r = hc_resource_new(&look->live->found, &hc_vm_cloud_init, NULL, name);
	struct hc_vm_cloud_init *spec = r->spec;
	struct volume volume;

	r->made = true;
	if (want) {
		*spec = *(const struct hc_vm_cloud_init *)want->spec;
		r->set = want->set;
	}
	spec->source = source;
	spec->storage = volume_at(look->call, source, &volume) ? volume.storage : source;
	spec->seed = OTHER;
	hc_set_field(r, struct hc_vm_cloud_init, storage);
	hc_set_field(r, struct hc_vm_cloud_init, seed);
	hc_set_field(r, struct hc_vm_cloud_init, source);
	return r;
}

static void see_drive(const struct look *look, const struct vm_here *here,
		      const struct domain_disk *drive)
{
	struct hc_arena *arena = look->call->arena;
	const char *name = hc_printf(arena, "%s/" SEED_CHILD, here->name), *why = NULL;
	const struct hc_resource *want =
		hc_find(look->call->desired, &hc_vm_cloud_init, NULL, name);
	const struct hc_vm_cloud_init *wanted = want ? want->spec : NULL;
	struct hc_vm_cloud_init *spec = add(look, name, text_of(arena, &drive->source))->spec;
	struct volume volume;
	int same;

	if (!wanted || !seed_volume(look->call, here->name, &volume) ||
	    !has_volume(arena, &drive->source, &volume))
		return;
	spec->storage = wanted->storage; /* two of them may be the same place */
	same = compare(look, &volume, wanted->seed, &why);
	if (same == 1)
		spec->seed = wanted->seed;
	else if (same < 0)
		hc_unknown(look->live, &hc_vm_cloud_init, "%s", why);
}

/* Whether anybody still knows that VM. */
static bool is_known(const struct look *look, const char *vm)
{
	const struct vms *vms = look->vms;

	for (size_t i = 0; i < vms->nclaim; i++)
		if (vms->claims[i].vm && !strcmp(vms->claims[i].vm, vm))
			return true;
	return vms_here(vms, vm) || hc_find(look->call->desired, &hc_vm, NULL, vm);
}

static void see_orphans_among(const struct look *look, const struct hc_map *marks)
{
	for (size_t i = 0; i < marks->n; i++) {
		const char *owner = marks->v[i].value, *slash = strchr(owner, '/');

		if (slash && !strcmp(slash + 1, SEED_CHILD) &&
		    !is_known(look, vm_of_child(look->call->arena, owner)))
			(void)add(look, owner, marks->v[i].key);
	}
}

/* A run that was killed removed the VM and not yet this. What cannot be read others say. */
static void see_orphans(const struct look *look)
{
	struct hc_call *call = look->call;
	struct hc_map marks;
	const char *why;
	rados_t rados;
	int r;

	if (!volume_marks_here(call, &marks, NULL, &why))
		see_orphans_among(look, &marks);
	if (!cluster_wanted(call) || cluster_take(call, look->self->cluster, &rados, &why))
		return;
	r = volume_marks(call->arena, rados, &marks, NULL);
	cluster_give(look->self->cluster, rados, r == -ETIMEDOUT);
	if (!r)
		see_orphans_among(look, &marks);
}

static int read_seeds(const struct look *look)
{
	const struct vms *vms = look->vms;

	if (!vms_known(look, &hc_vm_cloud_init))
		return 0;
	for (size_t i = 0; i < vms->nhere; i++) {
		const struct vm_here *here = &vms->here[i];
		const struct domain_disk *drive = drive_of(here);

		if (drive && here->ours && vms_mine(look->call, vms, here))
			see_drive(look, here, drive);
	}
	see_orphans(look);
	return 0;
}

static void adjust_removal(struct hc_call *call, struct hc_change *change)
{
	const char *vm = vm_of_child(call->arena, change->name);

	switch (vm_fate(call, vm)) {
	case VM_STAYS:
		change->kept = hc_printf(call->arena, "VirtualMachine/%s has it", vm);
		return;
	case VM_WANTED:
		if (!device_ready(call, change->name))
			change->kept = "its VM is on its way to another node";
		return;
	case VM_GOES:
		return;
	}
}

static int adjust(struct hc_call *call, struct hc_change *change)
{
	if (change->action == HC_REMOVE)
		adjust_removal(call, change);
	else if (!device_ready(call, change->name))
		device_leave(change);
	else if (change->have && hc_differs(change, struct hc_vm_cloud_init, storage))
		change->refused =
			hc_printf(call->arena,
				  "its image is in %s: without cloud_init for one apply it goes",
				  ((const struct hc_vm_cloud_init *)change->have->spec)->storage);
	return 0;
}

static const char *when(const struct hc_call *call, const struct hc_change *change)
{
	return device_vm_runs(call, change->name) ? " for the VM's next start" : "";
}

static void plan_removal(struct hc_call *call, struct hc_change *change, struct hc_plan *plan)
{
	const char *vm = vm_of_child(call->arena, change->name);
	struct hc_step *step;

	if (vm_fate(call, vm) == VM_GOES) {
		hc_change_after(plan, change, hc_plan_find(plan, &hc_vm, NULL, vm));
		step = hc_step(plan, change, REMOVE, HC_NONE, NULL, "remove its image");
		if (!hc_find(&call->live->found, &hc_vm, NULL, vm))
			step->node = NULL; /* it is nobody's */
		return;
	}
	if (device_vm_runs(call, change->name))
		(void)hc_step(plan, change, EJECT, HC_NONE, NULL, "eject it");
	(void)hc_step(plan, change, REMOVE, HC_NONE, NULL, "remove its image");
	/* Last: as long as the drive is defined the next look sees what is left to do. */
	(void)hc_step(plan, change, DETACH, HC_NONE, NULL, "take out its drive%s",
		      when(call, change));
}

static int plan(struct hc_call *call, struct hc_change *change, struct hc_plan *plan)
{
	if (change->action == HC_REMOVE) {
		plan_removal(call, change, plan);
		return 0;
	}
	(void)hc_step(plan, change, WRITE, HC_NONE, NULL, "write what cloud-init reads");
	if (!change->have && !device_vm_new(plan, change->name))
		(void)hc_step(plan, change, DEFINE, HC_NONE, NULL, "define its drive%s",
			      when(call, change));
	return 0;
}

int seed_give(struct hc_call *call, struct libvirt *self, const char *vm)
{
	struct volume volume;
	const char *why;
	rados_t rados = NULL;
	int r;

	if (seed_volume(call, vm, &volume) && volume.type == HC_STORAGE_RBD &&
	    cluster_take(call, self->cluster, &rados, &why))
		return hc_wait(call, "%s", why);
	r = seed_store(call, rados, vm);
	if (rados)
		cluster_give(self->cluster, rados, r == -ETIMEDOUT);
	return r;
}

/* What runs keeps an empty drive; its image is free then. */
static int eject(struct hc_call *call, struct libvirt *self, const struct vm_here *here)
{
	const struct domain_disk *drive =
		here->running ? vm_domain_disk(here->running, SEED_DISK) : NULL;
	struct domain_disk empty;

	(void)self;
	if (!drive || drive->source.kind == DOMAIN_EMPTY)
		return 0;
	empty = *drive;
	empty.source = (struct domain_source){.kind = DOMAIN_EMPTY};
	if (!virDomainUpdateDeviceFlags(here->domain, domain_write_disk(call->arena, &empty),
					VIR_DOMAIN_AFFECT_LIVE))
		return 0;
	return hypervisor_fail(call, NULL, "cannot eject what cloud-init reads");
}

static int detach(struct hc_call *call, struct libvirt *self, const struct vm_here *here)
{
	if (!here->defined || !vm_domain_disk(here->defined, SEED_DISK))
		return 0;
	return device_detach(call, self, here, "ua-" SEED_DISK, true, false);
}

static int with_domain(struct hc_call *call, struct libvirt *self, const char *child,
		       int (*work)(struct hc_call *, struct libvirt *, const struct vm_here *))
{
	virConnectPtr connect;
	struct vm_here here;
	int r = device_open(call, self, child, &connect, &here);

	if (r)
		return r;
	r = work(call, self, &here);
	vm_here_done(connect, &here);
	return r;
}

static int remove_image(struct hc_call *call, struct libvirt *self, const struct hc_change *change)
{
	const struct hc_vm_cloud_init *have = change->have->spec;
	struct volume volume;
	const char *why;
	rados_t rados = NULL;
	int r;

	if (!have->source || !volume_at(call, have->source, &volume))
		return 0; /* its storage is gone, and so is what was in it as far as we can see */
	if (volume.type == HC_STORAGE_RBD && cluster_take(call, self->cluster, &rados, &why))
		return hc_wait(call, "%s", why);
	r = volume_remove(call, rados, &volume);
	if (rados)
		cluster_give(self->cluster, rados, r == -ETIMEDOUT);
	return r;
}

static int apply(struct hc_call *call, struct libvirt *self, const struct hc_step *step)
{
	const struct hc_change *change = step->change;
	const char *vm = vm_of_child(call->arena, change->name);

	switch ((enum op)step->op) {
	case WRITE:
		return seed_give(call, self, vm);
	case DEFINE:
		return vm_define(call, self, vm, SEED_DISK);
	case EJECT:
		return with_domain(call, self, change->name, eject);
	case REMOVE:
		return remove_image(call, self, change);
	case DETACH:
		return with_domain(call, self, change->name, detach);
	}
	return 0;
}

const struct noun cloud_init_noun = {
	.type = &hc_vm_cloud_init,
	.read = read_seeds,
	.adjust = adjust,
	.plan = plan,
	.apply = apply,
};
