/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * A file from elsewhere, wanted by its SHA-256: downloaded or copied into a directory of ours, as
 * PATH.part until all of it is there and is what was asked for. Whoever was cut off goes on there
 * the next time.
 */

#include <hcstate/value.h>

struct fetch {
	const char *source; /* https://..., http://..., or an absolute path */
	const char *sha256; /* 64 hexadecimal digits */
	const char *path;   /* where it is to be */

	/* Says how far it is; false: stop now. */
	bool (*goes_on)(void *arg, const char *how_far);
	void *arg;
};

/* 0: it is there, whole and right. Else a negative errno and why; -EINTR: it was stopped. */
int fetch(struct hc_arena *arena, const struct fetch *fetch, const char **why);

/* "1.5 GiB", "312 MiB" */
char *fetch_size(struct hc_arena *arena, uint64_t bytes);

/* Of the file, all of it. `goes_on` may be NULL. */
enum {
	FETCH_SHA256 = 65, /* with its NUL */
};
int fetch_sha256(struct hc_arena *arena, int fd, char hex[FETCH_SHA256],
		 const struct fetch *goes_on);

/* fetch_http.c: the rest of it behind what `fd` has already, which it may find to be no good. */
int fetch_http(struct hc_arena *arena, const struct fetch *fetch, int fd, const char *part,
	       const char **why);
/* Whether so many bytes more find room where `fd` is, and leave some of it to others: -ENOSPC. */
int fetch_room(struct hc_arena *arena, int fd, uint64_t bytes, const char *path, const char **why);
