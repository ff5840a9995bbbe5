/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Ceph's CryptoKey: the base64 of a packed head and the key's own bytes, all little-endian. Made
 * here, so that a cluster's first monitors find the same keys in the manifests and no node has to
 * tell another one.
 *
 * The text is sealed as it is and goes into a keyring as it is. So a line's end behind it, which
 * base64 would not mind, is refused when an operator sets a key.
 */

#include "cephx.h"

#include <sodium.h>
#include <string.h>

#include "key.h"

enum {
	TYPE_AES = 1,   /* AES-128, what every release makes and takes */
	TYPE_AT = 0,    /* 2 bytes */
	SECONDS_AT = 2, /* 4 bytes, when it was made; 4 bytes of nanoseconds follow */
	LENGTH_AT = 10, /* 2 bytes, of what follows */
	HEAD_SIZE = 12, /* bytes before the key's own */
	AES_SIZE = 16,  /* bytes of an AES-128 key */
	AES_RAW = HEAD_SIZE + AES_SIZE,
	RAW_MAX = 256, /* more than any type of key takes */
	BASE64 = sodium_base64_VARIANT_ORIGINAL,
};

static void put(uint8_t *to, uint64_t number, size_t size)
{
	for (size_t i = 0; i < size; i++)
		to[i] = (uint8_t)(number >> (8 * i));
}

void hc_cephx_make(uint8_t text[HC_CEPHX_SIZE], uint64_t now)
{
	uint8_t *raw = hc_guarded_alloc(AES_RAW);
	char *encoded = hc_guarded_alloc(HC_CEPHX_SIZE + 1);

	memset(raw, 0, HEAD_SIZE);
	put(raw + TYPE_AT, TYPE_AES, 2);
	put(raw + SECONDS_AT, now, 4);
	put(raw + LENGTH_AT, AES_SIZE, 2);
	randombytes_buf(raw + HEAD_SIZE, AES_SIZE);
	(void)sodium_bin2base64(encoded, HC_CEPHX_SIZE + 1, raw, AES_RAW,
				BASE64); /* ends on misuse */
	memcpy(text, encoded, HC_CEPHX_SIZE);
	hc_guarded_free(encoded);
	hc_guarded_free(raw);
}

static const char *check_raw(const uint8_t *raw, size_t size)
{
	if (size <= HEAD_SIZE)
		return "is too short for a cephx key";
	if (!raw[TYPE_AT] && !raw[TYPE_AT + 1])
		return "is a cephx key of type none, which opens nothing";
	if ((size_t)(raw[LENGTH_AT] | raw[LENGTH_AT + 1] << 8) != size - HEAD_SIZE)
		return "is no cephx key: it is not as long as it says";
	return NULL;
}

const char *hc_cephx_check(const uint8_t *text, size_t size)
{
	uint8_t *raw = hc_guarded_alloc(RAW_MAX);
	const char *why;
	size_t n;

	if (sodium_base642bin(raw, RAW_MAX, (const char *)text, size, NULL, &n, NULL, BASE64))
		why = "is no cephx key: it has to be in base64, without a line's end, as ceph auth "
		      "print-key prints it";
	else
		why = check_raw(raw, n);
	hc_guarded_free(raw);
	return why;
}
