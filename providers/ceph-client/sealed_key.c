/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Opening a sealed key. What comes out is one, whatever was sealed: it goes into files and commands
 * whose lines it must not break.
 */

#include "sealed_key.h"

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

bool sealed_key_is(const void *data, size_t size)
{
	const char *text = data;

	for (size_t i = 0; i < size; i++)
		if (!text[i] || !strchr("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
					"0123456789+/=",
					text[i]))
			return false;
	return size && size <= SEALED_KEY_MAX;
}

int sealed_key_open(struct hc_call *call, const char *secret, const char *name,
		    const struct hc_resource *about, uint8_t **data, size_t *size)
{
	int r = open_line(call, secret, name, data, size);

	if (r || sealed_key_is(*data, *size))
		return r;
	return hc_fail(call, EINVAL, about, "what is sealed as %s/%s is no key of Ceph's", secret,
		       name);
}

/* "ceph/client.libvirt": the secret and the value in it. */
const char *sealed_key_secret(struct hc_arena *arena, const char *sealed, const char **name)
{
	size_t length = strcspn(sealed, "/");

	*name = sealed + length + (sealed[length] == '/');
	return hc_strndup(arena, sealed, length);
}
