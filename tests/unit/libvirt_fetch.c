/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Fetching from a server that misbehaves: it answers each request as the script says, and tells
 * what it was asked.
 */

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/statvfs.h>

#include <cmocka.h>

#include <hcstate/file.h>

#include "providers/libvirt/fetch.h"

enum {
	SIZE = 100000,
	REQUESTS = 4,
	BLOCK = 4096,
	ENOUGH = 64 << 20, /* of what has no end */
};

struct answer {
	const char *head;    /* "HTTP/1.1 200 OK\r\n..."; the length and the empty line follow */
	size_t from, length; /* what of the data; length is what is promised */
	size_t sent;         /* and what is sent before it hangs up */
	bool endless;        /* length is not said, and the data comes again and again */
};

struct scene {
	struct hc_arena *arena;
	char directory[32];
	struct fetch what;
	const char *why;
	uint8_t data[SIZE];
	bool stop;
	unsigned told;
	size_t sent; /* bytes of data, by the server */

	int listens;
	pthread_t server;
	struct answer answers[REQUESTS];
	size_t nanswer, asked;
	char requests[REQUESTS][2048];
};

static bool goes_on(void *arg, const char *how_far)
{
	struct scene *scene = arg;

	(void)how_far;
	scene->told++;
	return !scene->stop;
}

/* The file system of a file that the test writes: as large as the scene says, and fuller the longer
 * the file is. In the place of libc's. */
static uint64_t disk = UINT64_C(100) << 30;
static unsigned takers = 1; /* who write as much there at the same time */

int fstatvfs(int fd, struct statvfs *fs)
{
	struct stat is;
	uint64_t taken;

	if (fstat(fd, &is))
		return -1;
	taken = (uint64_t)is.st_size * takers;
	*fs = (struct statvfs){.f_frsize = BLOCK, .f_blocks = disk / BLOCK};
	fs->f_bavail = taken < disk ? (disk - taken) / BLOCK : 0;
	return 0;
}

static bool send_data(struct scene *scene, int fd, size_t from, size_t size)
{
	while (size) {
		ssize_t sent = send(fd, scene->data + from, size, MSG_NOSIGNAL);

		if (sent <= 0)
			return false;
		from += (size_t)sent;
		size -= (size_t)sent;
		scene->sent += (size_t)sent;
	}
	return true;
}

static void answer_one(struct scene *scene, int fd)
{
	const struct answer *answer = &scene->answers[scene->asked];
	char *request = scene->requests[scene->asked], head[512];
	size_t n = 0;
	ssize_t got;

	while (!strstr(request, "\r\n\r\n") && n < sizeof(scene->requests[0]) - 1 &&
	       (got = read(fd, request + n, sizeof(scene->requests[0]) - 1 - n)) > 0)
		n += (size_t)got;
	scene->asked++;
	if (answer->endless)
		(void)snprintf(head, sizeof(head), "%sConnection: close\r\n\r\n", answer->head);
	else
		(void)snprintf(head, sizeof(head),
			       "%sContent-Length: %zu\r\nConnection: close\r\n\r\n", answer->head,
			       answer->length);
	(void)send(fd, head, strlen(head), MSG_NOSIGNAL);
	if (!answer->endless)
		(void)send_data(scene, fd, answer->from, answer->sent);
	else
		for (size_t all = 0; all < ENOUGH && send_data(scene, fd, 0, SIZE); all += SIZE)
			continue;
}

static void *serve(void *data)
{
	struct scene *scene = data;

	while (scene->asked < scene->nanswer) {
		int fd = accept(scene->listens, NULL, NULL);

		if (fd < 0)
			break;
		answer_one(scene, fd);
		(void)close(fd);
	}
	return NULL;
}

