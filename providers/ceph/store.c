/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The database of a monitor. It is made beside its place and renamed into it when all of it is on
 * the disk, so a database that is there is a whole one, whenever hcstate was killed; what a killed
 * run left is removed first.
 *
 * It is made from the map of the monitors that answer: then the new one joins them, also when it
 * was one of them before and lost its disk. Only when none answers, and every node with a monitor
 * said that it never knew this cluster (past.h), is it made from the manifests: the same members on
 * all nodes, who then find their first quorum by themselves.
 */

#include "store.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include <hcstate/directory.h>
#include <hcstate/exec.h>

#include <ceph-client/sealed_key.h>

#include "daemon.h"
#include "keyring.h"
#include "past.h"

/* In memory, and ceph's alone to read: what mkfs needs. */
#define WORK "/run/hcstate-ceph"
#define MAP "/run/hcstate-ceph/monmap"
#define KEYS "/run/hcstate-ceph/keyring"
#define MARKER "hcstate-bootstrap"

enum {
	FRESH_S = 5,
};

char *store_path(struct hc_arena *arena, const char *node)
{
	return hc_printf(arena, STORES "/ceph-%s", node);
}

static char *beside_of(struct hc_arena *arena, const char *node)
{
	return hc_printf(arena, STORES "/.hcstate-%s", node);
}

static bool has(struct hc_arena *arena, const char *path, const char *name)
{
	return !access(hc_printf(arena, "%s/%s", path, name), F_OK);
}

bool store_there(struct hc_arena *arena, const char *path)
{
	return has(arena, path, "store.db");
}

/* The file min_mon_release is written by the monitor itself, when its first quorum has agreed on a
 * map: so a marker that nobody came to remove does not count, and what is left of a database that
 * somebody removed does. */
bool store_grew(struct hc_arena *arena, const char *path)
{
	return has(arena, path, "min_mon_release") ||
	       (store_there(arena, path) && !has(arena, path, MARKER));
}

static char *marker_of(struct hc_call *call)
{
	return hc_printf(call->arena, "%s/" MARKER, store_path(call->arena, call->node));
}

/* By the clock on the wall: one that is set meanwhile costs a few seconds, and nothing else. */
bool store_fresh(struct hc_call *call)
{
	time_t now = time(NULL);
	struct stat st;

	return !lstat(marker_of(call), &st) && st.st_mtime <= now && now - st.st_mtime < FRESH_S;
}

int store_grown(struct hc_call *call)
{
	return daemon_clear(call, marker_of(call));
}

static int write_first_map(struct hc_call *call, const struct wants *wants)
{
	const char **argv = hc_alloc(call->arena, (wants->nmon * 3 + 8) * sizeof(*argv));
	struct hc_exec exec = {.argv = argv};
	size_t n = 0;
	uid_t user;
	gid_t group;
	int r = daemon_user(call, &user, &group);

	argv[n++] = "monmaptool";
	argv[n++] = "--create";
	argv[n++] = "--clobber";
	argv[n++] = "--fsid";
	argv[n++] = wants->fsid;
	for (size_t i = 0; i < wants->nmon; i++) {
		if (!wants->mons[i].address.family)
			return hc_fail(call, ENOENT, wants->resource,
				       "no address of %s is in the public network",
				       wants->mons[i].node);
		argv[n++] = "--addv";
		argv[n++] = wants->mons[i].node;
		argv[n++] = mon_addresses(call->arena, &wants->mons[i].address);
	}
	argv[n++] = MAP;
	if (!r)
		r = hc_exec(call, &exec);
	if (!r && lchown(MAP, user, group))
		r = hc_fail(call, errno, NULL, MAP ": %s", strerror(errno));
	return r;
}

static int write_keys(struct hc_call *call)
{
	_cleanup_(hc_secret_close) uint8_t *mon = NULL, *admin = NULL;
	struct keyring keys[] = {
		{.entity = "mon.", .caps = "\tcaps mon = \"allow *\"\n"},
		{.entity = "client.admin", .caps = KEYRING_ADMIN_CAPS},
	};
	uid_t user;
	gid_t group;
	int r = sealed_key_open(call, HC_CEPH_SECRET, HC_CEPH_MON_KEY, NULL, &mon, &keys[0].size);

	if (!r)
		r = sealed_key_open(call, HC_CEPH_SECRET, HC_CEPH_ADMIN_KEY, NULL, &admin,
				    &keys[1].size);
	if (!r)
		r = daemon_user(call, &user, &group);
	keys[0].key = mon;
	keys[1].key = admin;
	return r ? r : keyring_write(call, KEYS, keys, HC_COUNT(keys), user, group);
}

