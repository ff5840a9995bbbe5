/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Any bytes from who speaks to the agent: over its socket, and as a fact of another node. They may
 * be refused, but never crash, hang or leak; and an answer always is whole lines.
 */

#include <json-c/json.h>
#include <string.h>
#include <sys/socket.h>

#include <reconciler/agent/answer.h>
#include <reconciler/agent/connection.h>
#include <reconciler/agent/member.h>
#include <reconciler/agent/view_fact.h>

/* Says back what it was asked, as a handler looks at it. */
static void echo(void *arg, struct request *request)
{
	struct json_object *line = json_object_new_object();
	const char *verb = member_text(request->body, "do");

	(void)arg;
	json_object_object_add(line, "out", json_object_new_string(verb ? verb : "?"));
	json_object_object_add(line, "n",
			       json_object_new_uint64(member_number(request->body, "n")));
	json_object_object_add(line, "args",
			       json_object_new_uint64(
				       member_count(member_list(request->body, "args"))));
	request_answer(request, line);
	request_end(request);
}

static void closed(void *arg, struct connection *connection)
{
	*(struct connection **)arg = connection_free(connection);
}

/* Whatever came back is JSON, line by line. */
static void check(int fd)
{
	const size_t most = (size_t)1 << 20;
	_cleanup_(hc_freep) char *text = malloc(most);
	ssize_t n = text ? recv(fd, text, most - 1, MSG_DONTWAIT) : 0;
	char *rest;

	if (n <= 0)
		return;
	text[n] = 0;
	if (text[n - 1] != '\n')
		abort();
	for (char *line = strtok_r(text, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest)) {
		struct json_object *object = json_tokener_parse(line);

		if (!json_object_is_type(object, json_type_object))
			abort();
		json_object_put(object);
	}
}

static void speak(const uint8_t *data, size_t size)
{
	struct connection *connection = NULL;
	struct connection_use use = {.handle = echo, .closed = closed, .server = &connection};
	sd_event *event = NULL;
	int fds[2];

	if (sd_event_new(&event) < 0 ||
	    socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, fds))
		abort();
	use.event = event;
	connection = connection_new(&use, fds[0]);
	if (!connection)
		abort();
	(void)!send(fds[1], data, size < 70000 ? size : 70000, MSG_NOSIGNAL);
	while (sd_event_run(event, 0) > 0)
		;
	check(fds[1]);
	(void)close(fds[1]);
	while (sd_event_run(event, 0) > 0)
		;
	if (connection)
		abort(); /* it was not seen that nobody is there any more */
	sd_event_unref(event);
}

static void tell(const char *text)
{
	_cleanup_(hc_freep) char *said = NULL;
	struct json_object *node = json_object_new_object(), *nodes = json_object_new_array();
	struct json_object *status = fact_read_status(text);
	size_t size;
	FILE *out = open_memstream(&said, &size);

	if (!out)
		abort();
	if (status) {
		json_object_object_foreach(status, key, value)
		{
			json_object_object_add(node, key, json_object_get(value));
		}
	}
	json_object_object_add(node, "plan", fact_read_plan(text));
	json_object_array_add(nodes, node);
	answer_nodes_status(out, nodes);
	answer_nodes_plan(out, nodes);
	(void)fclose(out);
	for (size_t i = 0; i < size; i++)
		if ((unsigned char)said[i] < ' ' && said[i] != '\n')
			abort(); /* a terminal could obey it */
	json_object_put(status);
	json_object_put(nodes);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = malloc(size + 1);

	if (!text)
		abort();
	memcpy(text, data, size);
	text[size] = 0;
	speak(data, size);
	tell(text);
	free(text);
	return 0;
}
