/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reading and writing a record, whatever it is kept in.
 *
 * An answer that does not come says nothing: the write may have been done, or be done later. So the
 * record is read again. Every write has a nonce of its own, and so whoever reads knows whose it is.
 */

#include "record.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>

static int make_nonce(char nonce[RECORD_NONCE])
{
	uint8_t random[(RECORD_NONCE - 1) / 2];

	if (getrandom(random, sizeof(random), 0) != sizeof(random))
		return -EIO;
	for (size_t i = 0; i < sizeof(random); i++)
		(void)snprintf(nonce + 2 * i, 3, "%02x", random[i]);
	return 0;
}

int record_read(const struct record_store *store, struct hc_arena *arena, const char *name,
		struct record *record)
{
	int r;

	*record = (struct record){.text = ""};
	r = store->read(store->arg, arena, name, record);
	if (r)
		*record = (struct record){.text = ""};
	return r == -ENOENT ? 0 : r;
}

/* Nobody answered: what does the record say? */
static int settle(const struct record_store *store, struct hc_arena *arena, const char *name,
		  const struct record *was, const struct record *next)
{
	struct record now;

	if (record_read(store, arena, name, &now))
		return -ETIMEDOUT;
	if (now.epoch == next->epoch && !strcmp(now.nonce, next->nonce))
		return 0;
	/* as it was: it may be written still */
	return now.epoch == was->epoch && !strcmp(now.nonce, was->nonce) ? -ETIMEDOUT : -ECANCELED;
}

int record_write(const struct record_store *store, struct hc_arena *arena, const char *name,
		 const struct record *was, const char *text, struct record *now)
{
	struct record next = {.epoch = was->epoch + 1, .text = text, .size = strlen(text)};
	int r;

	if (next.size > RECORD_MAX || was->epoch >= INT64_MAX)
		return -E2BIG;
	r = make_nonce(next.nonce);
	if (!r)
		r = store->write(store->arg, name, was, &next);
	if (r == -ETIMEDOUT)
		r = settle(store, arena, name, was, &next);
	if (!r)
		*now = next;
	return r;
}
