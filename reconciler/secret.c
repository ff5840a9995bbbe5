/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Secrets lie sealed in the manifests and are opened one by one, at the moment they are used, into
 * memory that is neither swapped nor dumped. A node without a key file works as long as nothing of
 * it needs a secret, so the key is read at first need; a failed read is tried again by the next
 * call, for the file may be there by then.
 */

#include "secret.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>

#include <hcstate/secret.h>

/* What the workers share: everything else of the secrets stays as it was made. */
struct ring {
	pthread_mutex_t mutex;
	struct hc_key *key; /* NULL: not read yet */
};

struct hc_secrets {
	const struct hc_set *desired;
	char *key_file, *node;
	struct ring *ring;
};

static void *must(void *p)
{
	if (!p) {
		fputs("hcstate: out of memory\n", stderr);
		abort();
	}
	return p;
}

struct hc_secrets *hc_secrets_new(const struct hc_set *desired, const char *key_file,
				  const char *node)
{
	struct hc_secrets *secrets = must(calloc(1, sizeof(*secrets)));

	secrets->desired = desired;
	secrets->key_file = must(strdup(key_file));
	secrets->node = must(strdup(node));
	secrets->ring = must(calloc(1, sizeof(*secrets->ring)));
	(void)pthread_mutex_init(&secrets->ring->mutex, NULL); /* cannot fail with no attributes */
	return secrets;
}

struct hc_secrets *hc_secrets_free(struct hc_secrets *secrets)
{
	if (!secrets)
		return NULL;
	(void)hc_key_free(secrets->ring->key);
	(void)pthread_mutex_destroy(&secrets->ring->mutex); /* nobody holds it any more */
	free(secrets->ring);
	free(secrets->key_file);
	free(secrets->node);
	free(secrets);
	return NULL;
}

void hc_secrets_harden(void)
{
	const struct rlimit none = {0, 0};

	/* Neither can fail with these arguments; each would do alone. */
	(void)prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
	(void)setrlimit(RLIMIT_CORE, &none);
}

struct hc_label hc_secret_label(const struct hc_resource *value)
{
	const struct hc_secret *secret = value->parent->spec;

	return (struct hc_label){
		.cluster = secret->cluster,
		.secret = value->parent->name,
		.key = value->name + strlen(value->parent->name) + 1, /* behind the slash */
	};
}

int hc_secret_unseal(struct hc_arena *arena, const struct hc_resource *value, const char *recipient,
		     const struct hc_key *key, uint8_t **data, size_t *size, const char **why)
{
	const struct hc_secret_value *spec = value->spec;
	const struct hc_label label = hc_secret_label(value);
	const char *box = hc_map_get(&spec->sealed, recipient);
	int r;

	if (!box) {
		*why = hc_printf(
			arena,
			"%s is not sealed to %s: hcstate secrets rekey, with a key that opens it",
			value->name, recipient);
		return -EACCES;
	}
	r = hc_unseal(arena, &label, box, key, data, size, why);
	if (r)
		*why = hc_printf(arena, "%s: the box of %s does not open: %s", value->name,
				 recipient, *why);
	return r;
}

/* A key that is not the one the manifests know would fail on every box; this says why at once. */
static int same_as_node_key(const struct hc_secrets *secrets, struct hc_call *call,
			    const struct hc_key *key)
{
	const struct hc_resource *r = hc_find(secrets->desired, &hc_node_key, NULL, secrets->node);
	const struct hc_node_key *known = r ? r->spec : NULL;

	if (!known || !known->public_key ||
	    !strcmp(known->public_key, hc_public_key_text(call->arena, key->public_key)))
		return 0;
	return hc_fail(call, EKEYREJECTED, r,
		       "the key in %s is not the one of this NodeKey: replace this document by "
		       "what hcstate keygen prints on %s, then hcstate secrets rekey",
		       secrets->key_file, secrets->node);
}

/* This node's key, read when nobody has read it yet; the ring's mutex is held. */
static int read_key(const struct hc_secrets *secrets, struct hc_call *call)
{
	_cleanup_(hc_key_freep) struct hc_key *key = NULL;
	const char *why;
	int r;

	if (secrets->ring->key)
		return 0;
	r = hc_key_read(call->arena, secrets->key_file, &key, &why);
	if (r)
		return hc_fail(call, -r, NULL, "%s%s", why,
			       r == -ENOENT ? "; hcstate keygen makes one" : "");
	r = same_as_node_key(secrets, call, key);
	if (!r)
		secrets->ring->key = hc_steal(&key);
	return r;
}

static int own_key(struct hc_call *call, const struct hc_key **key)
{
	struct ring *ring = call->secrets->ring;
	int r;

	pthread_mutex_lock(&ring->mutex);
	r = read_key(call->secrets, call);
	*key = ring->key; /* once there, it stays until the secrets are freed */
	pthread_mutex_unlock(&ring->mutex);
	return r;
}

int hc_secret_open(struct hc_call *call, const char *secret, const char *name, uint8_t **data,
		   size_t *size)
{
	const struct hc_secrets *secrets = call->secrets;
	const char *full = hc_printf(call->arena, "%s/%s", secret, name), *why;
	const struct hc_resource *value;
	const struct hc_key *key;
	int r;

	value = secrets ? hc_find(secrets->desired, &hc_secret_value, NULL, full) : NULL;
	if (!value)
		return hc_fail(call, ENOENT, NULL,
			       "the manifests have no secret %s: hcstate secrets init makes it",
			       full);
	r = own_key(call, &key);
	if (r)
		return r;
	r = hc_secret_unseal(call->arena, value, secrets->node, key, data, size, &why);
	return r ? hc_fail(call, -r, value, "%s", why) : 0;
}

void hc_secret_close(uint8_t **data)
{
	if (!data)
		return;
	hc_guarded_free(*data);
	*data = NULL;
}
