/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The command line's end of the agent's socket: one request, then lines that are copied to stdout
 * and stderr until the exit code comes. What the lines say was printed by the same functions that
 * the command would print with itself.
 *
 * The agent is root, so its lines may be long; they are not believed to have any form.
 */

#include "ask.h"

#include <errno.h>
#include <json-c/json.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>

#include <reconciler/agent/member.h>

enum {
	CONNECT_S = 5,
	ANSWER_S = 120,
	LONGEST_LINE = 1024 * 1024 * 1024,
};

static const char *socket_path(void)
{
	const char *path = getenv("HCSTATE_SOCKET");

	return path && *path ? path : "/run/hcstate/hcstate.sock";
}

static void set_patience(int fd, int option, unsigned seconds)
{
	const struct timeval tv = {.tv_sec = (time_t)seconds};

	(void)setsockopt(fd, SOL_SOCKET, option, &tv, sizeof(tv)); /* else it waits for ever */
}

/* A connection, or -errno. */
static int call_agent(void)
{
	struct sockaddr_un name = {.sun_family = AF_UNIX};
	const char *path = socket_path();
	int fd, r;

	if (strlen(path) >= sizeof(name.sun_path))
		return -ENAMETOOLONG;
	memcpy(name.sun_path, path, strlen(path) + 1);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	set_patience(fd, SO_SNDTIMEO, CONNECT_S);
	if (connect(fd, (const struct sockaddr *)&name, sizeof(name)) < 0) {
		r = -errno;
		(void)close(fd);
		return r;
	}
	return fd;
}

bool ask_is_there(void)
{
	int fd = call_agent();

	if (fd >= 0)
		(void)close(fd);
	return fd >= 0 || fd == -EACCES || fd == -EAGAIN;
}

static int send_request(int fd, struct json_object *request)
{
	const char *text = json_object_to_json_string_ext(request, JSON_C_TO_STRING_PLAIN);
	size_t size = strlen(text), done = 0;
	ssize_t n = 0;

	while (n >= 0 && done < size) {
		n = send(fd, text + done, size - done, MSG_NOSIGNAL);
		done += n > 0 ? (size_t)n : 0;
	}
	if (n >= 0)
		n = send(fd, "\n", 1, MSG_NOSIGNAL);
	/* It may have been turned away, and told why. */
	return n >= 0 || errno == EPIPE || errno == ECONNRESET ? 0 : -errno;
}

static void copy(FILE *to, struct json_object *line, const char *key)
{
	struct json_object *text;

	if (!json_object_object_get_ex(line, key, &text) ||
	    !json_object_is_type(text, json_type_string))
		return;
	(void)fwrite(json_object_get_string(text), 1, (size_t)json_object_get_string_len(text),
		     to); /* checked at the end */
	(void)fflush(to);
}

/* The exit code, or ASK_NOBODY: there are more lines. */
static int take_line(const struct ask *ask, const char *text)
{
	struct json_object *line = json_tokener_parse(text), *event, *code;
	int r = ASK_NOBODY;

	if (json_object_is_type(line, json_type_object)) {
		copy(ask->out, line, "out");
		copy(ask->err, line, "err");
		event = member_object(line, "event");
		if (event && ask->event)
			ask->event(ask->arg, event);
		if (json_object_object_get_ex(line, "exit", &code))
			r = json_object_get_int(code) & 0xff;
	}
	json_object_put(line);
	return r;
}

static int read_answer(const struct ask *ask, int fd)
{
	_cleanup_(hc_freep) char *text = NULL;
	FILE *in = fdopen(fd, "r"); /* takes the fd */
	size_t room = 0;
	int r = ASK_NOBODY;
	ssize_t n = 0;

	if (!in)
		abort(); /* memory has run out */
	errno = 0;
	while (r == ASK_NOBODY && n < LONGEST_LINE && (n = getline(&text, &room, in)) > 0)
		r = take_line(ask, text);
	if (r == ASK_NOBODY) {
		fprintf(ask->err, "hcstate: the agent %s\n",
			errno == EAGAIN ? "does not answer" : "went away");
		r = EXIT_LATER;
	}
	(void)fclose(in);
	return r;
}

static int say_why_not(const struct ask *ask, int r)
{
	if (!ask->needs_agent && !(ask->needs_root && r == -EACCES))
		return ASK_NOBODY;
	if (r == -EACCES)
		fprintf(ask->err,
			"hcstate: only root and the group hcstate may speak to the agent (%s)\n",
			socket_path());
	else if (r == -ENOENT || r == -ECONNREFUSED)
		fputs("hcstate: no agent runs here (systemctl start hcstate)\n", ask->err);
	else
		fprintf(ask->err, "hcstate: the agent cannot be asked: %s: %s\n", socket_path(),
			strerror(-r));
	return r == -EACCES ? EXIT_FAILED : EXIT_LATER;
}

int ask(const struct ask *ask, struct json_object *request)
{
	int fd = call_agent(), r = fd < 0 ? fd : send_request(fd, request);

	json_object_put(request);
	if (r) {
		if (fd >= 0)
			(void)close(fd);
		return say_why_not(ask, r);
	}
	set_patience(fd, SO_RCVTIMEO, ask->patience_s);
	return read_answer(ask, fd);
}

struct json_object *ask_request(const struct options *options, const char *verb)
{
	struct json_object *request = json_object_new_object();

	json_object_object_add(request, "do", json_object_new_string(verb));
	json_object_object_add(request, "output",
			       json_object_new_string(output_words[options->output]));
	json_object_object_add(request, "terminal", json_object_new_boolean(isatty(STDERR_FILENO)));
	return request;
}

int ask_instead(const struct options *options, const char *verb, FILE *out, FILE *err)
{
	const struct ask how = {.out = out, .err = err, .patience_s = ANSWER_S};
	struct json_object *request, *args;

	if (options->alone || options->approved.n || options->allow_removals != UINT64_MAX)
		return ASK_NOBODY;
	request = ask_request(options, verb);
	args = json_object_new_array();
	for (int i = 0; i < options->narg; i++)
		json_object_array_add(args, json_object_new_string(options->args[i]));
	json_object_object_add(request, "args", args);
	json_object_object_add(request, "desired", json_object_new_boolean(options->desired));
	json_object_object_add(request, "cluster", json_object_new_boolean(options->cluster));
	json_object_object_add(request, "detailed_exitcode",
			       json_object_new_boolean(options->detailed_exitcode));
	return ask(&how, request);
}
