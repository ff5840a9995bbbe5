/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Who has a VM's disks open, and taking them away: watchers of RBD images, their locks, and the
 * blocklist of the OSD map.
 */

#include <hcstate/provider.h>
#include <rados/librados.h>

struct rbd_place {
	const char *pool, *image;
};

/* The clients that have it open: "10.0.0.1:0/3571". Opening it to look adds none. -ENOENT: there is
 * no such image. */
int fence_watchers(struct hc_arena *arena, rados_t rados, const struct rbd_place *image,
		   struct hc_strings *addresses);
/* Who of them is on the blocklist. */
int fence_listed(struct hc_arena *arena, rados_t rados, struct hc_strings *listed);
/* The same of what `osd blocklist ls` answered. -EBADMSG: it is no such answer. */
int fence_read_listed(struct hc_arena *arena, const char *answer, struct hc_strings *listed);
/* Blocklists all for ten years, and waits until the OSDs have that map. */
int fence_block(struct hc_call *call, rados_t rados, const struct hc_strings *addresses);
/* Likewise for an hour, which is enough for those whose process is gone. */
int fence_dismiss(struct hc_call *call, rados_t rados, const struct hc_strings *addresses);
/* The same of those that are on it for years. */
int fence_shorten(struct hc_call *call, rados_t rados, const struct hc_strings *addresses);
/* Breaks every exclusive lock of the image whose owner is on the blocklist. */
int fence_unlock(struct hc_call *call, rados_t rados, const struct rbd_place *image);
