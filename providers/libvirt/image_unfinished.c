/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is being made of an Image, or was left half made: NAME.new. It is marked before it is made,
 * as what hcstate makes for a disk is, so that somebody can find it when its document went before
 * it was whole. The mark's value is no VM's, and so it is no disk's.
 */

#include <errno.h>
#include <string.h>

#include "image.h"
#include "volume_copy.h"
#include "volume_mark.h"
#include "volume_note.h"

#define MARK "image"

int image_mark(struct hc_arena *arena, rados_t rados, const struct volume *made)
{
	return volume_mark(arena, rados, made, MARK);
}

int image_is_stored(struct hc_arena *arena, rados_t rados, const struct volume *made,
		    const char *sha256, enum hc_image_format format)
{
	struct image_note note;
	char *text = NULL;
	int r = rados ? image_is_sealed(arena, rados, made) : 0;

	if (r <= 0)
		return r;
	r = volume_noted(arena, rados, made, IMAGE_NOTE, &text);
	if (r)
		return r;
	if (image_note_read(arena, text, &note) && !strcmp(note.sha256, sha256) &&
	    note.format == format)
		return 1;
	return image_remove(arena, rados, made);
}

/* "debian" of "vms/image-debian.new" or "/srv/isos/debian.new"; NULL: it is none of that. */
static const char *name_of(struct hc_arena *arena, const struct hc_pair *mark)
{
	const char *prefix = *mark->key == '/' ? "" : HC_IMAGE_PREFIX;
	const char *slash = strrchr(mark->key, '/'), *name = slash ? slash + 1 : "";
	const size_t new = strlen(VOLUME_NEW), first = strlen(prefix), length = strlen(name);

	if (strcmp(mark->value, MARK) != 0 || length <= first + new ||
	    strncmp(name, prefix, first) != 0 || strcmp(name + length - new, VOLUME_NEW) != 0)
		return NULL;
	return hc_strndup(arena, name + first, length - first - new);
}

static void take(const struct hc_call *call, const struct hc_map *marks, const char *only,
		 struct unfinished *found)
{
	for (size_t i = 0; i < marks->n; i++) {
		const char *name = name_of(call->arena, &marks->v[i]);

		if (!name || (only && strcmp(name, only) != 0))
			continue;
		found->v =
			hc_grow(call->arena, found->v, found->n, &found->room, sizeof(*found->v));
		found->v[found->n] = (struct unfinished_image){.name = name};
		(void)volume_read(call->arena, marks->v[i].key, &found->v[found->n++].made);
	}
}

int image_unfinished(const struct hc_call *call, rados_t rados, const char *name,
		     struct unfinished *found)
{
	struct hc_map marks = {0};
	const char *where;
	int r = rados ? volume_marks(call->arena, rados, &marks, NULL)
		      : volume_marks_here(call, &marks, NULL, &where);

	*found = (struct unfinished){0};
	if (!r)
		take(call, &marks, name, found);
	return r;
}

/* With the note of what it was to be, which no file came to have. */
static int sweep_file(struct hc_arena *arena, const char *name, const struct volume *made)
{
	struct volume whole = *made;
	int r = volume_copy_drop(arena, NULL, made);

	whole.name = name;
	return r || !access(volume_text(arena, &whole), F_OK)
		       ? r
		       : volume_note(arena, NULL, &whole, IMAGE_NOTE, NULL);
}

int image_sweep(const struct hc_call *call, rados_t rados, const char *name)
{
	struct unfinished found;
	int r = image_unfinished(call, rados, name, &found);

	for (size_t i = 0; !r && i < found.n; i++) {
		const struct volume *made = &found.v[i].made;

		r = rados ? image_remove(call->arena, rados, made)
			  : sweep_file(call->arena, name, made);
		if (!r)
			r = volume_unmark(call->arena, rados, made);
	}
	return r;
}
