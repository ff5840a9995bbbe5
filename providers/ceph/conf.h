/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* /etc/ceph/ceph.conf, and the drop-in of ceph-osd@.service. */

#include <ceph-client/wants.h>

#define CONF_FILE "/etc/ceph/ceph.conf"
#define DROP_IN "/etc/systemd/system/ceph-osd@.service.d/hcstate.conf"

/* NULL: without a fsid there is none. */
char *conf_render(struct hc_arena *arena, const struct wants *wants, const char *node);
/* The fsid that such a file is about; NULL: it says none. */
char *conf_fsid(struct hc_arena *arena, const char *text);
char *conf_drop_in(struct hc_arena *arena);
/* The link to the disk of that OSD which the drop-in follows. */
char *conf_disk(struct hc_arena *arena, const char *id);
