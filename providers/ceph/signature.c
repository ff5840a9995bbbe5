/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What libblkid takes a disk for: file systems, partition tables, LVM, RAID, encryption, also those
 * whose checksum is wrong. The same probes as wipefs(8) has.
 */

#include "disk.h"

#include <blkid/blkid.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <string.h>
#include <sys/ioctl.h>

static void probe_free(blkid_probe *probe)
{
	blkid_free_probe(*probe);
}

static blkid_probe probe_new(int fd, int flags)
{
	blkid_probe probe = blkid_new_probe();

	if (!probe)
		abort(); /* memory has run out */
	if (blkid_probe_set_device(probe, fd, 0, 0) || blkid_probe_enable_superblocks(probe, 1) ||
	    blkid_probe_set_superblocks_flags(probe, flags | BLKID_SUBLKS_BADCSUM) ||
	    blkid_probe_enable_partitions(probe, 1) ||
	    blkid_probe_set_partitions_flags(probe, BLKID_PARTS_MAGIC | BLKID_PARTS_FORCE_GPT)) {
		blkid_free_probe(probe);
		return NULL;
	}
	return probe;
}

/* Whoever wrote the disk chose these bytes; a terminal shows them. */
static const char *value(struct hc_arena *arena, blkid_probe probe, const char *name)
{
	const char *data = NULL;
	char *text;

	if (blkid_probe_lookup_value(probe, name, &data, NULL) || !data || !*data)
		return NULL;
	text = hc_strdup(arena, data);
	for (char *c = text; *c; c++)
		if (*c < ' ' || *c > '~')
			*c = '?';
	return text;
}

static const char *article(const char *word)
{
	return strchr("aeiouxAEIOUX", *word) ? "an" : "a";
}

static const char *words(struct hc_arena *arena, blkid_probe probe)
{
	const char *type = value(arena, probe, "TYPE"), *label = value(arena, probe, "LABEL");
	const char *usage = value(arena, probe, "USAGE"), *table = value(arena, probe, "PTTYPE");

	if (type && usage && !strcmp(usage, "filesystem"))
		return hc_printf(arena, "%s %s file system%s%s", article(type), type,
				 label ? ", labelled " : "", label ? label : "");
	if (type)
		return type;
	return table ? hc_printf(arena, "%s %s partition table", article(table), table) : "";
}

const char *disk_signature(struct hc_arena *arena, int fd)
{
	_cleanup_(probe_free) blkid_probe probe =
		probe_new(fd, BLKID_SUBLKS_TYPE | BLKID_SUBLKS_USAGE | BLKID_SUBLKS_LABEL);
	const char *text;
	int r = probe ? blkid_do_fullprobe(probe) : -1;

	if (r < 0)
		return NULL;
	text = r ? "" : words(arena, probe);
	return r || *text ? text : "something that libblkid has no name for";
}

int disk_wipe(int fd)
{
	_cleanup_(probe_free) blkid_probe probe =
		probe_new(fd, BLKID_SUBLKS_TYPE | BLKID_SUBLKS_MAGIC);
	int r;

	if (!probe)
		return -EIO;
	while (!(r = blkid_do_probe(probe)))
		if (blkid_do_wipe(probe, 0))
			return -EIO;
	if (r < 0)
		return -EIO;
	r = disk_zero_ends(fd);
	if (!r)
		(void)ioctl(fd, BLKRRPART); /* it may have had no partitions */
	return r;
}
