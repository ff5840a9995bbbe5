/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ImageFile: an Image in a directory of this node, with a note beside it that says of what it was
 * made, and how large it was then. A file that somebody put there is taken as it is when it is the
 * very one that is asked for, and left alone otherwise.
 */

#include <dirent.h>
#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "image.h"
#include "job.h"
#include "volume_note.h"

enum op {
	FETCH,
	REMOVE,
};

#define SET(r, member) hc_set_field(r, struct hc_image_file, member)
#define NOTE_SUFFIX "." IMAGE_NOTE

int image_derive(struct hc_call *call, struct hc_set *desired)
{
	size_t n, found = 0;
	struct hc_resource *const *v = hc_of_type(desired, &hc_image, &n);
	const struct hc_resource **images = hc_alloc(call->arena, (n + 1) * sizeof(*images));

	for (size_t i = 0; i < n; i++) { /* adding to the set moves it */
		const struct hc_image *image = v[i]->spec;
		const struct hc_resource *storage =
			image->storage ? hc_find(desired, &hc_storage, call->node, image->storage)
				       : NULL;

		if (storage && ((const struct hc_storage *)storage->spec)->type == HC_STORAGE_DIR)
			images[found++] = v[i];
	}
	for (size_t i = 0; i < found; i++) {
		struct hc_resource *r =
			hc_resource_new(desired, &hc_image_file, call->node, images[i]->name);

		r->place = images[i]->place;
		((struct hc_image_file *)r->spec)->sha256 =
			((const struct hc_image *)images[i]->spec)->sha256;
		SET(r, sha256);
	}
	if (found)
		hc_set_sort(desired); /* those that derive after us search it */
	return 0;
}

static const struct hc_image *image_of(const struct hc_call *call, const char *name)
{
	const struct hc_resource *r = hc_find(call->desired, &hc_image, NULL, name);

	return r ? r->spec : NULL;
}

/* One whose note does not fit it any more is told without its digest. */
static void tell(const struct look *look, const struct volume *volume,
		 const struct image_note *note)
{
	const struct hc_image *want = image_of(look->call, volume->name);
	struct hc_resource *r;
	struct hc_image_file *file;
	struct stat is;

	if (want && strcmp(want->storage, volume->storage) != 0)
		return; /* it is asked for elsewhere */
	if (lstat(volume_text(look->call->arena, volume), &is) || !S_ISREG(is.st_mode))
		return;
	r = hc_resource_new(&look->live->found, &hc_image_file, look->call->node, volume->name);
	file = r->spec;
	file->size = (uint64_t)is.st_size;
	SET(r, size);
	r->made = true;
	if (note->size == file->size && (!want || want->format == note->format)) {
		file->sha256 = note->sha256;
		SET(r, sha256);
	}
}

/* ".debian.sha256": the note of "debian"; NULL: it is none */
static const char *noted_name(struct hc_arena *arena, const char *entry)
{
	const size_t length = strlen(entry), suffix = strlen(NOTE_SUFFIX);

	if (*entry != '.' || length <= 1 + suffix ||
	    strcmp(entry + length - suffix, NOTE_SUFFIX) != 0)
		return NULL;
	return hc_strndup(arena, entry + 1, length - 1 - suffix);
}

static void read_directory(const struct look *look, const char *storage, const char *path)
{
	struct hc_arena *arena = look->call->arena;
	DIR *directory = opendir(path);
	const struct dirent *entry;

	if (!directory) /* the Storage says what is wrong with it */
		return;
	while ((entry = readdir(directory))) {
		struct volume volume = {.type = HC_STORAGE_DIR, .storage = storage, .pool = path};
		struct image_note note;
		char *text;

		volume.name = noted_name(arena, entry->d_name);
		if (volume.name && !volume_noted(arena, NULL, &volume, IMAGE_NOTE, &text) &&
		    image_note_read(arena, text, &note))
			tell(look, &volume, &note);
	}
	(void)closedir(directory); /* it was only read */
}

/* NAME.new of no document. The others are gone on with by who makes them. */
static void tell_unfinished(const struct look *look)
{
	const struct hc_call *call = look->call;
	struct unfinished found;
	int r = image_unfinished(call, NULL, NULL, &found);

	for (size_t i = 0; !r && i < found.n; i++) {
		const char *name = found.v[i].name;
		struct hc_resource *resource;

		if (hc_find(call->desired, &hc_image_file, call->node, name) ||
		    image_told(look, &hc_image_file, name))
			continue;
		resource = hc_resource_new(&look->live->found, &hc_image_file, call->node, name);
		resource->made = true;
		((struct hc_image_file *)resource->spec)->unfinished = true;
		SET(resource, unfinished);
	}
}

