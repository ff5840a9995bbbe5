/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The files of a path. Of a directory: *.yaml and *.yml of its whole tree, sorted by path, so that
 * the same tree is the same generation everywhere. Hidden files and what editors leave behind are
 * not manifests.
 *
 * A manifest that is skipped in silence looks like a wish to remove what it says. So whatever is
 * named like one and cannot be read is an error, and so is a link to a directory, which is not
 * followed because trees of links have no end.
 */

#include "load.h"

#include <errno.h>
#include <fts.h>
#include <string.h>
#include <sys/stat.h>

#include <hcstate/file.h>

enum { DEEPEST = 16 };

/* The sources found so far, and where they go. */
struct finder {
	struct hc_arena *arena;
	struct hc_diags *diags;
	struct hc_source ***sources;
	size_t *n, *room;
};

static struct hc_diag *say(struct finder *finder, const char *path, const char *text)
{
	struct hc_source *source = hc_new(finder->arena, struct hc_source);

	source->path = hc_strdup(finder->arena, path);
	return hc_say(finder->diags, HC_ERROR, (struct hc_place){.source = source}, "%s", text);
}

bool hc_is_manifest(const char *name)
{
	const char *dot = strrchr(name, '.');

	return *name != '.' && *name != '#' && dot &&
	       (!strcmp(dot, ".yaml") || !strcmp(dot, ".yml"));
}

static void add(struct finder *finder, const char *path)
{
	struct hc_source *source = hc_new(finder->arena, struct hc_source);
	char *text = NULL;
	int r;

	source->path = hc_strdup(finder->arena, path);
	r = hc_file_read(finder->arena, path, HC_MAX_FILE, &text, &source->size);
	if (r) {
		(void)say(finder, path,
			  r == -EFBIG    ? "it is larger than 64 MiB"
			  : r == -EINVAL ? "it is not a regular file"
					 : strerror(-r));
		return;
	}
	source->text = text;
	*finder->sources = hc_grow(finder->arena, *finder->sources, *finder->n, finder->room,
				   sizeof(**finder->sources));
	(*finder->sources)[(*finder->n)++] = source;
}

static void take_link(struct finder *finder, const FTSENT *entry)
{
	struct stat st;

	if (stat(entry->fts_path, &st)) {
		if (hc_is_manifest(entry->fts_name))
			(void)say(finder, entry->fts_path, "this link points to nothing");
	} else if (S_ISDIR(st.st_mode)) {
		hc_hint(finder->diags,
			say(finder, entry->fts_path, "a link to a directory is not followed"),
			"name the directory with -f");
	} else if (hc_is_manifest(entry->fts_name)) {
		add(finder, entry->fts_path);
	}
}

static void take(struct finder *finder, FTS *tree, FTSENT *entry)
{
	bool top = entry->fts_level == 0;

	switch (entry->fts_info) {
	case FTS_D:
		if (!top && *entry->fts_name == '.') {
			(void)fts_set(tree, entry, FTS_SKIP); /* it knows this entry */
		} else if (entry->fts_level > DEEPEST) {
			(void)say(finder, entry->fts_path,
				  "this directory is too deep in the tree");
			(void)fts_set(tree, entry, FTS_SKIP); /* it knows this entry */
		}
		break;
	case FTS_F:
	case FTS_DEFAULT: /* neither a file nor a directory: add() refuses it */
		if (top || hc_is_manifest(entry->fts_name))
			add(finder, entry->fts_path);
		break;
	case FTS_SL:
	case FTS_SLNONE:
		if (top || *entry->fts_name != '.')
			take_link(finder, entry);
		break;
	case FTS_DNR:
	case FTS_ERR:
	case FTS_NS:
		(void)say(finder, entry->fts_path, strerror(entry->fts_errno));
		break;
	}
}

static int by_path(const void *a, const void *b)
{
	return strcmp((*(struct hc_source *const *)a)->path, (*(struct hc_source *const *)b)->path);
}

void hc_source_find(struct hc_arena *arena, const char *path, struct hc_diags *diags,
		    struct hc_source ***sources, size_t *n, size_t *room)
{
	struct finder finder = {arena, diags, sources, n, room};
	_cleanup_(hc_freep) char *root = strdup(path);
	char *roots[] = {root, NULL};
	size_t first = *n;
	FTS *tree;

	/* Without the last slash, so that every path is written in one way. */
	for (size_t size = strlen(path); root && size > 1 && root[size - 1] == '/'; size--)
		root[size - 1] = '\0';
	tree = root ? fts_open(roots, FTS_PHYSICAL | FTS_COMFOLLOW | FTS_NOCHDIR, NULL) : NULL;
	if (!tree) {
		(void)say(&finder, path, strerror(errno));
		return;
	}
	for (FTSENT *entry = fts_read(tree); entry; entry = fts_read(tree))
		take(&finder, tree, entry);
	(void)fts_close(tree); /* all was read */
	if (*n > first)
		qsort(*sources + first, *n - first, sizeof(**sources), by_path);
}
