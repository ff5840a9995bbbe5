/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Webhooks against a server that answers as the test says: not at all, with errors, too much. The
 * pace is a test's: milliseconds in the place of minutes.
 */

#include <arpa/inet.h>
#include <poll.h>
#include <pthread.h>
#include <semaphore.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>
#include <json-c/json.h>

#include <hcstate/file.h>
#include <reconciler/agent/notify_hook.h>
#include <reconciler/spawn.h>

enum {
	REQUESTS = 400,
	REQUEST_SIZE = 1024,
};

#define MS UINT64_C(1000)
#define S UINT64_C(1000000)

#define OK "HTTP/1.1 204 No Content\r\n\r\n"
#define NO(code) "HTTP/1.1 " code " No\r\nContent-Length: 0\r\n\r\n"
static const char hang_up[] = "";
static const char hang[] = "hang";     /* until it is let go, or the other side has gone */
static const char too_much[] = "much"; /* an answer without end */

struct server;
typedef const char *answer_fn(const struct server *server, const char *request);

struct server {
	int listens;
	unsigned port;
	pthread_t thread;
	answer_fn *answer;
	sem_t arrived, let_go, left; /* a request; hang; who hung up himself */
	atomic_size_t asked;
	char requests[REQUESTS][REQUEST_SIZE];
	uint64_t at[REQUESTS];
};

struct scene {
	struct hc_arena *arena;
	char directory[32];
	struct server server, other;
	struct hc_agent spec;
	struct hc_agent_webhook hooks[2];
	struct agent_webhook webhooks[2];
	struct agent_config config;
	struct notify_pace pace;
	struct notify *notify;
	struct hc_child tls; /* pid 0: none */
	sem_t complained;
	pthread_mutex_t lock; /* for these */
	unsigned complaints;
	char complaint[256]; /* the last one */
};

static void complain(void *arg, const char *text)
{
	struct scene *scene = arg;

	(void)pthread_mutex_lock(&scene->lock);
	scene->complaints++;
	(void)snprintf(scene->complaint, sizeof(scene->complaint), "%s", text);
	(void)pthread_mutex_unlock(&scene->lock);
	(void)sem_post(&scene->complained);
}

static unsigned complaints(struct scene *scene)
{
	unsigned n;

	(void)pthread_mutex_lock(&scene->lock);
	n = scene->complaints;
	(void)pthread_mutex_unlock(&scene->lock);
	return n;
}

/* Whether the last complaint has that in it. */
static bool complains(struct scene *scene, const char *text)
{
	bool yes;

	(void)pthread_mutex_lock(&scene->lock);
	yes = strstr(scene->complaint, text);
	(void)pthread_mutex_unlock(&scene->lock);
	return yes;
}

static bool is_complete(const char *request)
{
	const char *length = strstr(request, "Content-Length: "),
		   *body = strstr(request, "\r\n\r\n");

	return length && body && strlen(body + 4) >= strtoul(length + 16, NULL, 10);
}

static void send_text(int fd, const char *text)
{
	(void)send(fd, text, strlen(text), MSG_NOSIGNAL);
}

static void send_without_end(int fd)
{
	char data[4096];

	memset(data, 'x', sizeof(data));
	send_text(fd, "HTTP/1.1 200 OK\r\n\r\n");
	while (send(fd, data, sizeof(data), MSG_NOSIGNAL) > 0)
		continue;
}

static void answer_one(struct server *server, int fd)
{
	char *request = server->requests[server->asked];
	size_t n = 0;
	ssize_t got;
	const char *answer;
	char rest;

	while (!is_complete(request) && n < REQUEST_SIZE - 1 &&
	       (got = read(fd, request + n, REQUEST_SIZE - 1 - n)) > 0)
		n += (size_t)got;
	if (!is_complete(request))
		return;
	server->at[server->asked] = hc_now();
	answer = server->answer(server, request);
	server->asked++;
	(void)sem_post(&server->arrived);
	if (answer == too_much)
		send_without_end(fd);
	else if (answer != hang)
		send_text(fd, answer);
	else if (sem_wait(&server->let_go) == 0)
		send_text(fd, OK);
	if (answer == hang && read(fd, &rest, 1) == 0)
		(void)sem_post(&server->left);
}

static void *serve(void *arg)
{
	struct server *server = arg;

	while (server->asked < REQUESTS) {
		int fd = accept(server->listens, NULL, NULL);

		if (fd < 0)
			break;
		answer_one(server, fd);
		(void)close(fd);
	}
	return NULL;
}

