/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A node's key pair. The file holds the private half alone, as text that says what it is:
 *
 *	# hcstate private key (X25519): whoever has it can open what is sealed to it
 *	BASE64
 *
 * The public half follows from it, so the two can never disagree. Lines that begin with # are
 * comments. The file must be for its owner only (0600 or less): a key that others could read has
 * to be replaced, not to be used on.
 */

#include "key.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include <hcstate/file.h>

#define HEAD "# hcstate private key"
#define HEADLINE HEAD " (X25519): whoever has it can open what is sealed to it\n"

enum {
	BASE64_SIZE = sodium_base64_ENCODED_LEN(HC_KEY_SIZE, sodium_base64_VARIANT_ORIGINAL),
	FILE_MAX = 4096,
};

/* Guarded memory of `size` bytes, wiped and given back when it goes out of scope. */
static void wipe(char **p)
{
	hc_guarded_free(*p);
}

void *hc_guarded_alloc(size_t size)
{
	void *p = sodium_init() < 0 ? NULL : sodium_malloc(size);

	if (!p) {
		fputs("hcstate: no memory for secrets\n", stderr);
		abort();
	}
	return p;
}

void hc_guarded_free(void *p)
{
	sodium_free(p);
}

struct hc_key *hc_key_new(void)
{
	struct hc_key *key = hc_guarded_alloc(sizeof(*key));

	crypto_box_keypair(key->public_key, key->private_key);
	return key;
}

struct hc_key *hc_key_free(struct hc_key *key)
{
	hc_guarded_free(key);
	return NULL;
}

void hc_key_freep(struct hc_key **key)
{
	*key = hc_key_free(*key);
}

/* The file's text into guarded memory; it may not pass through an arena, which is not wiped. */
static int read_guarded(struct hc_arena *arena, const char *path, char text[FILE_MAX],
			const char **why)
{
	_cleanup_(hc_closep) int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	struct stat st;
	size_t used = 0;
	ssize_t n;

	if (fd < 0 || fstat(fd, &st)) {
		int error = errno;

		*why = hc_printf(arena, "cannot read key file %s: %s", path, strerror(error));
		return -error;
	}
	if (!S_ISREG(st.st_mode) && !S_ISFIFO(st.st_mode)) {
		*why = hc_printf(arena, "key file %s is not a regular file", path);
		return -EINVAL;
	}
	if (st.st_mode & 077) {
		*why = hc_printf(arena,
				 "key file %s has mode %04o, so others may have read it: make a "
				 "new key, or chmod 600 it if you know better",
				 path, (unsigned)st.st_mode & 07777);
		return -EPERM;
	}
	while ((n = read(fd, text + used, FILE_MAX - used)) > 0 || (n < 0 && errno == EINTR))
		used += n > 0 ? (size_t)n : 0;
	if (n < 0) {
		int error = errno;

		*why = hc_printf(arena, "cannot read key file %s: %s", path, strerror(error));
		return -error;
	}
	if (used == FILE_MAX || memchr(text, '\0', used)) {
		*why = hc_printf(arena, "%s is not a key file", path);
		return -EINVAL;
	}
	text[used] = '\0';
	return 0;
}

static const char *next_line(const char *line)
{
	const char *end = strchr(line, '\n');

	return end ? end + 1 : line + strlen(line);
}

/* The one line that is neither empty nor a comment; *size without its end. NULL: none, or several.
 */
static const char *only_line(const char *text, size_t *size)
{
	const char *found = NULL;

	for (const char *line = text; *line; line = next_line(line)) {
		if (*line == '#' || *line == '\n')
			continue;
		if (found)
			return NULL;
		found = line;
		*size = strcspn(line, "\n");
	}
	return found;
}

static int decode(const char *text, size_t size, uint8_t bytes[HC_KEY_SIZE])
{
	size_t n;

	if (sodium_base642bin(bytes, HC_KEY_SIZE, text, size, NULL, &n, NULL,
			      sodium_base64_VARIANT_ORIGINAL) ||
	    n != HC_KEY_SIZE)
		return -EINVAL;
	return 0;
}

int hc_key_read(struct hc_arena *arena, const char *path, struct hc_key **key, const char **why)
{
	_cleanup_(wipe) char *text = hc_guarded_alloc(FILE_MAX);
	_cleanup_(hc_key_freep) struct hc_key *k = hc_guarded_alloc(sizeof(*k));
	const char *line;
	size_t size;
	int r;

	r = read_guarded(arena, path, text, why);
	if (r)
		return r;
	line = only_line(text, &size);
	if (!line || decode(line, size, k->private_key)) {
		*why = hc_printf(arena, "key file %s is damaged: it should hold one line of base64",
				 path);
		return -EINVAL;
	}
	crypto_scalarmult_base(k->public_key, k->private_key);
	*key = hc_steal(&k);
	return 0;
}

int hc_key_create(const char *path, const struct hc_key *key)
{
	_cleanup_(wipe) char *text = hc_guarded_alloc(FILE_MAX);
	size_t head = (size_t)snprintf(text, FILE_MAX, "%s", HEADLINE);

	sodium_bin2base64(text + head, FILE_MAX - head, key->private_key, HC_KEY_SIZE,
			  sodium_base64_VARIANT_ORIGINAL);
	text[head + BASE64_SIZE - 1] = '\n'; /* in place of the NUL */
	return hc_file_create(path, 0600, text, head + BASE64_SIZE);
}

bool hc_key_is_private(const char *path)
{
	_cleanup_(hc_closep) int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
	char head[sizeof(HEAD) - 1];
	struct stat st;

	return fd >= 0 && !fstat(fd, &st) && S_ISREG(st.st_mode) &&
	       read(fd, head, sizeof(head)) == (ssize_t)sizeof(head) &&
	       !memcmp(head, HEAD, sizeof(head));
}

/*
 * A few points give every private key the same shared secret, zero: sealing to one would protect
 * nothing. Any private key finds them out.
 */
static bool is_weak(const uint8_t public_key[HC_KEY_SIZE])
{
	static const uint8_t any_private_key[HC_KEY_SIZE] = {9};
	uint8_t shared[crypto_scalarmult_BYTES];

	return crypto_scalarmult(shared, any_private_key, public_key) != 0;
}

int hc_public_key_parse(const char *text, uint8_t public_key[HC_KEY_SIZE], const char **why)
{
	if (sodium_init() < 0 || decode(text, strlen(text), public_key)) {
		*why = "a public key is 32 bytes in base64, 44 characters";
		return -EINVAL;
	}
	if (is_weak(public_key)) {
		*why = "this is not a usable public key: sealing to it would protect nothing";
		return -EINVAL;
	}
	return 0;
}

char *hc_public_key_text(struct hc_arena *arena, const uint8_t public_key[HC_KEY_SIZE])
{
	char *text = hc_alloc(arena, BASE64_SIZE);

	return sodium_bin2base64(text, BASE64_SIZE, public_key, HC_KEY_SIZE,
				 sodium_base64_VARIANT_ORIGINAL);
}
