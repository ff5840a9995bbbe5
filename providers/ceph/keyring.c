/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Key ring files: sections of [ENTITY] with `key = BASE64` and lines of caps. Ceph reads them with
 * its own ini parser; what is looked for here is only the one key, so that a file which Ceph's
 * tools wrote is as right as one of ours.
 *
 * Keys are read and put together in memory that is neither swapped nor dumped.
 */

#include "keyring.h"

#include <fcntl.h>
#include <sodium.h>
#include <string.h>
#include <sys/stat.h>

#include <hcstate/directory.h>
#include <hcstate/file.h>

#include <ceph-client/sealed_key.h>

enum {
	KEYRING_MAX = 64 * 1024, /* bytes of a file; a key takes less than 100 */
};

static void free_guarded(char **data)
{
	sodium_free(*data);
}

static char *guarded(size_t size)
{
	char *data = sodium_malloc(size + 1);

	if (!data)
		abort(); /* memory has run out */
	return data;
}

static const char *skip_blanks(const char *at, const char *end)
{
	while (at < end && (*at == ' ' || *at == '\t' || *at == '\r'))
		at++;
	return at;
}

static bool is_section(const char *line, const char *end, const char *entity)
{
	size_t size = strlen(entity);

	return (size_t)(end - line) >= size + 2 && *line == '[' &&
	       !strncmp(line + 1, entity, size) && line[size + 1] == ']';
}

/* Whether the line is `key = KEY` of that very key. */
static bool has_key(const char *line, const char *end, const struct keyring *want)
{
	if (end - line < 4 || strncmp(line, "key", 3) != 0)
		return false;
	line = skip_blanks(line + 3, end);
	if (line >= end || *line != '=')
		return false;
	line = skip_blanks(line + 1, end);
	while (end > line && (end[-1] == ' ' || end[-1] == '\t' || end[-1] == '\r'))
		end--;
	return (size_t)(end - line) == want->size && !sodium_memcmp(line, want->key, want->size);
}

static bool holds(const char *data, size_t size, const struct keyring *want)
{
	const char *end = data + size;
	bool inside = false;

	for (const char *line = data; line < end;) {
		const char *stop = memchr(line, '\n', (size_t)(end - line));
		const char *text;

		stop = stop ? stop : end;
		text = skip_blanks(line, stop);
		if (text < stop && *text == '[')
			inside = is_section(text, stop, want->entity);
		else if (inside && has_key(text, stop, want))
			return true;
		line = stop + 1;
	}
	return false;
}

static size_t read_whole(int fd, char *data, size_t room)
{
	size_t have = 0;
	ssize_t n;

	while (have < room && (n = read(fd, data + have, room - have)) > 0)
		have += (size_t)n;
	return have;
}

int keyring_judge(const char *path, const struct keyring *want, uid_t owner,
		  enum hc_keyring *verdict)
{
	_cleanup_(hc_closep) int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	_cleanup_(free_guarded) char *data = NULL;
	struct stat st;

	*verdict = fd < 0 && (errno == ENOENT || errno == ENOTDIR) ? HC_KEYRING_ABSENT
								   : HC_KEYRING_WRONG;
	if (fd < 0)
		return *verdict == HC_KEYRING_ABSENT || errno == ELOOP ? 0 : -errno;
	if (fstat(fd, &st))
		return -errno;
	data = guarded(KEYRING_MAX);
	if (!S_ISREG(st.st_mode) || !holds(data, read_whole(fd, data, KEYRING_MAX), want))
		return 0;
	*verdict =
		st.st_mode & 07177 || st.st_uid != owner ? HC_KEYRING_READABLE : HC_KEYRING_RIGHT;
	return 0;
}

static size_t put(char *at, const void *data, size_t size)
{
	memcpy(at, data, size);
	return size;
}

/* Into `data`, which has the room; gives how much of it was taken. */
static size_t render(char *data, const struct keyring *keys, size_t n)
{
	size_t used = 0;

	for (size_t i = 0; i < n; i++) {
		used += put(data + used, "[", 1);
		used += put(data + used, keys[i].entity, strlen(keys[i].entity));
		used += put(data + used, "]\n\tkey = ", 9);
		used += put(data + used, keys[i].key, keys[i].size);
		used += put(data + used, "\n", 1);
		used += put(data + used, keys[i].caps, strlen(keys[i].caps));
	}
	return used;
}

int keyring_write(struct hc_call *call, const char *path, const struct keyring *keys, size_t n,
		  uid_t owner, gid_t group)
{
	_cleanup_(free_guarded) char *data = NULL;
	size_t room = 0;
	int r;

	for (size_t i = 0; i < n; i++) {
		if (!sealed_key_is(keys[i].key, keys[i].size))
			return hc_fail(call, EINVAL, NULL, "the key of %s is no key of Ceph",
				       keys[i].entity);
		room += strlen(keys[i].entity) + keys[i].size + strlen(keys[i].caps) + 16;
	}
	data = guarded(room);
	r = hc_file_give(path, 0600, owner, group, data, render(data, keys, n));
	return r ? hc_fail(call, -r, NULL, "%s: %s", path, hc_directory_error(r)) : 0;
}