static const char *take(const struct server *server, const char *request)
{
	(void)server, (void)request;
	return OK;
}

static bool begin_server(struct server *server)
{
	struct sockaddr_in at = {.sin_family = AF_INET};
	socklen_t size = sizeof(at);

	at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	server->answer = take;
	server->listens = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (bind(server->listens, (struct sockaddr *)&at, size) || listen(server->listens, 16) ||
	    getsockname(server->listens, (struct sockaddr *)&at, &size) ||
	    sem_init(&server->arrived, 0, 0) || sem_init(&server->let_go, 0, 0) ||
	    sem_init(&server->left, 0, 0))
		return false;
	server->port = ntohs(at.sin_port);
	return !pthread_create(&server->thread, NULL, serve, server);
}

static void end_server(struct server *server)
{
	for (size_t i = 0; i < REQUESTS; i++)
		(void)sem_post(&server->let_go);
	(void)shutdown(server->listens, SHUT_RDWR);
	(void)pthread_join(server->thread, NULL);
	(void)close(server->listens);
}

static void name_hook(struct scene *scene, size_t i, const char *name, const struct server *server)
{
	scene->hooks[i].url =
		hc_printf(scene->arena, "http://127.0.0.1:%u/secret-path", server->port);
	scene->webhooks[i] = (struct agent_webhook){name, &scene->hooks[i]};
}

static int begin(void **state)
{
	struct hc_arena *arena = hc_arena_new();
	struct scene *scene = hc_new(arena, struct scene);

	(void)unsetenv("http_proxy");
	scene->arena = arena;
	strcpy(scene->directory, "/tmp/notify-XXXXXX");
	*state = scene;
	if (!mkdtemp(scene->directory) || !begin_server(&scene->server) ||
	    !begin_server(&scene->other) || sem_init(&scene->complained, 0, 0) ||
	    pthread_mutex_init(&scene->lock, NULL))
		return -1;
	name_hook(scene, 0, "chat", &scene->server);
	name_hook(scene, 1, "pager", &scene->other);
	scene->config = (struct agent_config){.node = "pve1",
					      .spec = &scene->spec,
					      .webhooks = scene->webhooks,
					      .nwebhook = 1};
	scene->pace = (struct notify_pace){
		.transfer = 30 * S,
		.first = MS,
		.longest = 4 * MS,
		.patience = 300 * S,
		.flush = 10 * S,
		.stop = 10 * S,
	};
	return 0;
}

static void end_child(const struct hc_child *child)
{
	(void)kill(child->pid, SIGKILL);
	(void)waitpid(child->pid, NULL, 0);
	hc_closep(&child->pidfd);
	hc_closep(&child->in);
	hc_closep(&child->out);
	hc_closep(&child->err);
}

static int end(void **state)
{
	struct scene *scene = *state;

	notify_free(scene->notify);
	if (scene->tls.pid > 0)
		end_child(&scene->tls);
	end_server(&scene->server);
	end_server(&scene->other);
	(void)hc_file_clear(scene->directory);
	hc_arena_free(scene->arena);
	return 0;
}

static void start(struct scene *scene)
{
	scene->notify = notify_begin(&scene->config, &scene->pace, complain, scene);
}

static void stop(struct scene *scene)
{
	scene->notify = notify_free(scene->notify);
}

static void post(struct scene *scene, const char *event, int number)
{
	struct json_object *body = json_object_new_object();

	json_object_object_add(body, "n", json_object_new_int(number));
	notify_post(scene->notify, event, body);
	json_object_put(body);
}

static void wait_for(sem_t *sem, unsigned n)
{
	while (n--)
		assert_int_equal(sem_wait(sem), 0);
}

static const char *body(const struct server *server, size_t i)
{
	return strstr(server->requests[i], "\r\n\r\n") + 4;
}

static void an_event_is_posted_as_json(void **state)
{
	struct scene *scene = *state;

	start(scene);
	post(scene, "drift", 7);
	wait_for(&scene->server.arrived, 1);
	assert_int_equal(strncmp(scene->server.requests[0], "POST /secret-path HTTP/1.1\r\n", 28),
			 0);
	assert_non_null(
		strstr(scene->server.requests[0], "\r\nContent-Type: application/json\r\n"));
	assert_non_null(strstr(scene->server.requests[0], "\r\nUser-Agent: hcstate/"));
	assert_string_equal(body(&scene->server, 0), "{\"n\":7}");
	stop(scene);
	assert_int_equal(scene->server.asked, 1);
	assert_int_equal(complaints(scene), 0);
}

