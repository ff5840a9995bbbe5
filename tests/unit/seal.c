/* SPDX-License-Identifier: Apache-2.0 */
/* Keys, and sealing one value: only the right key opens it, and only as what it was sealed. */

#include <reconciler/seal.h>

#include <errno.h>
#include <setjmp.h>
#include <sodium.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

#include <hcstate/file.h>

static const struct hc_label label = {"cluster-labo", "corosync", "authkey"};

struct world {
	struct hc_arena *arena;
	struct hc_key *key;
	char *directory;
	const char *path; /* for a key file */
};

static int set_up(void **state)
{
	struct world *w = calloc(1, sizeof(*w));
	char path[] = "/tmp/hcstate-seal-XXXXXX";

	w->arena = hc_arena_new();
	w->key = hc_key_new();
	w->directory = hc_strdup(w->arena, mkdtemp(path));
	w->path = hc_printf(w->arena, "%s/key", w->directory);
	*state = w;
	return 0;
}

static int tear_down(void **state)
{
	struct world *w = *state;

	(void)remove(w->path);
	(void)remove(w->directory);
	(void)hc_key_free(w->key);
	(void)hc_arena_free(w->arena);
	free(w);
	return 0;
}

static const char *sealed(struct world *w, const struct hc_label *as, const char *value)
{
	const char *box;

	assert_int_equal(hc_seal(w->arena, as, (const uint8_t *)value, strlen(value),
				 w->key->public_key, &box),
			 0);
	return box;
}

/* Nothing is given out, and what is said has `reason` in it. */
static void assert_refused(struct world *w, const struct hc_label *as, const char *box,
			   const char *reason)
{
	uint8_t *data = NULL;
	const char *why = NULL;
	size_t size;

	assert_int_equal(hc_unseal(w->arena, as, box, w->key, &data, &size, &why), -EBADMSG);
	assert_null(data);
	assert_non_null(strstr(why, reason));
}

static void what_was_sealed_opens(void **state)
{
	struct world *w = *state;
	const char *why, *box = sealed(w, &label, "a value");
	uint8_t *data;
	size_t size;

	assert_int_equal(hc_box_check(box, &why), 0);
	assert_int_equal(hc_unseal(w->arena, &label, box, w->key, &data, &size, &why), 0);
	assert_int_equal(size, 7);
	assert_memory_equal(data, "a value", 7);
	hc_guarded_free(data);
}

static void the_largest_value_fits_and_no_larger(void **state)
{
	struct world *w = *state;
	uint8_t *value = hc_alloc(w->arena, HC_SECRET_MAX + 1), *data;
	const char *box, *why;
	char name[HC_LABEL_MAX + 2] = {0};
	struct hc_label longest = {name, name, name};
	size_t size;

	memset(name, 'n', HC_LABEL_MAX);
	assert_int_equal(hc_seal(w->arena, &longest, value, HC_SECRET_MAX, w->key->public_key,
				 &box),
			 0);
	assert_int_equal(hc_box_check(box, &why), 0);
	assert_int_equal(hc_unseal(w->arena, &longest, box, w->key, &data, &size, &why), 0);
	assert_int_equal(size, HC_SECRET_MAX);
	hc_guarded_free(data);

	assert_int_equal(hc_seal(w->arena, &label, value, HC_SECRET_MAX + 1, w->key->public_key,
				 &box),
			 -EINVAL);
	assert_int_equal(hc_seal(w->arena, &label, value, 0, w->key->public_key, &box), -EINVAL);
	name[HC_LABEL_MAX] = 'n';
	assert_int_equal(hc_seal(w->arena, &longest, value, 1, w->key->public_key, &box), -EINVAL);
}

static void another_key_does_not_open_it(void **state)
{
	struct world *w = *state;
	const char *box = sealed(w, &label, "a value");

	(void)hc_key_free(w->key);
	w->key = hc_key_new();
	assert_refused(w, &label, box, "another key");
}

