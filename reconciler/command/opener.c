/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The private key that opens what is sealed: a node's, or the recovery key. A key file does not say
 * whose it is; the NodeKeys do. One that none of them has can only be the recovery key, whose
 * public half need not be among the manifests.
 */

#include "secrets.h"

#include <string.h>

#include <hcstate/secret.h>

static void add_recovery(struct secrets *s, const struct hc_key *key)
{
	struct hc_recipients *to = &s->recipients;
	struct hc_recipient *more = hc_alloc(s->arena, (to->n + 1) * sizeof(*more));

	memcpy(more, to->v, to->n * sizeof(*more));
	more[to->n].name = HC_RECOVERY;
	memcpy(more[to->n].public_key, key->public_key, HC_KEY_SIZE);
	to->v = more;
	to->n++;
}

int secrets_read_opener(struct secrets *s, struct opener *opener, const char **why)
{
	const struct hc_recipient *known;
	int r = hc_key_read(s->arena, s->options->key_file, &opener->key, why);

	if (r)
		return r;
	known = hc_recipient_of_key(&s->recipients, opener->key->public_key);
	opener->name = known ? known->name : HC_RECOVERY;
	opener->guessed = !known;
	if (!known && !hc_recipient_named(&s->recipients, HC_RECOVERY))
		add_recovery(s, opener->key);
	return 0;
}

void opener_close(struct opener *opener)
{
	opener->key = hc_key_free(opener->key);
}
