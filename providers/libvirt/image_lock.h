/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Who makes an Image that is there once for the cluster: whoever holds a RADOS lock on the object
 * image.NAME, in pool hcstate, namespace volume. A thread renews it; a node that is lost loses it
 * within half a minute.
 */

#include <rados/librados.h>

#include <hcstate/base.h>

struct image_lock;

/* 0; -EBUSY and *holder (a node's name, in the arena): somebody else has it; another errno. */
int image_lock_take(struct hc_arena *arena, rados_t rados, const char *name, const char *node,
		    struct image_lock **lock, const char **holder);
/* Whether it is ours still. Who has lost it must stop at once. */
bool image_lock_held(struct image_lock *lock);
struct image_lock *image_lock_free(struct image_lock *lock); /* gives it back; takes NULL */
