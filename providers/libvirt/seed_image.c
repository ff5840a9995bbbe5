/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The medium of a seed: the smallest ISO 9660 file system (ECMA-119) that holds three files, made
 * here because tools that make one put the time into it, and what is there could not be compared.
 *
 * Names are in capitals and with a version, as the standard wants them (but for the `-`, which
 *every reader takes); Linux shows them in small letters and without it. Nothing depends on the
 *clock.
 *
 *	sector 16 volume, 17 end of volumes, 18 and 19 path tables, 20 directory, from 21 on files
 */

#include <ctype.h>
#include <string.h>

#include "seed.h"
#include "seed_parts.h"

enum {
	SECTOR = 2048,
	VOLUME = 16,
	END = 17,
	PATHS = 18, /* little-endian; the next one is big-endian */
	DIRECTORY = 20,
	FILES = 21,
	NFILE = 3,
	RECORD = 33,         /* bytes of a directory's record without the name */
	PATHS_SIZE = 10,     /* of one that has the root only */
	GROW = 65536 / 2048, /* sectors; so most seeds are of the same size */
};

struct file {
	const char *name;
	const char *data;
	size_t size;
	uint32_t sector;
};

/* Numbers stand there twice, in both orders of bytes. */
static void put16(uint8_t *at, uint16_t value)
{
	at[0] = at[3] = (uint8_t)value;
	at[1] = at[2] = (uint8_t)(value >> 8);
}

static void put32(uint8_t *at, uint32_t value)
{
	for (unsigned i = 0; i < 4; i++)
		at[i] = at[7 - i] = (uint8_t)(value >> 8 * i);
}

static void put_text(uint8_t *at, const char *text)
{
	while (*text)
		*at++ = (uint8_t)*text++;
}

static uint8_t *sector(uint8_t *image, size_t number)
{
	return image + number * SECTOR;
}

/* Gives how long the record is. */
static size_t put_record(uint8_t *at, uint32_t sector, uint32_t size, bool directory,
			 const char *name, size_t length)
{
	static const uint8_t date[] = {100, 1, 1}; /* 2000-01-01, whatever today is */
	size_t whole = (RECORD + length + 1) / 2 * 2;

	at[0] = (uint8_t)whole;
	put32(at + 2, sector);
	put32(at + 10, size);
	memcpy(at + 18, date, sizeof(date));
	at[25] = directory ? 2 : 0;
	put16(at + 28, 1);
	at[32] = (uint8_t)length;
	memcpy(at + RECORD, name, length);
	return whole;
}

static void put_volume(uint8_t *at, uint32_t sectors)
{
	static const struct {
		uint16_t at, size;
	} texts[] = {{8, 32}, {40, 32}, {190, 623}};
	static const uint16_t dates[] = {813, 830, 847, 864};

	at[0] = 1;
	put_text(at + 1, "CD001\1");
	for (size_t i = 0; i < HC_COUNT(texts); i++)
		memset(at + texts[i].at, ' ', texts[i].size);
	put_text(at + 40, "cidata"); /* what cloud-init looks for */
	put32(at + 80, sectors);
	put16(at + 120, 1);
	put16(at + 124, 1);
	put16(at + 128, SECTOR);
	put32(at + 132, PATHS_SIZE);
	at[140] = PATHS;
	at[151] = PATHS + 1;
	(void)put_record(at + 156, DIRECTORY, SECTOR, true, "\0", 1);
	for (size_t i = 0; i < HC_COUNT(dates); i++)
		memset(at + dates[i], '0', 16); /* not known */
	at[881] = 1;
}

static void put_paths(uint8_t *little, uint8_t *big)
{
	little[0] = big[0] = 1;
	little[2] = big[5] = DIRECTORY;
	little[6] = big[7] = 1;
}

static void put_directory(uint8_t *at, const struct file *files)
{
	at += put_record(at, DIRECTORY, SECTOR, true, "\0", 1);
	at += put_record(at, DIRECTORY, SECTOR, true, "\1", 1);
	for (size_t i = 0; i < NFILE; i++) {
		char name[32];
		size_t length = 0;

		for (const char *c = files[i].name; *c; c++)
			name[length++] = (char)toupper((unsigned char)*c);
		for (const char *c = ".;1"; *c; c++)
			name[length++] = *c;
		at += put_record(at, files[i].sector, (uint32_t)files[i].size, false, name, length);
	}
}

/* Cuts the text; false: it is not made like that. */
static bool cut(const char *text, struct file *files)
{
	for (size_t i = 0; i < NFILE; i++) {
		size_t name = strlen(files[i].name), line = strlen(SEED_LINE);
		const char *end;

		if (strncmp(text, SEED_LINE, line) != 0 ||
		    strncmp(text + line, files[i].name, name) != 0 || text[line + name] != '\n')
			return false;
		files[i].data = text + line + name + 1;
		end = strstr(files[i].data, "\n" SEED_LINE);
		text = end ? end + 1 : files[i].data + strlen(files[i].data);
		files[i].size = (size_t)(text - files[i].data);
	}
	return !*text;
}

uint8_t *seed_image(struct hc_arena *arena, const char *text, size_t *size)
{
	struct file files[NFILE] = {{SEED_META}, {SEED_NETWORK}, {SEED_USER}};
	uint32_t sectors = FILES;
	uint8_t *image;

	if (strnlen(text, SEED_TEXT_MAX + 1) > SEED_TEXT_MAX || !cut(text, files))
		return NULL;
	for (size_t i = 0; i < NFILE; i++) {
		files[i].sector = sectors;
		sectors += (uint32_t)((files[i].size + SECTOR - 1) / SECTOR);
	}
	sectors = (sectors + GROW - 1) / GROW * GROW;
	*size = (size_t)sectors * SECTOR;
	image = hc_alloc(arena, *size);
	put_volume(sector(image, VOLUME), sectors);
	put_text(sector(image, END), "\377CD001\1");
	put_paths(sector(image, PATHS), sector(image, PATHS + 1));
	put_directory(sector(image, DIRECTORY), files);
	for (size_t i = 0; i < NFILE; i++)
		memcpy(sector(image, files[i].sector), files[i].data, files[i].size);
	return image;
}
