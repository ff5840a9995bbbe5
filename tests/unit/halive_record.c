/* SPDX-License-Identifier: Apache-2.0 */
/*
 * HA's records: that of two who write one wins, and that a write nobody answered is settled by what
 * the record says. The store is a fake that loses answers on purpose.
 */

#include "providers/ha/record.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <string.h>

struct fake {
	struct hc_arena *arena;
	struct record record; /* what is there */
	int read;             /* what reading gives, once; 0: what is there */
	bool mute;            /* writing says -ETIMEDOUT ... */
	bool lost;            /* ... and was not done */
	bool other;           /* ... and another wrote after it */
};

static int fake_read(void *arg, struct hc_arena *arena, const char *name, struct record *record)
{
	struct fake *fake = arg;
	int r = fake->read;

	assert_string_equal(name, RECORD_STATE);
	fake->read = 0;
	if (r || !fake->record.epoch)
		return r ? r : -ENOENT;
	*record = fake->record;
	record->text = hc_strdup(arena, record->text);
	return 0;
}

static int fake_write(void *arg, const char *name, const struct record *was,
		      const struct record *next)
{
	struct fake *fake = arg;

	assert_string_equal(name, RECORD_STATE);
	if (fake->mute && fake->lost)
		return -ETIMEDOUT;
	if (was->epoch != fake->record.epoch || strcmp(was->nonce, fake->record.nonce) != 0)
		return -ECANCELED;
	fake->record = *next;
	fake->record.text = hc_strdup(fake->arena, next->text);
	if (fake->other) {
		fake->record.epoch++;
		memset(fake->record.nonce, 'f', RECORD_NONCE - 1);
	}
	return fake->mute ? -ETIMEDOUT : 0;
}

static struct fake fake;
static const struct record_store store = {.read = fake_read, .write = fake_write, .arg = &fake};

static int setup(void **state)
{
	(void)state;
	fake = (struct fake){.arena = hc_arena_new()};
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	fake.arena = hc_arena_free(fake.arena);
	return 0;
}

static int write_over(const struct record *was, const char *text, struct record *now)
{
	return record_write(&store, fake.arena, RECORD_STATE, was, text, now);
}

static struct record look(void)
{
	struct record record;

	assert_int_equal(record_read(&store, fake.arena, RECORD_STATE, &record), 0);
	return record;
}

static void no_record_is_one_of_epoch_0(void **state)
{
	struct record record = look();

	(void)state;
	assert_int_equal(record.epoch, 0);
	assert_string_equal(record.text, "");
	assert_int_equal(write_over(&record, "one", &record), 0);
	assert_int_equal(look().epoch, 1);
	assert_string_equal(look().text, "one");
}

static void of_two_who_read_the_same_one_writes(void **state)
{
	struct record was = look(), now;

	(void)state;
	assert_int_equal(write_over(&was, "mine", &now), 0);
	assert_int_equal(write_over(&was, "theirs", &now), -ECANCELED);
	assert_string_equal(look().text, "mine");
	assert_int_equal(write_over(&now, "mine again", &now), 0);
	assert_int_equal(now.epoch, 2);
}

static void a_write_without_an_answer_that_was_done_is_done(void **state)
{
	struct record was = look(), now;

	(void)state;
	fake.mute = true;
	assert_int_equal(write_over(&was, "mine", &now), 0);
	assert_string_equal(now.nonce, look().nonce);
}

static void a_write_without_an_answer_may_come_yet(void **state)
{
	struct record was = look(), now;

	(void)state;
	fake.mute = fake.lost = true;
	assert_int_equal(write_over(&was, "mine", &now), -ETIMEDOUT);
	fake.mute = fake.lost = false;
	assert_int_equal(write_over(&was, "mine", &now), 0);
	was = look();
	fake.mute = fake.lost = true;
	assert_int_equal(write_over(&was, "next", &now), -ETIMEDOUT);
}

static void a_write_without_an_answer_that_another_followed_is_lost(void **state)
{
	struct record was = look(), now;

	(void)state;
	fake.mute = fake.other = true;
	assert_int_equal(write_over(&was, "mine", &now), -ECANCELED);
}

static void what_cannot_be_read_again_settles_nothing(void **state)
{
	struct record was = look(), now;

	(void)state;
	fake.mute = true;
	fake.read = -ETIMEDOUT;
	assert_int_equal(write_over(&was, "mine", &now), -ETIMEDOUT);
}

static void what_cannot_be_read_is_said(void **state)
{
	struct record record;

	(void)state;
	fake.read = -EBADMSG;
	assert_int_equal(record_read(&store, fake.arena, RECORD_STATE, &record), -EBADMSG);
	assert_string_equal(record.text, "");
}

static void the_last_epoch_is_not_passed(void **state)
{
	struct record was = {.epoch = INT64_MAX, .text = ""}, now;

	(void)state;
	assert_int_equal(write_over(&was, "more", &now), -E2BIG);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
		TEST(no_record_is_one_of_epoch_0),
		TEST(of_two_who_read_the_same_one_writes),
		TEST(a_write_without_an_answer_that_was_done_is_done),
		TEST(a_write_without_an_answer_may_come_yet),
		TEST(a_write_without_an_answer_that_another_followed_is_lost),
		TEST(what_cannot_be_read_again_settles_nothing),
		TEST(what_cannot_be_read_is_said),
		TEST(the_last_epoch_is_not_passed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