static void what_was_posted_goes_before_the_end(void **state)
{
	struct scene *scene = *state;

	start(scene);
	for (int i = 0; i < 20; i++)
		post(scene, "drift", i);
	stop(scene);
	assert_int_equal(scene->server.asked, 20);
	assert_string_equal(body(&scene->server, 19), "{\"n\":19}");
}

static const char *take_sixth(const struct server *server, const char *request)
{
	static const char *const answers[] = {
		NO("500"), hang_up, NO("503"), NO("429"), NO("408"),
	};

	(void)request;
	return server->asked < HC_COUNT(answers) ? answers[server->asked] : OK;
}

static void what_fails_is_tried_again_and_order_is_kept(void **state)
{
	struct scene *scene = *state;

	scene->server.answer = take_sixth;
	start(scene);
	post(scene, "drift", 1);
	post(scene, "drift", 2);
	wait_for(&scene->server.arrived, 7);
	for (size_t i = 0; i < 6; i++)
		assert_string_equal(body(&scene->server, i), "{\"n\":1}");
	assert_string_equal(body(&scene->server, 6), "{\"n\":2}");
	stop(scene);
	assert_int_equal(scene->server.asked, 7);
	assert_int_equal(complaints(scene), 5);
	assert_string_equal(scene->complaint, "webhook chat cannot be told, and is tried again: it "
					      "answers 408");
}

static const char *take_twelfth(const struct server *server, const char *request)
{
	(void)request;
	return server->asked < 11 ? NO("502") : OK;
}

static void pauses_double_up_to_a_longest(void **state)
{
	struct scene *scene = *state;
	const uint64_t *at = scene->server.at;

	scene->server.answer = take_twelfth;
	scene->pace.first = 20 * MS;
	scene->pace.longest = 80 * MS;
	start(scene);
	post(scene, "drift", 1);
	wait_for(&scene->server.arrived, 12);
	assert_true(at[1] - at[0] >= 20 * MS);
	assert_true(at[2] - at[1] >= 40 * MS);
	assert_true(at[3] - at[2] >= 80 * MS);
	assert_true(at[11] - at[0] >= 780 * MS);
	assert_true(at[11] - at[0] < 10 * S); /* without a longest: 40 s */
}

static const char *take_second_later(const struct server *server, const char *request)
{
	(void)request;
	return server->asked ? OK
			     : "HTTP/1.1 429 No\r\nRetry-After: 3600\r\nContent-Length: 0\r\n\r\n";
}

static void who_wants_to_be_left_alone_is_for_a_while(void **state)
{
	struct scene *scene = *state;

	scene->server.answer = take_second_later;
	scene->pace.longest = 200 * MS;
	start(scene);
	post(scene, "drift", 1);
	wait_for(&scene->server.arrived, 2);
	assert_true(scene->server.at[1] - scene->server.at[0] >= 200 * MS);
}

static const char *refuse_first(const struct server *server, const char *request)
{
	(void)request;
	return server->asked ? OK : NO("404");
}

static void what_is_refused_is_dropped_and_said_with_the_next(void **state)
{
	struct scene *scene = *state;

	scene->server.answer = refuse_first;
	start(scene);
	post(scene, "drift", 1);
	post(scene, "drift", 2);
	post(scene, "drift", 3);
	wait_for(&scene->server.arrived, 3);
	assert_string_equal(body(&scene->server, 1), "{\"n\":2,\"dropped\":1}");
	assert_string_equal(body(&scene->server, 2), "{\"n\":3}");
	assert_int_equal(complaints(scene), 1);
	assert_string_equal(
		scene->complaint,
		"webhook chat does not take an event, which is dropped: it answers 404");
}

static const char *send_away(const struct server *server, const char *request)
{
	(void)request;
	return server->asked ? OK
			     : "HTTP/1.1 307 Away\r\nLocation: /else\r\nContent-Length: 0\r\n\r\n";
}

static void nobody_is_sent_elsewhere(void **state)
{
	struct scene *scene = *state;

	scene->server.answer = send_away;
	start(scene);
	post(scene, "drift", 1);
	post(scene, "drift", 2);
	wait_for(&scene->server.arrived, 2);
	assert_null(strstr(scene->server.requests[1], "/else"));
	assert_string_equal(body(&scene->server, 1), "{\"n\":2,\"dropped\":1}");
	assert_true(complains(scene, "it answers 307, and redirects are not followed"));
}

