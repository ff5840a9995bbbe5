/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Beats in Ceph: the object `beats` beside the records, a key per node. It is one object, so that
 * where its placement group stands still nobody writes and nobody listens, and no node looks lost
 * for it.
 */

#include <ceph-client/link.h>

#include "beat.h"

/* On a handle that was taken of those links, and that it gives back. */
struct beat_store beat_rados(struct links *links, rados_t rados);
