/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Deciding, once for all changes of a look: in adjust(), as it needs the claims, which another
 * provider reads. The verdict is kept beside what was seen and lives as long; a look that is
 * planned again when a slow provider has come decides again only if that was the one with the
 * claims.
 */

#include <hcstate/vm.h>

#include "self.h"

static const struct hc_state *claims_of(const struct hc_state *live, size_t *n)
{
	(void)hc_of_type(&live->found, &hc_vm_claim, n);
	return hc_why_unknown(live, &hc_vm_claim) ? NULL : live;
}

void ha_only_known(struct hc_arena *arena, struct ha_wants *wants, const struct ha_memory *memory)
{
	struct ha_want *v = hc_alloc(arena, (wants->n + 1) * sizeof(*v));
	size_t n = 0;

	for (size_t i = 0; i < wants->n; i++)
		if (ha_find_vm(memory, wants->v[i].vm))
			v[n++] = wants->v[i];
	wants->v = v;
	wants->n = n;
}

static bool takes_words(const struct sight *sight, const struct ha_decision *decision)
{
	for (size_t i = 0; i < sight->said.nasked && i < HC_COUNT(decision->taken); i++)
		if (decision->taken[i])
			return true;
	return false;
}

/* "web1: pve2 is there, but ..., since 2026-01-31T03:00:00Z" */
static const char *say(struct hc_arena *arena, const struct ha_warning *warning)
{
	return hc_printf(arena, "%s%s%s%s%s", warning->vm ? warning->vm : "",
			 warning->vm ? ": " : "", warning->text, warning->since ? ", since " : "",
			 warning->since ? ha_moment(arena, warning->since) : "");
}

/* They are the live policy's to show, with those that were there when it was read. */
static void show_warnings(struct sight *sight, const struct ha_decision *decision)
{
	struct hc_strings all = {0};

	for (size_t i = 0; i < sight->warnings.n; i++)
		hc_strings_add(sight->arena, &all, sight->warnings.v[i]);
	for (size_t i = 0; i < decision->nwarning; i++)
		hc_strings_add(sight->arena, &all, say(sight->arena, &decision->warnings[i]));
	if (sight->policy)
		sight->policy->warnings = all;
}

static void decide(const struct hc_call *call, struct sight *sight, struct verdict *verdict)
{
	struct hc_arena *arena = sight->arena;
	const struct hc_state *claims = claims_of(call->live, &verdict->nclaim);
	struct ha_decision *decision = &verdict->decision;
	struct ha_wants wants = sight->wants;
	struct ha_seen seen;

	verdict->claims = claims;
	if (!claims)
		ha_only_known(arena, &wants, &sight->memory);
	ha_see(arena, call, sight, &sight->memory, &sight->said, sight->now, claims, &seen);
	ha_decide(arena, &wants, &seen, &sight->memory, decision);
	verdict->changes = decision->memory.vms != sight->memory.vms ||
			   decision->memory.nodes != sight->memory.nodes ||
			   takes_words(sight, decision);
	show_warnings(sight, decision);
}

const struct verdict *ha_verdict(const struct hc_call *call, struct sight *sight)
{
	struct verdict now = {0};

	if (sight->waits)
		return NULL;
	now.claims = claims_of(call->live, &now.nclaim);
	if (sight->verdict && sight->verdict->claims == now.claims &&
	    sight->verdict->nclaim == now.nclaim)
		return sight->verdict;
	sight->verdict = hc_new(sight->arena, struct verdict);
	decide(call, sight, sight->verdict);
	return sight->verdict;
}
