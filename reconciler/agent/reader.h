/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* Reads manifests in a thread of its own, for a file system may hang (NFS whose server is gone),
 * and nothing ends that. One thing at a time. */

#include <reconciler/load.h>

#include "watch.h"

struct reader;

/* What came of it. */
struct reading {
	struct watch_sight sight;         /* valid until the next */
	struct hc_generation *generation; /* taken by who is given it; NULL: it was only looked */
	bool torn;                        /* something changed while it was read */
};

struct reader *reader_new(const char *path);
/* Takes NULL, gives NULL. A read under way is left to itself. */
struct reader *reader_free(struct reader *reader);

/* Only while nothing is read: */
struct watch *reader_watch(struct reader *reader);

/* Looks, and reads where a registry is given, which has to live until that has ended. Waits that
 * long; false: it goes on, and reader_fd() tells of its end. */
bool reader_read(struct reader *reader, const struct hc_registry *registry, uint64_t patience_us,
		 struct reading *reading);
/* Readable when a read that was not waited for has ended; -1: there is no such thing. */
int reader_fd(const struct reader *reader);
/* Takes what came of that. False: it has not ended. */
bool reader_take(struct reader *reader, struct reading *reading);
