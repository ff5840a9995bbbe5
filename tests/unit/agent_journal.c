/* SPDX-License-Identifier: Apache-2.0 */
/* A journald that hangs is waited for by nobody; what it does not take is kept, to an end. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <cmocka.h>

#include <reconciler/agent/journal.h>

enum { MANY = 2000 };

struct scene {
	struct hc_arena *arena;
	char directory[32];
	const char *path;
	int fd; /* journald's end; -1: it is not there */
	struct journal *journal;
};

static void listen_there(struct scene *scene)
{
	struct sockaddr_un name = {.sun_family = AF_UNIX};

	(void)snprintf(name.sun_path, sizeof(name.sun_path), "%s", scene->path);
	scene->fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	assert_true(scene->fd >= 0);
	assert_int_equal(bind(scene->fd, (struct sockaddr *)&name, sizeof(name)), 0);
}

static int set_up(void **state)
{
	struct hc_arena *arena = hc_arena_new();
	struct scene *scene = hc_new(arena, struct scene);

	scene->arena = arena;
	strcpy(scene->directory, "/tmp/agent-journal-XXXXXX");
	assert_non_null(mkdtemp(scene->directory));
	scene->path = hc_printf(arena, "%s/socket", scene->directory);
	scene->fd = -1;
	scene->journal = journal_new(scene->path);
	*state = scene;
	return 0;
}

static int tear_down(void **state)
{
	struct scene *scene = *state;

	(void)journal_free(scene->journal);
	hc_closep(&scene->fd);
	(void)unlink(scene->path);
	assert_int_equal(rmdir(scene->directory), 0);
	(void)hc_arena_free(scene->arena);
	return 0;
}

static void say(struct scene *scene, unsigned n)
{
	const struct event event = {.what = EVENT_AGENT, .result = "trouble"};

	journal_say(scene->journal, &event, hc_printf(scene->arena, "line %u", n));
}

/* The MESSAGE of the next datagram; NULL: there is none. */
static const char *hear(struct scene *scene)
{
	char *text = hc_alloc(scene->arena, 4096);
	ssize_t n = recv(scene->fd, text, 4095, 0);

	if (n < 0)
		return NULL;
	text[n] = '\0';
	assert_ptr_equal(strstr(text, "MESSAGE="), text);
	assert_non_null(strstr(text, "\nSYSLOG_IDENTIFIER=hcstate\n"));
	text[strcspn(text, "\n")] = '\0';
	return text + strlen("MESSAGE=");
}

static void a_journald_that_hangs_is_not_waited_for(void **state)
{
	struct scene *scene = *state;
	unsigned next = 0, lost = 0;
	const char *text;

	listen_there(scene);
	for (unsigned i = 0; i < MANY; i++)
		say(scene, i); /* else the test would hang here */
	/* it goes on: what was kept comes in order, and how much was lost is said */
	while (!lost) {
		text = hear(scene);
		if (!text) {
			journal_flush(scene->journal);
			continue;
		}
		if (sscanf(text, "%u lines were lost", &lost) == 1)
			break;
		assert_string_equal(text, hc_printf(scene->arena, "line %u", next));
		next++;
	}
	assert_true(next >= 256);
	assert_int_equal(next + lost, MANY);
	say(scene, 7);
	assert_string_equal(hear(scene), "line 7");
	assert_null(hear(scene));
}

static void what_is_said_before_journald_is_there_comes_with_the_next(void **state)
{
	struct scene *scene = *state;

	say(scene, 1);
	say(scene, 2);
	listen_there(scene);
	say(scene, 3);
	assert_string_equal(hear(scene), "line 1");
	assert_string_equal(hear(scene), "line 2");
	assert_string_equal(hear(scene), "line 3");
}

static void the_last_line_is_not_kept_back(void **state)
{
	struct scene *scene = *state;

	say(scene, 1);
	listen_there(scene);
	scene->journal = journal_free(scene->journal);
	assert_string_equal(hear(scene), "line 1");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_journald_that_hangs_is_not_waited_for, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(
			what_is_said_before_journald_is_there_comes_with_the_next, set_up,
			tear_down),
		cmocka_unit_test_setup_teardown(the_last_line_is_not_kept_back, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
