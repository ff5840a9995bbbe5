/* SPDX-License-Identifier: Apache-2.0 */
/* The agent's socket: one request each, bounded, and nobody holds up the others. */

#include <grp.h>
#include <json-c/json.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>

#include <hcstate/file.h>
#include <reconciler/agent/member.h>
#include <reconciler/agent/server.h>

#include "toy.h"

static const size_t mib = (size_t)1024 * 1024, line_most = (size_t)64 * 1024;

#define GROUP 54321

/* The group that the socket is for, on this machine. */
struct group *getgrnam(const char *name)
{
	static struct group group = {.gr_gid = GROUP};

	return strcmp(name, "hcstate") != 0 || getuid() ? NULL : &group;
}

struct scene {
	struct hc_arena *arena;
	struct hc_diags diags;
	sd_event *event;
	struct server *server;
	const char *directory, *path;
	struct request *request; /* the last one */
	unsigned requests, gone;
};

static void note_gone(struct request *request)
{
	((struct scene *)request->arg)->gone++;
}

/* Keeps it: the test answers. */
static void keep(void *arg, struct request *request)
{
	struct scene *scene = arg;

	scene->request = request;
	scene->requests++;
	request->arg = scene;
	request->gone = note_gone;
}

static void start(struct scene *scene)
{
	scene->server = server_new(scene->event, scene->path, keep, scene, &scene->diags);
}

static int set_up(void **state)
{
	struct scene *scene = calloc(1, sizeof(*scene));

	scene->arena = scene->diags.arena = hc_arena_new();
	scene->directory = toy_directory(scene->arena);
	scene->path = hc_printf(scene->arena, "%s/run/sock", scene->directory);
	assert_true(sd_event_new(&scene->event) >= 0);
	start(scene);
	assert_non_null(scene->server);
	*state = scene;
	return 0;
}

static int tear_down(void **state)
{
	struct scene *scene = *state;

	(void)server_free(scene->server);
	sd_event_unref(scene->event);
	toy_remove_directory(scene->arena, scene->directory);
	(void)hc_arena_free(scene->arena);
	free(scene);
	return 0;
}

/* Until nothing is left to do at once. */
static void pump(struct scene *scene)
{
	while (sd_event_run(scene->event, 0) > 0)
		;
}

static int come(struct scene *scene)
{
	struct sockaddr_un name = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	(void)snprintf(name.sun_path, sizeof(name.sun_path), "%s", scene->path);
	assert_int_equal(connect(fd, (struct sockaddr *)&name, sizeof(name)), 0);
	pump(scene);
	return fd;
}

static void send_text(struct scene *scene, int fd, const char *text, size_t size)
{
	assert_int_equal(send(fd, text, size, MSG_NOSIGNAL), size);
	pump(scene);
}

static int ask(struct scene *scene, const char *text)
{
	int fd = come(scene);

	send_text(scene, fd, text, strlen(text));
	return fd;
}

/* All that is there to read; *closed: and the end. */
static char *hear(struct scene *scene, int fd, bool *closed)
{
	char *all = hc_strdup(scene->arena, ""), chunk[65536];
	ssize_t n;

	pump(scene);
	while ((n = recv(fd, chunk, sizeof(chunk) - 1, 0)) > 0) {
		chunk[n] = 0;
		all = hc_printf(scene->arena, "%s%s", all, chunk);
		pump(scene);
	}
	*closed = n == 0;
	return all;
}

static void answer(struct scene *scene, const char *key, struct json_object *value)
{
	struct json_object *line = json_object_new_object();

	json_object_object_add(line, key, value);
	request_answer(scene->request, line);
}

static void a_request_is_answered_line_by_line(void **state)
{
	struct scene *scene = *state;
	int fd = ask(scene, "{\"do\":\"x\",\"n\":[1]}\n");
	bool closed;

	assert_int_equal(scene->requests, 1);
	assert_string_equal(member_text(scene->request->body, "do"), "x");
	assert_int_equal(scene->request->uid, getuid());
	assert_int_equal(scene->request->pid, getpid());
	assert_true(getuid() || !strcmp(scene->request->user, "root"));
	answer(scene, "out", json_object_new_string("a\n/b"));
	assert_string_equal(hear(scene, fd, &closed), "{\"out\":\"a\\n/b\"}\n");
	assert_false(closed);
	answer(scene, "exit", json_object_new_int(3));
	request_end(scene->request);
	assert_string_equal(hear(scene, fd, &closed), "{\"exit\":3}\n");
	assert_true(closed);
	assert_int_equal(scene->gone, 0);
	(void)close(fd);
}

static void a_request_may_come_in_pieces(void **state)
{
	struct scene *scene = *state;
	int fd = ask(scene, "{\"do\":");

	assert_int_equal(scene->requests, 0);
	send_text(scene, fd, "\"x\"}\r", 5);
	assert_int_equal(scene->requests, 0);
	send_text(scene, fd, "\n{\"do\":\"y\"}\n", 12);
	assert_int_equal(scene->requests, 1);
	(void)close(fd);
}

