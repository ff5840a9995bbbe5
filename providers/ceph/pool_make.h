/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* Making a pool, changing it, and waiting for what it needs. */

#include "ceph.h"

/* 0, or hc_wait() while OSDs that the manifests ask for have never been up and it is them that it
 * needs for all its copies. */
int pool_waits(struct hc_call *call, const struct facts *facts, const struct hc_resource *want);
int pool_make(struct hc_call *call, struct ceph *self, const struct facts *facts,
	      const struct hc_resource *want);
/* Whatever differs now from what is wanted. */
int pool_change(struct hc_call *call, struct ceph *self, const struct hc_resource *want,
		const struct fact_pool *have);
/* Whether a new pool's placement groups serve: 0, or hc_wait(). */
int pool_settled(struct hc_call *call, const struct facts *facts, const struct hc_resource *want);