static int begin(void **state)
{
	struct hc_arena *arena = hc_arena_new();
	struct scene *scene = hc_new(arena, struct scene);
	struct sockaddr_in at = {.sin_family = AF_INET};
	socklen_t size = sizeof(at);

	disk = UINT64_C(100) << 30;
	takers = 1;
	scene->arena = arena;
	strcpy(scene->directory, "/tmp/fetch-XXXXXX");
	at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	scene->listens = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (!mkdtemp(scene->directory) || bind(scene->listens, (struct sockaddr *)&at, size) ||
	    listen(scene->listens, 4) || getsockname(scene->listens, (struct sockaddr *)&at, &size))
		return -1;
	for (size_t i = 0; i < SIZE; i++)
		scene->data[i] = (uint8_t)(i * 7 + i / 251);
	scene->what = (struct fetch){
		.source = hc_printf(arena, "http://127.0.0.1:%u/x.iso", ntohs(at.sin_port)),
		/* of the data above, as sha256sum says it */
		.sha256 = "6b4e3f3d1dee15db72c519f5962bad253dfc7d4183d7e30e656259ce1eeab007",
		.path = hc_printf(arena, "%s/x", scene->directory),
		.goes_on = goes_on,
		.arg = scene,
	};
	*state = scene;
	return 0;
}

static int end(void **state)
{
	struct scene *scene = *state;

	(void)shutdown(scene->listens, SHUT_RDWR);
	(void)close(scene->listens);
	(void)hc_file_clear(scene->directory);
	hc_arena_free(scene->arena);
	return 0;
}

/* Fetches once, from a server that answers so. */
static int get(struct scene *scene, const struct answer *answers, size_t n)
{
	int r;

	memcpy(scene->answers, answers, n * sizeof(*answers));
	scene->nanswer = n;
	scene->asked = 0;
	memset(scene->requests, 0, sizeof(scene->requests));
	assert_int_equal(pthread_create(&scene->server, NULL, serve, scene), 0);
	r = fetch(scene->arena, &scene->what, &scene->why);
	if (scene->asked < n)
		(void)shutdown(scene->listens, SHUT_RDWR);
	(void)pthread_join(scene->server, NULL);
	return r;
}

static bool is_there(struct scene *scene, const char *suffix)
{
	return !access(hc_printf(scene->arena, "%s%s", scene->what.path, suffix), F_OK);
}

static void must_be_whole(struct scene *scene)
{
	char *text;
	size_t size;

	assert_int_equal(hc_file_read(scene->arena, scene->what.path, SIZE, &text, &size), 0);
	assert_int_equal(size, SIZE);
	assert_memory_equal(text, scene->data, SIZE);
	assert_false(is_there(scene, ".part"));
	assert_false(is_there(scene, ".part.tag"));
}

#define OK "HTTP/1.1 200 OK\r\n"
#define REST(from) "HTTP/1.1 206 Partial Content\r\nContent-Range: bytes " from "-99999/100000\r\n"
#define TAG "ETag: \"v1\"\r\n"

static const struct answer whole = {OK TAG, 0, SIZE, SIZE};
static const struct answer cut = {OK TAG, 0, SIZE, 40000};

static void a_file_comes_whole(void **state)
{
	struct scene *scene = *state;

	assert_int_equal(get(scene, &whole, 1), 0);
	must_be_whole(scene);
	assert_null(strstr(scene->requests[0], "Range:"));
	assert_true(scene->told > 0);
}

static void one_that_is_there_is_not_fetched_again(void **state)
{
	struct scene *scene = *state;

	assert_int_equal(get(scene, &whole, 1), 0);
	assert_int_equal(fetch(scene->arena, &scene->what, &scene->why), 0);
}

static void a_cut_one_goes_on_where_it_was_cut(void **state)
{
	const struct answer rest = {REST("40000") TAG, 40000, SIZE - 40000, SIZE - 40000};
	struct scene *scene = *state;

	assert_int_equal(get(scene, &cut, 1), -EIO);
	assert_non_null(strstr(scene->why, "the next try goes on there"));
	assert_false(is_there(scene, ""));
	assert_int_equal(get(scene, &rest, 1), 0);
	assert_non_null(strstr(scene->requests[0], "Range: bytes=40000-\r\n"));
	assert_non_null(strstr(scene->requests[0], "If-Range: \"v1\"\r\n"));
	must_be_whole(scene);
}

