/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* Which directories a path's manifests depend on, and which names in them. */

#include <hcstate/resource.h>

/* A directory that is watched. */
struct watch_spot {
	int wd;            /* inotify's number of it */
	bool tree;         /* it is part of the tree: all manifests in it matter */
	const char **name; /* names in it that matter too */
	size_t n, room;
};

struct watch_walk {
	struct hc_arena *arena;  /* for all below */
	int fd;                  /* of inotify; -1: none */
	struct watch_spot *spot; /* sorted by wd */
	size_t n, room;
	uint64_t print;
	int error;   /* why a directory is not watched that could be; 0: all are */
	bool remote; /* others may change it, and the kernel does not say so */
};

void watch_walk(struct watch_walk *walk, const char *path);
/* NULL: it is none of them. */
struct watch_spot *watch_walk_spot(const struct watch_walk *walk, int wd);