static int read_files(const struct look *look)
{
	size_t n;
	struct hc_resource *const *v = hc_of_type(look->call->desired, &hc_storage, &n);

	for (size_t i = 0; i < n; i++) {
		const struct hc_storage *storage = v[i]->spec;

		if (storage->type == HC_STORAGE_DIR && storage->path)
			read_directory(look, v[i]->name, storage->path);
	}
	tell_unfinished(look);
	image_cache_sweep(look);
	return 0;
}

static bool is_unfinished(const struct hc_change *change)
{
	return ((const struct hc_image_file *)change->have->spec)->unfinished;
}

static int adjust_file(struct hc_call *call, struct hc_change *change)
{
	const char *object = hc_change_text(call->arena, change);

	if (change->action == HC_REMOVE && !is_unfinished(change) && !hc_approved(call, object))
		change->kept = hc_printf(call->arena,
					 "not in the manifests; --approve %s removes it", object);
	return 0;
}

static int plan_file(struct hc_call *call, struct hc_change *change, struct hc_plan *plan)
{
	const struct hc_image *image = image_of(call, change->name);

	if (change->action == HC_REMOVE && is_unfinished(change))
		(void)hc_step(plan, change, REMOVE, HC_NONE, NULL, "remove the half of it");
	else if (change->action == HC_REMOVE)
		(void)hc_step(plan, change, REMOVE, HC_DATA_LOSS, NULL, "remove the file");
	else if (change->have)
		(void)hc_step(plan, change, REMOVE, HC_NONE, NULL, "remove the file that is there");
	if (!change->want)
		return 0;
	hc_step(plan, change, FETCH, HC_NONE, NULL, "fetch it")->patient = true;
	if (image)
		hc_change_after(plan, change,
				hc_plan_find(plan, &hc_storage, change->node, image->storage));
	return 0;
}

static int remove_from(struct hc_call *call, const struct hc_storage *storage, const char *name)
{
	const struct volume volume = {.type = HC_STORAGE_DIR, .pool = storage->path, .name = name};
	struct image_note note;
	char *text;
	int r = volume_noted(call->arena, NULL, &volume, IMAGE_NOTE, &text);

	if (r || !image_note_read(call->arena, text, &note))
		return r; /* it is not ours */
	r = volume_delete(call->arena, NULL, &volume);
	return r ? r : volume_note(call->arena, NULL, &volume, IMAGE_NOTE, NULL);
}

/* From the directory that it is asked for in, else from all of them. */
static int remove_file(struct hc_call *call, const struct hc_change *change)
{
	const struct hc_image *image = image_of(call, change->name);
	size_t n;
	struct hc_resource *const *v = hc_of_type(call->desired, &hc_storage, &n);
	int r = 0;

	for (size_t i = 0; !r && !is_unfinished(change) && i < n; i++) {
		const struct hc_storage *storage = v[i]->spec;

		if (storage->type == HC_STORAGE_DIR &&
		    (!image || !strcmp(image->storage, v[i]->name)))
			r = remove_from(call, storage, change->name);
	}
	if (!r && !change->want)
		r = image_sweep(call, NULL, change->name);
	return r ? hc_fail(call, -r, change->want, "cannot remove it: %s", strerror(-r)) : 0;
}

static int apply_file(struct hc_call *call, struct libvirt *self, const struct hc_step *step)
{
	const struct hc_change *change = step->change;
	const char *object = hc_change_text(call->arena, change);
	const struct hc_image *image = image_of(call, change->name);

	switch ((enum op)step->op) {
	case FETCH:
		return image ? image_begin(call, self, object, image, change->name) : 0;
	case REMOVE:
		return job_runs(self->jobs, object) ? hc_wait(call, "it is still being made")
						    : remove_file(call, change);
	}
	return 0;
}

static int settled(struct hc_call *call, struct libvirt *self, const struct hc_step *step)
{
	return step->op == FETCH
		       ? image_settled(call, self, hc_change_text(call->arena, step->change))
		       : 0;
}

const struct noun image_file_noun = {
	.type = &hc_image_file,
	.read = read_files,
	.adjust = adjust_file,
	.plan = plan_file,
	.apply = apply_file,
	.settled = settled,
};
