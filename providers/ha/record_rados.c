/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Records as RADOS objects. Text and attributes are read in one operation and written in one, so
 * they always belong together. What anybody with the pool's key may have written is checked: an
 * epoch that is no number, or a record without end, is no record of ours, and is never written
 * over.
 */

#include "record.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define EPOCH "epoch"
#define NONCE "nonce"

enum {
	DIGITS = 24,       /* bytes of an epoch as text */
	FIRST = 64 * 1024, /* bytes that are read at first */
};

static void drop_io(rados_ioctx_t *io)
{
	if (*io)
		rados_ioctx_destroy(*io);
}

static int open_io(rados_t rados, rados_ioctx_t *io)
{
	int r = rados_ioctx_create(rados, RECORD_POOL, io);

	if (r < 0) {
		*io = NULL;
		return r;
	}
	rados_ioctx_set_namespace(*io, RECORD_NAMESPACE);
	return 0;
}

static void epoch_text(char text[DIGITS], uint64_t epoch)
{
	(void)snprintf(text, DIGITS, "%" PRIu64, epoch);
}

static int take_epoch(const char *value, size_t size, uint64_t *epoch)
{
	char text[DIGITS] = "", again[DIGITS];

	if (!size || size >= sizeof(text))
		return -EBADMSG;
	memcpy(text, value, size);
	*epoch = strtoull(text, NULL, 10);
	epoch_text(again, *epoch);
	return !*epoch || *epoch > INT64_MAX || strcmp(text, again) != 0 ? -EBADMSG : 0;
}

static int take_attributes(rados_xattrs_iter_t attributes, struct record *record)
{
	const char *name, *value;
	size_t size;
	int r = 0;

	while (!r && !rados_getxattrs_next(attributes, &name, &value, &size) && name) {
		if (!strcmp(name, EPOCH))
			r = take_epoch(value, size, &record->epoch);
		if (!strcmp(name, NONCE) && size < sizeof(record->nonce))
			memcpy(record->nonce, value, size);
		if (!strcmp(name, NONCE) && size >= sizeof(record->nonce))
			r = -EBADMSG;
	}
	return r ? r : record->epoch ? 0 : -EBADMSG;
}

/* -ERANGE: there is more than that. */
static int read_at_most(rados_ioctx_t io, const char *name, char *text, size_t room,
			struct record *record)
{
	rados_read_op_t op = rados_create_read_op();
	rados_xattrs_iter_t attributes = NULL;
	int got = 0, told = 0, r;
	size_t size = 0;

	rados_read_op_getxattrs(op, &attributes, &told);
	rados_read_op_read(op, 0, room, text, &size, &got);
	r = rados_read_op_operate(op, io, name, 0);
	if (!r)
		r = got < 0 ? got : told;
	if (!r)
		r = size < room ? take_attributes(attributes, record) : -ERANGE;
	if (attributes)
		rados_getxattrs_end(attributes);
	rados_release_read_op(op);
	record->size = size;
	return r;
}

static int read_object(void *rados, struct hc_arena *arena, const char *name, struct record *record)
{
	_cleanup_(drop_io) rados_ioctx_t io = NULL;
	int r = open_io(rados, &io);

	for (size_t room = FIRST; !r; room *= 4) {
		_cleanup_(hc_freep) char *text = malloc(room);

		if (!text)
			abort(); /* memory has run out */
		if (room > 4 * (size_t)RECORD_MAX)
			return -EBADMSG;
		r = read_at_most(io, name, text, room, record);
		if (!r)
			record->text = hc_strndup(arena, text, record->size);
		if (r != -ERANGE)
			break;
		*record = (struct record){.text = ""};
		r = 0;
	}
	return r;
}

static void compare(rados_write_op_t op, const struct record *was)
{
	char epoch[DIGITS];

	epoch_text(epoch, was->epoch);
	rados_write_op_assert_exists(op);
	rados_write_op_cmpxattr(op, EPOCH, LIBRADOS_CMPXATTR_OP_EQ, epoch, strlen(epoch));
	rados_write_op_cmpxattr(op, NONCE, LIBRADOS_CMPXATTR_OP_EQ, was->nonce, strlen(was->nonce));
}

static int write_object(void *rados, const char *name, const struct record *was,
			const struct record *next)
{
	_cleanup_(drop_io) rados_ioctx_t io = NULL;
	rados_write_op_t op;
	char epoch[DIGITS];
	int r = open_io(rados, &io);

	if (r)
		return r;
	op = rados_create_write_op();
	if (was->epoch)
		compare(op, was);
	else
		rados_write_op_create(op, LIBRADOS_CREATE_EXCLUSIVE, NULL);
	epoch_text(epoch, next->epoch);
	rados_write_op_write_full(op, next->text, next->size);
	rados_write_op_setxattr(op, EPOCH, epoch, strlen(epoch));
	rados_write_op_setxattr(op, NONCE, next->nonce, strlen(next->nonce));
	r = rados_write_op_operate(op, io, name, NULL, 0);
	rados_release_write_op(op);
	return r == -EEXIST || r == -ENOENT ? -ECANCELED : r;
}

struct record_store record_store(rados_t rados)
{
	return (struct record_store){.read = read_object, .write = write_object, .arg = rados};
}
