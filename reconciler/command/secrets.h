/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* What the commands of `hcstate secrets` share: the manifests in, the renewed documents out. */

#include <reconciler/recipient.h>
#include <reconciler/secret.h>

#include "command.h"

/* What a value that hcstate makes by itself looks like. */
struct made_form {
	size_t size;                 /* bytes of a new one */
	void (*make)(uint8_t *data); /* fills them */
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

/* recovery.c: --recovery-key. 0, or the exit code, and said. *given: there was one. */
int secrets_read_recovery(struct secrets *s, uint8_t public_key[HC_KEY_SIZE], bool *given);

/* made.c: fills s->made. */
void made_values_find(struct secrets *s);
/* NULL: it is the operator's own. */
const struct made_value *made_value(const struct secrets *s, const char *secret, const char *key);

/* fsid.c: for a CephCluster without one. 0, or the exit code, and said. *made: it was. */
int secrets_make_fsid(struct secrets *s, bool *made);
