/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The reader of sealed secrets. Anybody who may write to the manifests, or has a public key,
 * decides about all of its input, so each stage gets it raw: the base64 text, the box, the content
 * of a box that opens. The first byte says which.
 *
 * What opens must be what the frame's one reading says; nothing else may open at all.
 */

#include <reconciler/seal.h>

#include <sodium.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct hc_label label = {"c", "s", "k"};

/* The same pair in every run, so that an input found once fails again. */
static struct hc_key *fixed_key(void)
{
	static const uint8_t seed[crypto_box_SEEDBYTES] = {1};
	struct hc_key *key = hc_guarded_alloc(sizeof(*key));

	crypto_box_seed_keypair(key->public_key, key->private_key, seed);
	return key;
}

static void must(bool claim)
{
	if (!claim)
		abort();
}

static void read_text(struct hc_arena *arena, const uint8_t *data, size_t size)
{
	struct hc_key *key = fixed_key();
	const char *box = hc_strndup(arena, (const char *)data, size), *why;
	uint8_t *value, public_key[HC_KEY_SIZE];
	size_t n;

	if (!hc_unseal(arena, &label, box, key, &value, &n, &why)) {
		must(n && n <= HC_SECRET_MAX);
		hc_guarded_free(value);
	}
	if (!hc_public_key_parse(box, public_key, &why))
		must(!strcmp(hc_public_key_text(arena, public_key), box));
	(void)hc_key_free(key);
}

static void read_box(struct hc_arena *arena, const uint8_t *data, size_t size)
{
	size_t room = sodium_base64_encoded_len(size, sodium_base64_VARIANT_ORIGINAL);
	char *text = hc_alloc(arena, room);

	sodium_bin2base64(text, room, data, size, sodium_base64_VARIANT_ORIGINAL);
	read_text(arena, (const uint8_t *)text, room - 1);
}

/* A frame that reads well is exactly the one that sealing writes for that value. */
static void read_frame(struct hc_arena *arena, const uint8_t *data, size_t size)
{
	struct hc_key *key = fixed_key();
	const uint8_t *value;
	uint8_t *opened;
	const char *box, *why;
	size_t n, nopened;

	if (!hc_unframe(arena, &label, data, size, &value, &n, &why)) {
		must(value > data && value + n == data + size);
		must(!hc_seal(arena, &label, value, n, key->public_key, &box));
		must(!hc_box_check(box, &why));
		must(!hc_unseal(arena, &label, box, key, &opened, &nopened, &why));
		must(nopened == n && !memcmp(opened, value, n));
		hc_guarded_free(opened);
	}
	(void)hc_key_free(key);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_(hc_arena_freep) struct hc_arena *arena = hc_arena_new();

	if (!size)
		return 0;
	switch (data[0] % 3) {
	case 0:
		read_text(arena, data + 1, size - 1);
		break;
	case 1:
		read_box(arena, data + 1, size - 1);
		break;
	case 2:
		read_frame(arena, data + 1, size - 1);
		break;
	}
	return 0;
}