static void a_server_without_ranges_sends_all_of_it(void **state)
{
	struct scene *scene = *state;

	assert_int_equal(get(scene, &cut, 1), -EIO);
	assert_int_equal(get(scene, &whole, 1), 0);
	must_be_whole(scene);
}

static void a_weak_tag_is_not_asked_for(void **state)
{
	const struct answer weak = {OK "ETag: W/\"v1\"\r\n", 0, SIZE, 10};
	struct scene *scene = *state;

	assert_int_equal(get(scene, &weak, 1), -EIO);
	assert_int_equal(get(scene, &whole, 1), 0);
	assert_non_null(strstr(scene->requests[0], "Range: bytes=10-\r\n"));
	assert_null(strstr(scene->requests[0], "If-Range"));
}

static void another_file_is_thrown_away(void **state)
{
	const struct answer other = {OK TAG, 1, SIZE - 1, SIZE - 1};
	struct scene *scene = *state;

	assert_int_equal(get(scene, &other, 1), -EBADMSG);
	assert_non_null(strstr(scene->why, scene->what.sha256));
	assert_non_null(strstr(scene->why, "has sha256 "));
	assert_false(is_there(scene, ""));
	assert_false(is_there(scene, ".part"));
	/* the next one begins from nothing */
	assert_int_equal(get(scene, &whole, 1), 0);
	assert_null(strstr(scene->requests[0], "Range:"));
}

/* A rest that is of another file makes one that was never asked for. */
static void a_rest_of_another_file_is_thrown_away(void **state)
{
	const struct answer rest = {REST("40000"), 39999, SIZE - 40000, SIZE - 40000};
	struct scene *scene = *state;

	assert_int_equal(get(scene, &cut, 1), -EIO);
	assert_int_equal(get(scene, &rest, 1), -EBADMSG);
	assert_false(is_there(scene, ".part"));
}

static void a_missing_file_leaves_nothing(void **state)
{
	const struct answer none = {"HTTP/1.1 404 Not Found\r\n", 0, 20, 20};
	struct scene *scene = *state;

	assert_int_equal(get(scene, &none, 1), -ENOENT);
	assert_non_null(strstr(scene->why, "the server says 404 (not found)"));
	assert_false(is_there(scene, ""));
}

/* What a redirect says of itself is not the file's. */
static void a_redirect_is_followed(void **state)
{
	struct scene *scene = *state;
	const struct answer answers[] = {
		{"HTTP/1.1 302 Found\r\nETag: \"redirect\"\r\nLocation: /y\r\n", 0, 5, 5},
		{OK, 0, SIZE, 40000},
	};

	assert_int_equal(get(scene, answers, 2), -EIO);
	assert_false(is_there(scene, ".part.tag"));
	assert_int_equal(get(scene, &whole, 1), 0);
	must_be_whole(scene);
}

static void too_large_a_file_is_refused_before_it_comes(void **state)
{
	const struct answer huge = {OK, 0, UINT64_C(1) << 60, 1000};
	struct scene *scene = *state;

	assert_int_equal(get(scene, &huge, 1), -ENOSPC);
	assert_non_null(strstr(scene->why, "is free"));
	assert_false(is_there(scene, ""));
}

static void one_without_an_end_leaves_room_to_others(void **state)
{
	const struct answer endless = {.head = OK, .endless = true};
	struct scene *scene = *state;

	disk = UINT64_C(40) << 20;
	assert_int_equal(get(scene, &endless, 1), -ENOSPC);
	assert_non_null(strstr(scene->why, "of which 2 MiB stays free"));
	assert_non_null(strstr(scene->why, "the server does not say how much it is"));
	assert_false(is_there(scene, ""));
	assert_false(is_there(scene, ".part"));
}

/* There was room for it when it began. */
static void others_may_fill_the_disk_meanwhile(void **state)
{
	const struct answer long_one = {.head = OK "Content-Length: 41943040\r\n", .endless = true};
	struct scene *scene = *state;

	disk = UINT64_C(64) << 20;
	takers = 3;
	assert_int_equal(get(scene, &long_one, 1), -ENOSPC);
	assert_null(strstr(scene->why, "does not say"));
	assert_false(is_there(scene, ".part"));
}

