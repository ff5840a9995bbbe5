/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* One secret value, sealed to one public key. */

#include "key.h"

enum {
	HC_SECRET_MAX = 64 * 1024, /* bytes of a value */
	HC_LABEL_MAX = 255,        /* bytes of each part of a label */
	/* More than the base64 of a box of the largest value can have. */
	HC_BOX_MAX = (HC_SECRET_MAX + 4 * HC_LABEL_MAX) / 3 * 4,
};

/* What a value is. It is sealed with the value, so that no value can be passed off as another. */
struct hc_label {
	const char *cluster, *secret, *key;
};

/* Gives the box in base64. -EINVAL: the label or the value is too long or empty, or the public key
 * is none. */
int hc_seal(struct hc_arena *arena, const struct hc_label *label, const uint8_t *data, size_t size,
	    const uint8_t public_key[HC_KEY_SIZE], const char **box);

/* Opens it. *data is guarded memory (hc_guarded_free). -EBADMSG and *why: it is not what it should
 * be. */
int hc_unseal(struct hc_arena *arena, const struct hc_label *label, const char *box,
	      const struct hc_key *key, uint8_t **data, size_t *size, const char **why);

/* Whether the text can be a box at all, without a key. 0; -EBADMSG and *why. */
int hc_box_check(const char *box, const char **why);

/* The stage after decryption, callable alone: the value within a frame; *data points into it. */
int hc_unframe(struct hc_arena *arena, const struct hc_label *label, const uint8_t *frame,
	       size_t framesize, const uint8_t **data, size_t *size, const char **why);
