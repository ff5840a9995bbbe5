/* SPDX-License-Identifier: Apache-2.0 */
/* What a daemon answers at its admin socket, and what is no answer. */

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

#include "providers/ceph/admin_socket.h"

/* A daemon that takes one question and gives one answer. */
struct daemon {
	struct hc_arena *arena;
	char directory[32];
	const char *path;
	int listens;
	pthread_t thread;
	uint32_t length; /* as it tells it */
	const char *answer;
	char question[256];
	ssize_t asked; /* bytes of it */
};

static void *serve(void *arg)
{
	struct daemon *daemon = arg;
	uint32_t length = htonl(daemon->length);
	int fd = accept(daemon->listens, NULL, NULL);

	daemon->asked = read(fd, daemon->question, sizeof(daemon->question) - 1);
	(void)send(fd, &length, sizeof(length), MSG_NOSIGNAL); /* it may have gone */
	(void)send(fd, daemon->answer, strlen(daemon->answer), MSG_NOSIGNAL);
	(void)close(fd);
	return NULL;
}

static void begin(struct daemon *daemon)
{
	struct sockaddr_un at = {.sun_family = AF_UNIX};

	strcpy(daemon->directory, "/tmp/asok-XXXXXX");
	daemon->arena = hc_arena_new();
	assert_non_null(mkdtemp(daemon->directory));
	daemon->path = hc_printf(daemon->arena, "%s/socket", daemon->directory);
	(void)snprintf(at.sun_path, sizeof(at.sun_path), "%s", daemon->path);
	daemon->listens = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(bind(daemon->listens, (struct sockaddr *)&at, sizeof(at)), 0);
	assert_int_equal(listen(daemon->listens, 1), 0);
	assert_int_equal(pthread_create(&daemon->thread, NULL, serve, daemon), 0);
}

static void end(struct daemon *daemon)
{
	(void)pthread_join(daemon->thread, NULL);
	(void)close(daemon->listens);
	(void)unlink(daemon->path);
	(void)rmdir(daemon->directory);
	hc_arena_free(daemon->arena);
}

static struct json_object *question(void)
{
	struct json_object *object = json_object_new_object();

	json_object_object_add(object, "prefix", json_object_new_string("mon_status"));
	return object;
}

static void an_answer_is_read_to_its_end(void **state)
{
	struct daemon daemon = {.answer = "{\"state\": \"leader\"}", .length = 19};
	struct json_object *answer;

	(void)state;
	begin(&daemon);
	answer = admin_socket_ask(daemon.arena, daemon.path, question());
	assert_string_equal(json_text(daemon.arena, answer, "state", ""), "leader");
	(void)json_object_put(answer);
	end(&daemon);
	assert_string_equal(daemon.question, "{\"prefix\":\"mon_status\",\"format\":\"json\"}");
	assert_int_equal(daemon.asked, strlen(daemon.question) + 1); /* a NUL ends it */
}

static void no_answer(const char *text, uint32_t length)
{
	struct daemon daemon = {.answer = text, .length = length};

	begin(&daemon);
	assert_null(admin_socket_ask(daemon.arena, daemon.path, question()));
	end(&daemon);
}

static void what_is_cut_or_endless_or_no_json_is_no_answer(void **state)
{
	(void)state;
	no_answer("{}", 3);
	no_answer("{}", UINT32_MAX);
	no_answer("{\"state\": ", 10);
	no_answer("", 0);
}

static void where_nobody_listens_nobody_answers(void **state)
{
	struct hc_arena *arena = hc_arena_new();
	char path[200];

	(void)state;
	assert_null(admin_socket_ask(arena, "/nowhere/socket", question()));
	memset(path, 'x', sizeof(path) - 1);
	path[sizeof(path) - 1] = '\0';
	assert_null(admin_socket_ask(arena, path, question()));
	hc_arena_free(arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_answer_is_read_to_its_end),
		cmocka_unit_test(what_is_cut_or_endless_or_no_json_is_no_answer),
		cmocka_unit_test(where_nobody_listens_nobody_answers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
