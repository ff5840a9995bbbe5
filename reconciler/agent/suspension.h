/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Persons' "hands off": `hcstate suspend Bridge/vmbr1 --reason ... --until ...`. Kept in the state
 * directory (suspended.json), so that it holds over restarts until it ends or somebody resumes.
 */

#include <json-c/json_types.h>
#include <time.h>

#include <hcstate/diag.h>

struct hc_change;

struct suspension {
	/* "", Kind, Kind/name or Kind/name@node; name and node may be patterns of glob(7). "" is
	 * all. */
	const char *selector;
	const char *reason;  /* or NULL */
	const char *by;      /* the user's name */
	time_t since, until; /* until 0: for good */
};

struct suspensions {
	struct hc_arena *arena; /* its own */
	const char *path;
	struct suspension *v;
	size_t n, room;
};

/* An unreadable file is an error: hands stay off everything until a person has looked. Then all is
 * suspended by hcstate itself, and resuming "" begins the file anew. */
int suspensions_read(struct suspensions *suspensions, const char *state_dir,
		     struct hc_diags *diags);
void suspensions_free(struct suspensions *suspensions);
/* Both write the file before they give 0. -EINVAL: not a selector. -ENOENT: it is not suspended.
 * One of the same selector takes the place of the one before. */
int suspensions_add(struct suspensions *suspensions, const struct suspension *one,
		    struct hc_diags *diags);
int suspensions_remove(struct suspensions *suspensions, const char *selector,
		       struct hc_diags *diags);
/* The one that holds for the object at that time, or NULL; of more than one that which holds
 * longest. What has ended counts no more (and is forgotten when the file is written next). */
const struct suspension *suspensions_find(const struct suspensions *suspensions, const char *kind,
					  const char *name, time_t now);
/* The same of a change, by its node too. */
const struct suspension *suspensions_hold(const struct suspensions *suspensions,
					  const struct hc_change *change, time_t now);
/* [{"selector", "reason", "by", "since", "until"}, ...] of those that hold; times as status has
 * them. */
struct json_object *suspensions_json(const struct suspensions *suspensions, time_t now);
