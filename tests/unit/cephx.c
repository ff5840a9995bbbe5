/* SPDX-License-Identifier: Apache-2.0 */
/* Cephx keys: what is made is packed as Ceph packs it, and what an operator sets is looked at. */

#include <reconciler/cephx.h>

#include <setjmp.h>
#include <sodium.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static void a_new_key_is_packed_as_ceph_packs_it(void **state)
{
	static const uint8_t head[12] = {1, 0, 0x78, 0x56, 0x34, 0x12, 0, 0, 0, 0, 16, 0};
	uint8_t text[HC_CEPHX_SIZE], raw[64];
	size_t size;

	(void)state;
	hc_cephx_make(text, 0x12345678);
	assert_int_equal(sodium_base642bin(raw, sizeof(raw), (const char *)text, sizeof(text), NULL,
					   &size, NULL, sodium_base64_VARIANT_ORIGINAL),
			 0);
	assert_int_equal(size, 28);
	assert_memory_equal(raw, head, sizeof(head));
	assert_null(hc_cephx_check(text, sizeof(text)));
}

static void no_two_keys_are_the_same(void **state)
{
	uint8_t a[HC_CEPHX_SIZE], b[HC_CEPHX_SIZE];

	(void)state;
	hc_cephx_make(a, 1);
	hc_cephx_make(b, 1);
	assert_memory_not_equal(a, b, sizeof(a));
}

/* Keys of other kinds are Ceph's business: AES-256, with 32 bytes, is type 2. */
static void a_key_that_ceph_made_is_taken(void **state)
{
	static const char *const keys[] = {
		"AQBvRvdqAAAAABAAAAECAwQFBgcICQoLDA0ODw==",
		"AgBvRvdqAAAAACAAAAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=",
	};

	(void)state;
	for (size_t i = 0; i < HC_COUNT(keys); i++)
		assert_null(hc_cephx_check((const uint8_t *)keys[i], strlen(keys[i])));
}

static void what_is_no_key_is_refused(void **state)
{
	static const struct {
		const char *text, *why;
	} cases[] = {
		{"", "too short"},
		{"swordfish", "base64"},
		{"AQBvRvdqAAAAABAAAAECAwQFBgcICQoLDA0ODw==\n", "base64"},
		{"key = AQBvRvdqAAAAABAAAAECAwQFBgcICQoLDA0ODw==", "base64"},
		{"AQBvRvdqAAAAABAAAAECAwQFBgcICQoLDA0O", "not as long"},
		{"AQBvRvdqAAAAABAAAAECAwQFBgcICQoLDA0ODxA=", "not as long"},
		{"AABvRvdqAAAAABAAAAECAwQFBgcICQoLDA0ODw==", "type none"},
		{"AQBvRvdqAAAAAAAA", "too short"},
	};

	(void)state;
	for (size_t i = 0; i < HC_COUNT(cases); i++) {
		const char *why =
			hc_cephx_check((const uint8_t *)cases[i].text, strlen(cases[i].text));

		assert_non_null(why);
		assert_non_null(strstr(why, cases[i].why));
	}
}

static void a_text_of_any_length_is_looked_at(void **state)
{
	uint8_t text[4096];

	(void)state;
	memset(text, 'A', sizeof(text));
	text[1] = 'Q';
	for (size_t size = 0; size <= sizeof(text); size++)
		assert_non_null(hc_cephx_check(text, size));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_new_key_is_packed_as_ceph_packs_it),
		cmocka_unit_test(no_two_keys_are_the_same),
		cmocka_unit_test(a_key_that_ceph_made_is_taken),
		cmocka_unit_test(what_is_no_key_is_refused),
		cmocka_unit_test(a_text_of_any_length_is_looked_at),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
