/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Making an Image: fetched into a directory of ours, converted there if it is not raw, copied into
 * its storage under another name, and renamed when it is whole. Each part goes on where a killed
 * run left it. It takes long, so it is a job.
 */

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>

#include <hcstate/directory.h>
#include <hcstate/file.h>

#include "fetch.h"
#include "image.h"
#include "image_convert.h"
#include "image_lock.h"
#include "job.h"
#include "volume_copy.h"
#include "volume_mark.h"
#include "volume_note.h"

enum {
	LONGEST_H = 12,
};

/* All of it in its own arena, as it outlives the call. */
struct making {
	struct hc_arena *arena;
	struct hc_call call; /* for those who want one */
	struct job *job;
	const char *name, *source, *sha256;
	enum hc_image_format format;
	struct volume volume;
	struct cluster *cluster;
	rados_t rados;           /* NULL: of a directory */
	struct image_lock *lock; /* likewise */
	const char *fetched;     /* PATH of the file as it is at its source */
};

static bool goes_on(const struct making *making)
{
	return !job_stopped(making->job) && (!making->lock || image_lock_held(making->lock));
}

static bool fetching(void *arg, const char *how_far)
{
	const struct making *making = arg;

	job_progress(making->job, "%s", how_far);
	return goes_on(making);
}

static bool storing(void *arg, uint64_t done, uint64_t size)
{
	const struct making *making = arg;

	job_progress(making->job, "stored %" PRIu64 " %% of %" PRIu64 " MiB",
		     size ? done * 100 / size : 100, size >> 20);
	return goes_on(making);
}

static int stopped(const struct making *making)
{
	return job_fail(making->job, EINTR, "%s",
			job_stopped(making->job) ? "it was stopped"
						 : "Ceph did not answer, and others may do it now");
}

/* What the call said last. */
static int failed(const struct making *making, int r)
{
	return job_fail(making->job, -r, "%s", hc_said(&making->call, strerror(-r)));
}

static int get_file(struct making *making)
{
	const struct fetch what = {
		.source = making->source,
		.sha256 = making->sha256,
		.path = making->fetched,
		.goes_on = fetching,
		.arg = making,
	};
	const char *directory = hc_printf(making->arena, "%s/fetch", hc_state_directory()), *why;
	int r = hc_directory_give(directory, 0700, geteuid(), getegid());

	if (r)
		return job_fail(making->job, -r, "cannot make %s: %s", directory,
				hc_directory_error(r));
	r = fetch(making->arena, &what, &why);
	if (r == -EINTR)
		return stopped(making);
	return r ? job_fail(making->job, -r, "%s", why) : 0;
}

static const char *raw_of(const struct making *making)
{
	if (making->format == HC_IMAGE_RAW)
		return making->fetched;
	return hc_printf(making->arena, "%s.raw", making->fetched);
}

static int convert(struct making *making)
{
	const char *raw = raw_of(making);
	int r;

	if (making->format == HC_IMAGE_RAW || !access(raw, F_OK))
		return 0;
	job_progress(making->job, "it is being converted");
	r = image_convert(&making->call, making->fetched, raw);
	return r ? failed(making, r) : 0;
}

/* Zeros are not written, so only what is really in the file counts. */
static int check_room(const struct making *making, const struct opened *raw)
{
	struct stat is;
	uint64_t bytes;
	const char *why;
	int r;

	if (!making->rados || fstat(raw->fd, &is))
		return 0;
	bytes = (uint64_t)is.st_blocks * 512;
	r = image_room(making->arena, making->rados, making->volume.pool,
		       bytes < raw->size ? bytes : raw->size, &why);
	return r ? job_fail(making->job, -r, "%s", why) : 0;
}

/* Also what there is of it in other pools of Ceph, where its document wanted it before. */
static int unmark(const struct making *making, const struct volume *made)
{
	if (!making->rados)
		return volume_unmark(making->arena, NULL, made);
	return image_sweep(&making->call, making->rados, making->name);
}

