/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Fetching. What came is never believed: only a file with the right digest gets its name, all else
 * is thrown away, so that the next try begins from nothing instead of going on with it.
 */

#include "fetch.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <sodium.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>

#include <hcstate/file.h>

enum {
	CHUNK = 1024 * 1024,
	TELL_EVERY = 64,      /* chunks */
	KEPT_PART = 20,       /* a file system is not filled beyond its last twentieth, */
	KEPT_MOST_MIB = 1024, /* or beyond this, where that is less */
};

char *fetch_size(struct hc_arena *arena, uint64_t bytes)
{
	if (bytes >= UINT64_C(10) << 30)
		return hc_printf(arena, "%" PRIu64 " GiB", bytes >> 30);
	if (bytes >= UINT64_C(1) << 30)
		return hc_printf(arena, "%.1f GiB", (double)bytes / (UINT64_C(1) << 30));
	if (bytes >= UINT64_C(1) << 20)
		return hc_printf(arena, "%" PRIu64 " MiB", bytes >> 20);
	return hc_printf(arena, "%" PRIu64 " KiB", bytes >> 10);
}

/* An arena of its own: it is said often. */
static bool tell(const struct fetch *fetch, const char *verb, uint64_t done, uint64_t size)
{
	_cleanup_(hc_arena_freep) struct hc_arena *arena = hc_arena_new();

	return fetch->goes_on(fetch->arg,
			      hc_printf(arena, "%s: %" PRIu64 " %% of %s", verb,
					size ? done * 100 / size : 100, fetch_size(arena, size)));
}

static uint64_t size_of(int fd)
{
	struct stat is;

	return fstat(fd, &is) ? 0 : (uint64_t)is.st_size;
}

int fetch_sha256(struct hc_arena *arena, int fd, char hex[FETCH_SHA256], const struct fetch *fetch)
{
	_cleanup_(hc_freep) uint8_t *chunk = malloc(CHUNK);
	uint8_t digest[crypto_hash_sha256_BYTES];
	crypto_hash_sha256_state state;
	uint64_t done = 0, size = size_of(fd);
	ssize_t n;

	(void)arena;
	if (!chunk)
		abort();                       /* memory has run out */
	(void)crypto_hash_sha256_init(&state); /* these cannot fail */
	for (unsigned i = 0; (n = pread(fd, chunk, CHUNK, (off_t)done)) != 0; i++) {
		if (n < 0 && errno != EINTR)
			return -errno;
		if (n < 0)
			continue;
		(void)crypto_hash_sha256_update(&state, chunk, (size_t)n);
		done += (uint64_t)n;
		if (fetch && i % TELL_EVERY == 0 && !tell(fetch, "checked", done, size))
			return -EINTR;
	}
	(void)crypto_hash_sha256_final(&state, digest);
	(void)sodium_bin2hex(hex, FETCH_SHA256, digest, sizeof(digest));
	return 0;
}

int fetch_room(struct hc_arena *arena, int fd, uint64_t bytes, const char *path, const char **why)
{
	const uint64_t most = (uint64_t)KEPT_MOST_MIB << 20;
	struct statvfs fs;
	uint64_t room, kept;

	if (fstatvfs(fd, &fs))
		return 0; /* writing will tell */
	room = (uint64_t)fs.f_bavail * fs.f_frsize;
	kept = (uint64_t)fs.f_blocks * fs.f_frsize / KEPT_PART;
	kept = kept < most ? kept : most;
	if (room >= kept && room - kept >= bytes)
		return 0;
	*why = hc_printf(arena,
			 "%s more is needed for it at %s, and %s is free, of which %s stays free",
			 fetch_size(arena, bytes), path, fetch_size(arena, room),
			 fetch_size(arena, kept));
	return -ENOSPC;
}

static int write_all(int fd, const char *data, size_t size, uint64_t at)
{
	while (size) {
		ssize_t n = pwrite(fd, data, size, (off_t)at);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		data += n;
		at += (uint64_t)n;
		size -= (size_t)n;
	}
	return 0;
}

/* One that grows meanwhile is not followed: it is another file by then. */
static int copy_all(const struct fetch *fetch, int from, int to, uint64_t size)
{
	_cleanup_(hc_freep) char *chunk = malloc(CHUNK);
	uint64_t done = 0;
	unsigned i = 0;
	ssize_t n;
	int r = 0;

	if (!chunk)
		abort();
	do {
		n = pread(from, chunk, size - done < CHUNK ? (size_t)(size - done) : CHUNK,
			  (off_t)done);
		if (n < 0 && errno != EINTR)
			r = -errno;
		else if (n > 0)
			r = write_all(to, chunk, (size_t)n, done);
		done += n > 0 ? (uint64_t)n : 0;
		if (!r && i++ % TELL_EVERY == 0 && !tell(fetch, "copied", done, size))
			r = -EINTR;
	} while (!r && n && done < size); /* n 0: it became shorter */
	return r;
}

