/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* What a disk is, beside the cluster's OSDs and the marks of those that hcstate began. */

#include "osd.h"

/* `want`: the document that names the path, for its mark; may be NULL. */
void device_look(const struct look *look, const struct scan *scan, const struct hc_resource *want,
		 const char *path, struct hc_ceph_device *device);
/* The same of a disk that is open; everything but path, size and use. */
void device_content(struct hc_arena *arena, const struct facts *facts,
		    const struct hc_resource *want, const struct scan *scan, int fd,
		    struct hc_ceph_device *device);
/* Whether another OSD's database or log may have a volume beside those that are on it. */
bool device_shares(const struct hc_ceph_device *device);
/* All that this node's documents name, as live resources. */
void device_read(const struct look *look, const struct scan *scan);
