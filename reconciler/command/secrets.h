/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* What the commands of `hcstate secrets` share: the manifests in, the renewed documents out. */

#include <reconciler/recipient.h>
#include <reconciler/secret.h>

#include "command.h"

/* What a value that hcstate makes by itself looks like. */
struct made_form {
	size_t size;                 /* bytes of a new one */
	void (*make)(uint8_t *data); /* fills them; NULL: certificates.c makes it */
	/* Of one that an operator sets. NULL: it will do; else why not, to follow its name. */
	const char *(*check)(struct hc_arena *arena, const uint8_t *data, size_t size);
	const char *holder; /* who has it in a place of its own, so that it cannot be rotated here
			     */
};

struct made_value {
	const char *secret, *key;
	const struct made_form *form;
	bool ceph;   /* only a cluster with Ceph needs it */
	bool needed; /* the manifests ask for it, whether it is there or not */
	bool open;   /* it is no secret: who knew it knows nothing */
};

struct made_values {
	struct made_value *v;
	size_t n;
};

struct secrets {
	const struct options *options;
	struct hc_arena *arena;
	struct hc_diags diags;
	struct hc_registry *registry;
	struct hc_generation *generation;
	struct hc_recipients recipients;
	struct made_values made;
	struct hc_set renewed; /* printed at the end, if all went well: takes the place of all
				  Secret and CephFsid documents that were read */
};

/* The verbs. Each changes `renewed`, which begins as what was read, and gives the exit code. */
int secrets_init(struct secrets *s);
int secrets_rekey(struct secrets *s);
int secrets_rotate(struct secrets *s);
int secrets_set(struct secrets *s);

/* Says an error; gives the exit code. */
int secrets_fail(struct secrets *s, int exitcode, struct hc_place place, const char *format, ...)
	HC_PRINTF(4, 5);

/* The cluster's name from the Cluster document; NULL and said. */
const char *secrets_cluster(struct secrets *s);
/* The Secret of the manifests, or NULL. */
struct hc_resource *secrets_find(const struct secrets *s, const char *name);
/* Its value behind `value` (NULL: the first); NULL: no more. */
const struct hc_resource *secrets_next(const struct secrets *s, const struct hc_resource *secret,
				       const struct hc_resource *value);

/* To `renewed`: all that the manifests have, as it is; a CephFsid; a value sealed to all
 * recipients, in the place of the one of that name, if any (NULL: failed, and said). */
void secrets_keep(struct secrets *s);
void secrets_add_fsid(struct secrets *s, const char *cluster, const char *fsid);
struct hc_secret_value *secrets_seal(struct secrets *s, const char *secret, const char *key,
				     const uint8_t *data, size_t size);
/* Whether it has the value. */
bool secrets_have(const struct secrets *s, const char *secret, const char *key);

/*
 * Whether a new value can be made: beside values that are sealed to a recovery key it must be
 * sealed to one too. Without any recovery key it warns. 0, or the exit code.
 */
int secrets_check_recovery(struct secrets *s);

/* Takes a value from `renewed`, if it is there. */
void secrets_drop(struct secrets *s, const char *name);

/* opener.c: the private key of --key-file, and whose it is. */
struct opener {
	struct hc_key *key;
	const char *name;
	bool guessed; /* no NodeKey has it, so it can only be the recovery key: its box will tell */
};

/* 0; -errno and *why. A key that is taken for the recovery key becomes a recipient, if there was
 * no such. For hc_key_free(). */
int secrets_read_opener(struct secrets *s, struct opener *opener, const char **why);
void opener_close(struct opener *opener);

/*
 * certificates.c: libvirt's. Each gives 0, or the exit code, and said. init makes what is missing
 * (*made: it did); rekey does so with the opener that it has, or says that another is needed;
 * rotate renews those that `key` stands for (NULL: all, the authority too).
 */
int certificates_init(struct secrets *s, bool *made);
int certificates_rekey(struct secrets *s, const struct opener *opener);
int certificates_rotate(struct secrets *s, const char *key);
/* Whether `key` of Secret libvirt is a certificate or its key. NULL: yes, all of them. */
bool certificates_has(const struct secrets *s, const char *key);

/* recovery.c: --recovery-key. 0, or the exit code, and said. *given: there was one. */
int secrets_read_recovery(struct secrets *s, uint8_t public_key[HC_KEY_SIZE], bool *given);

/* made.c: fills s->made. */
void made_values_find(struct secrets *s);
/* NULL: it is the operator's own. */
const struct made_value *made_value(const struct secrets *s, const char *secret, const char *key);

/* fsid.c: for a CephCluster without one. 0, or the exit code, and said. *made: it was. */
int secrets_make_fsid(struct secrets *s, bool *made);
