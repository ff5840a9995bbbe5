/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* How a program beside hcstate gets at the claims: as this machine is set up for Ceph, in
 * /etc/ceph. All waiting has an end. */

#include <hcstate/base.h>
#include <rados/librados.h>

enum {
	CEPH_HOOK = 4,   /* seconds to wait for Ceph: libvirt stands still meanwhile */
	CEPH_SHOW = 10,  /* somebody waits for an answer */
	CEPH_BREAK = 45, /* by then its OSDs have noticed that a node died */
};

/* Nothing that is asked through it waits for longer than `seconds`.
 * 0: *rados is for rados_shutdown(), or NULL: this machine knows no Ceph. Else a negative errno and
 * *why. */
int ceph_open(struct hc_arena *arena, rados_t *rados, unsigned seconds, const char **why);
void ceph_close(const rados_t *rados); /* takes NULL in it */
