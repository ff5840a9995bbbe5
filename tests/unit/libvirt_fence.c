/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Shutting clients out, with librados and librbd played by this file: what is asked of Ceph, in
 * which order, and what is believed of its answers. A client that is wrongly taken for one that is
 * shut out would write on beside its successor; so whatever cannot be read counts as not listed.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <json-c/json.h>
#include <pthread.h>
#include <rbd/librbd.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "providers/libvirt/fence.h"

/* What Ceph is like, and what was asked of it. The libraries' functions have no place for it. */
static struct {
	struct hc_arena *arena;
	const char *answer; /* to `osd blocklist ls` */
	size_t size;        /* how much of it is the answer; 0: all */
	const char *refuse; /* the address that cannot be added */
	const char *lockers[4][3];
	ssize_t nlocker;
	int list_locks;    /* 0, or the error of it */
	const char *said;  /* one word per thing done */
	unsigned together; /* so many have to be added at the same time */
	unsigned adding;   /* so many were, at most */
} ceph;

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t added = PTHREAD_COND_INITIALIZER;

static void note(const char *what, const char *of)
{
	pthread_mutex_lock(&lock);
	ceph.said = hc_printf(ceph.arena, "%s%s %s\n", ceph.said, what, of);
	pthread_mutex_unlock(&lock);
}

/* As monitors do: who asks has the answer when all have asked that are to come into one map. */
static void wait_for_others(void)
{
	struct timespec end;

	(void)clock_gettime(CLOCK_REALTIME, &end);
	end.tv_sec += 5;
	pthread_mutex_lock(&lock);
	ceph.adding++;
	pthread_cond_broadcast(&added);
	while (ceph.adding < ceph.together && !pthread_cond_timedwait(&added, &lock, &end))
		;
	if (ceph.adding < ceph.together)
		ceph.adding--;
	pthread_mutex_unlock(&lock);
}

static const char *member(struct json_object *object, const char *name)
{
	struct json_object *value = NULL;

	return json_object_object_get_ex(object, name, &value) ? json_object_get_string(value) : "";
}

static int give(char **out, size_t *size)
{
	*size = ceph.size ? ceph.size : strlen(ceph.answer);
	*out = strdup(ceph.answer);
	return *out ? 0 : -ENOMEM;
}

int rados_mon_command(rados_t rados, const char **text, size_t n, const char *in, size_t nin,
		      char **out, size_t *size, char **words, size_t *nwords)
{
	struct json_object *object = json_tokener_parse(text[0]);
	const char *prefix = member(object, "prefix"), *address = member(object, "addr");
	int r = 0;

	(void)rados, (void)in, (void)nin, (void)words, (void)nwords;
	assert_int_equal(n, 1);
	assert_non_null(object);
	if (!strcmp(prefix, "osd blocklist ls")) {
		r = give(out, size);
	} else {
		assert_string_equal(prefix, "osd blocklist");
		note(member(object, "blocklistop"), address);
		if (!strcmp(member(object, "blocklistop"), "add")) {
			if (atof(member(object, "expire")) < 5. * 365 * 86400)
				note("not for years", address);
			wait_for_others();
		} else if (!strcmp(address, "gone")) {
			r = -ENOENT;
		}
		if (ceph.refuse && !strcmp(address, ceph.refuse))
			r = -EINVAL;
	}
	json_object_put(object);
	return r;
}

void rados_buffer_free(char *buffer)
{
	free(buffer);
}

int rados_wait_for_latest_osdmap(rados_t rados)
{
	(void)rados;
	note("map", "");
	return 0;
}

int rados_conf_set(rados_t rados, const char *option, const char *value)
{
	(void)rados;
	note(option, value);
	return 0;
}

int rados_ioctx_create(rados_t rados, const char *pool, rados_ioctx_t *io)
{
	(void)rados, (void)pool;
	*io = &ceph;
	return 0;
}

void rados_ioctx_destroy(rados_ioctx_t io)
{
	(void)io;
}

int rbd_open_read_only(rados_ioctx_t io, const char *name, rbd_image_t *image, const char *snapshot)
{
	(void)io;
	assert_null(snapshot);
	*image = &ceph;
	return strcmp(name, "gone") ? 0 : -ENOENT;
}

int rbd_close(rbd_image_t image)
{
	(void)image;
	return 0;
}

static char *append(char *at, const char *text)
{
	memcpy(at, text, strlen(text) + 1);
	return at + strlen(text) + 1;
}

ssize_t rbd_list_lockers(rbd_image_t image, int *exclusive, char *tag, size_t *ntag, char *clients,
			 size_t *nclients, char *cookies, size_t *ncookies, char *addresses,
			 size_t *naddresses)
{
	(void)image, (void)tag, (void)ntag, (void)nclients, (void)ncookies, (void)naddresses;
	*exclusive = 1;
	for (ssize_t i = 0; i < ceph.nlocker; i++) {
		clients = append(clients, ceph.lockers[i][0]);
		cookies = append(cookies, ceph.lockers[i][1]);
		addresses = append(addresses, ceph.lockers[i][2]);
	}
	return ceph.list_locks ? ceph.list_locks : ceph.nlocker;
}