static void what_is_no_request_is_refused(void **state)
{
	static const char *const bad[] = {
		"\n",         "[]\n",       "7\n",
		"{}{}\n",     "{} x\n",     "{\"a\":\n",
		"{'a':1}x\n", "\xff\xfe\n", "{\"a\":[[[[[[[[[[[[[[[[[[[[[]\n"};
	struct scene *scene = *state;

	for (size_t i = 0; i < HC_COUNT(bad); i++) {
		int fd = ask(scene, bad[i]);
		bool closed;

		assert_non_null(strstr(hear(scene, fd, &closed), "{\"exit\":64}\n"));
		assert_true(closed);
		(void)close(fd);
	}
	assert_int_equal(scene->requests, 0);
}

static void a_line_has_its_bound(void **state)
{
	struct scene *scene = *state;
	char *text = hc_alloc(scene->arena, line_most + 2);
	bool closed;
	int fd = come(scene);

	memset(text, ' ', line_most + 2);
	text[0] = '{';
	text[1] = '}';
	text[line_most] = '\n';
	send_text(scene, fd, text, line_most + 1); /* just not too long */
	assert_int_equal(scene->requests, 1);
	(void)close(fd);
	fd = come(scene);
	text[line_most] = ' ';
	text[line_most + 1] = '\n';
	send_text(scene, fd, text, line_most + 2);
	assert_non_null(strstr(hear(scene, fd, &closed), "too long"));
	assert_int_equal(scene->requests, 1);
	(void)close(fd);
}

static void so_many_are_served_and_no_more(void **state)
{
	struct scene *scene = *state;
	bool closed;
	int fds[32], more;

	for (size_t i = 0; i < HC_COUNT(fds); i++)
		fds[i] = ask(scene, "{}\n");
	assert_int_equal(scene->requests, 32);
	for (int i = 0; i < 3; i++) { /* whether or not they take their leave */
		more = come(scene);
		assert_non_null(strstr(hear(scene, more, &closed), "{\"exit\":75}\n"));
		assert_true(closed);
		(void)close(more);
	}
	(void)close(fds[7]);
	pump(scene);
	assert_int_equal(scene->gone, 1);
	fds[7] = ask(scene, "{}\n");
	assert_int_equal(scene->requests, 33);
	for (size_t i = 0; i < HC_COUNT(fds); i++)
		(void)close(fds[i]);
}

static void who_goes_away_is_told_of_once(void **state)
{
	struct scene *scene = *state;
	int fd = ask(scene, "{}\n");

	assert_int_equal(scene->gone, 0);
	(void)close(fd);
	pump(scene);
	assert_int_equal(scene->gone, 1);
	fd = ask(scene, "{}\n");
	request_end(scene->request);
	(void)close(fd);
	pump(scene);
	assert_int_equal(scene->gone, 1); /* the second had ended */
	fd = ask(scene, "{}\n");
	scene->server = server_free(scene->server);
	assert_int_equal(scene->gone, 2);
	(void)close(fd);
}

static void who_only_says_no_more_still_gets_the_answer(void **state)
{
	struct scene *scene = *state;
	int fd = come(scene);
	bool closed;

	assert_int_equal(send(fd, "{}\n", 3, 0), 3);
	assert_int_equal(shutdown(fd, SHUT_WR), 0);
	pump(scene);
	assert_int_equal(scene->requests, 1);
	assert_int_equal(scene->gone, 0);
	answer(scene, "exit", json_object_new_int(0));
	request_end(scene->request);
	assert_string_equal(hear(scene, fd, &closed), "{\"exit\":0}\n");
	(void)close(fd);
}

static struct json_object *long_text(struct hc_arena *arena, size_t size)
{
	char *text = hc_alloc(arena, size);

	memset(text, 'x', size);
	return json_object_new_string_len(text, (int)size);
}

static void who_does_not_read_is_cut_off(void **state)
{
	struct scene *scene = *state;
	int fd = ask(scene, "{}\n");

	for (int i = 0; i < 4; i++) {
		answer(scene, "out", long_text(scene->arena, mib));
		pump(scene);
	}
	assert_int_equal(scene->gone, 0);
	for (int i = 0; i < 3; i++) /* within one turn of the loop, the request must stay */
		answer(scene, "out", long_text(scene->arena, mib));
	assert_int_equal(scene->gone, 0);
	pump(scene);
	assert_int_equal(scene->gone, 1);
	(void)close(fd);
}

static void who_reads_gets_an_answer_of_any_size(void **state)
{
	struct scene *scene = *state;
	int fd = ask(scene, "{}\n");
	size_t all = 0;
	char chunk[65536];
	ssize_t n;

	answer(scene, "out", long_text(scene->arena, 9 * mib));
	request_end(scene->request);
	pump(scene);
	while ((n = recv(fd, chunk, sizeof(chunk), 0)) > 0) {
		all += (size_t)n;
		pump(scene);
	}
	assert_int_equal(n, 0);
	assert_int_equal(all, 9 * mib + strlen("{\"out\":\"\"}\n"));
	(void)close(fd);
}

