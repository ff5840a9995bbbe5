/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Any bytes as the first page of a disk. Whoever plugs a disk in has written them, and every read
 * of hcstate looks at them as root.
 *
 * Taken as they are nearly all of them are no label. So the same bytes are also what follows the
 * lines that a label begins with, with the checksum that makes it whole.
 */

#include <stdlib.h>
#include <string.h>

#include <providers/ceph/label.h>

#define BEGIN "bluestore block device\n11111111-2222-4333-8444-555555555555\n"

enum {
	PAGE = 4096,
	HEAD = sizeof(BEGIN) - 1,
	STRUCT = HEAD + 6, /* behind version and length */
};

static void put_checksum(uint8_t *page)
{
	uint32_t length, crc = UINT32_MAX;

	memcpy(&length, page + HEAD + 2, sizeof(length));
	if (length > PAGE - STRUCT - sizeof(crc))
		return;
	for (size_t i = 0; i < STRUCT + length; i++) {
		crc ^= page[i];
		for (int bit = 0; bit < 8; bit++)
			crc = crc & 1 ? crc >> 1 ^ 0x82f63b78 : crc >> 1;
	}
	memcpy(page + STRUCT + length, &crc, sizeof(crc));
}

/* What was decoded is there and harmless. */
static void decode(struct hc_arena *arena, const uint8_t *page, size_t size)
{
	struct label label = {0};

	if (!label_decode(arena, page, size, &label) || label.damaged)
		return;
	if (!label_is_uuid(label.osd_uuid) || (*label.fsid && !label_is_uuid(label.fsid)))
		abort(); /* it goes into commands */
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_(hc_arena_freep) struct hc_arena *arena = hc_arena_new();
	uint8_t *page = calloc(1, PAGE); /* not on the stack: a step too far is seen */
	size_t body = size < PAGE - HEAD ? size : PAGE - HEAD;

	if (!page)
		abort();
	decode(arena, data, size < PAGE ? size : PAGE);
	memcpy(page, BEGIN, HEAD);
	memcpy(page + HEAD, data, body);
	put_checksum(page);
	decode(arena, page, PAGE);
	free(page);
	return 0;
}
