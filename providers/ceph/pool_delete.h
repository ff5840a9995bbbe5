/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* Deleting a pool, which the monitors forbid unless an option says otherwise. */

#include "ceph.h"

/* Deletes the pool; the option is set for that one command and set back at once. */
int pool_delete(struct hc_call *call, struct ceph *self, const struct facts *facts,
		const struct hc_resource *pool);
/* Whether a run was killed in between and left the option set. */
bool pool_delete_left(const struct facts *facts);
/* What the option was before; "": it was not set. */
const char *pool_delete_former(const struct facts *facts);
bool pool_delete_is_option(const struct fact_option *option);
/* Sets it back. */
int pool_delete_reset(struct hc_call *call, struct ceph *self, const struct facts *facts);
