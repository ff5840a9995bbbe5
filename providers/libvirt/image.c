/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Image: in Ceph, once for the cluster. Every node plans it alike; the one that gets its lock makes
 * it. An Image in a directory is each node's own: there it is the ImageFile that is made, and the
 * Image itself is always as it should be.
 *
 * The object itself says of which file it was made, so a run that finds it knows what it is.
 */

#include "image.h"

#include <errno.h>
#include <string.h>

#include "image_lock.h"
#include "job.h"

enum op {
	FETCH,
	REMOVE,
};

#define SET(r, member) hc_set_field(r, struct hc_image, member)

/* What was read, and what of it was told. */
struct reading {
	const struct look *look;
	rados_t rados;
	struct hc_strings told;
};

static const struct hc_resource *wanted(const struct hc_call *call, const char *name)
{
	return hc_find(call->desired, &hc_image, NULL, name);
}

/* Nothing here is to be done for it. */
static void tell_as_wanted(const struct look *look, const struct hc_resource *want)
{
	struct hc_resource *r = hc_resource_new(&look->live->found, &hc_image, NULL, want->name);

	memcpy(r->spec, want->spec, sizeof(struct hc_image));
	r->set = want->set;
}

static void tell_note(struct hc_resource *r, const struct image_note *note)
{
	struct hc_image *image = r->spec;

	image->sha256 = note->sha256;
	image->format = note->format;
	SET(r, sha256);
	SET(r, format);
	r->made = true;
}

static bool is_as_wanted(const struct hc_resource *want, const struct hc_resource *have)
{
	const struct hc_image *w = want ? want->spec : NULL, *h = have->spec;

	return w && h->sha256 && !strcmp(w->sha256, h->sha256) && w->format == h->format;
}

/* -ENOENT is no error: it is gone, or has no snapshot. */
static int tell_image(struct reading *reading, const struct volume *volume, const char *name)
{
	struct hc_arena *arena = reading->look->call->arena;
	struct image_note note;
	struct hc_resource *r;
	struct hc_image *image;
	char *text;
	uint64_t size;
	int e = image_look(arena, reading->rados, volume, &text, &size);

	if (e)
		return e;
	hc_strings_add(arena, &reading->told, name);
	r = hc_resource_new(&reading->look->live->found, &hc_image, NULL, name);
	image = r->spec;
	image->storage = volume->storage;
	image->size = size;
	SET(r, storage);
	SET(r, size);
	if (image_note_read(arena, text, &note))
		tell_note(r, &note);
	if (r->made && !is_as_wanted(wanted(reading->look->call, name), r)) {
		e = image_clones(arena, reading->rados, volume, &image->clones);
		SET(r, clones);
	}
	return e;
}

/* Those that the manifests name, where they name them. */
static int tell_wanted(struct reading *reading)
{
	const struct hc_call *call = reading->look->call;
	size_t n;
	struct hc_resource *const *v = hc_of_type(call->desired, &hc_image, &n);
	int r = 0;

	for (size_t i = 0; (!r || r == -ENOENT) && i < n; i++) {
		const struct hc_image *image = v[i]->spec;
		struct volume volume;

		if (!image_volume(call, image->storage, v[i]->name, &volume) ||
		    volume.type == HC_STORAGE_DIR)
			tell_as_wanted(reading->look, v[i]);
		else if (reading->rados)
			r = tell_image(reading, &volume, v[i]->name);
	}
	return r == -ENOENT ? 0 : r;
}

static int tell_rest_of(struct reading *reading, const char *storage)
{
	const struct hc_call *call = reading->look->call;
	struct hc_strings names = {0};
	struct volume volume;
	int r;

	if (!volume_of(call, storage, "", &volume) || volume.type != HC_STORAGE_RBD)
		return 0;
	r = image_list(call->arena, reading->rados, volume.pool, &names);
	for (size_t i = 0; !r && i < names.n; i++) {
		if (hc_strings_have(&reading->told, names.v[i]) ||
		    !image_volume(call, storage, names.v[i], &volume))
			continue;
		r = tell_image(reading, &volume, names.v[i]);
		r = r == -ENOENT ? 0 : r;
	}
	return r;
}

static int tell_rest(struct reading *reading)
{
	size_t n;
	struct hc_resource *const *v = hc_of_type(reading->look->call->desired, &hc_storage, &n);
	int r = 0;

	for (size_t i = 0; !r && i < n; i++)
		r = tell_rest_of(reading, v[i]->name);
	return r;
}

