/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What was fetched for Images: files in a directory of ours that are called by their SHA-256. They
 * are kept as long as an Image that is not there yet waits for them, so that a run that was killed,
 * or a pool that is full, does not cost a second download; then they go. Nobody is asked, as there
 * is nothing in them that could not be fetched again; but a run that only looks leaves them.
 */

#include <dirent.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>

#include <hcstate/directory.h>
#include <hcstate/file.h>

#include "fetch.h"
#include "image.h"

enum {
	DIGITS = FETCH_SHA256 - 1,
};

const struct hc_resource *image_told(const struct look *look, const struct hc_type *type,
				     const char *name)
{
	const struct hc_set *found = &look->live->found; /* not sorted yet */

	for (size_t i = 0; i < found->n; i++)
		if (found->v[i]->type == type && !strcmp(found->v[i]->name, name))
			return found->v[i];
	return NULL;
}

/* Whether it was made of that file. */
static bool is_of(const struct hc_resource *r, const char *sha256)
{
	const char *is;

	if (!r)
		return false;
	is = r->type == &hc_image ? ((const struct hc_image *)r->spec)->sha256
				  : ((const struct hc_image_file *)r->spec)->sha256;
	return is && !strcmp(is, sha256);
}

/* Of an Image in a directory its file counts; it is there in any case. */
static bool is_waited_for(const struct look *look, const char *sha256)
{
	size_t n;
	struct hc_resource *const *v = hc_of_type(look->call->desired, &hc_image, &n);

	for (size_t i = 0; i < n; i++) {
		const struct hc_image *image = v[i]->spec;
		const struct hc_type *type =
			hc_find(look->call->desired, &hc_image_file, look->call->node, v[i]->name)
				? &hc_image_file
				: &hc_image;

		if (!strcmp(image->sha256, sha256) &&
		    !is_of(image_told(look, type, v[i]->name), sha256))
			return true;
	}
	return false;
}

/* Somebody is just fetching it. */
static bool is_locked(struct hc_arena *arena, const char *directory, const char *sha256)
{
	const char *part = hc_printf(arena, "%s/%s.part", directory, sha256);
	_cleanup_(hc_closep) int fd = open(part, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);

	return fd >= 0 && flock(fd, LOCK_EX | LOCK_NB);
}

/* "SHA256.raw.part", or what a crash left of ".SHA256.part.tag.new". NULL: it is none of ours. */
static const char *sha256_of(struct hc_arena *arena, const char *entry)
{
	static const char *const suffixes[] = {"",     ".part",    ".part.tag", ".part.tag.new",
					       ".raw", ".raw.part"};
	const char *digits = entry + (*entry == '.');

	if (strspn(digits, "0123456789abcdef") != DIGITS)
		return NULL;
	for (size_t i = 0; i < HC_COUNT(suffixes); i++)
		if (!strcmp(digits + DIGITS, suffixes[i]))
			return hc_strndup(arena, digits, DIGITS);
	return NULL;
}

void image_cache_sweep(const struct look *look)
{
	struct hc_arena *arena = look->call->arena;
	const char *path = hc_printf(arena, "%s/fetch", hc_state_directory()), *sha256;
	DIR *directory = look->call->dry ? NULL : opendir(path);
	const struct dirent *entry;

	if (!directory)
		return;
	while ((entry = readdir(directory))) {
		sha256 = sha256_of(arena, entry->d_name);
		if (sha256 && !is_waited_for(look, sha256) && !is_locked(arena, path, sha256))
			(void)hc_file_remove(hc_printf(arena, "%s/%s", path, entry->d_name));
	}
	(void)closedir(directory); /* it was only read */
}
