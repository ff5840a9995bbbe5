/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A value is sealed with libsodium's crypto_box_seal: anybody who has the public key can do it,
 * only the private key opens it, and one changed bit makes opening fail. What it does not say is
 * what the value is for; whoever may edit the manifests could swap two boxes. So what is sealed is
 * a frame that begins with the value's label:
 *
 *	"hcstate1"
 *	u16 size, cluster's name
 *	u16 size, secret's name
 *	u16 size, key
 *	u32 size, the value
 *
 * Numbers are big-endian; nothing follows. Sizes instead of separators leave one way to read it.
 * The frame is as hostile as the box: everybody can seal one.
 */

#include "seal.h"

#include <errno.h>
#include <sodium.h>
#include <string.h>

#define MAGIC "hcstate1"

enum {
	MAGIC_SIZE = sizeof(MAGIC) - 1,
	PARTS = 3,
	FRAME_MIN = MAGIC_SIZE + PARTS * 2 + 4,
	FRAME_MAX = FRAME_MIN + PARTS * HC_LABEL_MAX + HC_SECRET_MAX,
};

static void wipe(uint8_t **p)
{
	hc_guarded_free(*p);
}

static uint8_t *put_number(uint8_t *at, size_t number, unsigned bytes)
{
	while (bytes--)
		*at++ = (uint8_t)(number >> (8 * bytes));
	return at;
}

static uint8_t *put_bytes(uint8_t *at, const void *data, size_t size)
{
	memcpy(at, data, size);
	return at + size;
}

static size_t frame_size(const struct hc_label *label, size_t size)
{
	return FRAME_MIN + strlen(label->cluster) + strlen(label->secret) + strlen(label->key) +
	       size;
}

static void write_frame(uint8_t *at, const struct hc_label *label, const uint8_t *data, size_t size)
{
	const char *const parts[PARTS] = {label->cluster, label->secret, label->key};

	at = put_bytes(at, MAGIC, MAGIC_SIZE);
	for (size_t i = 0; i < PARTS; i++) {
		at = put_number(at, strlen(parts[i]), 2);
		at = put_bytes(at, parts[i], strlen(parts[i]));
	}
	at = put_number(at, size, 4);
	put_bytes(at, data, size);
}

static bool fits(const char *part)
{
	size_t size = strlen(part);

	return size && size <= HC_LABEL_MAX;
}

int hc_seal(struct hc_arena *arena, const struct hc_label *label, const uint8_t *data, size_t size,
	    const uint8_t public_key[HC_KEY_SIZE], const char **box)
{
	_cleanup_(wipe) uint8_t *frame = NULL;
	size_t framesize, cipher_size, base64_size;
	uint8_t *cipher;
	char *text;

	if (!size || size > HC_SECRET_MAX || !fits(label->cluster) || !fits(label->secret) ||
	    !fits(label->key))
		return -EINVAL;
	framesize = frame_size(label, size);
	frame = hc_guarded_alloc(framesize);
	write_frame(frame, label, data, size);

	cipher_size = framesize + crypto_box_SEALBYTES;
	cipher = hc_alloc(arena, cipher_size);
	if (crypto_box_seal(cipher, frame, framesize, public_key))
		return -EINVAL;
	base64_size = sodium_base64_encoded_len(cipher_size, sodium_base64_VARIANT_ORIGINAL);
	text = hc_alloc(arena, base64_size);
	*box = sodium_bin2base64(text, base64_size, cipher, cipher_size,
				 sodium_base64_VARIANT_ORIGINAL);
	return 0;
}

/* What is left to read. */
struct reader {
	const uint8_t *at, *end;
};

/* The next bytes, or NULL when there are not so many. */
static const uint8_t *take(struct reader *reader, size_t size)
{
	const uint8_t *taken = reader->at;

	if (size > (size_t)(reader->end - reader->at))
		return NULL;
	reader->at += size;
	return taken;
}

/* A number of that many bytes, then as many bytes as it says; NULL: torn. */
static const uint8_t *take_sized(struct reader *reader, unsigned bytes, size_t *size)
{
	const uint8_t *number = take(reader, bytes);

	if (!number)
		return NULL;
	*size = 0;
	for (unsigned i = 0; i < bytes; i++)
		*size = *size << 8 | number[i];
	return take(reader, *size);
}

