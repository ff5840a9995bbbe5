/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * A record of high availability in Ceph: an object in pool hcstate, namespace ha, with a text, and
 * beside it as attributes an epoch, which rises with each write, and a nonce, which no two writes
 * share. It is read in one operation, and written in one that compares both with what was read.
 * Needs no call and no provider: the command of people writes with it too.
 */

#include <rados/librados.h>

#include <hcstate/base.h>

#define RECORD_POOL "hcstate"
#define RECORD_NAMESPACE "ha"
/* What was decided (reconciler/ha/memory_json.h), and what people ask for (words.h). */
#define RECORD_STATE "state"
#define RECORD_WORDS "words"

enum {
	RECORD_NONCE = 33,             /* bytes of a random text, its NUL too */
	RECORD_MAX = 16 * 1024 * 1024, /* bytes of a record */
};

struct record {
	uint64_t epoch; /* 0: there is none yet, and the text is "" */
	char nonce[RECORD_NONCE];
	const char *text;
	size_t size;
};

/* Where records are; so that tests have one that fails, hangs and lies. */
struct record_store {
	/* 0; -ENOENT: there is none. In the arena. */
	int (*read)(void *arg, struct hc_arena *arena, const char *name, struct record *record);
	/* Writes `next` if epoch and nonce are still those of `was` (epoch 0: if there is none).
	 * -ECANCELED: they are not. -ETIMEDOUT: nobody knows whether it was written. */
	int (*write)(void *arg, const char *name, const struct record *was,
		     const struct record *next);
	void *arg;
};

/* The real one. The pool may be missing: then there is no record, and writing gives -ENOENT. */
struct record_store record_store(rados_t rados);

/* 0, also when there is none (epoch 0); or a negative errno: -EBADMSG: not one of ours. */
int record_read(const struct record_store *store, struct hc_arena *arena, const char *name,
		struct record *record);
/*
 * Writes the text over what was read. *now: the record that stands now. 0; -ECANCELED: somebody
 * else wrote meanwhile: read again. A write that timed out is settled by reading: -ETIMEDOUT is
 * left only when that cannot tell.
 */
int record_write(const struct record_store *store, struct hc_arena *arena, const char *name,
		 const struct record *was, const char *text, struct record *now);
