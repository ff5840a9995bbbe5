/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* One webhook: what waits for it, and the thread that takes it there. */

#include "notify.h"

/* Microseconds. */
struct notify_pace {
	uint64_t transfer;       /* one try */
	uint64_t first, longest; /* pauses between tries: the first; they double up to that */
	uint64_t patience;       /* from the post until it is given up */
	uint64_t complain;       /* between two complaints */
	uint64_t flush, stop; /* at the end: what waits may still go; then tries are broken off */
};

extern const struct notify_pace notify_usual_pace;

typedef void notify_complain_fn(void *arg, const char *text);

/* notify_new() with another pace. */
struct notify *notify_begin(const struct agent_config *config, const struct notify_pace *pace,
			    notify_complain_fn *complain, void *arg);

struct hook;

/* Copies what it needs. NULL: there can be no more threads. */
struct hook *hook_new(const struct agent_webhook *webhook, const struct notify_pace *pace,
		      notify_complain_fn *complain, void *arg);
bool hook_wants(const struct hook *hook, const char *event);
void hook_post(struct hook *hook, struct json_object *body); /* taken */

/* The end of it: no more is tried again; what is under way is broken off; wait for it. */
void hook_stop(struct hook *hook);
void hook_abort(struct hook *hook);
bool hook_wait(struct hook *hook, uint64_t us); /* whether it has ended */
/* One that has not ended is left behind: it tells nobody any more, and goes when it can. */
void hook_free(struct hook *hook);
