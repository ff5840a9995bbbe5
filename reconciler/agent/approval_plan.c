/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What names a plan, so that a person's yes is to what that person saw. Only what would be done
 * goes into it: reasons, refusals and what holds something back change while time goes by, and the
 * plan is still the same. What would be written goes in as a person sees it: no secret, nor what
 * could be guessed from one, may come out of a digest.
 */

#include "approval.h"

#include <stdio.h>
#include <string.h>

static void put_change(FILE *out, struct hc_arena *arena, const struct hc_change *change)
{
	const struct hc_resource *want = change->want;

	fprintf(out, "%s %s %s\n", hc_action_words[change->action], hc_change_text(arena, change),
		hc_impact_words[change->impact]);
	for (size_t i = 0; want && i < want->type->nfield; i++) {
		const struct hc_field *field = &want->type->fields[i];

		if (change->differs >> i & 1 && field->type != HC_CHILDREN)
			fprintf(out, " %s: %s\n", field->name,
				hc_value_text(arena, field,
					      (const char *)want->spec + field->offset));
	}
	for (size_t i = 0; i < change->nstep; i++)
		fprintf(out, " %s %s\n", change->steps[i]->verb,
			hc_impact_words[change->steps[i]->impact]);
}

const char *plan_id(struct hc_arena *arena, const struct hc_plan *plan)
{
	_cleanup_(hc_arena_freep) struct hc_arena *scratch = hc_arena_new();
	_cleanup_(hc_freep) char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);

	if (!out)
		abort(); /* memory has run out */
	for (size_t i = 0; i < plan->n; i++)
		if (plan->change[i]->hold != HC_HOLD_IGNORE)
			put_change(out, scratch, plan->change[i]);
	if (fclose(out))
		abort(); /* likewise */
	return hc_digest(arena, text, size);
}
