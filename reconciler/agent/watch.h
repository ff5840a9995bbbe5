/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Notices that a file or a tree of manifests may have changed: something in the tree, the tree
 * itself or a directory above it, and what the links in it lead to. Nothing of the path needs to be
 * there yet.
 */

#include <stdbool.h>
#include <stdint.h>

struct watch;

/* What one walk over the tree saw. */
struct watch_sight {
	uint64_t print;    /* of names, sizes and times: another one is another tree */
	bool grew;         /* a directory is watched that was not before */
	const char *blind; /* why a change may go unnoticed until the next look; NULL: none may.
			      Valid until that look */
};

struct watch *watch_new(const char *path);
struct watch *watch_free(struct watch *watch); /* takes NULL, gives NULL */
/* Readable when there is something to take; -1: there is no such thing, and watch_look() says why.
 */
int watch_fd(const struct watch *watch);
/* Takes what was noticed. Whether it has to do with the manifests. */
bool watch_take(struct watch *watch);
/* Walks the tree: all that changes in it after it was looked at is noticed. */
struct watch_sight watch_look(struct watch *watch);
