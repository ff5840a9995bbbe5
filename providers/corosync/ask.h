/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* Questions to corosync, with a deadline. */

#include <hcstate/provider.h>

struct asker;

struct asker *asker_new(void);
struct asker *asker_free(struct asker *asker); /* takes NULL, gives NULL */

/* Puts the question; the answer and all it points to is allocated from the arena. Gives 0 or a
 * negative errno and *why. */
typedef int ask_function(struct hc_arena *arena, void *answer, const char **why);

/*
 * Runs the function in a thread of its own and waits for it until the call's deadline; `answer`
 * (of `size` bytes, passed in with what the question needs) is filled in. -EBUSY: an earlier
 * question is still without answer, or this one is now. *why is said in every case.
 */
int ask(struct hc_call *call, struct asker *asker, ask_function *question, void *answer,
	size_t size, const char **why);
