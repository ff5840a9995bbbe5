/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The live VmDisks: the disks of the VMs that this node answers for, and images and files that
 * hcstate made and no VM has, which are kept. What another node's VM has is that node's to tell.
 *
 * A wanted disk counts as attached when what is defined and what runs both have it, one that is not
 * wanted as long as either does: so what is left of half a change always shows as a difference.
 */

#include "disk.h"

#include <inttypes.h>
#include <string.h>

#include "claim_store.h"
#include "cluster.h"
#include "device.h"
#include "vm.h"
#include "vm_home.h"
#include "volume.h"

#define SET_MEMBER(r, member) hc_set_field(r, struct hc_vm_disk, member)

struct seen {
	const char *name;           /* "vm/disk-0" */
	const struct vm_here *here; /* NULL: no VM has it */
	const struct domain_disk *disk;
	bool attached;
	bool lost;            /* a wanted one that was whole once, if there is nothing now */
	struct volume volume; /* storage NULL: it is in none of this node */
	const char *source;
	uint64_t size;
};

struct seeing {
	const struct look *look;
	struct seen *v;
	size_t n, room;
};

static bool is_disk(const char *name)
{
	return name && !strncmp(name, "disk-", strlen("disk-"));
}

static struct seen *add(struct seeing *seeing, const char *name)
{
	struct hc_arena *arena = seeing->look->call->arena;

	seeing->v = hc_grow(arena, seeing->v, seeing->n, &seeing->room, sizeof(*seeing->v));
	seeing->v[seeing->n] = (struct seen){.name = name};
	return &seeing->v[seeing->n++];
}

static struct seen *find(const struct seeing *seeing, const char *name)
{
	for (size_t i = 0; i < seeing->n; i++)
		if (!strcmp(seeing->v[i].name, name))
			return &seeing->v[i];
	return NULL;
}

static void place(const struct hc_call *call, const struct domain_source *source, struct seen *seen)
{
	switch (source->kind) {
	case DOMAIN_EMPTY:
		seen->source = "";
		return;
	case DOMAIN_RBD:
		seen->source = hc_printf(call->arena, "%s/%s", source->pool, source->image);
		break;
	case DOMAIN_FILE:
		seen->source = source->path;
		break;
	}
	(void)volume_at(call, seen->source, &seen->volume);
}

/* Whether the VM has it, as far as the manifests care: see above. */
static bool counts_as_attached(const struct hc_call *call, const struct seen *seen)
{
	const struct vm_here *here = seen->here;
	bool defined = here->defined && vm_domain_disk(here->defined, seen->disk->name);
	bool running = here->running && vm_domain_disk(here->running, seen->disk->name);

	if (!hc_find(call->desired, &hc_vm_disk, NULL, seen->name))
		return true;
	return defined && (running || !here->running ||
			   device_waits(here, seen->disk->spec.bus == HC_BUS_VIRTIO));
}

static void see_domain(struct seeing *seeing, const struct vm_here *here,
		       const struct domain *domain)
{
	struct hc_call *call = seeing->look->call;

	for (size_t i = 0; domain && i < domain->ndisk; i++) {
		const struct domain_disk *disk = &domain->disks[i];
		const char *name;
		struct seen *seen;

		if (!is_disk(disk->name))
			continue;
		name = hc_printf(call->arena, "%s/%s", here->name, disk->name);
		if (find(seeing, name))
			continue; /* what is defined comes first */
		seen = add(seeing, name);
		seen->here = here;
		seen->disk = disk;
		seen->attached = counts_as_attached(call, seen);
		place(call, &disk->source, seen);
	}
}

static void see_domains(struct seeing *seeing)
{
	const struct look *look = seeing->look;

	for (size_t i = 0; i < look->vms->nhere; i++) {
		const struct vm_here *here = &look->vms->here[i];

		if (!vms_mine(look->call, look->vms, here))
			continue;
		see_domain(seeing, here, here->defined);
		see_domain(seeing, here, here->running);
	}
}

/* Whether some other node answers for that VM. */
static bool is_elsewhere(const struct look *look, const char *vm)
{
	for (size_t i = 0; i < look->vms->nclaim; i++) {
		const struct claim *claim = &look->vms->claims[i];

		if (claim->vm && claim->node && !strcmp(claim->vm, vm))
			return strcmp(claim->node, look->call->node) != 0;
	}
	return false;
}

/* A mark is "POOL/IMAGE" -> "VM/DISK". What another node's VM has in Ceph is that node's to tell; a
 * file is here, and nobody else sees it. */
static void see_mark(struct seeing *seeing, const struct hc_pair *mark, bool made)
{
	struct hc_call *call = seeing->look->call;
	const char *owner = strchr(mark->value, '/');
	const struct hc_resource *want = hc_find(call->desired, &hc_vm_disk, NULL, mark->value);
	struct volume volume;
	struct seen *seen;

	if (!owner || !is_disk(owner + 1) || find(seeing, mark->value))
		return;
	(void)volume_at(call, mark->key, &volume);
	if ((want || volume.type == HC_STORAGE_RBD) &&
	    is_elsewhere(seeing->look, vm_of_child(call->arena, mark->value)))
		return;
	seen = add(seeing, mark->value);
	seen->source = mark->key;
	seen->lost = made && want;
	seen->volume = volume;
}

