/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* Who secret values are sealed to. */

#include <hcstate/resource.h>

#include "seal.h"

struct hc_recipient {
	const char *name; /* a node's, or HC_RECOVERY */
	uint8_t public_key[HC_KEY_SIZE];
};

struct hc_recipients {
	struct hc_recipient *v; /* in the set's order, the recovery key last */
	size_t n;
};

/* Everybody with a NodeKey, and the recovery key: `recovery`, or (NULL) the NodeKey of that name,
 * if any. 0; -EINVAL and said: a Node has no NodeKey, or there is nobody. */
int hc_recipients_find(const struct hc_set *desired, const uint8_t *recovery,
		       struct hc_diags *diags, struct hc_recipients *recipients);

/* NULL: not among them. */
const struct hc_recipient *hc_recipient_named(const struct hc_recipients *recipients,
					      const char *name);
const struct hc_recipient *hc_recipient_of_key(const struct hc_recipients *recipients,
					       const uint8_t public_key[HC_KEY_SIZE]);

/*
 * Whether the value is for that recipient. All are for all, but libvirt's certificates: a node's is
 * for that node alone, the key of their authority for no node. The recovery key opens everything.
 */
bool hc_recipient_reads(const char *name, const struct hc_label *label);
/* The node that the value is for alone: how long its name is at the beginning of the key; 0: it is
 * for all, or for none. */
size_t hc_label_owner(const struct hc_label *label);

/* Seals the value to each of them that it is for. 0; -EINVAL as hc_seal(). */
int hc_recipients_seal(struct hc_arena *arena, const struct hc_recipients *recipients,
		       const struct hc_label *label, const uint8_t *data, size_t size,
		       struct hc_map *sealed);
