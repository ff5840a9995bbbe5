/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* What is asked of the monitors about OSDs of lost nodes. Both block until Ceph answers, or
 * librados' own timeout. */

#include <rados/librados.h>

#include "osd_find.h"

/* Which are up still. 0 or a negative errno. */
int osd_mark_look(rados_t rados, struct hc_arena *arena, const struct osd_nodes *nodes,
		  struct osd_found *found);
int osd_mark_down(rados_t rados, const struct osd_found *found);
