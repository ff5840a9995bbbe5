/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Any bytes as a claim: whoever has the key of pool hcstate may have written them. What is taken
 * for one says the same when it is written and read again.
 */

#include <stdlib.h>
#include <string.h>

#include <providers/libvirt/claim.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_(hc_arena_freep) struct hc_arena *arena = hc_arena_new();
	struct claim claim, again;
	const char *why, *text;
	char *copy = malloc(size + 1); /* not more than there is: a step too far is seen */

	if (!copy)
		abort();
	memcpy(copy, data, size);
	if (!claim_read(arena, copy, size, &claim, &why)) {
		text = claim_write(arena, &claim);
		if (claim_read(arena, text, strlen(text), &again, &why) ||
		    strcmp(text, claim_write(arena, &again)) != 0)
			abort();
	}
	free(copy);
	return 0;
}