/* NAME.new of no document. The others are gone on with by who makes them. */
static int tell_unfinished(struct reading *reading)
{
	const struct hc_call *call = reading->look->call;
	struct unfinished found;
	int r = image_unfinished(call, reading->rados, NULL, &found);

	for (size_t i = 0; !r && i < found.n; i++) {
		const char *name = found.v[i].name;
		struct hc_resource *resource;
		struct hc_image *image;
		struct volume volume;

		if (wanted(call, name) || hc_strings_have(&reading->told, name))
			continue;
		hc_strings_add(call->arena, &reading->told, name);
		resource = hc_resource_new(&reading->look->live->found, &hc_image, NULL, name);
		resource->made = true;
		image = resource->spec;
		(void)volume_at(call, volume_text(call->arena, &found.v[i].made), &volume);
		image->storage = volume.storage ? volume.storage : volume.pool;
		image->unfinished = true;
		SET(resource, storage);
		SET(resource, unfinished);
	}
	return r;
}

static bool has_rbd(const struct hc_call *call)
{
	size_t n;
	struct hc_resource *const *v = hc_of_type(call->desired, &hc_storage, &n);

	for (size_t i = 0; i < n; i++)
		if (((const struct hc_storage *)v[i]->spec)->type == HC_STORAGE_RBD)
			return true;
	return false;
}

static int read_images(const struct look *look)
{
	struct reading reading = {.look = look};
	const char *why = NULL;
	int r = 0;

	if (has_rbd(look->call))
		r = cluster_take(look->call, look->self->cluster, &reading.rados, &why);
	if (r && r != -ENOENT && !cluster_unborn(look->call->arena)) {
		hc_unknown(look->live, &hc_image, "%s", why);
		return 0;
	}
	r = tell_wanted(&reading);
	if (!r && reading.rados)
		r = tell_rest(&reading);
	if (!r && reading.rados)
		r = tell_unfinished(&reading);
	if (r)
		hc_unknown(look->live, &hc_image, "cannot look for images in Ceph: %s",
			   strerror(-r));
	cluster_give(look->self->cluster, reading.rados, r == -ETIMEDOUT || r == -ENOTCONN);
	return 0;
}

static void adjust_removal(struct hc_call *call, struct hc_change *change)
{
	const struct hc_image *have = change->have->spec;
	const char *object = hc_change_text(call->arena, change);
	bool approved = hc_approved(call, object);

	if (have->clones.n && approved)
		change->refused = hc_printf(call->arena, "%s was cloned from it and needs it",
					    have->clones.v[0]);
	else if (have->clones.n)
		change->kept =
			hc_printf(call->arena, "not in the manifests, but %s was cloned from it",
				  have->clones.v[0]);
	else if (!approved)
		change->kept = hc_printf(call->arena,
					 "not in the manifests; --approve %s removes it", object);
}

/* Of a directory the files are what is made, by who has it. */
static bool is_nothing_to_do(const struct hc_call *call, const struct hc_change *change)
{
	const struct hc_image *want = change->want->spec;
	struct volume volume;

	return !image_volume(call, want->storage, change->name, &volume) ||
	       volume.type == HC_STORAGE_DIR;
}

static int adjust_image(struct hc_call *call, struct hc_change *change)
{
	const struct hc_image *have;

	if (change->action == HC_REMOVE) {
		if (!((const struct hc_image *)change->have->spec)->unfinished)
			adjust_removal(call, change);
		return 0;
	}
	if (!change->have && is_nothing_to_do(call, change)) {
		change->have = change->want;
		change->differs = 0;
		return 0;
	}
	/* neither is kept anywhere: what it is its digest says */
	hc_agree(change, struct hc_image, source);
	hc_agree(change, struct hc_image, comment);
	if (!change->have || !change->differs)
		return 0;
	have = change->have->spec;
	if (!change->have->made)
		change->refused = hc_printf(call->arena,
					    "there is an RBD image " HC_IMAGE_PREFIX
					    "%s in storage %s which hcstate did not make",
					    change->name, have->storage);
	else if (have->clones.n)
		change->refused =
			hc_printf(call->arena, "%s was cloned from what is there and needs it",
				  have->clones.v[0]);
	return 0;
}

