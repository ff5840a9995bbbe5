/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * A daemon with a key of its own in the monitors' database: a manager, a metadata server. Both are
 * made, watched and removed alike; manager.c and mds.c say what differs.
 */

#include "daemon.h"

struct keyed {
	const struct hc_type *type;
	const char *kind;                /* "mgr": of its unit, its entity, its directory */
	const char *word;                /* for a person: "manager" */
	const char *package;             /* which has to be installed */
	const char *const *caps;         /* pairs for auth get-or-create, NULL ends them */
	size_t enabled, active, keyring; /* where the kind's struct has them */
	size_t joined, failed, role;

	/* What the maps say of it, or NULL. */
	const char *(*role_of)(struct hc_arena *arena, const struct facts *facts, const char *node);
	/* Whether it will soon have one; NULL: that is not told. */
	bool (*starting)(const struct facts *facts, const char *node);
	/* Which life of it the map has; 0: none. NULL: the map loses one that ends. */
	uint64_t (*life)(const struct facts *facts, const char *node);
	/* The names in the map, one after the other; NULL behind the last. */
	const char *(*name_at)(const struct facts *facts, size_t i);
	/* How many there have to be: as read, and as the cluster says right now. */
	size_t (*needed)(const struct hc_set *found);
	size_t (*needed_now)(const struct facts *facts);
};

int keyed_read(const struct look *look, const struct keyed *keyed);
int keyed_adjust(struct hc_call *call, const struct keyed *keyed, struct hc_change *change);
int keyed_plan(struct hc_call *call, const struct keyed *keyed, struct hc_change *change,
	       struct hc_plan *plan);
int keyed_apply(struct hc_call *call, struct ceph *self, const struct keyed *keyed,
		const struct hc_step *step);
