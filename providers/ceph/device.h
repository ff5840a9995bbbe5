/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* What a disk is, beside the cluster's OSDs and the marks of those that hcstate began. */

#include "osd.h"

/* `want`: the document that names the path, for its mark; may be NULL. */
void device_look(const struct look *look, const struct hc_resource *want, const char *path,
		 struct hc_ceph_device *device);
/* The same of a disk that is open; everything but path, size and use. */
void device_content(struct hc_arena *arena, const struct facts *facts,
		    const struct hc_resource *want, int fd, struct hc_ceph_device *device);
