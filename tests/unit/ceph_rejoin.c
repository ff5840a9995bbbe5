/* SPDX-License-Identifier: Apache-2.0 */
/* A monitor that looks for the others is made to hurry while it does, and no other is. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <arpa/inet.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <hcstate/base.h>

#include "providers/ceph/rejoin.h"

/* A monitor: asked how it is it answers with one state after the other, and else with {}. It goes
 * when its socket is shut. */
struct monitor {
	struct hc_arena *arena;
	char directory[32];
	const char *path, *states[4];
	size_t told;
	int listens;
	pthread_t thread;
	char asked[8][128];
	size_t n;
};

static void *serve(void *arg)
{
	struct monitor *monitor = arg;
	int fd;

	while ((fd = accept(monitor->listens, NULL, NULL)) >= 0) {
		char *asked = monitor->asked[monitor->n++];
		const char *answer = "{}";
		uint32_t length;

		assert_true(monitor->n < 8);
		assert_true(read(fd, asked, sizeof(monitor->asked[0]) - 1) > 0);
		if (strstr(asked, "mon_status"))
			answer = monitor->states[monitor->told++];
		length = htonl((uint32_t)strlen(answer));
		(void)send(fd, &length, sizeof(length), MSG_NOSIGNAL);
		(void)send(fd, answer, strlen(answer), MSG_NOSIGNAL);
		(void)close(fd);
	}
	return NULL;
}

static void begin(struct monitor *monitor)
{
	struct sockaddr_un at = {.sun_family = AF_UNIX};

	strcpy(monitor->directory, "/tmp/asok-XXXXXX");
	monitor->arena = hc_arena_new();
	assert_non_null(mkdtemp(monitor->directory));
	monitor->path = hc_printf(monitor->arena, "%s/socket", monitor->directory);
	(void)snprintf(at.sun_path, sizeof(at.sun_path), "%s", monitor->path);
	monitor->listens = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(bind(monitor->listens, (struct sockaddr *)&at, sizeof(at)), 0);
	assert_int_equal(listen(monitor->listens, 4), 0);
	assert_int_equal(pthread_create(&monitor->thread, NULL, serve, monitor), 0);
}

static void end(struct monitor *monitor)
{
	(void)shutdown(monitor->listens, SHUT_RDWR); /* wakes it */
	(void)pthread_join(monitor->thread, NULL);
	(void)close(monitor->listens);
	(void)unlink(monitor->path);
	(void)rmdir(monitor->directory);
	hc_arena_free(monitor->arena);
}

#define PROBING "{\"state\": \"probing\"}"
#define OFTEN                                                                                      \
	"{\"prefix\":\"config "                                                                    \
	"set\",\"var\":\"ms_max_backoff\",\"val\":[\"0.2\"],\"format\":\"json\"}"
#define USUAL "{\"prefix\":\"config unset\",\"var\":\"ms_max_backoff\",\"format\":\"json\"}"

static void one_that_looks_for_the_others_tries_often_until_it_finds_them(void **state)
{
	struct monitor monitor = {
		.states = {PROBING, PROBING, "{\"state\": \"synchronizing\"}"},
	};

	(void)state;
	begin(&monitor);
	assert_string_equal(rejoin_hurry(monitor.arena, monitor.path, 60000000), "synchronizing");
	end(&monitor);
	assert_int_equal(monitor.n, 5);
	assert_string_equal(monitor.asked[1], OFTEN);
	assert_string_equal(monitor.asked[4], USUAL);
}

static void it_does_not_go_on_like_that_when_nobody_looks(void **state)
{
	struct monitor monitor = {.states = {PROBING}};

	(void)state;
	begin(&monitor);
	assert_string_equal(rejoin_hurry(monitor.arena, monitor.path, 0), "probing");
	end(&monitor);
	assert_int_equal(monitor.n, 3);
	assert_string_equal(monitor.asked[2], USUAL);
}

static void one_that_has_found_them_is_let_be(void **state)
{
	struct monitor monitor = {.states = {"{\"state\": \"synchronizing\"}"}};

	(void)state;
	begin(&monitor);
	assert_string_equal(rejoin_hurry(monitor.arena, monitor.path, 60000000), "synchronizing");
	end(&monitor);
	assert_int_equal(monitor.n, 1);
}

static void one_that_is_not_there_is_said_not_to_answer(void **state)
{
	struct hc_arena *arena = hc_arena_new();

	(void)state;
	assert_string_equal(rejoin_hurry(arena, "/nowhere/socket", 60000000), "it does not answer");
	hc_arena_free(arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_that_looks_for_the_others_tries_often_until_it_finds_them),
		cmocka_unit_test(it_does_not_go_on_like_that_when_nobody_looks),
		cmocka_unit_test(one_that_has_found_them_is_let_be),
		cmocka_unit_test(one_that_is_not_there_is_said_not_to_answer),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
