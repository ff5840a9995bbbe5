/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Claims in Ceph. A record is written whole with its epoch and nonce as attributes beside it, in
 * one operation that compares both with what was read before: of two who began from the same record
 * one writes.
 *
 * An answer that does not come says nothing: the write may have been done, or be done later. So the
 * record is read again. Every write has a nonce of its own, and so whoever reads knows.
 */

#include "claim_store.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "claim_file.h"

#define EPOCH "epoch"
#define NONCE "nonce"

enum {
	DIGITS = 24, /* bytes of an epoch as text */
	MOST_AT_ONCE = 128,
};

static void drop_io(rados_ioctx_t *io)
{
	if (*io)
		rados_ioctx_destroy(*io);
}

static int open_io(const struct claim_store *store, rados_ioctx_t *io)
{
	int r = rados_ioctx_create(store->rados, CLAIM_POOL, io);

	if (r < 0) {
		*io = NULL;
		return r;
	}
	rados_ioctx_set_namespace(*io, CLAIM_NAMESPACE);
	return 0;
}

void claim_take(struct hc_arena *arena, const char *uuid, const char *text, size_t size,
		struct claim *claim)
{
	const char *why;

	if (claim_read(arena, text, size, claim, &why))
		*claim = (struct claim){.why = why};
	else if (strcmp(claim->uuid, uuid) != 0)
		*claim = (struct claim){.why = "it is of another VM"};
	if (claim->why) {
		claim->uuid = hc_strdup(arena, uuid);
		claim->state = HC_CLAIM_FENCING;
	}
}

/* A record that is being read. */
struct reading {
	const char *uuid;
	rados_completion_t completion; /* NULL: it was not begun, see `code` */
	char *text;
	int code; /* bytes, or a negative errno */
};

static void read_begin(rados_ioctx_t io, struct reading *reading)
{
	reading->text = malloc(CLAIM_MAX + 1);
	if (!reading->text)
		abort(); /* memory has run out */
	reading->code = rados_aio_create_completion2(NULL, NULL, &reading->completion);
	if (reading->code < 0) {
		reading->completion = NULL;
		return;
	}
	reading->code = rados_aio_read(io, reading->uuid, reading->completion, reading->text,
				       CLAIM_MAX + 1, 0);
	if (reading->code < 0) {
		rados_aio_release(reading->completion);
		reading->completion = NULL;
	}
}

static void read_end(struct hc_arena *arena, struct reading *reading, struct claim *claim)
{
	if (reading->completion) {
		(void)rados_aio_wait_for_complete(reading->completion); /* the code tells */
		reading->code = rados_aio_get_return_value(reading->completion);
		rados_aio_release(reading->completion);
	}
	if (reading->code >= 0)
		claim_take(arena, reading->uuid, reading->text, (size_t)reading->code, claim);
	else
		*claim = (struct claim){.uuid = reading->uuid};
	free(reading->text);
}

static int list_names(rados_ioctx_t io, struct hc_arena *arena, struct hc_strings *names)
{
	rados_list_ctx_t list;
	const char *name;
	int r = rados_nobjects_list_open(io, &list);

	if (r < 0)
		return r;
	while ((r = rados_nobjects_list_next(list, &name, NULL, NULL)) == 0)
		hc_strings_add(arena, names, hc_strdup(arena, name));
	rados_nobjects_list_close(list);
	return r == -ENOENT ? 0 : r;
}

/* At most MOST_AT_ONCE of them at once. One that went meanwhile is not there. */
static int read_some(rados_ioctx_t io, struct hc_arena *arena, const char *const *names, size_t n,
		     struct claim *v, size_t *found)
{
	struct reading readings[MOST_AT_ONCE];
	struct claim claim;
	int r = 0;

	for (size_t i = 0; i < n; i++) {
		readings[i] = (struct reading){.uuid = names[i]};
		read_begin(io, &readings[i]);
	}
	for (size_t i = 0; i < n; i++) {
		read_end(arena, &readings[i], &claim);
		if (readings[i].code >= 0)
			v[(*found)++] = claim;
		else if (readings[i].code != -ENOENT)
			r = readings[i].code;
	}
	return r;
}

int claim_store_list(const struct claim_store *store, struct hc_arena *arena, struct claim **v,
		     size_t *n)
{
	_cleanup_(drop_io) rados_ioctx_t io = NULL;
	struct hc_strings names = {0};
	int r;

	*n = 0;
	if (!store->rados)
		return claim_file_list(arena, v, n);
	r = open_io(store, &io);
	if (r == -ENOENT)
		return 0;
	if (!r)
		r = list_names(io, arena, &names);
	*v = hc_alloc(arena, (names.n + 1) * sizeof(**v));
	for (size_t i = 0; !r && i < names.n; i += MOST_AT_ONCE) {
		size_t some = names.n - i < MOST_AT_ONCE ? names.n - i : MOST_AT_ONCE;

		r = read_some(io, arena, names.v + i, some, *v, n);
	}
	return r;
}

