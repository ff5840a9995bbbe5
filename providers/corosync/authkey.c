/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The authkey is the one secret of this provider. Neither the key nor anything that tells about it
 * becomes part of a resource: read compares file and secret here, in memory that is neither swapped
 * nor dumped, and passes on a verdict.
 *
 * corosync reads the file when it starts and at a reload. So a key that was rotated is written only
 * with a config_version that has to be loaded anyhow (see rules_key()), and that is loaded only
 * when all members have told the same digest of their files: no node that starts in between, or
 * later, finds itself with a key of its own.
 */

#include "authkey.h"

#include <fcntl.h>
#include <sodium.h>
#include <string.h>
#include <sys/stat.h>

#include <hcstate/file.h>
#include <hcstate/secret.h>

enum {
	KEY_MAX = 64 * 1024, /* bytes; corosync-keygen makes 256 */
};

bool authkey_used(const struct hc_cluster *cluster)
{
	return cluster->crypto_cipher != HC_CIPHER_NONE || cluster->crypto_hash != HC_HASH_NONE;
}

bool authkey_in(const struct hc_set *desired)
{
	for (size_t i = 0; i < desired->n; i++)
		if (desired->v[i]->type == &hc_secret_value &&
		    !strcmp(desired->v[i]->name, AUTHKEY_SECRET "/" AUTHKEY_VALUE))
			return true;
	return false;
}

static int open_file(void)
{
	return open(AUTHKEY_FILE, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
}

static void free_guarded(uint8_t **data)
{
	sodium_free(*data);
}

/* The file's bytes, at most `size` + 1 of them; *have tells how many. */
static uint8_t *read_guarded(int fd, size_t size, size_t *have)
{
	uint8_t *data = sodium_malloc(size + 1);
	ssize_t n;

	if (!data)
		abort(); /* memory has run out */
	*have = 0;
	while (*have <= size && (n = read(fd, data + *have, size + 1 - *have)) > 0)
		*have += (size_t)n;
	return data;
}

/* Whether the file is these bytes and no more. */
static bool holds(int fd, const uint8_t *key, size_t size)
{
	size_t have;
	_cleanup_(free_guarded) uint8_t *data = read_guarded(fd, size, &have);

	return have == size && !sodium_memcmp(data, key, size);
}

char *authkey_digest(struct hc_arena *arena)
{
	_cleanup_(hc_closep) int fd = open_file();
	_cleanup_(free_guarded) uint8_t *data = NULL;
	size_t have = 0;

	if (fd >= 0)
		data = read_guarded(fd, KEY_MAX, &have);
	return have ? hc_digest(arena, data, have) : hc_strdup(arena, "none");
}

static enum hc_authkey judge(int fd, const uint8_t *key, size_t size)
{
	struct stat st;

	if (fstat(fd, &st) || !S_ISREG(st.st_mode) || !holds(fd, key, size))
		return HC_AUTHKEY_WRONG;
	if ((st.st_mode & 07777) != 0400 || st.st_uid)
		return HC_AUTHKEY_READABLE;
	return HC_AUTHKEY_RIGHT;
}

/* What hc_secret_open() says is the reason why the verdict is unknown, not an error of the call. */
static int open_quietly(struct hc_call *call, uint8_t **key, size_t *size, const char **why)
{
	struct hc_call quiet = *call;
	int r;

	quiet.diags = (struct hc_diags){.arena = call->arena};
	r = hc_secret_open(&quiet, AUTHKEY_SECRET, AUTHKEY_VALUE, key, size);
	if (r)
		*why = quiet.diags.n ? quiet.diags.v[0].text : strerror(-r);
	return r;
}

int authkey_judge(struct hc_call *call, enum hc_authkey *verdict, const char **why)
{
	_cleanup_(hc_secret_close) uint8_t *key = NULL;
	_cleanup_(hc_closep) int fd = -1;
	size_t size;
	int r;

	*verdict = HC_AUTHKEY_ABSENT;
	fd = open_file();
	if (fd < 0 && errno == ENOENT)
		return 0;
	*verdict = HC_AUTHKEY_WRONG;
	if (fd < 0 && errno == ELOOP)
		return 0;
	if (fd < 0) {
		*why = hc_printf(call->arena, AUTHKEY_FILE ": %s", strerror(errno));
		return -errno;
	}
	/* without the secret in the manifests adjust refuses to go on, with words of its own */
	if (!authkey_in(call->desired))
		return 0;
	r = open_quietly(call, &key, &size, why);
	if (!r)
		*verdict = judge(fd, key, size);
	return r;
}

int authkey_write(struct hc_call *call)
{
	_cleanup_(hc_secret_close) uint8_t *key = NULL;
	size_t size;
	int r = hc_secret_open(call, AUTHKEY_SECRET, AUTHKEY_VALUE, &key, &size);

	if (r)
		return r;
	if (!size || size > KEY_MAX)
		return hc_fail(call, EINVAL, NULL, "the sealed authkey has %zu bytes, not 1 to %d",
			       size, KEY_MAX);
	r = hc_file_write(AUTHKEY_FILE, 0400, key, size);
	if (r)
		return hc_fail(call, -r, NULL, AUTHKEY_FILE ": %s", strerror(-r));
	hc_tell(call, FACT_KEY, authkey_digest(call->arena));
	return 0;
}
