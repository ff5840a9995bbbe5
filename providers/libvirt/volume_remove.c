/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Removing a volume that nobody has open. All nodes may be at it at once, as what no manifest names
 * belongs to none of them; one of them does it. Several clients that remove the same clone can
 * leave its id among its parent's children when it is gone: from then on Ceph answers "no such
 * file" to who asks for the parent's clones, and the parent cannot be removed either.
 */

#include "volume.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "image_lock.h"
#include "volume_copy.h"
#include "volume_mark.h"
#include "volume_note.h"

/* No Image is called that. One for all volumes: what was locked stays as an empty object. */
#define REMOVAL "/removal"

enum {
	WATCHERS = 32,
};

/* Who has the image open. Looking is not having it open. */
static int check_watchers(struct hc_call *call, rados_t rados, const struct volume *volume)
{
	rbd_image_watcher_t watchers[WATCHERS];
	size_t n = WATCHERS;
	struct opened opened;
	int r = volume_open(call->arena, rados, volume, VOLUME_READ, &opened);

	if (r == -ENOENT)
		return 0;
	if (r < 0)
		return volume_fail(call, r, volume, "look at");
	r = rbd_watchers_list(opened.image, watchers, &n);
	if (r < 0)
		r = volume_fail(call, r, volume, "ask who has open");
	else if (n)
		r = hc_fail(call, EBUSY, NULL, "%s is in use by %s",
			    volume_text(call->arena, volume), watchers[0].addr);
	if (r >= 0 || r == -EBUSY)
		rbd_watchers_list_cleanup(watchers, n);
	volume_close(&opened);
	return r;
}

/* QEMU locks what it has open. */
static int check_locks(struct hc_call *call, const struct volume *volume)
{
	struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
	struct opened opened;
	int r = volume_open(call->arena, NULL, volume, VOLUME_READ, &opened);

	if (r)
		return 0; /* removing it will tell */
	if (!fcntl(opened.fd, F_OFD_GETLK, &lock) && lock.l_type != F_UNLCK)
		r = hc_fail(call, EBUSY, NULL, "%s is in use", volume_text(call->arena, volume));
	volume_close(&opened);
	return r;
}

static int remove_now(struct hc_call *call, rados_t rados, const struct volume *volume)
{
	const struct volume unfinished = volume_unfinished(call->arena, volume);
	int r = volume->type == HC_STORAGE_RBD ? check_watchers(call, rados, volume)
					       : check_locks(call, volume);

	if (r < 0)
		return r;
	r = volume_delete(call->arena, rados, volume);
	if (r == -ENOTEMPTY)
		return hc_fail(call, ENOTEMPTY, NULL, "%s has snapshots, which somebody else made",
			       volume_text(call->arena, volume));
	if (!r)
		r = volume_copy_drop(call->arena, rados, &unfinished);
	if (!r)
		r = volume_unmark(call->arena, rados, volume);
	return r ? volume_fail(call, r, volume, "remove") : 0;
}

int volume_remove(struct hc_call *call, rados_t rados, const struct volume *volume)
{
	struct image_lock *lock = NULL;
	const char *holder;
	int r = volume->type == HC_STORAGE_RBD
			? image_lock_take(call->arena, rados, REMOVAL, call->node, &lock, &holder)
			: 0;

	if (r == -EBUSY)
		return hc_wait(call, "%s is removing one", holder);
	if (r && r != -ENOENT) /* the pool of hcstate's own has gone: nobody else removes either */
		return volume_fail(call, r, volume, "lock");
	r = remove_now(call, rados, volume);
	(void)image_lock_free(lock);
	return r;
}
