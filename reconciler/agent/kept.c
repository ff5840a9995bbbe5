/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The state directory after a look: approvals that were used, the inventory, status.json. The first
 * two wait for the disk, in the loop's thread. status.json does not: it changes with what breaks,
 * so it is written just before that is mended, and a power loss may take it. A recovery that tells
 * its percentage would have it written several times a second, for hours; so what only tells more
 * of the same waits for some seconds. A restart needs to know since when something is as it is, and
 * that is never late.
 */

#include "kept.h"

#include <string.h>

#include "agent.h"

enum {
	REASONS_US = 5 * 1000 * 1000,
};

/* FNV-1a; a state that is missed once in 2^64 is written with the next. */
static uint64_t add(uint64_t print, const void *data, size_t size)
{
	for (const unsigned char *p = data; size--; p++)
		print = (print ^ *p) * UINT64_C(1099511628211);
	return print;
}

static uint64_t print_of(const struct hc_status *status)
{
	uint64_t print = UINT64_C(14695981039346656037);

	for (size_t i = 0; i < status->n; i++) {
		const struct hc_status_line *line = &status->v[i];

		print = add(print, line->object, strlen(line->object) + 1);
		print = add(print, &line->condition, sizeof(line->condition));
		print = add(print, &line->since, sizeof(line->since));
	}
	return print;
}

bool kept_due(struct kept *kept, const struct hc_status *status, uint64_t now)
{
	uint64_t print = print_of(status);

	if (kept->at && print == kept->print && now - kept->at < REASONS_US)
		return false;
	*kept = (struct kept){print, now};
	return true;
}

static void keep_status(struct agent *agent, struct hc_diags *diags)
{
	int r = 0;

	if (kept_due(&agent->kept, &agent->now->status, hc_now()))
		r = hc_status_save(&agent->now->status, agent->engine);
	if (!r)
		return;
	agent->kept = (struct kept){0}; /* the next look tries again */
	hc_say(diags, HC_WARNING, (struct hc_place){0}, "cannot keep the status: %s", strerror(-r));
}

void kept_look(struct agent *agent, bool unknown)
{
	struct hc_engine *engine = agent->engine;
	struct hc_diags diags = {.arena = agent->turn};

	if (!unknown) /* what cannot be read has no change either */
		approvals_used(&agent->approvals, agent->now->cycle->plan, agent->generation->id,
			       agent->policy.now, &diags);
	if (engine->aim.member)
		hc_inventory_prune(&engine->inventory, &engine->desired, &agent->now->cycle->live,
				   engine->registry);
	(void)hc_inventory_save(&engine->inventory, &diags); /* said */
	keep_status(agent, &diags);
	agent_complain(agent, &diags);
}
