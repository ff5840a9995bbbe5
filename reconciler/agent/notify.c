/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Webhooks, all of them. The loop only copies an event into the queues of those who want it; what
 * may take its time happens in notify_hook.c.
 */

#include "notify.h"

#include <curl/curl.h>
#include <json-c/json.h>

#include "notify_hook.h"

struct notify {
	struct hc_arena *arena;
	struct notify_pace pace;
	struct hook **hooks;
	size_t n;
};

struct notify *notify_begin(const struct agent_config *config, const struct notify_pace *pace,
			    notify_complain_fn *complain, void *arg)
{
	struct hc_arena *arena = hc_arena_new();
	struct notify *notify = hc_new(arena, struct notify);

	notify->arena = arena;
	notify->pace = *pace;
	notify->hooks = hc_alloc(arena, config->nwebhook * sizeof(struct hook *));
	if (config->nwebhook)
		(void)curl_global_init(CURL_GLOBAL_DEFAULT); /* else its first use fails too */
	for (size_t i = 0; i < config->nwebhook; i++) {
		struct hook *hook = hook_new(&config->webhooks[i], pace, complain, arg);

		if (hook)
			notify->hooks[notify->n++] = hook;
		else
			complain(arg, hc_printf(arena, "webhook %s: there can be no more threads",
						config->webhooks[i].name));
	}
	return notify;
}

struct notify *notify_new(const struct agent_config *config,
			  void (*complain)(void *arg, const char *text), void *arg)
{
	return notify_begin(config, &notify_usual_pace, complain, arg);
}

/* All have to end within that time, not each. */
static void wait_all(const struct notify *notify, uint64_t us)
{
	uint64_t until = hc_now() + us;

	for (size_t i = 0; i < notify->n; i++) {
		uint64_t now = hc_now();

		(void)hook_wait(notify->hooks[i], now < until ? until - now : 0);
	}
}

struct notify *notify_free(struct notify *notify)
{
	if (!notify)
		return NULL;
	for (size_t i = 0; i < notify->n; i++)
		hook_stop(notify->hooks[i]);
	wait_all(notify, notify->pace.flush);
	for (size_t i = 0; i < notify->n; i++)
		hook_abort(notify->hooks[i]);
	wait_all(notify, notify->pace.stop);
	for (size_t i = 0; i < notify->n; i++)
		hook_free(notify->hooks[i]);
	hc_arena_free(notify->arena);
	return NULL;
}

void notify_post(struct notify *notify, const char *event, struct json_object *body)
{
	for (size_t i = 0; i < notify->n; i++) {
		struct json_object *copy = NULL;

		if (hook_wants(notify->hooks[i], event) &&
		    !json_object_deep_copy(body, &copy, NULL))
			hook_post(notify->hooks[i], copy);
	}
}