static const char *take_others(const struct server *server, const char *request)
{
	(void)server;
	return strstr(request, "{\"n\":1}") ? NO("500") : OK;
}

static void what_is_too_old_is_given_up(void **state)
{
	struct scene *scene = *state;

	scene->server.answer = take_others;
	scene->pace.patience = 50 * MS;
	start(scene);
	post(scene, "drift", 1);
	while (!complains(scene, "was not told of an event: it was tried for too long"))
		wait_for(&scene->complained, 1);
	assert_true(scene->server.asked > 1);
	post(scene, "drift", 2);
	stop(scene);
	assert_string_equal(body(&scene->server, scene->server.asked - 1),
			    "{\"n\":2,\"dropped\":1}");
}

static void complaints_are_rare(void **state)
{
	struct scene *scene = *state;

	scene->server.answer = take_sixth;
	scene->pace.complain = 300 * S;
	start(scene);
	post(scene, "drift", 1);
	wait_for(&scene->server.arrived, 6);
	stop(scene);
	assert_int_equal(complaints(scene), 1);
	assert_false(complains(scene, "secret-path"));
}

static void nobody_at_home_is_a_reason_to_try_again(void **state)
{
	struct scene *scene = *state;

	scene->hooks[0].url = "http://127.0.0.1:1/secret-path";
	start(scene);
	post(scene, "drift", 1);
	wait_for(&scene->complained, 3);
	assert_true(complains(scene, "is tried again: Failed to connect"));
	assert_false(complains(scene, "secret-path"));
	scene->pace.flush = 0;
}

static const char *hang_first(const struct server *server, const char *request)
{
	(void)request;
	return server->asked ? OK : hang;
}

static void of_too_many_the_oldest_are_dropped(void **state)
{
	struct scene *scene = *state;

	scene->server.answer = hang_first;
	start(scene);
	post(scene, "drift", 1);
	wait_for(&scene->server.arrived, 1);
	for (int i = 2; i <= 300; i++)
		post(scene, "drift", i);
	(void)sem_post(&scene->server.let_go);
	wait_for(&scene->server.arrived, 256);
	assert_string_equal(body(&scene->server, 1), "{\"n\":45,\"dropped\":43}");
	assert_string_equal(body(&scene->server, 2), "{\"n\":46}");
	assert_string_equal(body(&scene->server, 256), "{\"n\":300}");
	stop(scene);
	assert_int_equal(scene->server.asked, 257);
}

static void one_that_hangs_keeps_no_other_waiting(void **state)
{
	struct scene *scene = *state;

	scene->server.answer = hang_first;
	scene->config.nwebhook = 2;
	start(scene);
	post(scene, "drift", 1);
	post(scene, "drift", 2);
	wait_for(&scene->server.arrived, 1);
	wait_for(&scene->other.arrived, 2);
	assert_string_equal(body(&scene->other, 1), "{\"n\":2}");
	assert_int_equal(scene->server.asked, 1);
	(void)sem_post(&scene->server.let_go);
}

static void one_that_hangs_is_tried_again_after_a_while(void **state)
{
	struct scene *scene = *state;

	scene->server.answer = hang_first;
	scene->pace.transfer = 50 * MS;
	start(scene);
	post(scene, "drift", 1);
	wait_for(&scene->complained, 1);
	assert_true(complains(scene, "timed out"));
	(void)sem_post(&scene->server.let_go);
	wait_for(&scene->server.arrived, 2);
	assert_string_equal(body(&scene->server, 1), "{\"n\":1}");
}

static void the_end_breaks_off_what_hangs(void **state)
{
	struct scene *scene = *state;
	uint64_t began;

	scene->server.answer = hang_first;
	scene->pace.flush = 10 * MS;
	start(scene);
	post(scene, "drift", 1);
	post(scene, "drift", 2);
	wait_for(&scene->server.arrived, 1);
	began = hc_now();
	stop(scene);
	assert_true(hc_now() - began < 8 * S);
	(void)sem_post(&scene->server.let_go);
	wait_for(&scene->server.left, 1);
	assert_int_equal(complaints(scene), 0);
	assert_int_equal(scene->server.asked, 1);
}

