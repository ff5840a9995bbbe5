/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* How a program beside hcstate gets at the claims: as this machine is set up for Ceph, in
 * /etc/ceph. All waiting has an end of a few seconds. */

#include <hcstate/base.h>
#include <rados/librados.h>

/* 0: *rados is for rados_shutdown(), or NULL: this machine knows no Ceph. Else a negative errno and
 * *why. */
int ceph_open(struct hc_arena *arena, rados_t *rados, const char **why);
void ceph_close(const rados_t *rados); /* takes NULL in it */
