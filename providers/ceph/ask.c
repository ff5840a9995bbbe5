/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Commands to the monitors and the active manager: a JSON object there, an answer back. Ceph's own
 * words for a refusal are handed on as they are, since they say more than the number.
 *
 * What the manager answers is asked of the monitors too, which hand it on: librados' own way to it
 * (16.2) leaves its buffers to a manager that answers after the timeout, in memory that is somebody
 * else's by then. A manager that hangs is waited for once in a while only.
 */

#include "ask.h"

#include <stdarg.h>
#include <string.h>

#include "connection.h"

enum {
	DEPTH = 64, /* of what Ceph answers */
};

struct json_object *command(const char *prefix, ...)
{
	struct json_object *object = json_object_new_object();
	const char *name;
	va_list pairs;

	json_object_object_add(object, "prefix", json_object_new_string(prefix));
	va_start(pairs, prefix);
	while ((name = va_arg(pairs, const char *)))
		json_object_object_add(object, name,
				       json_object_new_string(va_arg(pairs, const char *)));
	va_end(pairs);
	return object;
}

/* What librados allocated. It may hold keys. */
struct buffers {
	char *out, *words;
	size_t size, nwords;
};

static void wipe(char *data, size_t size)
{
	if (!data)
		return;
	explicit_bzero(data, size);
	rados_buffer_free(data);
}

static void buffers_wipe(struct buffers *buffers)
{
	wipe(buffers->out, buffers->size);
	wipe(buffers->words, buffers->nwords);
}

static bool is_silence(int code)
{
	return code == -ETIMEDOUT || code == -ENOTCONN || code == -ESHUTDOWN;
}

static const char *prefix_of(const struct ask *ask)
{
	return json_object_get_string(json_object_object_get(ask->command, "prefix"));
}

static struct json_object *parse(const struct buffers *buffers)
{
	struct json_tokener *tokener = json_tokener_new_ex(DEPTH);
	struct json_object *json = NULL;

	if (!tokener)
		abort();
	if (buffers->size < INT32_MAX)
		json = json_tokener_parse_ex(tokener, buffers->out, (int)buffers->size);
	/* a number or a word at the very end could go on; a NUL ends it */
	if (!json && json_tokener_get_error(tokener) == json_tokener_continue)
		json = json_tokener_parse_ex(tokener, "", 1);
	json_tokener_free(tokener);
	return json;
}

/* Trailing newlines of Ceph's words are for a terminal. */
static const char *words_of(struct hc_arena *arena, const struct buffers *buffers)
{
	size_t size = buffers->nwords;

	while (size && (buffers->words[size - 1] == '\n' || buffers->words[size - 1] == ' '))
		size--;
	return size ? hc_strndup(arena, buffers->words, size) : "";
}

static int take(struct hc_call *call, struct ask *ask, const struct buffers *buffers)
{
	bool wants_json = !ask->plain && !ask->deaf && buffers->size;

	ask->words = words_of(call->arena, buffers);
	if (ask->plain) {
		ask->size = buffers->size;
		ask->out = hc_alloc(call->arena, buffers->size + 1);
		if (buffers->size)
			memcpy(ask->out, buffers->out, buffers->size);
	}
	if (wants_json)
		ask->json = parse(buffers);
	if (ask->code && !ask->quiet)
		return hc_fail(call, -ask->code, NULL, "Ceph refuses %s: %s", prefix_of(ask),
			       *ask->words ? ask->words : strerror(-ask->code));
	if (!ask->code && wants_json && !ask->json)
		return hc_fail(call, EBADMSG, NULL, "Ceph's answer to %s is no JSON",
			       prefix_of(ask));
	return 0;
}

static int put(rados_t cluster, const struct ask *ask, struct buffers *buffers)
{
	const char *text = json_object_to_json_string_ext(ask->command, JSON_C_TO_STRING_PLAIN);

	return rados_mon_command(cluster, &text, 1, ask->input ? ask->input : "", ask->input_size,
				 &buffers->out, &buffers->size, &buffers->words, &buffers->nwords);
}

static int silence(struct hc_call *call, struct connection *connection, const struct ask *ask)
{
	if (ask->manager)
		connection_manager_failed(connection);
	return hc_fail(call, ENOTCONN, NULL, "%s to %s: %s",
		       ask->manager ? "the manager does not answer"
				    : "no majority of the monitors answers",
		       prefix_of(ask), strerror(-ask->code));
}

static int ask_one(struct hc_call *call, struct connection *connection, struct ask *ask)
{
	struct buffers buffers = {0};
	rados_t rados;
	int r;

	ask->words = "";
	if (!json_object_object_get(ask->command, "format") && !ask->plain && !ask->deaf)
		json_object_object_add(ask->command, "format", json_object_new_string("json"));
	if (hc_now() >= call->deadline)
		return hc_fail(call, ENOTCONN, NULL, "no time was left to ask for %s",
			       prefix_of(ask));
	r = connection_take(call, connection, &rados);
	if (r)
		return is_silence(r) ? -ENOTCONN : r;
	ask->code = put(rados, ask, &buffers);
	connection_give(connection, rados, !ask->manager && is_silence(ask->code));
	r = is_silence(ask->code) ? silence(call, connection, ask) : take(call, ask, &buffers);
	buffers_wipe(&buffers);
	return r;
}

static int find_manager(struct hc_call *call, struct connection *connection, const struct ask *ask)
{
	struct ask stat = {.command = command("mgr stat", NULL)};
	bool hangs = connection_manager_hangs(connection);
	int r = hangs ? 0 : ask_one(call, connection, &stat);
	bool available = json_flag(stat.json, "available", false);

	ask_done(&stat);
	if (r || available)
		return r;
	return hc_fail(call, ENOTCONN, NULL,
		       hangs ? "the manager did not answer a moment ago: not asked for %s"
			     : "no manager is active, which would answer %s",
		       prefix_of(ask));
}

int ask(struct hc_call *call, struct connection *connection, struct ask *ask)
{
	int r = ask->manager ? find_manager(call, connection, ask) : 0;

	if (!r)
		r = ask_one(call, connection, ask);
	if (r)
		ask_done(ask);
	return r;
}

void ask_done(struct ask *ask)
{
	(void)json_object_put(ask->command); /* takes NULL */
	(void)json_object_put(ask->json);
	ask->command = ask->json = NULL;
}

int tell_mon(struct hc_call *call, struct connection *connection, struct json_object *command)
{
	struct ask tell = {.command = command, .deaf = true};
	int r = ask(call, connection, &tell);

	ask_done(&tell);
	return r;
}
