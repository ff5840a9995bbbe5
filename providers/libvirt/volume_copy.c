/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Copying. How far it is, and of what, is noted with the unfinished volume after it was flushed;
 * what was written behind that is written again. Zeros are not written: the volume is new.
 */

#include "volume_copy.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "volume_note.h"

#define NOTE "copied"

enum {
	CHUNK = 4 * 1024 * 1024, /* an object of RBD */
	NOTE_EVERY = 64,         /* chunks */
};

struct copy {
	struct hc_call *call;
	rados_t rados;
	const struct opened *from;
	const char *what;
	const struct volume *to;
	struct opened target;
	uint64_t done;
	char *chunk;
};

/* "4194304 WHAT", as it was noted; 0 when that was another copy's. */
static uint64_t noted(const struct copy *copy, const char *text)
{
	uint64_t done;
	char *rest;

	if (!text)
		return 0;
	done = strtoull(text, &rest, 10); /* one out of range is larger than any volume */
	if (*rest != ' ' || strcmp(rest + 1, copy->what) != 0 || done % CHUNK ||
	    done > copy->from->size)
		return 0;
	return done;
}

static int note(const struct copy *copy)
{
	int r = volume_sync(&copy->target);

	if (r < 0)
		return r;
	return volume_note(copy->call->arena, copy->rados, copy->to, NOTE,
			   hc_printf(copy->call->arena, "%" PRIu64 " %s", copy->done, copy->what));
}

/* An image's note goes with it. */
int volume_copy_drop(struct hc_arena *arena, rados_t rados, const struct volume *to)
{
	int r = volume_delete(arena, rados, to);

	return r || to->type == HC_STORAGE_RBD ? r : volume_note(arena, NULL, to, NOTE, NULL);
}

static int begin(struct copy *copy)
{
	struct hc_arena *arena = copy->call->arena;
	char *text = NULL;
	int r = volume_noted(arena, copy->rados, copy->to, NOTE, &text);

	if (r < 0)
		return r;
	copy->done = noted(copy, text);
	if (copy->done)
		r = volume_open(arena, copy->rados, copy->to, VOLUME_WRITE, &copy->target);
	if (copy->done && r != -ENOENT)
		return r;
	copy->done = 0;
	r = volume_copy_drop(arena, copy->rados, copy->to);
	if (!r)
		r = volume_create(arena, copy->rados, copy->to, copy->from->size);
	return r ? r : volume_open(arena, copy->rados, copy->to, VOLUME_WRITE, &copy->target);
}

static bool is_zero(const char *data, size_t size)
{
	return !size || (!data[0] && !memcmp(data, data + 1, size - 1));
}

static int one_chunk(struct copy *copy)
{
	uint64_t left = copy->from->size - copy->done;
	size_t size = left < CHUNK ? (size_t)left : CHUNK;
	int r = volume_get(copy->from, copy->done, copy->chunk, size);

	if (!r && !is_zero(copy->chunk, size))
		r = volume_put(&copy->target, copy->done, copy->chunk, size);
	if (!r)
		copy->done += size;
	return r;
}

static int all_chunks(struct copy *copy, copy_goes_on *goes_on, void *arg)
{
	int r = 0;

	for (unsigned n = 1; !r && copy->done < copy->from->size; n++) {
		if (!goes_on(arg, copy->done, copy->from->size)) {
			r = note(copy);
			return r ? r : -EINTR;
		}
		r = one_chunk(copy);
		if (!r && n % NOTE_EVERY == 0 && copy->done < copy->from->size)
			r = note(copy);
	}
	return r ? r : volume_sync(&copy->target);
}

int volume_copy(struct hc_call *call, rados_t rados, const struct opened *from, const char *what,
		const struct volume *to, copy_goes_on *goes_on, void *arg)
{
	_cleanup_(hc_freep) char *chunk = malloc(CHUNK);
	struct copy copy = {call, rados, from, what, to, .target = {.fd = -1}, .chunk = chunk};
	int r;

	if (!chunk)
		abort(); /* memory has run out */
	r = begin(&copy);
	if (!r)
		r = all_chunks(&copy, goes_on, arg);
	volume_close(&copy.target);
	if (!r)
		r = volume_note(call->arena, rados, to, NOTE, NULL);
	return r && r != -EINTR ? volume_fail(call, r, to, "fill") : r;
}
