/* SPDX-License-Identifier: Apache-2.0 */
/* What an Image is called where it is stored, and what is noted with it. */

#include <inttypes.h>
#include <string.h>

#include "image.h"

enum {
	DIGITS = 64, /* of a SHA-256 in hexadecimal */
};

char *image_note_write(struct hc_arena *arena, const struct image_note *note)
{
	return hc_printf(arena, "%s %s %" PRIu64, note->sha256, hc_image_format_words[note->format],
			 note->size);
}

/* The word of that length, or -1. */
static int format_of(const char *text, size_t length)
{
	for (int i = 0; hc_image_format_words[i]; i++)
		if (strlen(hc_image_format_words[i]) == length &&
		    !strncmp(hc_image_format_words[i], text, length))
			return i;
	return -1;
}

bool image_note_read(struct hc_arena *arena, const char *text, struct image_note *note)
{
	size_t digits = text ? strspn(text, "0123456789abcdef") : 0, length;
	const char *word;
	char *end;
	int format;

	if (digits != DIGITS || text[digits] != ' ')
		return false;
	word = text + digits + 1;
	length = strcspn(word, " ");
	format = format_of(word, length);
	if (format < 0 || word[length] != ' ' || word[length + 1] < '0' || word[length + 1] > '9')
		return false;
	*note = (struct image_note){
		.sha256 = hc_strndup(arena, text, digits),
		.format = (enum hc_image_format)format,
		.size = strtoull(word + length + 1, &end, 10),
	};
	return !*end;
}

bool image_volume(const struct hc_call *call, const char *storage, const char *name,
		  struct volume *volume)
{
	if (!volume_of(call, storage, name, volume))
		return false;
	if (volume->type == HC_STORAGE_RBD)
		volume->name = hc_printf(call->arena, HC_IMAGE_PREFIX "%s", name);
	return true;
}
