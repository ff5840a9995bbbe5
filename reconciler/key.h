/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* X25519 key pairs: the one of a node, and the recovery key. */

#include <hcstate/base.h>

enum {
	HC_KEY_SIZE = 32, /* bytes of either half */
};

/* Lies in memory that is neither swapped nor dumped. */
struct hc_key {
	uint8_t public_key[HC_KEY_SIZE];
	uint8_t private_key[HC_KEY_SIZE];
};

struct hc_key *hc_key_new(void); /* a new pair, at random */
struct hc_key *hc_key_free(struct hc_key *key);
void hc_key_freep(struct hc_key **key);

/* Reads a key file (a pipe will do) and refuses one that others may read. 0, or negative and *why
 * says what is wrong. */
int hc_key_read(struct hc_arena *arena, const char *path, struct hc_key **key, const char **why);
/* Makes the key file; -EEXIST when there is one: a key is never overwritten. */
int hc_key_create(const char *path, const struct hc_key *key);
/* Whether the file holds a private key, in whatever state it is. */
bool hc_key_is_private(const char *path);

/* The public half from its base64. 0; -EINVAL and *why. */
int hc_public_key_parse(const char *text, uint8_t public_key[HC_KEY_SIZE], const char **why);
char *hc_public_key_text(struct hc_arena *arena, const uint8_t public_key[HC_KEY_SIZE]);

/* Memory for what nobody else may see; never NULL. hc_guarded_free() wipes it; takes NULL. */
void *hc_guarded_alloc(size_t size);
void hc_guarded_free(void *p);