static int fetch_file(struct hc_arena *arena, const struct fetch *fetch, int to, const char **why)
{
	_cleanup_(hc_closep) int from =
		open(fetch->source, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	struct stat is;
	int r;

	if (from < 0 || fstat(from, &is)) {
		r = -errno;
		*why = hc_printf(arena, "cannot read %s: %s", fetch->source, strerror(-r));
		return r;
	}
	if (!S_ISREG(is.st_mode)) {
		*why = hc_printf(arena, "%s is no file", fetch->source);
		return -EINVAL;
	}
	r = ftruncate(to, 0) ? -errno : 0;
	if (!r)
		r = fetch_room(arena, to, (uint64_t)is.st_size, fetch->path, why);
	if (r)
		return r;
	r = copy_all(fetch, from, to, (uint64_t)is.st_size);
	if (r && r != -EINTR)
		*why = hc_printf(arena, "cannot copy %s: %s", fetch->source, strerror(-r));
	return r;
}

static void throw_away(struct hc_arena *arena, const char *part)
{
	(void)hc_file_remove(part); /* the next try finds it to be no good again */
	(void)hc_file_remove(hc_printf(arena, "%s.tag", part)); /* likewise */
}

static int check(struct hc_arena *arena, const struct fetch *fetch, int fd, const char *part,
		 const char **why)
{
	char hex[FETCH_SHA256];
	int r = fetch_sha256(arena, fd, hex, fetch);

	if (r && r != -EINTR)
		*why = hc_printf(arena, "cannot read %s: %s", part, strerror(-r));
	if (r || !strcmp(hex, fetch->sha256))
		return r;
	*why = hc_printf(arena, "what %s gave has sha256 %s, not %s; it was thrown away",
			 fetch->source, hex, fetch->sha256);
	throw_away(arena, part);
	return -EBADMSG;
}

static int keep(struct hc_arena *arena, const struct fetch *fetch, int fd, const char *part,
		const char **why)
{
	if (fsync(fd) || rename(part, fetch->path)) {
		*why = hc_printf(arena, "cannot keep %s: %s", fetch->path, strerror(errno));
		return -errno;
	}
	(void)hc_file_remove(hc_printf(arena, "%s.tag", part)); /* of no use any more */
	return 0;
}

/* Whether it is there already, and what was asked for. */
static int is_there(struct hc_arena *arena, const struct fetch *fetch)
{
	_cleanup_(hc_closep) int fd = open(fetch->path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	char hex[FETCH_SHA256];
	int r;

	if (fd < 0)
		return errno == ENOENT ? 0 : -errno;
	r = fetch_sha256(arena, fd, hex, fetch);
	return r ? r : !strcmp(hex, fetch->sha256);
}

static int get(struct hc_arena *arena, const struct fetch *fetch, int fd, const char *part,
	       const char **why)
{
	int r = *fetch->source == '/' ? fetch_file(arena, fetch, fd, why)
				      : fetch_http(arena, fetch, fd, part, why);

	if (r == -ENOSPC || r == -EDQUOT)
		throw_away(arena, part); /* who needs the room now is not to wait for us */
	return r ? r : check(arena, fetch, fd, part, why);
}

int fetch(struct hc_arena *arena, const struct fetch *fetch, const char **why)
{
	const char *part = hc_printf(arena, "%s.part", fetch->path);
	_cleanup_(hc_closep) int fd = -1;
	int r = is_there(arena, fetch);

	*why = "it was stopped";
	if (r > 0 || r == -EINTR)
		return r > 0 ? 0 : r;
	fd = open(part, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0) {
		r = -errno;
		*why = hc_printf(arena, "cannot write %s: %s", part, strerror(-r));
		return r;
	}
	/* the lock goes with the fd, also when we are killed */
	if (flock(fd, LOCK_EX | LOCK_NB)) {
		*why = hc_printf(arena, "%s is being fetched already", fetch->source);
		return -EBUSY;
	}
	r = get(arena, fetch, fd, part, why);
	return r ? r : keep(arena, fetch, fd, part, why);
}
