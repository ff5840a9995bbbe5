/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The walk. A path is followed a name at a time as the kernel would do it, and in each directory on
 * the way the next name is watched for: so a directory that is moved away, replaced or not there
 * yet is noticed as a file is, and so is a link on the way that is turned to something else. Links
 * in the tree are followed in the same manner to the file they lead to.
 *
 * A directory is watched before it is read. What is made in it later is therefore either seen by
 * the walk or reported, and a walk after each change is enough to keep up with the tree.
 */

#include "watch_walk.h"

#include <errno.h>
#include <fts.h>
#include <limits.h>
#include <linux/magic.h>
#include <sodium.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <sys/vfs.h>

#include <reconciler/load.h>

enum {
	LINKS_MAX = 40, /* as the kernel has it */
	NAMES = IN_CREATE | IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO | IN_ATTRIB | IN_DELETE_SELF |
		IN_MOVE_SELF,
	CONTENT = IN_MODIFY | IN_CLOSE_WRITE,
};

/* A path on which the walk is. */
struct trail {
	struct watch_walk *walk;
	unsigned links;
	char at[PATH_MAX];   /* the directory it has come to: absolute, no link in it */
	char left[PATH_MAX]; /* the names behind that */
	mode_t mode;         /* of what it has come to; 0: there is no such thing */
};

