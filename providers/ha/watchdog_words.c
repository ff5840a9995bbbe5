/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a person is to know of a watchdog, and who says it: a warning in the tables, and a line in
 * the journal, as the agent that is stuck shows no tables any more.
 */

#include "watchdog.h"

#include <poll.h>
#include <string.h>
#include <unistd.h>

static const char *endless_words(const struct watchdog_state *state, struct hc_arena *arena)
{
	const char *after = state->has ? hc_printf(arena, "%u s", state->has) : "some seconds";
	const char *unfit =
		state->has >= state->seconds
			? ""
			: hc_printf(arena, ", nor be told to wait %u s", state->seconds);

	return hc_printf(arena,
			 "%s cannot be stopped once it runs (nowayout)%s: this node is reset %s "
			 "after hcstate was stopped",
			 state->path, unfit, after);
}

const char *watchdog_words(const struct watchdog_state *state, struct hc_arena *arena)
{
	if (state->hungry)
		return hc_printf(arena,
				 "%s is not fed any more: the agent's loop has not turned for %u "
				 "s, and this node is reset",
				 state->path, state->seconds);
	if (state->why && state->left)
		return hc_printf(arena,
				 "%s; an agent before this one has left it running, and it may "
				 "reset this node",
				 state->why);
	if (state->why)
		return hc_printf(arena, "%s; a node whose agent is stuck is not reset", state->why);
	if (state->path && state->endless)
		return endless_words(state, arena);
	return NULL;
}

void watchdog_say_aloud(const char *text)
{
	struct pollfd out = {.fd = STDERR_FILENO, .events = POLLOUT};
	_cleanup_(hc_arena_freep) struct hc_arena *arena = hc_arena_new();
	const char *line = hc_printf(arena, "hcstate: %s\n", text);

	if (poll(&out, 1, 0) == 1 && out.revents & POLLOUT)
		(void)!write(STDERR_FILENO, line, strlen(line)); /* there is nobody else to tell */
}
