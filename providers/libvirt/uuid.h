/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* UUIDs as text. */

#include <hcstate/base.h>

/* One of version 8 (RFC 9562): made as we like, of a hash. */
char *uuid_of_hash(struct hc_arena *arena, const uint8_t hash[16]);
/* Whether it could be one, and so the name of a file. */
bool uuid_is(const char *text);