/* A node without VMs has not read the claims; but images may be those of others' VMs, also when the
 * manifests name none any more. */
static int know_claims(struct hc_call *call, struct vms *vms, rados_t rados)
{
	const struct claim_store store = {rados};

	return vms->claims ? 0 : claim_store_list(&store, call->arena, &vms->claims, &vms->nclaim);
}

static int see_marks(struct seeing *seeing, rados_t rados)
{
	struct hc_call *call = seeing->look->call;
	const char *where = "Ceph";
	struct hc_strings made = {0};
	struct hc_map images = {0}, files = {0};
	int r = rados ? volume_marks(call->arena, rados, &images, &made) : 0;

	if (!r)
		r = volume_marks_here(call, &files, &made, &where);
	if (!r && rados && images.n + files.n)
		r = know_claims(call, seeing->look->vms, rados);
	if (r) {
		hc_unknown(seeing->look->live, &hc_vm_disk, "whose the volumes in %s are: %s",
			   where, strerror(-r));
		return r;
	}
	for (size_t i = 0; i < images.n; i++)
		see_mark(seeing, &images.v[i], hc_strings_have(&made, images.v[i].key));
	for (size_t i = 0; i < files.n; i++)
		see_mark(seeing, &files.v[i], hc_strings_have(&made, files.v[i].key));
	return 0;
}

/* What runs knows its size, and that is the size that the guest sees. */
static bool size_of_running(struct seen *seen)
{
	virDomainBlockInfo info;

	if (!seen->here || !seen->here->running || !seen->disk->target ||
	    vm_is_occupied(seen->here->domain) ||
	    virDomainGetBlockInfo(seen->here->domain, seen->disk->target, &info, 0))
		return false;
	seen->size = info.capacity;
	return true;
}

static int size_all(struct seeing *seeing, rados_t rados)
{
	struct hc_call *call = seeing->look->call;
	struct volume *volumes = hc_alloc(call->arena, seeing->n * sizeof(*volumes));
	struct seen **of = hc_alloc(call->arena, seeing->n * sizeof(struct seen *));
	uint64_t *sizes = hc_alloc(call->arena, seeing->n * sizeof(*sizes));
	size_t n = 0;
	int r;

	for (size_t i = 0; i < seeing->n; i++) {
		struct seen *seen = &seeing->v[i];

		if (size_of_running(seen) || !seen->volume.pool)
			continue;
		if (seen->volume.type == HC_STORAGE_RBD && !rados)
			return -ENOTCONN;
		of[n] = seen;
		volumes[n++] = seen->volume;
	}
	r = n ? volume_sizes(call, rados, volumes, n, sizes) : 0;
	for (size_t i = 0; !r && i < n; i++)
		of[i]->size = sizes[i];
	return r;
}

static void show(const struct look *look, const struct seen *seen)
{
	struct hc_resource *r;
	struct hc_vm_disk *disk;

	if (!seen->here && !seen->size && !seen->lost)
		return; /* marked to be made, and not made; or gone, and nobody asks for it */
	r = hc_resource_new(&look->live->found, &hc_vm_disk, NULL, seen->name);
	disk = r->spec;
	r->made = true;
	if (seen->disk) {
		*disk = seen->disk->spec;
		SET_MEMBER(r, bus);
		SET_MEMBER(r, cache);
		SET_MEMBER(r, discard);
	}
	disk->storage = seen->volume.storage ? seen->volume.storage
			: seen->volume.pool  ? seen->volume.pool
					     : "";
	disk->size = seen->size;
	disk->image = NULL;
	disk->attached = seen->attached;
	disk->source = seen->source;
	SET_MEMBER(r, storage);
	if (seen->size) /* else what held its data is gone */
		SET_MEMBER(r, size);
	SET_MEMBER(r, attached);
	SET_MEMBER(r, source);
}

/* NULL: there is no Ceph, or none to be reached. */
static rados_t take_ceph(const struct look *look, const char **why)
{
	rados_t rados = NULL;

	if (cluster_wanted(look->call) &&
	    cluster_take(look->call, look->self->cluster, &rados, why))
		return NULL;
	return rados;
}

int disk_read(const struct look *look)
{
	struct seeing seeing = {.look = look};
	const char *why = "";
	rados_t rados;
	int r = 0;

	if (!vms_known(look, &hc_vm_disk))
		return 0;
	rados = take_ceph(look, &why);
	see_domains(&seeing);
	if (!rados && cluster_wanted(look->call) && (look->vms->nclaim || seeing.n))
		hc_unknown(look->live, &hc_vm_disk, "%s", why);
	else
		r = see_marks(&seeing, rados);
	if (!r)
		r = size_all(&seeing, rados);
	if (r && !hc_why_unknown(look->live, &hc_vm_disk))
		hc_unknown(look->live, &hc_vm_disk, "the sizes of their volumes: %s", strerror(-r));
	for (size_t i = 0; i < seeing.n; i++)
		show(look, &seeing.v[i]);
	if (rados)
		cluster_give(look->self->cluster, rados, r == -ETIMEDOUT);
	return 0;
}
