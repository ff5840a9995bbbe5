/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sealed keys beside Ceph's, and the key ring that gives one to Ceph. All that holds a key is
 * guarded memory and is wiped when it is given back.
 */

#include "sealed_key.h"

#include <sodium.h>
#include <string.h>

/* A line's end is no part of a key. */
static int open_line(struct hc_call *call, const char *secret, const char *name, uint8_t **data,
		     size_t *size)
{
	int r = hc_secret_open(call, secret, name, data, size);

	while (!r && *size && ((*data)[*size - 1] == '\n' || (*data)[*size - 1] == '\r'))
		(*size)--;
	return r;
}

static bool is_key(const uint8_t *data, size_t size)
{
	for (size_t i = 0; i < size; i++)
		if (!data[i] || !strchr("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
					"0123456789+/=",
					data[i]))
			return false;
	return size && size <= SEALED_KEY_MAX;
}

int sealed_key_open(struct hc_call *call, const char *secret, const char *name,
		    const struct hc_resource *about, uint8_t **data, size_t *size)
{
	int r = open_line(call, secret, name, data, size);

	if (r || is_key(*data, *size))
		return r;
	return hc_fail(call, EINVAL, about, "what is sealed as %s/%s is no key of Ceph's", secret,
		       name);
}

/* "ceph/client.libvirt": the secret and the value in it. */
static const char *secret_of(struct hc_arena *arena, const char *sealed, const char **name)
{
	size_t length = strcspn(sealed, "/");

	*name = sealed + length + (sealed[length] == '/');
	return hc_strndup(arena, sealed, length);
}

int key_judge(struct hc_call *call, const char *sealed, const char *key, enum hc_keyring *verdict)
{
	_cleanup_(hc_secret_close) uint8_t *data = NULL;
	struct hc_call quiet = *call;
	const char *name, *secret = secret_of(call->arena, sealed, &name);
	size_t size;
	int r;

	quiet.diags = (struct hc_diags){.arena = call->arena};
	r = open_line(&quiet, secret, name, &data, &size);
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
	const char *name, *secret = secret_of(call->arena, key->key, &name);
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
