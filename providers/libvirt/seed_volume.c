/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A seed where the guest finds it: a volume of the VM beside its disks. Whether it is right is
 * asked of its bytes, so one that somebody changed, or that was written half, is written again.
 */

#include <errno.h>
#include <string.h>

#include "seed.h"
#include "volume_open.h"

static const struct hc_resource *find_seed(const struct hc_call *call, const char *vm)
{
	return hc_find(call->desired, &hc_vm_cloud_init, NULL,
		       hc_printf(call->arena, "%s/" SEED_CHILD, vm));
}

bool seed_volume(const struct hc_call *call, const char *vm, struct volume *volume)
{
	const struct hc_resource *r = find_seed(call, vm);
	const struct hc_resource *owner = hc_find(call->desired, &hc_vm, NULL, vm);
	const struct hc_vm_cloud_init *spec = r ? r->spec : NULL;

	return spec && owner && spec->storage &&
	       volume_of(call, spec->storage,
			 hc_vm_disk_volume(call->arena, owner->spec, SEED_DISK), volume);
}

int seed_same(struct hc_arena *arena, rados_t rados, const struct volume *volume, const char *text)
{
	size_t size = 0;
	const uint8_t *want = text ? seed_image(arena, text, &size) : NULL;
	struct opened opened;
	uint8_t *have;
	int r = want ? volume_open(arena, rados, volume, VOLUME_READ, &opened) : 0;

	if (r < 0 || !want)
		return r;
	have = hc_alloc(arena, size);
	r = opened.size == size ? volume_get(&opened, 0, have, size) : 0;
	if (!r)
		r = opened.size == size && !memcmp(have, want, size);
	volume_close(&opened);
	return r;
}

int seed_store(struct hc_call *call, rados_t rados, const char *vm)
{
	const struct hc_resource *r = find_seed(call, vm);
	const struct hc_vm_cloud_init *spec = r ? r->spec : NULL;
	struct volume volume;
	uint8_t *image;
	size_t size;
	int same;

	if (!spec)
		return 0;
	if (!seed_volume(call, vm, &volume))
		return hc_fail(call, ENOENT, r, "there is no Storage %s on this node",
			       spec->storage ? spec->storage : "for it");
	image = spec->seed ? seed_image(call->arena, spec->seed, &size) : NULL;
	if (!image)
		return hc_fail(call, EINVAL, r, "what cloud-init shall read is not known yet");
	same = seed_same(call->arena, rados, &volume, spec->seed);
	if (same < 0 && same != -ENOENT)
		return volume_fail(call, same, &volume, "read");
	return same == 1 ? 0 : volume_write(call, rados, &volume, image, size, r->name);
}
