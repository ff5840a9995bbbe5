/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Copying a volume, in as many calls as it takes: each goes on where the last one ended, also after
 * a kill.
 */

#include "volume_open.h"

/* Tells how far it is; false: it is to stop now. `arg` is the caller's. */
typedef bool copy_goes_on(void *arg, uint64_t done, uint64_t size);

/* Fills `to`, an unfinished volume that is made where it is missing, from `from`; `what` is the
 * source's identity: a copy of something else begins anew. 0: all of it is there and on disk.
 * -EINTR: it was stopped. Other errors are said. */
int volume_copy(struct hc_call *call, rados_t rados, const struct opened *from, const char *what,
		const struct volume *to, copy_goes_on *goes_on, void *arg);

/* Takes away what a copy left unfinished, and what was noted of it. Negative errno, not said. */
int volume_copy_drop(struct hc_arena *arena, rados_t rados, const struct volume *to);
