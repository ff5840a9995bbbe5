/* SPDX-License-Identifier: Apache-2.0 */
/* hcstate-ha: a person's word becomes a part of the record, or is refused. */

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include <providers/ha/program/ha_program.h>
#include <providers/ha/program/quorum.h>
#include <reconciler/ha/words.h>

/* ---- one record, and who writes to it meanwhile */

struct shelf {
	uint64_t epoch;
	char nonce[RECORD_NONCE];
	char text[4096];
	unsigned writes, busy; /* how often somebody else was first */
};

static struct shelf shelf;
static enum quorum quorum;

enum quorum quorum_now(void)
{
	return quorum;
}

int program_fail(int exitcode, const char *format, ...)
{
	(void)format;
	return exitcode;
}

static int shelf_read(void *arg, struct hc_arena *arena, const char *name, struct record *record)
{
	(void)arg;
	assert_string_equal(name, RECORD_WORDS);
	if (!shelf.epoch)
		return -ENOENT;
	record->epoch = shelf.epoch;
	memcpy(record->nonce, shelf.nonce, sizeof(record->nonce));
	record->text = hc_strdup(arena, shelf.text);
	record->size = strlen(shelf.text);
	return 0;
}

static int shelf_write(void *arg, const char *name, const struct record *was,
		       const struct record *next)
{
	(void)arg;
	assert_string_equal(name, RECORD_WORDS);
	if (shelf.busy && shelf.busy--)
		return -ECANCELED;
	assert_int_equal(was->epoch, shelf.epoch);
	assert_true(next->size < sizeof(shelf.text));
	shelf.epoch = next->epoch;
	memcpy(shelf.nonce, next->nonce, sizeof(shelf.nonce));
	memcpy(shelf.text, next->text, next->size);
	shelf.text[next->size] = '\0';
	shelf.writes++;
	return 0;
}

int program_open(struct program *program)
{
	program->rados = &shelf; /* there is one */
	program->store = (struct record_store){.read = shelf_read, .write = shelf_write};
	return 0;
}

static int setup(void **state)
{
	(void)state;
	shelf = (struct shelf){0};
	quorum = QUORUM_THERE;
	return 0;
}

static int say(const char *verb, const char *first, const char *second)
{
	_cleanup_(hc_arena_freep) struct hc_arena *arena = hc_arena_new();
	struct program program = {.arena = arena, .node = "pve1", .then = "so it will be"};
	char *args[] = {first ? hc_strdup(arena, first) : NULL,
			second ? hc_strdup(arena, second) : NULL, NULL};

	return program_words(&program, verb, args);
}

static struct ha_said said(struct hc_arena *arena)
{
	struct ha_said found;
	const char *why;

	assert_int_equal(ha_said_read(arena, shelf.text, strlen(shelf.text), &found, &why), 0);
	return found;
}

/* ---- */

static void each_word_is_written_down(void **state)
{
	_cleanup_(hc_arena_freep) struct hc_arena *arena = hc_arena_new();
	struct ha_said found;

	(void)state;
	assert_int_equal(say("maintenance", "on", "pve2"), DONE);
	assert_int_equal(say("disarm", NULL, NULL), DONE);
	assert_int_equal(say("migrate", "web1", "pve3"), DONE);
	assert_int_equal(say("relocate", "web2", "pve1"), DONE);
	found = said(arena);
	assert_true(hc_strings_have(&found.maintenance, "pve2"));
	assert_true(found.disarmed);
	assert_int_equal(found.nasked, 2);
	assert_string_equal(found.asked[0].vm, "web1");
	assert_int_equal(found.asked[0].word, HA_MIGRATE_TO);
	assert_string_equal(found.asked[1].node, "pve1");
	assert_int_equal(found.asked[1].word, HA_RELOCATE_TO);
	assert_int_equal(say("maintenance", "off", "pve2"), DONE);
	assert_int_equal(say("arm", NULL, NULL), DONE);
	found = said(arena);
	assert_int_equal(found.maintenance.n, 0);
	assert_false(found.disarmed);
}

static void what_is_so_already_is_not_written(void **state)
{
	(void)state;
	assert_int_equal(say("arm", NULL, NULL), DONE);
	assert_int_equal(shelf.writes, 0);
	assert_int_equal(say("maintenance", "on", "pve2"), DONE);
	assert_int_equal(say("maintenance", "on", "pve2"), DONE);
	assert_int_equal(shelf.writes, 1);
}

static void who_is_overtaken_says_it_again(void **state)
{
	(void)state;
	shelf.busy = 3;
	assert_int_equal(say("disarm", NULL, NULL), DONE);
	assert_int_equal(shelf.writes, 1);
	shelf.busy = 1000;
	assert_int_equal(say("arm", NULL, NULL), LATER);
}

static void without_quorum_nothing_is_said(void **state)
{
	(void)state;
	quorum = QUORUM_LOST;
	assert_int_equal(say("disarm", NULL, NULL), LATER);
	quorum = QUORUM_UNKNOWN;
	assert_int_equal(say("disarm", NULL, NULL), LATER);
	assert_int_equal(shelf.writes, 0);
}

static void a_record_of_others_is_not_written_over(void **state)
{
	(void)state;
	shelf.epoch = 7;
	(void)snprintf(shelf.nonce, sizeof(shelf.nonce), "0123456789abcdef0123456789abcdef");
	(void)snprintf(shelf.text, sizeof(shelf.text), "[]");
	assert_int_equal(say("disarm", NULL, NULL), FAILED);
	assert_int_equal(shelf.writes, 0);
}

static void words_that_make_no_sense_are_wrong_usage(void **state)
{
	(void)state;
	assert_int_equal(say("maintenance", "maybe", "pve2"), USAGE);
	assert_int_equal(say("maintenance", "on", NULL), USAGE);
	assert_int_equal(say("migrate", "web1", NULL), USAGE);
	assert_int_equal(say("disarm", "pve2", NULL), USAGE);
	assert_int_equal(say("conjure", NULL, NULL), USAGE);
	assert_int_equal(shelf.writes, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(each_word_is_written_down, setup),
		cmocka_unit_test_setup(what_is_so_already_is_not_written, setup),
		cmocka_unit_test_setup(who_is_overtaken_says_it_again, setup),
		cmocka_unit_test_setup(without_quorum_nothing_is_said, setup),
		cmocka_unit_test_setup(a_record_of_others_is_not_written_over, setup),
		cmocka_unit_test_setup(words_that_make_no_sense_are_wrong_usage, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
