/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* Telling Ceph about file systems. */

#include "ceph.h"

int fs_make(struct hc_call *call, struct ceph *self, const struct facts *facts,
	    const struct hc_resource *want);
/* Whatever differs now from what is wanted. */
int fs_change(struct hc_call *call, struct ceph *self, const struct facts *facts,
	      const struct hc_resource *want, const struct fact_fs *have);
int fs_delete(struct hc_call *call, struct ceph *self, const char *name);