/* It gets its name last: who sees the name sees all of it. */
static int finish(struct making *making, const struct volume *made, uint64_t size)
{
	const struct image_note note = {making->sha256, making->format, size};
	const char *text = image_note_write(making->arena, &note);
	const struct volume *noted = making->rados ? made : &making->volume;
	int r = volume_note(making->arena, making->rados, noted, IMAGE_NOTE, text);

	if (!r && making->rados)
		r = image_protect(making->arena, making->rados, made);
	if (!r && !making->rados && chmod(volume_text(making->arena, made), 0644))
		r = -errno;
	if (!r && !goes_on(making))
		return stopped(making);
	if (!r)
		r = volume_rename(making->arena, making->rados, made, making->volume.name);
	if (!r)
		r = unmark(making, made);
	return r ? job_fail(making->job, -r, "cannot finish %s: %s",
			    volume_text(making->arena, &making->volume), strerror(-r))
		 : 0;
}

static int copy(struct making *making, const struct opened *raw, const struct volume *made)
{
	int r = image_mark(making->arena, making->rados, made);

	if (!r)
		r = image_is_stored(making->arena, making->rados, made, making->sha256,
				    making->format);
	if (r > 0)
		return 0;
	if (r)
		return job_fail(making->job, -r, "cannot make %s: %s",
				volume_text(making->arena, made), strerror(-r));
	r = volume_copy(&making->call, making->rados, raw, making->sha256, made, storing, making);
	if (r == -EINTR)
		return stopped(making);
	return r ? failed(making, r) : 0;
}

static int store(struct making *making)
{
	const struct volume file = {.type = HC_STORAGE_DIR,
				    .pool = hc_printf(making->arena, "%s/fetch",
						      hc_state_directory()),
				    .name = strrchr(raw_of(making), '/') + 1};
	const struct volume made = volume_unfinished(making->arena, &making->volume);
	struct opened raw;
	int r = volume_open(making->arena, NULL, &file, VOLUME_READ, &raw);

	if (r)
		return job_fail(making->job, -r, "cannot read %s: %s", raw_of(making),
				strerror(-r));
	r = check_room(making, &raw);
	if (!r)
		r = copy(making, &raw, &made);
	if (!r)
		r = finish(making, &made, raw.size);
	volume_close(&raw);
	return r;
}

/* A file that was there before: right or wrong, it is not ours to overwrite. */
static int adopt_file(struct making *making)
{
	const char *path = volume_text(making->arena, &making->volume);
	struct opened opened;
	char hex[FETCH_SHA256];
	const struct fetch how = {.goes_on = fetching, .arg = making};
	int r = volume_open(making->arena, NULL, &making->volume, VOLUME_READ, &opened);

	if (r)
		return r == -ENOENT ? 0
				    : job_fail(making->job, -r, "cannot read %s: %s", path,
					       strerror(-r));
	r = fetch_sha256(making->arena, opened.fd, hex, &how);
	if (!r && making->format == HC_IMAGE_RAW && !strcmp(hex, making->sha256)) {
		const struct image_note note = {making->sha256, making->format, opened.size};

		r = volume_note(making->arena, NULL, &making->volume, IMAGE_NOTE,
				image_note_write(making->arena, &note));
		r = r ? r : 1;
	} else if (!r) {
		r = job_fail(making->job, EEXIST,
			     "%s is there already, hcstate did not make it, its sha256 is %s", path,
			     hex);
	}
	volume_close(&opened);
	return r == -EINTR ? stopped(making) : r;
}

/* 1: it is there. Of Ceph. */
static int look_image(struct making *making)
{
	struct image_note note;
	struct opened opened;
	char *text = NULL;
	int r = volume_open(making->arena, making->rados, &making->volume, VOLUME_READ, &opened);

	if (r == -ENOENT)
		return 0;
	if (!r) {
		volume_close(&opened);
		r = volume_noted(making->arena, making->rados, &making->volume, IMAGE_NOTE, &text);
	}
	if (r)
		return job_fail(making->job, -r, "cannot look at %s: %s",
				volume_text(making->arena, &making->volume), strerror(-r));
	if (image_note_read(making->arena, text, &note) && !strcmp(note.sha256, making->sha256)) {
		r = image_protect(making->arena, making->rados, &making->volume);
		return r ? job_fail(making->job, -r, "cannot protect the snapshot of %s: %s",
				    volume_text(making->arena, &making->volume), strerror(-r))
			 : 1;
	}
	return job_fail(making->job, EEXIST, "there is an RBD image %s already, of something else",
			volume_text(making->arena, &making->volume));
}