static void a_value_does_not_pass_for_another(void **state)
{
	struct world *w = *state;
	const char *box = sealed(w, &label, "a value");

	assert_refused(w, &(struct hc_label){"other", "corosync", "authkey"}, box,
		       "cluster is \"cluster-labo\", not \"other\"");
	assert_refused(w, &(struct hc_label){"cluster-labo", "ceph", "authkey"}, box,
		       "secret is \"corosync\", not \"ceph\"");
	assert_refused(w, &(struct hc_label){"cluster-labo", "corosync", "authkeys"}, box,
		       "key is \"authkey\", not \"authkeys\"");
	/* the same letters, cut elsewhere */
	assert_refused(w, &(struct hc_label){"cluster-laboc", "orosync", "authkey"}, box,
		       "cluster is");
}

static void what_was_sealed_elsewhere_cannot_write_to_the_terminal(void **state)
{
	struct world *w = *state;
	const struct hc_label hostile = {"\033[2Jx\n", "corosync", "authkey"};

	assert_refused(w, &label, sealed(w, &hostile, "a value"), "\"?[2Jx?\"");
}

static void every_changed_bit_is_noticed(void **state)
{
	struct world *w = *state;
	const char *box = sealed(w, &label, "v");
	size_t size, room = strlen(box);
	uint8_t *cipher = hc_alloc(w->arena, room);
	char *changed = hc_alloc(w->arena, room + 1);

	assert_int_equal(sodium_base642bin(cipher, room, box, room, NULL, &size, NULL,
					   sodium_base64_VARIANT_ORIGINAL),
			 0);
	for (size_t bit = 0; bit < 8 * size; bit++) {
		/* X25519 ignores the last bit of a public key; the nonce, made from it, does not */
		cipher[bit / 8] ^= (uint8_t)(1 << bit % 8);
		sodium_bin2base64(changed, room + 1, cipher, size, sodium_base64_VARIANT_ORIGINAL);
		assert_refused(w, &label, changed, "tampered");
		cipher[bit / 8] ^= (uint8_t)(1 << bit % 8);
	}
}

static void every_torn_box_is_noticed(void **state)
{
	struct world *w = *state;
	const char *box = sealed(w, &label, "a value");

	for (size_t size = 0; size < strlen(box); size++)
		assert_refused(w, &label, hc_strndup(w->arena, box, size), "torn");
	assert_refused(w, &label, hc_printf(w->arena, "%sAAAA", box), "base64");
	assert_refused(w, &label, hc_printf(w->arena, " %s", box), "base64");
	assert_refused(w, &label, hc_printf(w->arena, "%s\n", box), "base64");
}

static void an_endless_box_is_refused_unread(void **state)
{
	struct world *w = *state;
	char *box = hc_alloc(w->arena, (size_t)HC_BOX_MAX + 5);

	memset(box, 'A', (size_t)HC_BOX_MAX + 4);
	assert_refused(w, &label, box, "larger");
}

static void a_frame_has_one_reading_only(void **state)
{
	static const uint8_t good[] = "hcstate1\0\1c\0\1s\0\1k\0\0\0\2vv";
	const struct hc_label short_label = {"c", "s", "k"};
	struct world *w = *state;
	const uint8_t *data;
	uint8_t frame[sizeof(good)];
	const char *why;
	size_t size, n = sizeof(good) - 1;

	assert_int_equal(hc_unframe(w->arena, &short_label, good, n, &data, &size, &why), 0);
	assert_int_equal(size, 2);
	for (size_t cut = 0; cut < n; cut++)
		assert_int_equal(hc_unframe(w->arena, &short_label, good, cut, &data, &size, &why),
				 -EBADMSG);
	memcpy(frame, good, sizeof(frame)); /* with the NUL: one byte behind the end */
	assert_int_equal(hc_unframe(w->arena, &short_label, frame, sizeof(frame), &data, &size,
				    &why),
			 -EBADMSG);
	for (size_t i = 0; i < n - 2; i++) {
		memcpy(frame, good, sizeof(frame));
		frame[i] ^= 1;
		assert_int_equal(hc_unframe(w->arena, &short_label, frame, n, &data, &size, &why),
				 -EBADMSG);
	}
}