/* Root's: ceph may read what is given to it there, and put nothing in the way of root's tools. */
static int make_work(struct hc_call *call)
{
	uid_t user;
	gid_t group;
	int r = daemon_user(call, &user, &group);

	if (r)
		return r;
	r = hc_directory_give(WORK, 0750, 0, group);
	return r ? hc_fail(call, -r, NULL, WORK ": %s", hc_directory_error(r)) : 0;
}

static int make_files(struct hc_call *call, struct ask *map, bool first)
{
	struct wants wants = wants_of(call);
	int r = make_work(call);

	if (!r)
		r = first ? write_first_map(call, &wants)
			  : daemon_file(call, MAP, map->out, map->size);
	return r ? r : write_keys(call);
}

static int mkfs(struct hc_call *call, const char *path)
{
	struct wants wants = wants_of(call);
	const char *argv[] = {"ceph-mon",   "--mkfs",   "-i",        call->node,  "--fsid",
			      wants.fsid,   "--monmap", MAP,         "--keyring", KEYS,
			      "--mon-data", path,       "--setuser", "ceph",      "--setgroup",
			      "ceph",       NULL};
	struct hc_exec exec = {.argv = argv};

	return hc_exec(call, &exec);
}

/* Within STORES, which is ceph's, and to the disk. */
static int move(const char *from, const char *to)
{
	_cleanup_(hc_closep) int stores = hc_directory_open(STORES);

	if (stores < 0)
		return stores;
	if (renameat(stores, strrchr(from, '/') + 1, stores, strrchr(to, '/') + 1) || fsync(stores))
		return -errno;
	return 0;
}

/* All of it to the disk, then to its place. */
static int publish(struct hc_call *call, const char *beside)
{
	_cleanup_(hc_closep) int fd = hc_directory_open(beside);
	const char *path = store_path(call->arena, call->node);
	int r = fd < 0 ? fd : 0;

	if (!r && syncfs(fd))
		r = -errno;
	if (r)
		return hc_fail(call, -r, NULL, "%s: %s", beside, hc_directory_error(r));
	r = move(beside, path);
	if (r == -ENOTEMPTY || r == -EEXIST)
		return hc_fail(
			call, EEXIST, NULL,
			"%s holds something, and no database: look what it is, and remove it",
			path);
	return r ? hc_fail(call, -r, NULL, "cannot rename %s to %s: %s", beside, path,
			   hc_directory_error(r))
		 : 0;
}

static int mark_fresh(struct hc_call *call, const char *beside)
{
	const char *path = hc_printf(call->arena, "%s/" MARKER, beside);
	const char *text = "made in a bootstrap that is not over\n";

	return daemon_file(call, path, text, strlen(text));
}

static int make(struct hc_call *call, struct ask *map, bool first)
{
	const char *beside = beside_of(call->arena, call->node);
	int r = daemon_clear(call, beside);

	if (!r)
		r = make_files(call, map, first);
	if (!r)
		r = daemon_directory(call, beside);
	if (!r)
		r = mkfs(call, beside);
	if (!r && first)
		r = mark_fresh(call, beside);
	return r ? r : publish(call, beside);
}

int store_make(struct hc_call *call, struct ceph *self)
{
	struct wants wants = wants_of(call);
	struct ask map = {.plain = true};
	const char *past;
	bool first;
	int r;

	if (store_there(call->arena, store_path(call->arena, call->node)))
		return 0;
	map.command = command("mon getmap", NULL);
	/* whatever else goes wrong says that there are some */
	r = ask(call, self->connection, &map);
	first = r == -ENOTCONN;
	/* what this node itself told may be older than what is there now */
	if (first)
		r = past_read(call, &wants, &past);
	if (!r && first && *past)
		r = hc_wait(call,
			    "this cluster exists already (%s) and none of its monitors answers: it "
			    "is not made again",
			    past);
	if (!r && first)
		r = past_forbids(call, &wants);
	if (!r)
		r = daemon_clear(call, WORK);
	if (!r)
		r = make(call, &map, first);
	ask_done(&map);
	(void)daemon_clear(call, WORK); /* the next run begins with that too */
	return r;
}

/* Away at once, then bit by bit: who is killed in between leaves no half of a database in its
 * place.
 */
int store_remove(struct hc_call *call, const char *node)
{
	const char *path = store_path(call->arena, node);
	const char *beside = beside_of(call->arena, node);
	int r = daemon_clear(call, beside);

	if (r)
		return r;
	r = move(path, beside);
	if (r && r != -ENOENT)
		return hc_fail(call, -r, NULL, "cannot rename %s to %s: %s", path, beside,
			       hc_directory_error(r));
	return daemon_clear(call, beside);
}