static int plan_image(struct hc_call *call, struct hc_change *change, struct hc_plan *plan)
{
	(void)call;
	if (change->action == HC_REMOVE &&
	    ((const struct hc_image *)change->have->spec)->unfinished)
		(void)hc_step(plan, change, REMOVE, HC_NONE, NULL, "remove the half of it");
	else if (change->action == HC_REMOVE)
		(void)hc_step(plan, change, REMOVE, HC_DATA_LOSS, NULL, "remove it");
	else if (change->have)
		(void)hc_step(plan, change, REMOVE, HC_NONE, NULL, "remove what is there");
	if (change->want)
		hc_step(plan, change, FETCH, HC_NONE, NULL, "fetch it")->patient = true;
	return 0;
}

/* Whether it is what the manifests want by now: another node has replaced it already. */
static bool is_new(struct hc_call *call, rados_t rados, const struct hc_change *change,
		   const struct volume *volume)
{
	const struct hc_image *want = change->want ? change->want->spec : NULL;
	struct image_note note;
	char *text;
	uint64_t size;

	return want && !image_look(call->arena, rados, volume, &text, &size) &&
	       image_note_read(call->arena, text, &note) && !strcmp(note.sha256, want->sha256) &&
	       note.format == want->format;
}

/* Ceph sees the end of a client that was killed within half a minute. */
static int sweep(struct hc_call *call, rados_t rados, const char *name)
{
	int r = image_sweep(call, rados, name);

	if (r == -EBUSY)
		return hc_wait(call, "who made it has it open still");
	return r ? hc_fail(call, -r, NULL, "cannot remove the half of it: %s", strerror(-r)) : 0;
}

static int remove_it(struct hc_call *call, rados_t rados, const struct hc_change *change)
{
	const struct hc_image *have = change->have->spec,
			      *want = change->want ? change->want->spec : NULL;
	struct hc_strings clones = {0};
	struct volume volume;
	int r;

	if (have->unfinished)
		return sweep(call, rados, change->name);
	if (!image_volume(call, have->storage, change->name, &volume))
		return hc_fail(call, ENOENT, NULL, "there is no Storage %s here", have->storage);
	if (want && !strcmp(want->storage, have->storage) && is_new(call, rados, change, &volume))
		return 0;
	r = image_clones(call->arena, rados, &volume, &clones);
	if (!r && clones.n)
		return hc_fail(call, EBUSY, change->want, "%s was cloned from it and needs it",
			       clones.v[0]);
	if (!r)
		r = image_remove(call->arena, rados, &volume);
	if (!r)
		r = image_sweep(call, rados, change->name);
	return r ? hc_fail(call, -r, change->want, "cannot remove %s: %s",
			   volume_text(call->arena, &volume), strerror(-r))
		 : 0;
}

/* Under the lock that it is made under. */
static int remove_locked(struct hc_call *call, struct libvirt *self, const struct hc_change *change)
{
	struct image_lock *lock = NULL;
	const char *why, *holder;
	rados_t rados;
	int r = cluster_take(call, self->cluster, &rados, &why);

	if (r)
		return hc_wait(call, "%s", why);
	r = image_lock_take(call->arena, rados, change->name, call->node, &lock, &holder);
	if (r == -EBUSY)
		r = hc_wait(call, "%s is at it", holder);
	else if (r)
		r = hc_fail(call, -r, change->want, "cannot lock it in Ceph: %s", strerror(-r));
	else
		r = remove_it(call, rados, change);
	(void)image_lock_free(lock);
	cluster_give(self->cluster, rados, r == -ETIMEDOUT);
	return r;
}

static const char *object_of(struct hc_call *call, const struct hc_step *step)
{
	return hc_change_text(call->arena, step->change);
}

static int apply_image(struct hc_call *call, struct libvirt *self, const struct hc_step *step)
{
	const struct hc_change *change = step->change;

	switch ((enum op)step->op) {
	case FETCH:
		return image_begin(call, self, object_of(call, step), change->want->spec,
				   change->name);
	case REMOVE:
		return remove_locked(call, self, change);
	}
	return 0;
}

static int settled(struct hc_call *call, struct libvirt *self, const struct hc_step *step)
{
	return step->op == FETCH ? image_settled(call, self, object_of(call, step)) : 0;
}

const struct noun image_noun = {
	.type = &hc_image,
	.read = read_images,
	.adjust = adjust_image,
	.plan = plan_image,
	.apply = apply_image,
	.settled = settled,
};
