/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One call of pvs gives all volumes with their tags; `ceph-volume lvm list` makes what it prints of
 * the same, but takes a second for it, and does not show what it was cut short with.
 *
 * Who can plug in a disk writes its tags; what is not of the form that it has to have is as good as
 * not there. One tag of an encrypted OSD is the secret that opens it: it is never copied.
 */

#include "volume.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include <hcstate/exec.h>

#include "label.h"
#include <ceph-client/json.h>

#define BLOCK_NAME "osd-block-"

enum {
	ANSWER_MAX = 16 << 20,
};

/* Printable; others are "?". */
static const char *clean(struct hc_arena *arena, struct json_object *object, const char *name)
{
	char *text = hc_strdup(arena, json_text(arena, object, name, ""));

	for (char *c = text; *c; c++)
		if (*c < ' ' || *c > '~')
			*c = '?';
	return text;
}

/* LVM gives its numbers as texts. */
static uint64_t bytes(struct hc_arena *arena, struct json_object *object, const char *name)
{
	const char *digits = json_text(arena, object, name, "");
	char *end;
	unsigned long long value;

	if (*digits < '0' || *digits > '9')
		return 0;
	errno = 0;
	value = strtoull(digits, &end, 10);
	return *end || errno ? 0 : value;
}

/* The value of one tag of "a=1,b=2"; NULL: there is none. */
static const char *tag(struct hc_arena *arena, const char *tags, const char *name)
{
	size_t size = strlen(name);

	for (; *tags; tags += strcspn(tags, ","), tags += *tags == ',')
		if (!strncmp(tags, name, size) && tags[size] == '=')
			return hc_strndup(arena, tags + size + 1, strcspn(tags + size + 1, ","));
	return NULL;
}

static enum volume_part part_of(const char *type)
{
	if (!type)
		return VOLUME_OTHER;
	if (!strcmp(type, "block"))
		return VOLUME_DATA;
	if (!strcmp(type, "db"))
		return VOLUME_DB;
	return strcmp(type, "wal") ? VOLUME_OTHER : VOLUME_WAL;
}

/* Before the tags are there, the name tells for which OSD it was made. */
static void take_name(struct hc_arena *arena, struct volume *volume)
{
	const char *uuid = volume->name + strlen(BLOCK_NAME);

	if (strncmp(volume->name, BLOCK_NAME, strlen(BLOCK_NAME)) != 0 || !label_is_uuid(uuid))
		return;
	volume->osd_uuid = hc_strdup(arena, uuid);
	volume->part = VOLUME_DATA;
}

static void take_tags(struct hc_arena *arena, const char *tags, struct volume *volume)
{
	const char *uuid = tag(arena, tags, "ceph.osd_fsid"), *id = tag(arena, tags, "ceph.osd_id");
	const char *fsid = tag(arena, tags, "ceph.cluster_fsid");
	const char *encrypted = tag(arena, tags, "ceph.encrypted");

	volume->part = part_of(tag(arena, tags, "ceph.type"));
	if (!uuid || !label_is_uuid(uuid) || volume->part == VOLUME_OTHER) {
		take_name(arena, volume);
		return;
	}
	volume->osd_uuid = uuid;
	volume->tagged = true;
	volume->fsid = fsid && label_is_uuid(fsid) ? fsid : "";
	volume->id = id ? label_id(id) : UINT32_MAX;
	volume->encrypted = encrypted && !strcmp(encrypted, "1");
}

static void take_one(struct hc_arena *arena, struct json_object *one, struct volume *volume)
{
	struct json_object *tags = NULL;

	*volume = (struct volume){
		.disk = clean(arena, one, "pv_name"),
		.group = clean(arena, one, "vg_name"),
		.free = bytes(arena, one, "vg_free"),
		.name = clean(arena, one, "lv_name"),
		.size = bytes(arena, one, "lv_size"),
		.fsid = "",
		.id = UINT32_MAX,
	};
	(void)json_object_object_get_ex(one, "lv_tags", &tags); /* or NULL */
	if (*volume->name)
		take_tags(arena,
			  json_object_is_type(tags, json_type_string) ? json_object_get_string(tags)
								      : "",
			  volume);
}

void volume_take(struct hc_arena *arena, struct json_object *answer, struct volume **v, size_t *n)
{
	size_t reports, room = *n, count;
	struct json_object *list = json_list(answer, "report", &reports);

	for (size_t i = 0; i < reports; i++) {
		struct json_object *report = json_object_array_get_idx(list, i);
		struct json_object *disks = json_list(report, "pv", &count);

		for (size_t k = 0; k < count; k++) {
			struct json_object *one = json_object_array_get_idx(disks, k);

			if (!json_object_is_type(one, json_type_object))
				continue;
			*v = hc_grow(arena, *v, *n, &room, sizeof(**v));
			take_one(arena, one, &(*v)[(*n)++]);
		}
	}
}

static void find_disks(struct volume *v, size_t n)
{
	struct stat st;

	for (size_t i = 0; i < n; i++)
		if (*v[i].disk == '/' && !stat(v[i].disk, &st) && S_ISBLK(st.st_mode))
			v[i].real = st.st_rdev;
}

/* Without LVM's locks, which a command that hangs would keep from us; it only looks. */
static const char *const question[] = {
	"pvs",        "--readonly", "--reportformat",
	"json",       "--units",    "b",
	"--nosuffix", "-o",         "pv_name,vg_name,vg_free,lv_name,lv_size,lv_tags",
	NULL,
};

int volume_read(struct hc_call *call, struct volume **v, size_t *n, const char **why)
{
	struct hc_call quiet = hc_quiet(call);
	struct hc_exec exec = {.argv = question, .max = ANSWER_MAX};
	struct json_object *answer = NULL;
	int r;

	*v = NULL;
	*n = 0;
	r = hc_exec(&quiet, &exec);
	if (!r)
		answer = json_tokener_parse(exec.out);
	if (exec.out)
		explicit_bzero(exec.out, exec.size); /* an encrypted OSD's secret is a tag */
	if (r == -ENOENT)
		*why = "package lvm2 is not installed";
	else if (r)
		*why = hc_said(&quiet, strerror(-r));
	else if (!answer)
		*why = "pvs answers no JSON";
	if (!r && answer)
		volume_take(call->arena, answer, v, n);
	find_disks(*v, *n);
	json_object_put(answer);
	return r || !answer ? -EIO : 0;
}
