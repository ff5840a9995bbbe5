/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* A certificate authority of one cluster, and the certificates of its nodes, in PEM. */

#include <hcstate/value.h>

/* A key and what certifies it. The bytes are guarded memory. */
struct pki_pair {
	uint8_t *certificate, *key;
	size_t certificate_size, key_size;
};

/* Wipes both; takes what is half there. */
void pki_pair_clear(struct pki_pair *pair);

/* A new authority, named after the cluster. 0, or -EIO and why. */
int pki_authority(const char *cluster, struct pki_pair *authority, const char **why);

/* A new pair for a node, which is both server and client under its name and these addresses (IP
 * addresses or names). 0; -EBADMSG: the authority is none; -EIO. */
int pki_node(const struct pki_pair *authority, const char *node, const struct hc_strings *addresses,
	     struct pki_pair *pair, const char **why);

/* Whether the text is one, in PEM. NULL: yes; else why not, to follow its name. */
const char *pki_check_certificate(const uint8_t *data, size_t size);
const char *pki_check_key(const uint8_t *data, size_t size);
