/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* What corosync says of the nodes. */

#include <hcstate/base.h>

enum member {
	MEMBER_GONE,
	MEMBER_ALIVE,
	MEMBER_UNKNOWN, /* corosync does not answer, or knows no such node */
};

enum member member_of(struct hc_arena *arena, const char *node);
/* Its address on link 0; NULL: not known. */
const char *member_address(struct hc_arena *arena, const char *node);