static size_t place_of(const struct watch_walk *walk, int wd)
{
	size_t low = 0, high = walk->n;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (walk->spot[middle].wd < wd)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

struct watch_spot *watch_walk_spot(const struct watch_walk *walk, int wd)
{
	size_t i = place_of(walk, wd);

	return i < walk->n && walk->spot[i].wd == wd ? &walk->spot[i] : NULL;
}

static struct watch_spot *have_spot(struct watch_walk *walk, int wd)
{
	size_t i = place_of(walk, wd);

	if (i < walk->n && walk->spot[i].wd == wd)
		return &walk->spot[i];
	walk->spot = hc_grow(walk->arena, walk->spot, walk->n, &walk->room, sizeof(*walk->spot));
	memmove(&walk->spot[i + 1], &walk->spot[i], (walk->n++ - i) * sizeof(*walk->spot));
	walk->spot[i] = (struct watch_spot){.wd = wd};
	return &walk->spot[i];
}

/* NULL: it cannot be watched. A directory that we may not read is no error here: loading says so,
 * or it is one above the tree. */
static struct watch_spot *observe(struct watch_walk *walk, const char *directory, uint32_t what)
{
	const uint32_t how = IN_ONLYDIR | IN_DONT_FOLLOW | IN_EXCL_UNLINK | IN_MASK_ADD;
	int wd = walk->fd < 0 ? -1 : inotify_add_watch(walk->fd, directory, what | how);

	if (wd >= 0)
		return have_spot(walk, wd);
	if (walk->fd >= 0 && (errno == ENOSPC || errno == ENOMEM))
		walk->error = errno;
	return NULL;
}

static void observe_name(struct watch_walk *walk, const char *directory, const char *name,
			 uint32_t what)
{
	struct watch_spot *spot = observe(walk, directory, what);

	if (!spot)
		return;
	for (size_t i = 0; i < spot->n; i++)
		if (!strcmp(spot->name[i], name))
			return;
	spot->name = hc_grow(walk->arena, spot->name, spot->n, &spot->room, sizeof(*spot->name));
	spot->name[spot->n++] = hc_strdup(walk->arena, name);
}

/* The sum does not depend on the order in which a directory gives its names. */
static void imprint(struct watch_walk *walk, const char *path, const struct stat *st, int error)
{
	static const unsigned char key[crypto_shorthash_KEYBYTES];
	bool content =
		st && !S_ISDIR(st->st_mode); /* a directory's times tell of other files too */
	uint64_t print, facts[9] = {(uint64_t)error};

	(void)crypto_shorthash((unsigned char *)&facts[1], (const unsigned char *)path,
			       strlen(path), key); /* it cannot fail */
	if (st) {
		facts[2] = st->st_dev;
		facts[3] = st->st_ino;
		facts[4] = st->st_mode;
	}
	if (content) {
		facts[5] = (uint64_t)st->st_size;
		facts[6] =
			(uint64_t)st->st_mtim.tv_sec * 1000000000 + (uint64_t)st->st_mtim.tv_nsec;
		facts[7] =
			(uint64_t)st->st_ctim.tv_sec * 1000000000 + (uint64_t)st->st_ctim.tv_nsec;
		facts[8] = st->st_uid;
	}
	(void)crypto_shorthash((unsigned char *)&print, (const unsigned char *)facts, sizeof(facts),
			       key);
	walk->print += print;
}

/* Takes the first name off what is left; "": only slashes were. */
static int cut(struct trail *trail, char name[NAME_MAX + 1])
{
	const char *from = trail->left + strspn(trail->left, "/");
	size_t size = strcspn(from, "/");

	if (size > NAME_MAX)
		return -ENAMETOOLONG;
	memcpy(name, from, size);
	name[size] = '\0';
	memmove(trail->left, from + size, strlen(from + size) + 1);
	return 0;
}

static bool is_at_end(const struct trail *trail)
{
	return !trail->left[strspn(trail->left, "/")];
}

static void ascend(struct trail *trail)
{
	char *slash = strrchr(trail->at, '/');

	slash[slash == trail->at] = '\0';
}

static int descend(struct trail *trail, const char *name)
{
	size_t size = strlen(trail->at), more = strlen(name);
	bool slash = size > 1;

	if (size + slash + more >= sizeof(trail->at))
		return -ENAMETOOLONG;
	trail->at[size] = '/';
	memcpy(trail->at + size + slash, name, more + 1);
	return 0;
}

/* The link's text comes before what is left. `at` is the link, and becomes where its text begins.
 */
static int unfold(struct trail *trail)
{
	char target[PATH_MAX];
	ssize_t n = readlink(trail->at, target, sizeof(target));
	size_t size = strlen(trail->left) + 1;

	if (n < 0)
		return -errno;
	if (++trail->links > LINKS_MAX)
		return -ELOOP;
	if ((size_t)n + 1 + size > sizeof(trail->left))
		return -ENAMETOOLONG;
	memmove(trail->left + n + 1, trail->left, size);
	trail->left[n] = '/';
	memcpy(trail->left, target, (size_t)n);
	trail->mode = S_IFDIR;
	if (*target == '/')
		trail->at[1] = '\0';
	else
		ascend(trail);
	return 0;
}

static int advance(struct trail *trail)
{
	char name[NAME_MAX + 1];
	struct stat st;
	int r = cut(trail, name);

	if (r || !*name || !strcmp(name, "."))
		return r;
	if (!strcmp(name, "..")) {
		ascend(trail);
		return 0;
	}
	observe_name(trail->walk, trail->at, name, NAMES);
	r = descend(trail, name);
	if (!r && lstat(trail->at, &st))
		r = -errno;
	if (r)
		return r;
	imprint(trail->walk, trail->at, &st, 0);
	trail->mode = st.st_mode;
	if (S_ISLNK(st.st_mode))
		return unfold(trail);
	return S_ISDIR(st.st_mode) || is_at_end(trail) ? 0 : -ENOTDIR;
}

/* To the end of the path, or as far as it goes. */
static void follow(struct trail *trail)
{
	int r = 0;

	while (!r && !is_at_end(trail))
		r = advance(trail);
	if (r) {
		imprint(trail->walk, trail->at, NULL, r);
		trail->mode = 0;
	} else if (!S_ISDIR(trail->mode)) {
		const char *name = strrchr(trail->at, '/') + 1;

		name = hc_strdup(trail->walk->arena, name);
		ascend(trail);
		observe_name(trail->walk, trail->at, name, NAMES | CONTENT);
	}
}

static void follow_link(struct watch_walk *walk, const FTSENT *entry)
{
	struct trail trail = {.walk = walk};
	size_t size = entry->fts_pathlen - entry->fts_namelen;

	if (entry->fts_pathlen >= sizeof(trail.at))
		return;
	memcpy(trail.at, entry->fts_path, size > 1 ? size - 1 : size);
	memcpy(trail.left, entry->fts_name, entry->fts_namelen);
	follow(&trail);
}

static void take_directory(struct watch_walk *walk, FTS *tree, FTSENT *entry)
{
	struct watch_spot *spot;

	if (entry->fts_level && *entry->fts_name == '.') {
		(void)fts_set(tree, entry, FTS_SKIP); /* it knows this entry */
		return;
	}
	spot = observe(walk, entry->fts_path, NAMES | CONTENT);
	if (spot)
		spot->tree = true;
	imprint(walk, entry->fts_path, entry->fts_statp, 0);
}

static void take(struct watch_walk *walk, FTS *tree, FTSENT *entry)
{
	switch (entry->fts_info) {
	case FTS_D:
		take_directory(walk, tree, entry);
		break;
	case FTS_F:
	case FTS_DEFAULT:
		if (hc_is_manifest(entry->fts_name))
			imprint(walk, entry->fts_path, entry->fts_statp, 0);
		break;
	case FTS_SL:
	case FTS_SLNONE:
		if (*entry->fts_name != '.')
			follow_link(walk, entry);
		break;
	case FTS_DNR:
	case FTS_ERR:
	case FTS_NS:
		imprint(walk, entry->fts_path, NULL, entry->fts_errno);
		break;
	}
}

static void walk_tree(struct watch_walk *walk, char *top)
{
	char *tops[] = {top, NULL};
	FTS *tree = fts_open(tops, FTS_PHYSICAL | FTS_NOCHDIR, NULL);

	if (!tree) {
		walk->error = errno;
		return;
	}
	for (FTSENT *entry = fts_read(tree); entry; entry = fts_read(tree))
		take(walk, tree, entry);
	(void)fts_close(tree); /* all was read */
}

static bool is_remote(const char *path)
{
	static const uint64_t magic[] = {
		NFS_SUPER_MAGIC,  SMB_SUPER_MAGIC, CIFS_SUPER_MAGIC, SMB2_SUPER_MAGIC,
		CEPH_SUPER_MAGIC, AFS_SUPER_MAGIC, V9FS_MAGIC,       FUSE_SUPER_MAGIC,
	};
	struct statfs fs;

	if (statfs(path, &fs))
		return false;
	for (size_t i = 0; i < HC_COUNT(magic); i++)
		if ((uint32_t)fs.f_type == magic[i])
			return true;
	return false;
}

void watch_walk(struct watch_walk *walk, const char *path)
{
	struct trail trail = {.walk = walk, .at = "/", .mode = S_IFDIR};

	if (strlen(path) >= sizeof(trail.left) ||
	    (*path != '/' && !getcwd(trail.at, sizeof(trail.at))))
		return; /* what is wrong with it is said when it is loaded */
	memcpy(trail.left, path, strlen(path) + 1);
	follow(&trail);
	walk->remote = is_remote(trail.at);
	if (S_ISDIR(trail.mode))
		walk_tree(walk, trail.at);
}
