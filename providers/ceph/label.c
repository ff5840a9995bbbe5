/* SPDX-License-Identifier: Apache-2.0 */
/*
 * BlueStore's label: two lines for people, then the encoded struct bluestore_bdev_label_t, then its
 * CRC-32C. It has been the same since Ceph 12 (src/os/bluestore/bluestore_types.cc). It is decoded
 * here, as ceph-bluestore-tool would print the OSD's key with it, takes a tenth of a second per
 * disk, and is missing on a node that was just installed.
 *
 * What is on a disk was written by anybody; nothing is believed that does not fit in the page.
 */

#include "label.h"

#include <endian.h>
#include <fcntl.h>
#include <string.h>

#include "disk.h"

#define MAGIC "bluestore block device\n"

enum {
	UUID_TEXT = 36,
	UUID_BYTES = 16,
	SECTOR = 512,
};

/* What is left to decode. Once too much was asked for, `bad` stays. */
struct reader {
	const uint8_t *at, *end;
	bool bad;
};

static const uint8_t *take(struct reader *r, size_t size)
{
	const uint8_t *at = r->at;

	if (r->bad || size > (size_t)(r->end - r->at)) {
		r->bad = true;
		return NULL;
	}
	r->at += size;
	return at;
}

static uint32_t number(struct reader *r)
{
	const uint8_t *at = take(r, sizeof(uint32_t));
	uint32_t value = 0;

	if (at)
		memcpy(&value, at, sizeof(value));
	return le32toh(value);
}

/* A string of printable characters, in the arena; others are "?". */
static const char *text(struct hc_arena *arena, struct reader *r)
{
	uint32_t size = number(r);
	const uint8_t *at = take(r, size);
	char *copy = at ? hc_strndup(arena, (const char *)at, size) : NULL;

	for (char *c = copy; c && *c; c++)
		if (*c < ' ' || *c > '~')
			*c = '?';
	return copy ? copy : "";
}

/* Castagnoli's polynomial, without the last inversion, as Ceph has it. */
static uint32_t checksum(const uint8_t *data, size_t size)
{
	uint32_t crc = UINT32_MAX;

	for (size_t i = 0; i < size; i++) {
		crc ^= data[i];
		for (int bit = 0; bit < 8; bit++)
			crc = crc & 1 ? crc >> 1 ^ 0x82f63b78 : crc >> 1;
	}
	return crc;
}

bool label_is_uuid(const char *text)
{
	static const char shape[] = "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx";

	if (strlen(text) != UUID_TEXT)
		return false;
	for (size_t i = 0; i < UUID_TEXT; i++)
		if (shape[i] == '-' ? text[i] != '-' : !strchr("0123456789abcdef", text[i]))
			return false;
	return true;
}

uint32_t label_id(const char *digits)
{
	char *end;
	unsigned long id = strtoul(digits, &end, 10);

	return *digits < '0' || *digits > '9' || *end || id >= UINT32_MAX ? UINT32_MAX
									  : (uint32_t)id;
}

static void take_pairs(struct hc_arena *arena, struct reader *r, struct label *label)
{
	for (uint32_t n = number(r); n && !r->bad; n--) {
		const char *key = text(arena, r);
		const uint8_t *value = r->at;

		if (!strcmp(key, "ceph_fsid") || !strcmp(key, "whoami") || !strcmp(key, "ready")) {
			const char *said = text(arena, r);

			if (!strcmp(key, "ceph_fsid"))
				label->fsid = label_is_uuid(said) ? said : "";
			else if (!strcmp(key, "whoami"))
				label->id = label_id(said);
			else
				label->ready = !strcmp(said, "ready");
		} else { /* osd_key among them: it never leaves the page */
			(void)take(r, number(r));
		}
		if (r->at == value)
			r->bad = true;
	}
}

/* The struct behind the two lines; gives whether it adds up. */
static bool take_struct(struct hc_arena *arena, const uint8_t *page, struct reader *r,
			struct label *label)
{
	const uint8_t *head = take(r, 2); /* version, and the oldest that can read it */
	uint32_t length = number(r);
	const uint8_t *end;

	if (!head || head[1] > 2 || length > (size_t)(r->end - r->at))
		return false;
	end = r->at + length;
	(void)take(r, UUID_BYTES + sizeof(uint64_t) + 2 * sizeof(uint32_t)); /* size, when */
	label->data = !strcmp(text(arena, r), "main");
	take_pairs(arena, r, label);
	if (r->bad || r->at > end)
		return false;
	r->at = end;
	return checksum(page, (size_t)(end - page)) == number(r) && !r->bad;
}

bool label_decode(struct hc_arena *arena, const void *page, size_t size, struct label *label)
{
	const size_t head = strlen(MAGIC) + UUID_TEXT + 1;
	const uint8_t *bytes = page;
	struct reader r = {.at = bytes, .end = bytes + size};
	struct label found = {.path = label->path,
			      .real = label->real,
			      .disk = label->disk,
			      .fsid = "",
			      .id = UINT32_MAX};

	if (size < head || memcmp(bytes, MAGIC, strlen(MAGIC)))
		return false;
	(void)take(&r, head);
	found.osd_uuid = hc_strndup(arena, (const char *)bytes + strlen(MAGIC), UUID_TEXT);
	if (!label_is_uuid(found.osd_uuid) || !take_struct(arena, bytes, &r, &found))
		found = (struct label){.path = label->path,
				       .real = label->real,
				       .disk = label->disk,
				       .damaged = true};
	*label = found;
	return true;
}

/* LVM's own label is in one of the first four sectors. */
static bool is_lvm(const char *page)
{
	for (size_t i = 0; i < 4; i++)
		if (!memcmp(page + i * SECTOR, "LABELONE", 8) &&
		    !memcmp(page + i * SECTOR + 24, "LVM2 001", 8))
			return true;
	return false;
}

int label_read(struct hc_arena *arena, int fd, struct label *label)
{
	_cleanup_(hc_freep) void *page = NULL;
	int r;

	if (posix_memalign(&page, DISK_PAGE, DISK_PAGE))
		abort(); /* memory has run out */
	r = disk_first_page(fd, page);
	if (!r && !label_decode(arena, page, DISK_PAGE, label))
		label->lvm = is_lvm(page);
	explicit_bzero(page, DISK_PAGE); /* the OSD's key */
	return r;
}