static void the_socket_is_for_its_group_only(void **state)
{
	struct scene *scene = *state;
	struct stat is;

	assert_int_equal(stat(scene->path, &is), 0);
	assert_int_equal(is.st_mode, S_IFSOCK | 0660);
	scene->server = server_free(scene->server);
	assert_int_not_equal(stat(scene->path, &is), 0);
}

/* Whether another user in that group, or in none, can connect. */
static bool others_can_connect(const struct scene *scene, gid_t group)
{
	pid_t pid = fork();
	int status;

	if (!pid) {
		struct sockaddr_un name = {.sun_family = AF_UNIX};
		int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

		(void)snprintf(name.sun_path, sizeof(name.sun_path), "%s", scene->path);
		if (setgroups(group ? 1 : 0, &group) || setresgid(65534, 65534, 65534) ||
		    setresuid(65534, 65534, 65534))
			_exit(2);
		_exit(connect(fd, (struct sockaddr *)&name, sizeof(name)) < 0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status) && WEXITSTATUS(status) < 2);
	return !WEXITSTATUS(status);
}

static void who_is_in_the_group_may_connect_and_nobody_else(void **state)
{
	struct scene *scene = *state;

	if (getuid())
		skip();
	assert_int_equal(chmod(scene->directory, 0755), 0);
	assert_true(others_can_connect(scene, GROUP));
	assert_false(others_can_connect(scene, 0));
	assert_false(others_can_connect(scene, GROUP + 1));
	pump(scene);
	assert_int_equal(scene->requests, 0);
}

/* How often the loop has something to do within that time. */
static unsigned turns_in(struct scene *scene, uint64_t us)
{
	uint64_t now = hc_now(), end = now + us;
	unsigned n = 0;

	for (; now < end; now = hc_now())
		n += sd_event_run(scene->event, end - now) > 0;
	return n;
}

static void no_room_for_more_files_is_waited_out(void **state)
{
	struct scene *scene = *state;
	int fd = come(scene), other, top;
	struct rlimit before, full;
	bool closed;

	pump(scene);
	other = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	top = dup(other);
	(void)close(top);
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
	full = (struct rlimit){(rlim_t)top, before.rlim_max};
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &full), 0);
	{
		struct sockaddr_un name = {.sun_family = AF_UNIX};

		(void)snprintf(name.sun_path, sizeof(name.sun_path), "%s", scene->path);
		assert_int_equal(connect(other, (struct sockaddr *)&name, sizeof(name)), 0);
	}
	assert_true(turns_in(scene, 300000) <= 2); /* and not as often as there is time */
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
	assert_int_equal(send(other, "{}\n", 3, MSG_NOSIGNAL), 3);
	for (uint64_t end = hc_now() + 5000000; !scene->requests && hc_now() < end;)
		(void)turns_in(scene, 50000);
	assert_int_equal(scene->requests, 1);
	answer(scene, "out", json_object_new_string("late"));
	assert_string_equal(hear(scene, other, &closed), "{\"out\":\"late\"}\n");
	(void)close(other);
	(void)close(fd);
}

static void what_a_killed_agent_left_is_replaced_and_nothing_else(void **state)
{
	struct scene *scene = *state;
	struct sockaddr_un name = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	scene->server = server_free(scene->server);
	(void)snprintf(name.sun_path, sizeof(name.sun_path), "%s", scene->path);
	assert_int_equal(bind(fd, (struct sockaddr *)&name, sizeof(name)), 0);
	(void)close(fd);
	start(scene);
	assert_non_null(scene->server);
	fd = ask(scene, "{}\n");
	assert_int_equal(scene->requests, 1);
	(void)close(fd);
	scene->server = server_free(scene->server);
	assert_int_equal(hc_file_write(scene->path, 0600, "mine", 4), 0);
	start(scene);
	assert_null(scene->server);
	assert_int_equal(scene->diags.errors, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_request_is_answered_line_by_line, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(a_request_may_come_in_pieces, set_up, tear_down),
		cmocka_unit_test_setup_teardown(what_is_no_request_is_refused, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_line_has_its_bound, set_up, tear_down),
		cmocka_unit_test_setup_teardown(so_many_are_served_and_no_more, set_up, tear_down),
		cmocka_unit_test_setup_teardown(who_goes_away_is_told_of_once, set_up, tear_down),
		cmocka_unit_test_setup_teardown(who_only_says_no_more_still_gets_the_answer, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(who_does_not_read_is_cut_off, set_up, tear_down),
		cmocka_unit_test_setup_teardown(who_reads_gets_an_answer_of_any_size, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(the_socket_is_for_its_group_only, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(who_is_in_the_group_may_connect_and_nobody_else,
						set_up, tear_down),
		cmocka_unit_test_setup_teardown(no_room_for_more_files_is_waited_out, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(
			what_a_killed_agent_left_is_replaced_and_nothing_else, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
