/* SPDX-License-Identifier: Apache-2.0 */
/*
 * UUIDs that must be the same wherever and whenever they are made: out of a hash of what they are
 * for, which each caller makes of its own words.
 */

#include "uuid.h"

#include <string.h>

char *uuid_of_hash(struct hc_arena *arena, const uint8_t hash[16])
{
	uint8_t b[16];

	memcpy(b, hash, sizeof(b));
	b[6] = (uint8_t)((b[6] & 0x0f) | 0x80);
	b[8] = (uint8_t)((b[8] & 0x3f) | 0x80);
	return hc_printf(arena,
			 "%02x%02x%02x%02x-%02x%02x-%02x%02x-%02x%02x-%02x%02x%02x%02x%02x%02x",
			 b[0], b[1], b[2], b[3], b[4], b[5], b[6], b[7], b[8], b[9], b[10], b[11],
			 b[12], b[13], b[14], b[15]);
}

bool uuid_is(const char *text)
{
	return strlen(text) == 36 && strspn(text, "0123456789abcdef-") == 36;
}