/* For a message on a terminal: what is sealed may have been chosen by anybody. */
static const char *shown(struct hc_arena *arena, const uint8_t *bytes, size_t size)
{
	char *text = hc_strndup(arena, (const char *)bytes, size);

	for (size_t i = 0; i < size; i++)
		if (text[i] <= ' ' || text[i] > '~')
			text[i] = '?';
	return text;
}

static int read_part(struct hc_arena *arena, struct reader *reader, const char *what,
		     const char *want, const char **why)
{
	size_t size;
	const uint8_t *part = take_sized(reader, 2, &size);

	if (!part || size > HC_LABEL_MAX) {
		*why = "its content is torn";
		return -EBADMSG;
	}
	if (size != strlen(want) || memcmp(part, want, size) != 0) {
		*why = hc_printf(arena,
				 "it was sealed as another value: its %s is \"%s\", not \"%s\"",
				 what, shown(arena, part, size), want);
		return -EBADMSG;
	}
	return 0;
}

int hc_unframe(struct hc_arena *arena, const struct hc_label *label, const uint8_t *frame,
	       size_t framesize, const uint8_t **data, size_t *size, const char **why)
{
	struct reader reader = {.at = frame, .end = frame + framesize};
	const uint8_t *magic = take(&reader, MAGIC_SIZE);
	int r;

	if (!magic || memcmp(magic, MAGIC, MAGIC_SIZE) != 0) {
		*why = "its content is not of a form that this version knows";
		return -EBADMSG;
	}
	r = read_part(arena, &reader, "cluster", label->cluster, why);
	if (!r)
		r = read_part(arena, &reader, "secret", label->secret, why);
	if (!r)
		r = read_part(arena, &reader, "key", label->key, why);
	if (r)
		return r;
	*data = take_sized(&reader, 4, size);
	if (!*data || !*size || *size > HC_SECRET_MAX || reader.at != reader.end) {
		*why = "its content is torn";
		return -EBADMSG;
	}
	return 0;
}

/* The cipher text of a box; NULL and *why. */
static uint8_t *decode(struct hc_arena *arena, const char *box, size_t *size, const char **why)
{
	size_t length = strnlen(box, (size_t)HC_BOX_MAX + 1);
	uint8_t *cipher;

	if (length > HC_BOX_MAX) {
		*why = "it is larger than any sealed value can be";
		return NULL;
	}
	cipher = hc_alloc(arena, length + 1);
	if (sodium_init() < 0 || sodium_base642bin(cipher, length, box, length, NULL, size, NULL,
						   sodium_base64_VARIANT_ORIGINAL)) {
		*why = "it is not base64: torn, or changed by hand";
		return NULL;
	}
	if (*size <= crypto_box_SEALBYTES + FRAME_MIN) {
		*why = "it is too short to hold a value: torn";
		return NULL;
	}
	if (*size > crypto_box_SEALBYTES + FRAME_MAX) {
		*why = "it is larger than any sealed value can be";
		return NULL;
	}
	return cipher;
}

int hc_box_check(const char *box, const char **why)
{
	_cleanup_(hc_arena_freep) struct hc_arena *arena = hc_arena_new();
	size_t size;

	return decode(arena, box, &size, why) ? 0 : -EBADMSG;
}

int hc_unseal(struct hc_arena *arena, const struct hc_label *label, const char *box,
	      const struct hc_key *key, uint8_t **data, size_t *size, const char **why)
{
	_cleanup_(wipe) uint8_t *frame = NULL;
	const uint8_t *value;
	uint8_t *cipher;
	size_t cipher_size;
	int r;

	cipher = decode(arena, box, &cipher_size, why);
	if (!cipher)
		return -EBADMSG;
	frame = hc_guarded_alloc(cipher_size - crypto_box_SEALBYTES);
	if (crypto_box_seal_open(frame, cipher, cipher_size, key->public_key, key->private_key)) {
		*why = "it is sealed to another key, or was torn or tampered with";
		return -EBADMSG;
	}
	r = hc_unframe(arena, label, frame, cipher_size - crypto_box_SEALBYTES, &value, size, why);
	if (r)
		return r;
	*data = hc_guarded_alloc(*size);
	memcpy(*data, value, *size);
	return 0;
}