int rbd_break_lock(rbd_image_t image, const char *client, const char *cookie)
{
	(void)image;
	note(client, cookie);
	return 0;
}

static int setup(void **state)
{
	memset(&ceph, 0, sizeof(ceph));
	ceph.arena = hc_arena_new();
	ceph.answer = "[]";
	ceph.said = "";
	*state = ceph.arena;
	return 0;
}

static int teardown(void **state)
{
	hc_arena_free(*state);
	return 0;
}

static struct hc_call call_of(struct hc_arena *arena)
{
	return (struct hc_call){.arena = arena, .diags = {.arena = arena}};
}

static struct hc_strings two(struct hc_arena *arena, const char *a, const char *b)
{
	struct hc_strings strings = {0};

	hc_strings_add(arena, &strings, a);
	hc_strings_add(arena, &strings, b);
	return strings;
}

static const struct rbd_place disk = {.pool = "p", .image = "vm-100-disk-0"};

#define ENTRY(address) "{\"addr\":\"" address "\",\"until\":\"2036-11-20T05:27:02.522495+0000\"}"

static void what_is_no_list_is_an_error_and_not_an_empty_one(void **state)
{
	static const char *const answers[] = {
		"",
		"null",
		"{}",
		"7",
		"\"10.0.0.1:0/1\"",
		"[{\"addr\":\"10.0.0.1:0/1\"}",
		"[,]",
		"listed 1 entries",
	};

	for (size_t i = 0; i < HC_COUNT(answers); i++) {
		struct hc_strings listed = {0};

		assert_int_equal(fence_read_listed(*state, answers[i], &listed), -EBADMSG);
		assert_int_equal(listed.n, 0);
	}
}

static void nobody_is_listed_by_an_entry_that_is_none(void **state)
{
	struct hc_strings listed = {0};

	assert_int_equal(fence_read_listed(*state,
					   "[7, null, [], {}, \"10.0.0.9:0/9\", {\"addr\": 7},"
					   "{\"addr\": [\"10.0.0.9:0/9\"]},"
					   "{\"address\": \"10.0.0.9:0/9\"}," ENTRY(
						   "10.0.0.2:0/4090341039") "]",
					   &listed),
			 0);
	assert_int_equal(listed.n, 1);
	assert_string_equal(listed.v[0], "10.0.0.2:0/4090341039");
}

static void an_address_is_listed_whole(void **state)
{
	struct hc_strings listed = {0};

	assert_int_equal(fence_read_listed(*state, "[" ENTRY("10.0.0.2:0/40903") "]", &listed), 0);
	assert_false(hc_strings_have(&listed, "10.0.0.2:0/4090"));
	assert_false(hc_strings_have(&listed, "10.0.0.2:0/409030"));
}

static void an_answer_ends_where_it_ends(void **state)
{
	struct hc_strings listed = {0};

	ceph.answer = "[" ENTRY("10.0.0.1:0/1") "]";
	assert_int_equal(fence_listed(*state, NULL, &listed), 0);
	assert_int_equal(listed.n, 1);
	ceph.size = strlen(ceph.answer) - 1; /* what lies behind is not Ceph's */
	assert_int_equal(fence_listed(*state, NULL, &listed), -EBADMSG);
}

/* Two were added, in any order, and then the map was waited for. */
static void assert_added(const char *a, const char *b)
{
	struct hc_arena *arena = ceph.arena;

	if (strcmp(ceph.said, hc_printf(arena, "add %s\nadd %s\nmap \n", b, a)) != 0)
		assert_string_equal(ceph.said, hc_printf(arena, "add %s\nadd %s\nmap \n", a, b));
}

static void all_are_put_on_the_list_before_the_map_is_waited_for(void **state)
{
	struct hc_call call = call_of(*state);
	struct hc_strings some = two(*state, "10.0.0.1:0/1", "[fd00::1]:0/2");

	assert_int_equal(fence_block(&call, NULL, &some), 0);
	assert_added("10.0.0.1:0/1", "[fd00::1]:0/2");
}

static void all_of_them_come_into_one_map(void **state)
{
	struct hc_call call = call_of(*state);
	struct hc_strings many = {0};

	for (unsigned i = 0; i < 12; i++)
		hc_strings_add(*state, &many, hc_printf(*state, "10.0.0.1:0/%u", i + 1));
	ceph.together = 12;
	assert_int_equal(fence_block(&call, NULL, &many), 0);
	assert_int_equal(ceph.adding, 12);
}

