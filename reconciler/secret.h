/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* The secrets of a manifest set, opened with this node's key when they are needed. */

#include <hcstate/provider.h>

#include "seal.h"

/* `desired` holds the NodeKey, Secret and SecretValue resources and outlives the secrets. The key
 * file is read at first need. Any thread may open. */
struct hc_secrets *hc_secrets_new(const struct hc_set *desired, const char *key_file,
				  const char *node);
struct hc_secrets *hc_secrets_free(struct hc_secrets *secrets); /* takes NULL, gives NULL */

/* No core dumps of this process and no debuggers on it, from here on. */
void hc_secrets_harden(void);

/* What a SecretValue is sealed as. */
struct hc_label hc_secret_label(const struct hc_resource *value);

/* Opens the recipient's box of a SecretValue. *data is guarded memory. 0, or negative and *why,
 * which names value and recipient. */
int hc_secret_unseal(struct hc_arena *arena, const struct hc_resource *value, const char *recipient,
		     const struct hc_key *key, uint8_t **data, size_t *size, const char **why);