static void the_end_does_not_wait_for_what_hangs_for_good(void **state)
{
	struct scene *scene = *state;
	uint64_t began;

	scene->server.answer = hang_first;
	scene->pace.flush = scene->pace.stop = 10 * MS;
	scene->config.nwebhook = 2;
	start(scene);
	post(scene, "drift", 1);
	wait_for(&scene->server.arrived, 1);
	began = hc_now();
	stop(scene);
	assert_true(hc_now() - began < 900 * MS); /* curl looks up once a second */
	(void)sem_post(&scene->server.let_go);
	wait_for(&scene->server.left, 1);
	assert_int_equal(complaints(scene), 0);
}

static void the_end_does_not_wait_for_a_next_try(void **state)
{
	struct scene *scene = *state;

	scene->server.answer = take_second_later;
	scene->pace.longest = scene->pace.flush = 60 * S;
	start(scene);
	post(scene, "drift", 1);
	wait_for(&scene->complained, 1);
	stop(scene);
	assert_int_equal(scene->server.asked, 1);
}

static void each_is_told_what_it_wants(void **state)
{
	struct scene *scene = *state;

	hc_strings_add(scene->arena, &scene->hooks[0].events, "failed");
	scene->config.nwebhook = 2;
	start(scene);
	post(scene, "drift", 1);
	post(scene, "failed", 2);
	stop(scene);
	assert_int_equal(scene->server.asked, 1);
	assert_string_equal(body(&scene->server, 0), "{\"n\":2}");
	assert_int_equal(scene->other.asked, 2);
}

static const char *never_end(const struct server *server, const char *request)
{
	(void)server, (void)request;
	return too_much;
}

static void an_answer_without_end_is_an_answer(void **state)
{
	struct scene *scene = *state;

	scene->server.answer = never_end;
	start(scene);
	post(scene, "drift", 1);
	post(scene, "drift", 2);
	wait_for(&scene->server.arrived, 2);
	assert_string_equal(body(&scene->server, 1), "{\"n\":2}");
	assert_int_equal(complaints(scene), 0);
}

static void put_header(struct scene *scene, const char *text)
{
	scene->hooks[0].header_file = hc_printf(scene->arena, "%s/header", scene->directory);
	assert_int_equal(hc_file_write(scene->hooks[0].header_file, 0600, text, strlen(text)), 0);
}

static void the_header_is_read_for_each(void **state)
{
	struct scene *scene = *state;

	put_header(scene, "Authorization: Bearer one\n");
	start(scene);
	post(scene, "drift", 1);
	wait_for(&scene->server.arrived, 1);
	put_header(scene, "Authorization: Bearer two\r\n");
	post(scene, "drift", 2);
	wait_for(&scene->server.arrived, 1);
	assert_non_null(strstr(scene->server.requests[0], "\r\nAuthorization: Bearer one\r\n"));
	assert_non_null(strstr(scene->server.requests[1], "\r\nAuthorization: Bearer two\r\n"));
}

static void a_bad_header_keeps_all_from_going_until_it_is_mended(void **state)
{
	static const char *const bad[] = {"A: secret\nB: secret\n", "secret\n", ": secret\n",
					  "A: sec\x01ret\n", ""};
	struct scene *scene = *state;

	for (size_t i = 0; i < HC_COUNT(bad); i++) {
		put_header(scene, bad[i]);
		start(scene);
		post(scene, "drift", 1);
		wait_for(&scene->complained, 2);
		stop(scene);
		while (!sem_trywait(&scene->complained))
			continue;
		assert_true(complains(scene, "its header_file is no"));
		assert_false(complains(scene, "secret"));
		assert_int_equal(scene->server.asked, 0);
	}
	assert_int_equal(unlink(scene->hooks[0].header_file), 0);
	start(scene);
	post(scene, "drift", 1);
	wait_for(&scene->complained, 2);
	assert_true(complains(scene, "header_file"));
	put_header(scene, "A: b");
	wait_for(&scene->server.arrived, 1);
	assert_non_null(strstr(scene->server.requests[0], "\r\nA: b\r\n"));
}

static void only_http_is_spoken(void **state)
{
	struct scene *scene = *state;

	scene->hooks[0].url = "ftp://127.0.0.1/";
	start(scene);
	post(scene, "drift", 1);
	wait_for(&scene->complained, 1);
	assert_true(complains(scene, "does not take an event, which is dropped"));
}

/* A server of one's own making: the certificate vouches for itself. Says its port, then each body.
 */