static void weak_public_keys_are_refused(void **state)
{
	static const uint8_t one[HC_KEY_SIZE] = {1};
	struct world *w = *state;
	uint8_t key[HC_KEY_SIZE] = {0};
	const char *why;

	assert_int_equal(hc_public_key_parse(hc_public_key_text(w->arena, key), key, &why),
			 -EINVAL);
	assert_int_equal(hc_public_key_parse(hc_public_key_text(w->arena, one), key, &why),
			 -EINVAL);
	assert_int_equal(hc_public_key_parse("AAAA", key, &why), -EINVAL);
	assert_int_equal(hc_public_key_parse("", key, &why), -EINVAL);
	assert_int_equal(hc_public_key_parse(hc_public_key_text(w->arena, w->key->public_key), key,
					     &why),
			 0);
	assert_memory_equal(key, w->key->public_key, HC_KEY_SIZE);
}

static void a_key_file_gives_the_key_back(void **state)
{
	struct world *w = *state;
	struct hc_key *key = NULL;
	const char *why;
	struct stat st;

	assert_int_equal(hc_key_create(w->path, w->key), 0);
	assert_int_equal(hc_key_create(w->path, w->key), -EEXIST);
	assert_int_equal(stat(w->path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	assert_int_equal(hc_key_read(w->arena, w->path, &key, &why), 0);
	assert_memory_equal(key, w->key, sizeof(*key));
	assert_true(hc_key_is_private(w->path));
	(void)hc_key_free(key);
}

static void a_key_file_that_others_may_read_is_refused(void **state)
{
	struct world *w = *state;
	struct hc_key *key = NULL;
	const char *why;

	assert_int_equal(hc_key_create(w->path, w->key), 0);
	assert_int_equal(chmod(w->path, 0640), 0);
	assert_int_equal(hc_key_read(w->arena, w->path, &key, &why), -EPERM);
	assert_non_null(strstr(why, "0640"));
	assert_null(key);
	assert_true(hc_key_is_private(w->path));
}

/* 32 bytes; alone it would do */
#define KEY_LINE "SECRETSECRETSECRETSECRETSECRETSECRETSECRETA=\n"

static void a_damaged_key_file_is_refused_and_not_shown(void **state)
{
	static const char two_lines[] = KEY_LINE KEY_LINE;
	static const char *const damaged[] = {
		"",
		"# only a comment\n",
		"QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVo=\n",
		"SECRETSECRETSECRETSECRETSECRETSECRETSECRETS\n",
		"SECRETSECRETSECRETSECRETSECRETSECRETSECREA==\n",
		two_lines,
	};
	struct world *w = *state;

	for (size_t i = 0; i < HC_COUNT(damaged); i++) {
		struct hc_key *key = NULL;
		const char *why;

		assert_int_equal(hc_file_write(w->path, 0600, damaged[i], strlen(damaged[i])), 0);
		assert_int_equal(hc_key_read(w->arena, w->path, &key, &why), -EINVAL);
		assert_null(key);
		assert_null(strstr(why, "SECRET"));
	}
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(what_was_sealed_opens),
		TEST(the_largest_value_fits_and_no_larger),
		TEST(another_key_does_not_open_it),
		TEST(a_value_does_not_pass_for_another),
		TEST(what_was_sealed_elsewhere_cannot_write_to_the_terminal),
		TEST(every_changed_bit_is_noticed),
		TEST(every_torn_box_is_noticed),
		TEST(an_endless_box_is_refused_unread),
		TEST(a_frame_has_one_reading_only),
		TEST(weak_public_keys_are_refused),
		TEST(a_key_file_gives_the_key_back),
		TEST(a_key_file_that_others_may_read_is_refused),
		TEST(a_damaged_key_file_is_refused_and_not_shown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
