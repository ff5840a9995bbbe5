/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which of this node's block devices carry what. A logical volume that is open is a block device
 * with a label like any disk's; LVM says which disk it is on. Of one that is closed LVM's tags are
 * all there is.
 */

#include <fcntl.h>
#include <string.h>

#include "disk.h"
#include "label.h"
#include "volume.h"

/* Gives whether there is something to say about it. */
static bool look_at(struct hc_arena *arena, const char *path, struct label *label)
{
	_cleanup_(hc_closep) int fd = -1;
	int r;

	*label = (struct label){.path = path};
	r = fd = disk_open(path, O_RDONLY, &label->real);
	label->disk = label->real;
	if (r >= 0 && !disk_size(fd))
		return false; /* a drive without a medium, a loop device without a file */
	if (r >= 0)
		r = label_read(arena, fd, label);
	if (r == -ENOENT || r == -ENXIO || r == -ENOMEDIUM || r == -ENOTBLK)
		return false;
	label->unreadable = r < 0;
	return r < 0 || label->osd_uuid || label->damaged || label->lvm;
}

static void add(struct hc_arena *arena, struct scan *scan, size_t *room, const struct label *label)
{
	scan->labels = hc_grow(arena, scan->labels, scan->nlabel, room, sizeof(*scan->labels));
	scan->labels[scan->nlabel++] = *label;
}

static bool is_listed(const struct scan *scan, dev_t disk)
{
	for (size_t i = 0; i < scan->nvolume; i++)
		if (scan->volumes[i].real == disk)
			return true;
	return false;
}

/* The label that was found on it, or one that says as much as its tags do. */
static void join(struct hc_arena *arena, struct scan *scan, size_t *room,
		 const struct volume *volume)
{
	struct label closed = {
		.path = volume->disk,
		.real = 0,
		.disk = volume->real,
		.volume = volume,
		.closed = true,
		.osd_uuid = volume->osd_uuid,
		.fsid = volume->fsid,
		.id = volume->id,
		.data = true,
	};

	for (size_t i = 0; i < scan->nlabel; i++) {
		struct label *label = &scan->labels[i];

		if (!label->osd_uuid || !label->data || strcmp(label->osd_uuid, volume->osd_uuid))
			continue;
		if (!label->volume) {
			label->volume = volume;
			label->disk = volume->real;
		}
		return;
	}
	add(arena, scan, room, &closed);
}

int scan_disks(struct hc_call *call, struct scan *scan)
{
	struct hc_strings paths = {0};
	bool lvm = false;
	size_t room = 0;

	*scan = (struct scan){0};
	disk_list(call->arena, &paths);
	for (size_t i = 0; i < paths.n; i++) {
		struct label label;

		if (!look_at(call->arena, paths.v[i], &label))
			continue;
		lvm = lvm || label.lvm;
		add(call->arena, scan, &room, &label);
	}
	if (lvm)
		(void)volume_read(call, &scan->volumes, &scan->nvolume, &scan->why); /* `hidden` */
	for (size_t i = 0; i < scan->nlabel; i++)
		scan->labels[i].hidden =
			scan->labels[i].lvm && !is_listed(scan, scan->labels[i].real);
	for (size_t i = 0; i < scan->nvolume; i++)
		if (scan->volumes[i].part == VOLUME_DATA && scan->volumes[i].tagged &&
		    scan->volumes[i].real)
			join(call->arena, scan, &room, &scan->volumes[i]);
	return 0;
}

const struct label *scan_label(const struct scan *scan, const char *uuid)
{
	for (size_t i = 0; uuid && i < scan->nlabel; i++)
		if (scan->labels[i].osd_uuid && scan->labels[i].data &&
		    !strcmp(scan->labels[i].osd_uuid, uuid))
			return &scan->labels[i];
	return NULL;
}

const char *label_disk(const struct label *label)
{
	return label->volume ? label->volume->disk : label->path;
}

int label_scan(struct hc_call *call, struct label **v, size_t *n)
{
	struct scan scan;
	int r = scan_disks(call, &scan);

	*v = scan.labels;
	*n = scan.nlabel;
	return r;
}
