/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

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

static inline void complain(void *arg, const char *text)
{
	struct scene *scene = arg;

	(void)pthread_mutex_lock(&scene->lock);
	scene->complaints++;
	(void)snprintf(scene->complaint, sizeof(scene->complaint), "%s", text);
	(void)pthread_mutex_unlock(&scene->lock);
	(void)sem_post(&scene->complained);
}

static inline unsigned complaints(struct scene *scene)
{
	unsigned n;

	(void)pthread_mutex_lock(&scene->lock);
	n = scene->complaints;
	(void)pthread_mutex_unlock(&scene->lock);
	return n;
}

/* Whether the last complaint has that in it. */
static inline bool complains(struct scene *scene, const char *text)
{
	bool yes;

	(void)pthread_mutex_lock(&scene->lock);
	yes = strstr(scene->complaint, text);
	(void)pthread_mutex_unlock(&scene->lock);
	return yes;
}

static inline bool is_complete(const char *request)
{
	const char *length = strstr(request, "Content-Length: "),
		   *body = strstr(request, "\r\n\r\n");

	return length && body && strlen(body + 4) >= strtoul(length + 16, NULL, 10);
}

static inline void send_text(int fd, const char *text)
{
	(void)send(fd, text, strlen(text), MSG_NOSIGNAL);
}

static inline void send_without_end(int fd)
{
	char data[4096];

	memset(data, 'x', sizeof(data));
	send_text(fd, "HTTP/1.1 200 OK\r\n\r\n");
	while (send(fd, data, sizeof(data), MSG_NOSIGNAL) > 0)
		continue;
}

static inline void answer_one(struct server *server, int fd)
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

static inline void *serve(void *arg)
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

static inline const char *take(const struct server *server, const char *request)
{
	(void)server, (void)request;
	return OK;
}

static inline bool begin_server(struct server *server)
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

static inline void end_server(struct server *server)
{
	for (size_t i = 0; i < REQUESTS; i++)
		(void)sem_post(&server->let_go);
	(void)shutdown(server->listens, SHUT_RDWR);
	(void)pthread_join(server->thread, NULL);
	(void)close(server->listens);
}

static inline void name_hook(struct scene *scene, size_t i, const char *name,
			     const struct server *server)
{
	scene->hooks[i].url =
		hc_printf(scene->arena, "http://127.0.0.1:%u/secret-path", server->port);
	scene->webhooks[i] = (struct agent_webhook){name, &scene->hooks[i]};
}

static inline int begin(void **state)
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

static inline void end_child(const struct hc_child *child)
{
	(void)kill(child->pid, SIGKILL);
	(void)waitpid(child->pid, NULL, 0);
	hc_closep(&child->pidfd);
	hc_closep(&child->in);
	hc_closep(&child->out);
	hc_closep(&child->err);
}

static inline int end(void **state)
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

static inline void start(struct scene *scene)
{
	scene->notify = notify_begin(&scene->config, &scene->pace, complain, scene);
}

static inline void stop(struct scene *scene)
{
	scene->notify = notify_free(scene->notify);
}

static inline void post(struct scene *scene, const char *event, int number)
{
	struct json_object *body = json_object_new_object();

	json_object_object_add(body, "n", json_object_new_int(number));
	notify_post(scene->notify, event, body);
	json_object_put(body);
}

static inline void wait_for(sem_t *sem, unsigned n)
{
	while (n--)
		assert_int_equal(sem_wait(sem), 0);
}

static inline const char *body(const struct server *server, size_t i)
{
	return strstr(server->requests[i], "\r\n\r\n") + 4;
}

static inline const char *hang_first(const struct server *server, const char *request)
{
	(void)request;
	return server->asked ? OK : hang;
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)