static void get(rados_ioctx_t io, struct hc_arena *arena, const char *uuid, struct claim *claim,
		int *code)
{
	struct reading reading = {.uuid = hc_strdup(arena, uuid)};

	read_begin(io, &reading);
	read_end(arena, &reading, claim);
	*code = reading.code == -ENOENT ? 0 : reading.code;
}

int claim_store_get(const struct claim_store *store, struct hc_arena *arena, const char *uuid,
		    struct claim *claim)
{
	_cleanup_(drop_io) rados_ioctx_t io = NULL;
	int r;

	*claim = (struct claim){.uuid = hc_strdup(arena, uuid)};
	if (!store->rados)
		return claim_file_get(arena, uuid, claim);
	r = open_io(store, &io);
	if (r)
		return r == -ENOENT ? 0 : r;
	get(io, arena, uuid, claim, &r);
	return r < 0 ? r : 0;
}

static int make_nonce(char nonce[CLAIM_NONCE])
{
	uint8_t random[(CLAIM_NONCE - 1) / 2];

	if (getrandom(random, sizeof(random), 0) != sizeof(random))
		return -EIO;
	for (size_t i = 0; i < sizeof(random); i++)
		(void)snprintf(nonce + 2 * i, 3, "%02x", random[i]);
	return 0;
}

/* It is what it was. */
static void compare(rados_write_op_t op, const struct claim *was)
{
	char epoch[DIGITS];

	(void)snprintf(epoch, sizeof(epoch), "%" PRIu64, was->epoch);
	rados_write_op_assert_exists(op);
	rados_write_op_cmpxattr(op, EPOCH, LIBRADOS_CMPXATTR_OP_EQ, epoch, strlen(epoch));
	rados_write_op_cmpxattr(op, NONCE, LIBRADOS_CMPXATTR_OP_EQ, was->nonce, strlen(was->nonce));
}

static int write_over(rados_ioctx_t io, const struct claim *was, const struct claim *next,
		      const char *text)
{
	rados_write_op_t op = rados_create_write_op();
	char epoch[DIGITS];
	int r;

	(void)snprintf(epoch, sizeof(epoch), "%" PRIu64, next->epoch);
	if (was->epoch)
		compare(op, was);
	else
		rados_write_op_create(op, LIBRADOS_CREATE_EXCLUSIVE, NULL);
	rados_write_op_write_full(op, text, strlen(text));
	rados_write_op_setxattr(op, EPOCH, epoch, strlen(epoch));
	rados_write_op_setxattr(op, NONCE, next->nonce, strlen(next->nonce));
	r = rados_write_op_operate(op, io, was->uuid, NULL, 0);
	rados_release_write_op(op);
	return r == -EEXIST || r == -ENOENT ? -ECANCELED : r;
}

/* Nobody answered: what does the record say? */
static int settle(rados_ioctx_t io, struct hc_arena *arena, const struct claim *was,
		  const struct claim *next)
{
	struct claim now;
	int r;

	get(io, arena, was->uuid, &now, &r);
	if (r < 0 || now.why)
		return -ETIMEDOUT;
	if (!strcmp(now.nonce, next->nonce))
		return 0;
	return now.epoch == was->epoch && !strcmp(now.nonce, was->nonce) ? -ETIMEDOUT : -ECANCELED;
}

int claim_store_put(const struct claim_store *store, struct hc_arena *arena,
		    const struct claim *was, struct claim *next)
{
	_cleanup_(drop_io) rados_ioctx_t io = NULL;
	const char *text, *why;
	struct claim check;
	int r = make_nonce(next->nonce);

	if (r)
		return r;
	next->uuid = was->uuid;
	text = claim_write(arena, next);
	/* what nobody could read would stay for ever */
	if (claim_read(arena, text, strlen(text), &check, &why))
		return -EINVAL;
	if (!store->rados)
		return claim_file_put(arena, was, text);
	r = open_io(store, &io);
	if (!r)
		r = write_over(io, was, next, text);
	return r == -ETIMEDOUT ? settle(io, arena, was, next) : r;
}

int claim_store_remove(const struct claim_store *store, struct hc_arena *arena,
		       const struct claim *was)
{
	_cleanup_(drop_io) rados_ioctx_t io = NULL;
	rados_write_op_t op;
	int r;

	if (!store->rados)
		return claim_file_put(arena, was, NULL);
	r = open_io(store, &io);
	if (r)
		return r;
	op = rados_create_write_op();
	compare(op, was);
	rados_write_op_remove(op);
	r = rados_write_op_operate(op, io, was->uuid, NULL, 0);
	rados_release_write_op(op);
	return r == -ENOENT ? 0 : r;
}
