/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* What the commands of `hcstate secrets` share: the manifests in, the renewed Secrets out. */

#include <reconciler/recipient.h>
#include <reconciler/secret.h>

#include "command.h"

struct secrets {
	const struct options *options;
	struct hc_arena *arena;
	struct hc_diags diags;
	struct hc_registry *registry;
	struct hc_generation *generation;
	struct hc_recipients recipients;
	struct hc_set renewed; /* printed at the end, if all went well */
};

/* The verbs. Each fills `renewed` and gives the exit code. */
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

/* To `renewed`: a Secret, a value sealed anew to all recipients, a value as it was. */
struct hc_resource *secrets_add(struct secrets *s, const char *name, const char *cluster);
struct hc_secret_value *secrets_seal(struct secrets *s, const struct hc_resource *secret,
				     const char *key, const uint8_t *data, size_t size);
void secrets_keep(struct secrets *s, const struct hc_resource *secret,
		  const struct hc_resource *value);

/*
 * Whether a new value can be made: one that replaces a value sealed to the recovery key must be
 * sealed to it too. Without any recovery key it warns. 0, or the exit code; `old` may be NULL.
 */
int secrets_check_recovery(struct secrets *s, const struct hc_resource *old);

/* recovery.c: --recovery-key. 0, or the exit code, and said. *given: there was one. */
int secrets_read_recovery(struct secrets *s, uint8_t public_key[HC_KEY_SIZE], bool *given);

/* A value that hcstate makes by itself. */
struct made_value {
	const char *secret, *key;
	size_t size;     /* of a new one; all random bytes */
	size_t min, max; /* of one that an operator sets */
};

/* secrets_make.c: NULL: it is the operator's own. */
const struct made_value *made_value(const char *secret, const char *key);