static void clean_up(const struct making *making)
{
	(void)hc_file_remove(making->fetched); /* it takes room, and does no other harm */
	if (making->format != HC_IMAGE_RAW)
		(void)hc_file_remove(raw_of(making)); /* likewise */
}

static int make(struct making *making)
{
	int r = making->rados ? look_image(making) : adopt_file(making);
	if (r)
		return r < 0 ? r : 0;
	r = get_file(making);
	if (!r)
		r = convert(making);
	if (!r)
		r = store(making);
	if (!r)
		clean_up(making);
	return r;
}

static void let_go(struct making *making)
{
	making->lock = image_lock_free(making->lock);
	cluster_give(making->cluster, making->rados, false);
	making->rados = NULL;
}

/* The lock is given back at once: who asks how it went may come late, or never. */
static int run(struct job *job, void *arg)
{
	struct making *making = arg;
	int r;

	making->job = job;
	r = make(making);
	let_go(making);
	return r;
}

static void drop(void *arg)
{
	struct making *making = arg;

	let_go(making);
	(void)hc_arena_free(making->arena);
}

static struct making *making_new(const struct hc_call *call, struct libvirt *self,
				 const struct hc_image *image, const char *name,
				 const struct volume *volume)
{
	struct hc_arena *arena = hc_arena_new();
	struct making *making = hc_new(arena, struct making);

	making->arena = arena;
	making->call = (struct hc_call){
		.arena = arena,
		.node = hc_strdup(arena, call->node),
		.deadline = hc_now() + UINT64_C(3600000000) * LONGEST_H,
		.diags = {.arena = arena},
	};
	making->name = hc_strdup(arena, name);
	making->source = hc_strdup(arena, image->source);
	making->sha256 = hc_strdup(arena, image->sha256);
	making->format = (enum hc_image_format)image->format;
	making->volume = (struct volume){
		.type = volume->type,
		.storage = hc_strdup(arena, volume->storage),
		.pool = hc_strdup(arena, volume->pool),
		.name = hc_strdup(arena, volume->name),
	};
	making->cluster = self->cluster;
	making->fetched = hc_printf(arena, "%s/fetch/%s", hc_state_directory(), image->sha256);
	return making;
}

/* Ceph, and the right to do it for all. */
static int take_ceph(struct hc_call *call, struct making *making, const char *name)
{
	const char *why, *holder;
	int r = cluster_take(call, making->cluster, &making->rados, &why);

	if (r)
		return hc_wait(call, "%s", why);
	if (rados_pool_lookup(making->rados, making->volume.pool) == -ENOENT)
		return hc_wait(call, "Ceph has no pool %s yet", making->volume.pool);
	r = image_lock_take(call->arena, making->rados, name, call->node, &making->lock, &holder);
	if (r == -EBUSY)
		return hc_wait(call, "%s makes it", holder);
	if (r == -ENOENT)
		return hc_wait(call, "Ceph has no pool hcstate yet");
	return r ? hc_fail(call, -r, NULL, "cannot lock the image %s in Ceph: %s", name,
			   strerror(-r))
		 : 0;
}

int image_begin(struct hc_call *call, struct libvirt *self, const char *object,
		const struct hc_image *image, const char *name)
{
	struct making *making;
	struct volume volume;
	int r = image_settled(call, self, object);

	if (r) /* one is at it, or has failed since anybody asked */
		return r == -EAGAIN ? 0 : r;
	if (!image_volume(call, image->storage, name, &volume))
		return hc_fail(call, ENOENT, NULL, "there is no Storage %s here", image->storage);
	making = making_new(call, self, image, name, &volume);
	if (volume.type == HC_STORAGE_RBD)
		r = take_ceph(call, making, name);
	if (!r)
		return job_begin(call, self->jobs, object, run, drop, making);
	drop(making);
	return r;
}

int image_settled(struct hc_call *call, struct libvirt *self, const char *object)
{
	int r = job_settled(call, self->jobs, object);

	call->futile = r == -EBADMSG || r == -ENOSPC || r == -EDQUOT;
	return r;
}
