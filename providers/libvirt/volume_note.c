/* SPDX-License-Identifier: Apache-2.0 */
/* Notes kept with a volume. See volume_note.h. */

#include "volume_note.h"

#include <errno.h>
#include <string.h>

#include <hcstate/file.h>

#include "volume_open.h"

static const char *path_of(struct hc_arena *arena, const struct volume *volume, const char *key)
{
	return hc_printf(arena, "%s/.%s.%s", volume->pool, volume->name, key);
}

static const char *key_of(struct hc_arena *arena, const char *key)
{
	return hc_printf(arena, "hcstate.%s", key);
}

static int note_file(const char *path, const char *text)
{
	return text ? hc_file_write(path, 0600, text, strlen(text)) : hc_file_remove(path);
}

int volume_note(struct hc_arena *arena, rados_t rados, const struct volume *volume, const char *key,
		const char *text)
{
	struct opened opened;
	int r;

	if (volume->type == HC_STORAGE_DIR)
		return note_file(path_of(arena, volume, key), text);
	/* a change of metadata needs no lock, but an image that was opened to be written */
	r = volume_open(arena, rados, volume, VOLUME_WRITE, &opened);
	if (r < 0)
		return r == -ENOENT && !text ? 0 : r;
	if (text)
		r = rbd_metadata_set(opened.image, key_of(arena, key), text);
	else
		r = rbd_metadata_remove(opened.image, key_of(arena, key));
	volume_close(&opened);
	return r == -ENOENT && !text ? 0 : r;
}

int volume_noted_open(struct hc_arena *arena, const struct opened *opened, const char *key,
		      char **text)
{
	char found[VOLUME_NOTE_MAX + 1];
	size_t size = sizeof(found) - 1;
	int r = rbd_metadata_get(opened->image, key_of(arena, key), found, &size);

	*text = r >= 0 ? hc_strndup(arena, found, strnlen(found, size)) : NULL;
	return r == -ENOENT || r == -ERANGE || r > 0 ? 0 : r;
}

int volume_noted(struct hc_arena *arena, rados_t rados, const struct volume *volume,
		 const char *key, char **text)
{
	struct opened opened;
	int r;

	*text = NULL;
	if (volume->type == HC_STORAGE_DIR) {
		r = hc_file_read(arena, path_of(arena, volume, key), VOLUME_NOTE_MAX, text, NULL);
		return r == -ENOENT ? 0 : r;
	}
	r = volume_open(arena, rados, volume, VOLUME_READ, &opened);
	if (r < 0)
		return r == -ENOENT ? 0 : r;
	r = volume_noted_open(arena, &opened, key, text);
	volume_close(&opened);
	return r;
}
