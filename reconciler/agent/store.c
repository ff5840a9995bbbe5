/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Two files: `generation/index.json`, and beside it the texts one behind the other in a file that
 * is named after their digest. The texts are written first, under a name that no other texts have;
 * then the index takes its predecessor's place, and with that moment the generation. A kill
 * anywhere leaves one index and the texts that it names.
 *
 * Few and large files, since each must be on the disk before the next is begun, and the agent
 * waits for that.
 */

#include "store.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <string.h>
#include <sys/stat.h>

#include <hcstate/file.h>

#include "store_index.h"

#define INDEX "index.json"

enum {
	INDEX_MAX = 256 * 1024 * 1024,
	TEXTS_MAX = 1024 * 1024 * 1024,
};

/* What is written, or was read. */
struct kept {
	struct hc_arena *arena;
	const char *directory;
	char *texts;
	size_t size;
	char digest[STORE_DIGEST + 1];
};

static struct kept kept_in(struct hc_arena *arena, const char *state_dir)
{
	return (struct kept){.arena = arena,
			     .directory = hc_printf(arena, "%s/generation", state_dir)};
}

static const char *path_of(const struct kept *kept, const char *name)
{
	return hc_printf(kept->arena, "%s/%s", kept->directory, name);
}

static const char *texts_path(const struct kept *kept, const char *digest)
{
	return hc_printf(kept->arena, "%s/texts-%s", kept->directory, digest);
}

static void digest(struct kept *kept)
{
	unsigned char hash[STORE_DIGEST / 2];

	/* It fails only for sizes it does not know. */
	(void)crypto_generichash(hash, sizeof(hash), (const unsigned char *)kept->texts, kept->size,
				 NULL, 0);
	sodium_bin2hex(kept->digest, sizeof(kept->digest), hash, sizeof(hash));
}

/* A newline ends each text: a person may want to look at them. */
static int join(struct kept *kept, const struct hc_generation *generation)
{
	char *to;

	kept->size = generation->nsource;
	for (size_t i = 0; i < generation->nsource; i++)
		kept->size += generation->sources[i]->size;
	if (kept->size > TEXTS_MAX)
		return -EFBIG;
	to = kept->texts = hc_alloc(kept->arena, kept->size + 1);
	for (size_t i = 0; i < generation->nsource; i++) {
		memcpy(to, generation->sources[i]->text, generation->sources[i]->size);
		to += generation->sources[i]->size;
		*to++ = '\n';
	}
	digest(kept);
	return 0;
}