static void what_comes_behind_the_promised_end_is_not_taken(void **state)
{
	const struct answer more = {.head = OK "Content-Length: 100000\r\n", .endless = true};
	struct scene *scene = *state;

	assert_int_equal(get(scene, &more, 1), 0);
	must_be_whole(scene);
	assert_true(scene->sent < ENOUGH);
}

static void an_error_without_an_end_is_not_heard_out(void **state)
{
	const struct answer endless = {.head = "HTTP/1.1 404 Not Found\r\n", .endless = true};
	struct scene *scene = *state;

	assert_int_equal(get(scene, &endless, 1), -ENOENT);
	assert_non_null(strstr(scene->why, "the server says 404 (not found)"));
	assert_true(scene->sent < ENOUGH);
}

static void nobody_there_is_said(void **state)
{
	struct scene *scene = *state;

	scene->what.source = "http://127.0.0.1:9/x";
	assert_int_equal(fetch(scene->arena, &scene->what, &scene->why), -EIO);
	assert_non_null(strstr(scene->why, "cannot fetch http://127.0.0.1:9/x: "));
}

static void it_can_be_stopped(void **state)
{
	struct scene *scene = *state;

	scene->stop = true;
	assert_int_equal(get(scene, &whole, 1), -EINTR);
	assert_false(is_there(scene, ""));
}

static void a_file_of_this_machine_is_copied(void **state)
{
	struct scene *scene = *state;
	const char *path = hc_printf(scene->arena, "%s/source", scene->directory);

	scene->what.source = path;
	assert_int_equal(fetch(scene->arena, &scene->what, &scene->why), -ENOENT);
	assert_int_equal(hc_file_write(path, 0600, scene->data, SIZE - 1), 0);
	assert_int_equal(fetch(scene->arena, &scene->what, &scene->why), -EBADMSG);
	assert_int_equal(hc_file_write(path, 0600, scene->data, SIZE), 0);
	assert_int_equal(fetch(scene->arena, &scene->what, &scene->why), 0);
	must_be_whole(scene);
	assert_int_equal(access(path, F_OK), 0);
}

static void two_of_the_same_do_not_mix(void **state)
{
	struct scene *scene = *state;
	const char *part = hc_printf(scene->arena, "%s.part", scene->what.path);
	int other = open(part, O_RDWR | O_CREAT | O_CLOEXEC, 0600);

	assert_int_equal(flock(other, LOCK_EX), 0);
	assert_int_equal(fetch(scene->arena, &scene->what, &scene->why), -EBUSY);
	(void)close(other);
}

static void no_link_is_written_through(void **state)
{
	struct scene *scene = *state;
	const char *part = hc_printf(scene->arena, "%s.part", scene->what.path);

	assert_int_equal(symlink("/etc/passwd", part), 0);
	assert_int_equal(fetch(scene->arena, &scene->what, &scene->why), -ELOOP);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_file_comes_whole),
		TEST(one_that_is_there_is_not_fetched_again),
		TEST(a_cut_one_goes_on_where_it_was_cut),
		TEST(a_server_without_ranges_sends_all_of_it),
		TEST(a_weak_tag_is_not_asked_for),
		TEST(another_file_is_thrown_away),
		TEST(a_rest_of_another_file_is_thrown_away),
		TEST(a_missing_file_leaves_nothing),
		TEST(a_redirect_is_followed),
		TEST(too_large_a_file_is_refused_before_it_comes),
		TEST(one_without_an_end_leaves_room_to_others),
		TEST(others_may_fill_the_disk_meanwhile),
		TEST(what_comes_behind_the_promised_end_is_not_taken),
		TEST(an_error_without_an_end_is_not_heard_out),
		TEST(nobody_there_is_said),
		TEST(it_can_be_stopped),
		TEST(a_file_of_this_machine_is_copied),
		TEST(two_of_the_same_do_not_mix),
		TEST(no_link_is_written_through),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
