/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is done to the lease's object. Each is one RADOS operation, atomic at the object's primary
 * OSD. Raising the epoch compares it with the one that was seen before the lock was taken: whoever
 * was stopped in between, for however long, and lost the lock to another, changes nothing.
 *
 * The lock's end is an OSD's wall clock. A jump of that clock, or a new primary whose clock is
 * ahead, may end it early, and then two believe to hold it for a moment. That is what the epoch is
 * for: records compare it in the operation that writes them, and the later holder's is higher.
 */

#include "hold.h"

#include <errno.h>
#include <inttypes.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include <sys/time.h>

#define NAMESPACE "lease"
#define OBJECT "leader"
#define LOCK "hcstate"
#define EPOCH "epoch"
#define NODE "node"

enum {
	DIGITS = 24, /* bytes of an epoch as text */
};

int hold_open(struct hold *hold, rados_t cluster, const char *node)
{
	uint8_t random[(HOLD_COOKIE - 1) / 2];
	int r = rados_ioctx_create(cluster, HOLD_POOL, &hold->io);

	if (r < 0)
		return r;
	rados_ioctx_set_namespace(hold->io, NAMESPACE);
	hold->node = node;
	randombytes_buf(random, sizeof(random));
	(void)sodium_bin2hex(hold->cookie, sizeof(hold->cookie), random, sizeof(random));
	return 0;
}

void hold_close(struct hold *hold)
{
	rados_ioctx_destroy(hold->io);
	hold->io = NULL;
}

/* Bytes that anybody with the pool's key may have written; too long or none: "". */
static int attribute(struct hold *hold, const char *name, char *text, size_t size)
{
	int r = rados_getxattr(hold->io, OBJECT, name, text, size - 1);

	text[r > 0 && (size_t)r < size ? r : 0] = '\0';
	return r == -ENODATA || r == -ENOENT || r == -ERANGE || r > 0 ? 0 : r;
}

static void write_number(char text[DIGITS], uint64_t epoch)
{
	(void)snprintf(text, DIGITS, "%" PRIu64, epoch);
}

static int read_epoch(struct hold *hold, uint64_t *epoch)
{
	char text[DIGITS], again[DIGITS];
	int r = attribute(hold, EPOCH, text, sizeof(text));

	*epoch = 0;
	if (r < 0 || !*text)
		return r;
	*epoch = strtoull(text, NULL, 10);
	write_number(again, *epoch);
	/* one that is none, or the last one: there is no lease until a person has looked */
	return strcmp(text, again) || !*epoch || *epoch == UINT64_MAX ? -EBADMSG : 0;
}

int hold_see(struct hold *hold, char node[HOLD_NODE], uint64_t *epoch)
{
	int r = attribute(hold, NODE, node, HOLD_NODE);

	return r < 0 ? r : read_epoch(hold, epoch);
}

int hold_take(struct hold *hold)
{
	struct timeval duration = {.tv_sec = HOLD_S};

	return rados_lock_exclusive(hold->io, OBJECT, LOCK, hold->cookie, hold->node, &duration,
				    LIBRADOS_LOCK_FLAG_MAY_RENEW);
}

int hold_raise(struct hold *hold, uint64_t seen)
{
	rados_write_op_t op = rados_create_write_op();
	char before[DIGITS] = "", after[DIGITS];
	int r;

	if (seen)
		write_number(before, seen); /* an attribute that is not there equals "" */
	write_number(after, seen + 1);
	rados_write_op_cmpxattr(op, EPOCH, LIBRADOS_CMPXATTR_OP_EQ, before, strlen(before));
	rados_write_op_setxattr(op, EPOCH, after, strlen(after));
	rados_write_op_setxattr(op, NODE, hold->node, strlen(hold->node));
	r = rados_write_op_operate(op, hold->io, OBJECT, NULL, 0);
	rados_release_write_op(op);
	return r;
}

void hold_give(struct hold *hold)
{
	(void)rados_unlock(hold->io, OBJECT, LOCK, hold->cookie); /* else it ends by itself */
}
