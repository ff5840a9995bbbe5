/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A sealed key beside Ceph's, and the key ring that gives one to Ceph. All that holds a key is
 * guarded memory and is wiped when it is given back.
 */

#include "key_seal.h"

#include <sodium.h>
#include <string.h>

int key_judge(struct hc_call *call, const char *sealed, const char *key, enum hc_keyring *verdict)
{
	_cleanup_(hc_secret_close) uint8_t *data = NULL;
	struct hc_call quiet = hc_quiet(call);
	const char *name, *secret = sealed_key_secret(call->arena, sealed, &name);
	size_t size;
	int r;

	r = sealed_key_open(&quiet, secret, name, NULL, &data, &size);
	if (r)
		return r;
	*verdict = key && strlen(key) == size && !sodium_memcmp(data, key, size) ? HC_KEYRING_RIGHT
										 : HC_KEYRING_WRONG;
	return 0;
}

/* Caps have quotes of their own: allow command "osd blocklist". */
static char *quoted(struct hc_arena *arena, const char *text)
{
	char *out = hc_alloc(arena, 2 * strlen(text) + 1);
	size_t n = 0;

	for (; *text; text++) {
		if (*text == '"' || *text == '\\')
			out[n++] = '\\';
		out[n++] = *text;
	}
	return out;
}

static char *caps_lines(struct hc_arena *arena, const struct hc_map *caps)
{
	char *lines = hc_strdup(arena, "");

	for (size_t i = 0; i < caps->n; i++)
		lines = hc_printf(arena, "%s\tcaps %s = \"%s\"\n", lines, caps->v[i].key,
				  quoted(arena, caps->v[i].value));
	return lines;
}

int key_ring(struct hc_call *call, const struct hc_resource *want, char **ring)
{
	_cleanup_(hc_secret_close) uint8_t *data = NULL;
	const struct hc_ceph_key *key = want->spec;
	const char *caps = caps_lines(call->arena, &key->caps);
	const char *name, *secret = sealed_key_secret(call->arena, key->key, &name);
	size_t size, room;
	int r = sealed_key_open(call, secret, name, want, &data, &size);

	if (r)
		return r;
	room = strlen(want->name) + size + strlen(caps) + 32;
	*ring = sodium_malloc(room);
	if (!*ring)
		abort(); /* memory has run out */
	(void)snprintf(*ring, room, "[%s]\n\tkey = %.*s\n%s", want->name, (int)size,
		       (const char *)data, caps);
	return 0;
}
