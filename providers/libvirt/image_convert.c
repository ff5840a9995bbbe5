/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Converting, by qemu-img. An image is somebody else's work: its format is said, never guessed, and
 * one that names another file (a backing file, an external data file) is refused, as that would
 * read whatever of this machine it names. What it says of itself is asked for without opening such
 * files.
 */

#include "image_convert.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <sys/statvfs.h>

#include <ceph-client/json.h>
#include <hcstate/exec.h>
#include <hcstate/file.h>

#include "fetch.h"

enum {
	INFO_MAX = 1 << 20,
};

static int refuse(struct hc_call *call, const char *from, struct json_object *info)
{
	const char *backing = json_text(call->arena, info, "backing-filename", NULL);
	const char *data = json_text(call->arena, info, "format-specific.data.data-file", NULL);

	if (backing)
		return hc_fail(call, EINVAL, NULL, "it is refused: it has a backing file, %s",
			       backing);
	if (data)
		return hc_fail(call, EINVAL, NULL, "it is refused: its data is in a file, %s",
			       data);
	if (json_flag(info, "encrypted", false))
		return hc_fail(call, EINVAL, NULL, "it is refused: it is encrypted");
	(void)from;
	return 0;
}

static int check_room(struct hc_call *call, struct json_object *info, const char *to)
{
	const char *directory = hc_strndup(call->arena, to, (size_t)(strrchr(to, '/') - to));
	uint64_t size = json_number(info, "virtual-size", 0), room;
	struct statvfs fs;

	if (!size)
		return hc_fail(call, EINVAL, NULL, "it is no disk image of format qcow2");
	if (statvfs(directory, &fs))
		return 0; /* writing will tell */
	room = (uint64_t)fs.f_bavail * fs.f_frsize;
	/* what is zero in it takes no room, so only what is certainly too much is refused */
	if (json_number(info, "actual-size", 0) > room)
		return hc_fail(call, ENOSPC, NULL,
			       "there is no room for it at %s: its disk has %s, %s is free",
			       directory, fetch_size(call->arena, size),
			       fetch_size(call->arena, room));
	return 0;
}

static int inspect(struct hc_call *call, const char *from, const char *to)
{
	const char *const argv[] = {"qemu-img", "info",          "-U", "-f",
				    "qcow2",    "--output=json", from, NULL};
	struct hc_exec exec = {.argv = argv, .max = INFO_MAX};
	struct json_object *info;
	int r = hc_exec(call, &exec);

	if (r)
		return r;
	info = json_tokener_parse(exec.out);
	r = info ? refuse(call, from, info)
		 : hc_fail(call, EBADMSG, NULL, "qemu-img says nothing of it");
	if (!r)
		r = check_room(call, info, to);
	json_object_put(info);
	return r;
}

int image_convert(struct hc_call *call, const char *from, const char *to)
{
	const char *part = hc_printf(call->arena, "%s.part", to);
	const char *const argv[] = {"qemu-img", "convert", "-f", "qcow2", "-O",
				    "raw",      from,      part, NULL};
	struct hc_exec exec = {.argv = argv};
	int r = inspect(call, from, to);

	if (r)
		return r;
	r = hc_exec(call, &exec);
	if (!r && rename(part, to))
		r = hc_fail(call, errno, NULL, "cannot keep %s: %s", to, strerror(errno));
	if (r)
		(void)hc_file_remove(part); /* the next try overwrites it */
	return r;
}