static const char tls_server[] =
	"import http.server, os, ssl, subprocess, sys, threading\n"
	"def end():\n" /* with the test, however that ends */
	"    sys.stdin.read()\n"
	"    os._exit(0)\n"
	"threading.Thread(target=end).start()\n"
	"where = sys.argv[1]\n"
	"subprocess.run(['openssl', 'req', '-x509', '-newkey', 'ec', '-pkeyopt',\n"
	"    'ec_paramgen_curve:P-256', '-nodes', '-keyout', where + '/key', '-out',\n"
	"    where + '/ca', '-subj', '/CN=hook', '-addext', 'subjectAltName=IP:127.0.0.1'],\n"
	"    check=True, capture_output=True)\n"
	"class Handler(http.server.BaseHTTPRequestHandler):\n"
	"    def do_POST(self):\n"
	"        body = self.rfile.read(int(self.headers['Content-Length']))\n"
	"        self.send_response(204)\n"
	"        self.end_headers()\n"
	"        print(body.decode(), flush=True)\n"
	"    def log_message(self, *_):\n"
	"        pass\n"
	"server = http.server.HTTPServer(('127.0.0.1', 0), Handler)\n"
	"context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)\n"
	"context.load_cert_chain(where + '/ca', where + '/key')\n"
	"server.socket = context.wrap_socket(server.socket, server_side=True)\n"
	"print(server.server_port, flush=True)\n"
	"server.serve_forever()\n";

/* What the child says next, with its newline. */
static const char *child_line(struct scene *scene)
{
	struct pollfd out = {.fd = scene->tls.out, .events = POLLIN};
	char text[256];
	size_t n = 0;

	do {
		assert_true(n + 1 < sizeof(text) && poll(&out, 1, -1) == 1);
		assert_int_equal(read(scene->tls.out, text + n, 1), 1);
	} while (text[n++] != '\n');
	return hc_strndup(scene->arena, text, n);
}

static void only_who_is_vouched_for_is_told(void **state)
{
	struct scene *scene = *state;
	const char *const argv[] = {"python3", "-c", tls_server, scene->directory, NULL};

	assert_int_equal(hc_spawn(scene->arena, argv, true, true, &scene->tls), 0);
	scene->hooks[0].url = hc_printf(scene->arena, "https://127.0.0.1:%lu/secret-path",
					strtoul(child_line(scene), NULL, 10));
	start(scene);
	post(scene, "drift", 1);
	wait_for(&scene->complained, 2);
	stop(scene);
	assert_true(complains(scene, "certificate"));
	scene->hooks[0].ca_file = hc_printf(scene->arena, "%s/ca", scene->directory);
	start(scene);
	post(scene, "drift", 2);
	assert_string_equal(child_line(scene), "{\"n\":2}\n");
}

static void without_webhooks_there_is_nothing_to_do(void **state)
{
	struct scene *scene = *state;

	scene->config.nwebhook = 0;
	start(scene);
	post(scene, "drift", 1);
	stop(scene);
	assert_int_equal(scene->server.asked, 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(an_event_is_posted_as_json),
		TEST(what_was_posted_goes_before_the_end),
		TEST(what_fails_is_tried_again_and_order_is_kept),
		TEST(pauses_double_up_to_a_longest),
		TEST(who_wants_to_be_left_alone_is_for_a_while),
		TEST(what_is_refused_is_dropped_and_said_with_the_next),
		TEST(nobody_is_sent_elsewhere),
		TEST(what_is_too_old_is_given_up),
		TEST(complaints_are_rare),
		TEST(nobody_at_home_is_a_reason_to_try_again),
		TEST(of_too_many_the_oldest_are_dropped),
		TEST(one_that_hangs_keeps_no_other_waiting),
		TEST(one_that_hangs_is_tried_again_after_a_while),
		TEST(the_end_breaks_off_what_hangs),
		TEST(the_end_does_not_wait_for_what_hangs_for_good),
		TEST(the_end_does_not_wait_for_a_next_try),
		TEST(each_is_told_what_it_wants),
		TEST(an_answer_without_end_is_an_answer),
		TEST(the_header_is_read_for_each),
		TEST(a_bad_header_keeps_all_from_going_until_it_is_mended),
		TEST(only_http_is_spoken),
		TEST(only_who_is_vouched_for_is_told),
		TEST(without_webhooks_there_is_nothing_to_do),
	};

	(void)alarm(120); /* a test that waits for what never comes */
	return cmocka_run_group_tests(tests, NULL, NULL);
}