/* As private as the manifests may be. The entry must be on the disk as what is in it. */
static int make_directory(const struct kept *kept, const char *state_dir)
{
	_cleanup_(hc_closep) int fd = -1;

	if (mkdir(state_dir, 0755) && errno != EEXIST)
		return -errno;
	if (mkdir(kept->directory, 0700))
		return errno == EEXIST ? 0 : -errno;
	fd = open(state_dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return fd < 0 || fsync(fd) ? -errno : 0;
}

static bool is_there(const char *path, const char *data, size_t size)
{
	_cleanup_(hc_arena_freep) struct hc_arena *arena = hc_arena_new();
	char *text;
	size_t have;

	return !hc_file_read(arena, path, size, &text, &have) && have == size &&
	       !memcmp(text, data, size);
}

/* Positive: it was there already. */
static int put(const char *path, const char *data, size_t size)
{
	return is_there(path, data, size) ? 1 : hc_file_write(path, 0600, data, size);
}

/* All that is not of this generation. What is left over now is found the next time. */
static void sweep(const struct kept *kept)
{
	const char *texts = strrchr(texts_path(kept, kept->digest), '/') + 1;
	DIR *directory = opendir(kept->directory);
	const struct dirent *entry;

	while (directory && (entry = readdir(directory)))
		if (strcmp(entry->d_name, INDEX) != 0 && strcmp(entry->d_name, texts) != 0 &&
		    strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
			(void)unlinkat(dirfd(directory), entry->d_name, 0);
	if (directory)
		(void)closedir(directory); /* nothing was written through it */
}

static int write_all(struct kept *kept, const struct hc_generation *generation,
		     const char *state_dir)
{
	const char *index, *texts;
	int r, had;

	r = join(kept, generation);
	if (!r)
		r = make_directory(kept, state_dir);
	if (r)
		return r;
	index = store_index_text(kept->arena, generation, kept->digest);
	texts = texts_path(kept, kept->digest);
	if (strlen(index) > INDEX_MAX)
		return -EFBIG;
	had = put(texts, kept->texts, kept->size);
	r = had < 0 ? had : put(path_of(kept, INDEX), index, strlen(index));
	if (r >= 0)
		sweep(kept);
	else if (!had)
		(void)unlink(texts); /* a full disk needs the room; sweep() does it else */
	return r < 0 ? r : 0;
}

int store_keep(const char *state_dir, const struct hc_generation *generation,
	       struct hc_diags *diags)
{
	_cleanup_(hc_arena_freep) struct hc_arena *arena = hc_arena_new();
	struct kept kept = kept_in(arena, state_dir);
	int r = write_all(&kept, generation, state_dir);

	if (r)
		hc_say(diags, HC_ERROR, (struct hc_place){0},
		       "these manifests cannot be kept in %s: %s", kept.directory, strerror(-r));
	return r;
}

/* Each text becomes what is in the buffer; a NUL takes the place of the newline behind it. */
static const char *part(struct kept *kept, const struct store_index *index)
{
	size_t at = 0;

	for (size_t i = 0; i < index->n; i++) {
		struct hc_source *source = index->sources[i];

		if (source->size >= kept->size - at || kept->texts[at + source->size] != '\n')
			return "its index is not of its texts";
		source->text = kept->texts + at;
		at += source->size;
		kept->texts[at++] = '\0';
	}
	return at == kept->size ? NULL : "its index is not of its texts";
}

/* Of a file that could be read: NULL where all is well. */
static const char *read_texts(struct kept *kept, const char *text, size_t size,
			      struct store_index *index)
{
	const char *why = store_index_read(kept->arena, text, size, index);

	if (why)
		return why;
	if (hc_file_read(kept->arena, texts_path(kept, index->texts), TEXTS_MAX, &kept->texts,
			 &kept->size))
		return "its texts cannot be read";
	digest(kept);
	if (strcmp(kept->digest, index->texts) != 0)
		return "its texts are not what was written";
	return part(kept, index);
}

/* -ENOENT: there is nothing. *why: what is wrong, of all other errors. */
static int read_kept(struct kept *kept, struct store_index *index, const char **why)
{
	char *text;
	size_t size;
	int r = hc_file_read(kept->arena, path_of(kept, INDEX), INDEX_MAX, &text, &size);

	if (r) {
		*why = hc_printf(kept->arena, "its index cannot be read: %s", strerror(-r));
		return r;
	}
	*why = read_texts(kept, text, size, index);
	return *why ? -EBADMSG : 0;
}

static struct hc_generation *say_damaged(struct hc_diags *diags, const struct kept *kept,
					 const char *why)
{
	hc_say(diags, HC_ERROR, (struct hc_place){0},
	       "the manifests kept in %s are damaged and not used: %s", kept->directory, why);
	return NULL;
}

/* They were good for the hcstate that kept them. What is wrong points into them: they stay. */
static struct hc_generation *say_outdated(struct hc_diags *diags, const char *directory,
					  const struct hc_generation *generation)
{
	struct hc_arena *arena = generation->arena;

	hc_say(diags, HC_ERROR, (struct hc_place){0},
	       "the manifests kept in %s are not good for this version of hcstate", directory);
	hc_diags_add(diags, &generation->diags);
	hc_arena_adopt(diags->arena, &arena);
	return NULL;
}

struct hc_generation *store_load(const char *state_dir, const struct hc_registry *registry,
				 struct hc_diags *diags)
{
	_cleanup_(hc_arena_freep) struct hc_arena *own = hc_arena_new();
	_cleanup_(hc_arena_freep) struct hc_arena *arena = hc_arena_new();
	struct kept kept = kept_in(arena, hc_strdup(arena, state_dir));
	_cleanup_(hc_generation_freep) struct hc_generation *generation = NULL;
	struct store_index index;
	const char *why;
	int r;

	r = read_kept(&kept, &index, &why);
	if (r == -ENOENT)
		return NULL;
	kept.directory = hc_strdup(own, kept.directory); /* the arena is handed over */
	if (r)
		return say_damaged(diags, &kept, why);
	generation = hc_load_texts(registry, &arena, index.root, index.sources, index.n,
				   index.commit ? index.id : NULL, index.commit);
	if (strcmp(generation->id, index.id) != 0)
		return say_damaged(diags, &kept, "its name is not that of its texts");
	if (generation->diags.errors)
		return say_outdated(diags, kept.directory, hc_steal(&generation));
	return hc_steal(&generation);
}