static void more_than_are_asked_for_at_once_are_all_added(void **state)
{
	struct hc_call call = call_of(*state);
	struct hc_strings many = {0};

	for (unsigned i = 0; i < 40; i++)
		hc_strings_add(*state, &many, hc_printf(*state, "10.0.0.1:0/%u", i + 1));
	assert_int_equal(fence_block(&call, NULL, &many), 0);
	for (unsigned i = 0; i < 40; i++)
		assert_non_null(strstr(ceph.said, hc_printf(*state, "add 10.0.0.1:0/%u\n", i + 1)));
}

/* An entry of years that is added again for an hour stays one of years. */
static void what_is_shortened_is_taken_off_and_put_on_again(void **state)
{
	struct hc_call call = call_of(*state);
	struct hc_strings some = two(*state, "gone", "x");

	assert_int_equal(fence_shorten(&call, NULL, &some), 0);
	assert_ptr_equal(strstr(ceph.said, "rm gone\nrm x\n"), ceph.said);
	assert_non_null(strstr(ceph.said, "add gone\n"));
	assert_non_null(strstr(ceph.said, "add x\n"));
	assert_non_null(strstr(ceph.said, "not for years gone\n"));
	assert_non_null(strstr(ceph.said, "not for years x\n"));
	ceph.refuse = "x";
	assert_int_equal(fence_shorten(&call, NULL, &some), -EINVAL);
}

/* An address comes from a record that anybody with Ceph's keys may have written. */
static void an_address_is_never_more_than_one_word_of_a_command(void **state)
{
	struct hc_call call = call_of(*state);
	struct hc_strings some = two(*state, "10.0.0.1:0/1\",\"blocklistop\":\"rm", "x");

	assert_int_equal(fence_block(&call, NULL, &some), 0);
	assert_added("10.0.0.1:0/1\",\"blocklistop\":\"rm", "x");
}

static void one_that_cannot_be_shut_out_is_an_error(void **state)
{
	struct hc_call call = call_of(*state);
	struct hc_strings some = two(*state, "10.0.0.1:0/1", "10.0.0.1:0/2");

	ceph.refuse = "10.0.0.1:0/2";
	assert_int_equal(fence_block(&call, NULL, &some), -EINVAL);
	assert_non_null(strstr(call.diags.v[0].text, "10.0.0.1:0/2"));
}

static void add_locker(const char *client, const char *cookie, const char *address)
{
	ceph.lockers[ceph.nlocker][0] = client;
	ceph.lockers[ceph.nlocker][1] = cookie;
	ceph.lockers[ceph.nlocker++][2] = address;
}

static void only_locks_of_those_who_are_shut_out_are_broken(void **state)
{
	struct hc_call call = call_of(*state);

	ceph.answer = "[" ENTRY("10.0.0.2:0/2") "," ENTRY("10.0.0.3:0/3") "]";
	add_locker("client.1", "auto 1", "10.0.0.1:0/1");
	add_locker("client.2", "auto 2", "10.0.0.2:0/2");
	add_locker("client.4", "auto 4", "");
	assert_int_equal(fence_unlock(&call, NULL, &disk), 0);
	/* and librbd does not replace our entry of ten years by one of an hour */
	assert_string_equal(ceph.said, "rbd_blocklist_on_break_lock false\nclient.2 auto 2\n");
}

static void no_lock_is_broken_when_the_list_cannot_be_read(void **state)
{
	struct hc_call call = call_of(*state);

	ceph.answer = "{}";
	add_locker("client.2", "auto 2", "10.0.0.2:0/2");
	assert_int_equal(fence_unlock(&call, NULL, &disk), -EBADMSG);
	assert_string_equal(ceph.said, "");
}

static void too_many_lockers_are_an_error(void **state)
{
	struct hc_call call = call_of(*state);

	ceph.list_locks = -ERANGE;
	assert_int_equal(fence_unlock(&call, NULL, &disk), -ERANGE);
}

static void an_image_that_is_gone_has_no_lock(void **state)
{
	const struct rbd_place gone = {.pool = "p", .image = "gone"};
	struct hc_call call = call_of(*state);

	assert_int_equal(fence_unlock(&call, NULL, &gone), 0);
	assert_int_equal(call.diags.n, 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(what_is_no_list_is_an_error_and_not_an_empty_one),
		TEST(nobody_is_listed_by_an_entry_that_is_none),
		TEST(an_address_is_listed_whole),
		TEST(an_answer_ends_where_it_ends),
		TEST(all_are_put_on_the_list_before_the_map_is_waited_for),
		TEST(all_of_them_come_into_one_map),
		TEST(more_than_are_asked_for_at_once_are_all_added),
		TEST(what_is_shortened_is_taken_off_and_put_on_again),
		TEST(an_address_is_never_more_than_one_word_of_a_command),
		TEST(one_that_cannot_be_shut_out_is_an_error),
		TEST(only_locks_of_those_who_are_shut_out_are_broken),
		TEST(no_lock_is_broken_when_the_list_cannot_be_read),
		TEST(too_many_lockers_are_an_error),
		TEST(an_image_that_is_gone_has_no_lock),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
