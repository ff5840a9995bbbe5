/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Persons' "do it": of one object, as the plan of one generation shows it. Kept in the state
 * directory (approved.json). An approval is used up when its object has no difference left, and
 * ends with its generation or after a day: nobody's yes of last month lets a later change through.
 * Nor does a yes to a restart let through what costs more by the time it is done; and one that was
 * given ahead, of an object that has no change yet, ends after an hour without one.
 */

#include <json-c/json_types.h>
#include <time.h>

#include <hcstate/diag.h>
#include <hcstate/plan.h>

enum {
	APPROVAL_S = 24 * 3600,
	AHEAD_S = 3600,
};

struct approval {
	const char *object;     /* Kind/name[@node] */
	const char *generation; /* for which it was given */
	const char *by;
	time_t since;
	bool seen;        /* its object has a change, or has had one since */
	const char *most; /* the worst impact that it lets through; NULL: any */
};

struct approvals {
	struct hc_arena *arena; /* its own */
	const char *path;
	struct approval *v;
	size_t n, room;
	bool unsaved; /* the file still has some that were used: the next look writes again */
};

/* Errors are said; an unreadable file approves nothing, and the next approval begins it anew. */
int approvals_read(struct approvals *approvals, const char *state_dir, struct hc_diags *diags);
void approvals_free(struct approvals *approvals);
/* Writes the file before it gives 0. -EINVAL: not an object. */
int approvals_add(struct approvals *approvals, const char *object, const char *generation,
		  const char *by, time_t now, struct hc_diags *diags);
/* The same of many, with one write. */
int approvals_add_all(struct approvals *approvals, const struct hc_strings *objects,
		      const char *generation, const char *by, time_t now, struct hc_diags *diags);
/* Of changes that the person sees: each yes is to what it costs now. */
int approvals_add_changes(struct approvals *approvals, struct hc_change *const *changes, size_t n,
			  const char *generation, const char *by, time_t now,
			  struct hc_diags *diags);
/* Whether the change costs more, or asks for more of a person's word, than its approval was for. */
bool approvals_outgrown(const struct approvals *approvals, const struct hc_change *change);
/* Those that hold for that generation at that time; in the arena. */
void approvals_hold(const struct approvals *approvals, const char *generation, time_t now,
		    struct hc_arena *arena, struct hc_strings *objects);
/* After a look: forgets those whose objects had a change once and have none any more, and those
 * that have ended; writes the file when that is so, and when a change is seen for the first time.
 * Not after a look that could not read everything: what cannot be seen has no change either. */
void approvals_used(struct approvals *approvals, const struct hc_plan *plan, const char *generation,
		    time_t now, struct hc_diags *diags);

/* What `hcstate approve PLAN-ID` names: a digest of all that a plan would change, 12 hex digits;
 * the same for as long as the same would be done, whatever it waits for. */
const char *plan_id(struct hc_arena *arena, const struct hc_plan *plan);
