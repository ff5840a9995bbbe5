/* SPDX-License-Identifier: Apache-2.0 */
/* What the label of a disk says, and that no bytes that somebody wrote there do harm. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "providers/ceph/label.h"

#define UUID "11111111-2222-4333-8444-555555555555"
#define FSID "aaaaaaaa-bbbb-4ccc-8ddd-eeeeeeeeeeee"
#define KEY "AQD0secretsecretsecret=="

enum {
	PAGE = 4096,
	BODY = 23 + 37,                        /* behind the two lines: version, length, struct */
	COUNT = BODY + 6 + 16 + 8 + 8 + 4 + 4, /* where the number of pairs is */
};

/* A label as BlueStore writes it (checked against ceph-bluestore-tool show-label). */
struct page {
	uint8_t bytes[PAGE];
	size_t size, pairs;
};

static void put(struct page *page, const void *data, size_t size)
{
	memcpy(page->bytes + page->size, data, size);
	page->size += size;
}

static void put_u32(struct page *page, uint32_t value)
{
	put(page, &value, sizeof(value));
}

static void put_text(struct page *page, const char *text)
{
	put_u32(page, (uint32_t)strlen(text));
	put(page, text, strlen(text));
}

static void put_pair(struct page *page, const char *key, const char *value)
{
	put_text(page, key);
	put_text(page, value);
	page->pairs++;
}

static void seal(struct page *page)
{
	uint32_t crc = UINT32_MAX, length = (uint32_t)(page->size - BODY - 6);
	uint32_t pairs = (uint32_t)page->pairs;

	memcpy(page->bytes + BODY + 2, &length, sizeof(length));
	memcpy(page->bytes + COUNT, &pairs, sizeof(pairs));
	for (size_t i = 0; i < page->size; i++) {
		crc ^= page->bytes[i];
		for (int bit = 0; bit < 8; bit++)
			crc = crc & 1 ? crc >> 1 ^ 0x82f63b78 : crc >> 1;
	}
	put_u32(page, crc);
}

static struct page begin(const char *part)
{
	static const uint8_t nothing[32];
	struct page page = {0};

	put(&page, "bluestore block device\n" UUID "\n", BODY);
	put(&page, "\2\1\0\0\0\0", 6);
	put(&page, nothing, 16 + 8 + 8); /* UUID, size, time */
	put_text(&page, part);
	put_u32(&page, 0);
	return page;
}

static struct page whole(void)
{
	struct page page = begin("main");

	put_pair(&page, "ceph_fsid", FSID);
	put_pair(&page, "osd_key", KEY);
	put_pair(&page, "ready", "ready");
	put_pair(&page, "whoami", "7");
	seal(&page);
	return page;
}

static int setup(void **state)
{
	*state = hc_arena_new();
	return 0;
}

static int teardown(void **state)
{
	*state = hc_arena_free(*state);
	return 0;
}

static void a_label_says_which_osd_of_which_cluster(void **state)
{
	struct page page = whole();
	struct label label = {0};

	assert_true(label_decode(*state, page.bytes, PAGE, &label));
	assert_false(label.damaged);
	assert_string_equal(label.osd_uuid, UUID);
	assert_string_equal(label.fsid, FSID);
	assert_int_equal(label.id, 7);
	assert_true(label.ready);
	assert_true(label.data);
}

static void one_that_was_not_finished_is_not_ready(void **state)
{
	struct page page = begin("main");
	struct label label = {0};

	put_pair(&page, "mkfs_done", "yes");
	seal(&page);
	assert_true(label_decode(*state, page.bytes, PAGE, &label));
	assert_false(label.damaged);
	assert_false(label.ready);
	assert_string_equal(label.fsid, "");
	assert_int_equal(label.id, UINT32_MAX);
}

static void a_database_is_not_the_data(void **state)
{
	struct page page = begin("bluefs db");
	struct label label = {0};

	seal(&page);
	assert_true(label_decode(*state, page.bytes, PAGE, &label));
	assert_string_equal(label.osd_uuid, UUID);
	assert_false(label.data);
}

static void a_disk_without_a_label_has_none(void **state)
{
	uint8_t bytes[PAGE] = "bluestore block devicf\n";
	struct label label = {.path = "/dev/sdb"};

	assert_false(label_decode(*state, bytes, PAGE, &label));
	assert_null(label.osd_uuid);
	assert_string_equal(label.path, "/dev/sdb");
}

/* Whatever bit is turned: it is no label, or a damaged one, and never another one. */
static void no_turned_bit_goes_unseen(void **state)
{
	struct page page = whole();

	for (size_t bit = 0; bit < page.size * 8; bit++) {
		struct label label = {0};

		page.bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
		if (label_decode(*state, page.bytes, PAGE, &label))
			assert_true(label.damaged);
		page.bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
	}
}

/* The checksum is right, the lengths are not. The page is cut so that a sanitizer sees a step too
 * far. */
static void lengths_that_lie_do_no_harm(void **state)
{
	static const uint32_t lies[] = {5, PAGE, PAGE - COUNT, INT32_MAX, UINT32_MAX};

	for (size_t i = 0; i < HC_COUNT(lies); i++) {
		struct page page = begin("main");
		struct label label = {0};
		_cleanup_(hc_freep) uint8_t *cut = NULL;

		put_u32(&page, lies[i]);
		page.pairs = lies[i];
		seal(&page);
		cut = malloc(page.size);
		assert_non_null(cut);
		memcpy(cut, page.bytes, page.size);
		assert_true(label_decode(*state, cut, page.size, &label));
		assert_true(label.damaged);
	}
}

static void what_is_no_uuid_or_number_is_not_believed(void **state)
{
	struct page page = begin("main");
	struct label label = {0};

	put_pair(&page, "ceph_fsid", "../../etc/passwd\033[2J");
	put_pair(&page, "whoami", "-1");
	seal(&page);
	assert_true(label_decode(*state, page.bytes, PAGE, &label));
	assert_string_equal(label.fsid, "");
	assert_int_equal(label.id, UINT32_MAX);

	page = begin("main");
	page.bytes[strlen("bluestore block device\n")] = '/';
	seal(&page);
	assert_true(label_decode(*state, page.bytes, PAGE, &label));
	assert_true(label.damaged);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_label_says_which_osd_of_which_cluster, setup,
						teardown),
		cmocka_unit_test_setup_teardown(one_that_was_not_finished_is_not_ready, setup,
						teardown),
		cmocka_unit_test_setup_teardown(a_database_is_not_the_data, setup, teardown),
		cmocka_unit_test_setup_teardown(a_disk_without_a_label_has_none, setup, teardown),
		cmocka_unit_test_setup_teardown(no_turned_bit_goes_unseen, setup, teardown),
		cmocka_unit_test_setup_teardown(lengths_that_lie_do_no_harm, setup, teardown),
		cmocka_unit_test_setup_teardown(what_is_no_uuid_or_number_is_not_believed, setup,
						teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
