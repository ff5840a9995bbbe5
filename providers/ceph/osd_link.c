/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An OSD's data directory: a link to its disk, its key, and a few lines that people and tools look
 * for. All of it follows from the disk and from Ceph, so on a reinstalled node it is made again.
 */

#include "osd.h"

#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>

#include <hcstate/directory.h>
#include <hcstate/file.h>

#include "conf.h"
#include "daemon.h"
#include "disk.h"
#include "entity.h"
#include "keyring.h"

static char *entity(struct hc_arena *arena, uint32_t id)
{
	return hc_printf(arena, "osd.%u", id);
}

static char *disk_link(struct hc_arena *arena, uint32_t id)
{
	return conf_disk(arena, hc_printf(arena, "%u", id));
}

/* Whether root finds the disk at the next boot. Logical volumes are given to ceph by ceph-volume.
 */
static bool is_given(struct hc_arena *arena, uint32_t id, const char *device,
		     const struct label *label)
{
	const char *path = disk_link(arena, id);
	char target[PATH_MAX];
	ssize_t n;

	if (label && label->volume)
		return true;
	n = readlink(path, target, sizeof(target));
	return n >= 0 && (size_t)n == strlen(device) && !memcmp(target, device, (size_t)n);
}

/* The path of a logical volume is ceph-volume's to choose: what it leads to counts. */
static bool leads_to(const char *block, const char *device, const struct label *label)
{
	struct stat st;

	if (!label || !label->volume)
		return !strcmp(block, device);
	return !label->closed && !stat(block, &st) && S_ISBLK(st.st_mode) &&
	       st.st_rdev == label->real;
}

bool osd_linked(struct hc_call *call, const struct facts *facts, uint32_t id, const char *device,
		const struct label *label)
{
	const char *block = osd_block(call->arena, id), *name = entity(call->arena, id);
	const struct fact_key *key = facts_key(facts, name);
	struct keyring want = {.entity = name};
	struct hc_call quiet = hc_quiet(call);
	enum hc_keyring verdict;
	uid_t user;
	gid_t group;

	if (!block || !leads_to(block, device, label) ||
	    !is_given(call->arena, id, device, label) || !key || daemon_user(&quiet, &user, &group))
		return false;
	want.key = key->key;
	want.size = strlen(key->key);
	return !keyring_judge(hc_printf(call->arena, OSD_DATA "/keyring", id), &want, user,
			      &verdict) &&
	       verdict == HC_KEYRING_RIGHT;
}

static int write_keyring(struct hc_call *call, struct ceph *self, const char *path, uint32_t id)
{
	static const char *const caps[] = {"mon", "allow profile osd", "mgr", "allow profile osd",
					   "osd", "allow *",           NULL};

	return entity_keyring(call, self, entity(call->arena, id), caps,
			      hc_printf(call->arena, "%s/keyring", path));
}

/* For the daemon, and for the drop-in of its unit, which is root's and follows root's link only. */
static int link_disk(struct hc_call *call, const char *path, uint32_t id, const char *device)
{
	const char *const links[] = {hc_printf(call->arena, "%s/block", path),
				     disk_link(call->arena, id)};

	for (size_t i = 0; i < HC_COUNT(links); i++) {
		int r = hc_file_link(links[i], device);

		if (r)
			return hc_fail(call, -r, NULL, "%s: %s", links[i], hc_directory_error(r));
	}
	return 0;
}

/* What ceph-osd --mkfs writes too, for the tools that look for it. */
static int write_lines(struct hc_call *call, const char *path, const struct facts *facts,
		       uint32_t id, const char *uuid)
{
	const struct {
		const char *name, *text;
	} lines[] = {
		{"type", "bluestore"},
		{"fsid", uuid},
		{"ceph_fsid", facts->fsid ? facts->fsid : ""},
		{"whoami", hc_printf(call->arena, "%u", id)},
	};
	int r = 0;

	for (size_t i = 0; !r && i < HC_COUNT(lines); i++) {
		const char *file = hc_printf(call->arena, "%s/%s", path, lines[i].name);
		const char *text = hc_printf(call->arena, "%s\n", lines[i].text);

		r = daemon_file(call, file, text, strlen(text));
	}
	return r;
}

/* The daemon opens it as user ceph; after a boot the drop-in of its unit does this. */
static int give_disk(struct hc_call *call, const char *device)
{
	_cleanup_(hc_closep) int fd = disk_open(device, O_RDONLY, NULL);
	uid_t user;
	gid_t group;
	int r = daemon_user(call, &user, &group);

	if (r)
		return r;
	if (fd < 0 || fchown(fd, user, group))
		return hc_fail(call, fd < 0 ? -fd : errno, NULL, "cannot give %s to user ceph: %s",
			       device, strerror(fd < 0 ? -fd : errno));
	return 0;
}

int osd_link(struct hc_call *call, struct ceph *self, const struct facts *facts, uint32_t id,
	     const char *uuid, const char *device)
{
	const char *path = hc_printf(call->arena, OSD_DATA, id);
	int r = daemon_directory(call, path);

	if (!r)
		r = write_lines(call, path, facts, id, uuid);
	if (!r)
		r = link_disk(call, path, id, device);
	if (!r)
		r = write_keyring(call, self, path, id);
	return r ? r : give_disk(call, device);
}

int osd_unlink(struct hc_call *call, uint32_t id)
{
	int r = daemon_clear(call, hc_printf(call->arena, OSD_DATA, id));

	return r ? r : daemon_clear(call, disk_link(call->arena, id));
}
