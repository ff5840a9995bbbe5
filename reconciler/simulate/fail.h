/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* What would come of it if one node failed now. */

#include "simulate.h"

/* A VM that the node has. */
struct fail_vm {
	const char *vm;
	const char *was;     /* the word of its state */
	const char *is, *to; /* ... behind the failure, and where; `to` NULL: it has no place */
	uint64_t after;      /* ms until it runs again; 0: it does not, or did not before */
};

/* A pool that has something on the node. */
struct fail_pool {
	const char *name;
	uint32_t size, min_size; /* Ceph's own choice where the manifests do not say it */
	uint32_t left;           /* copies, or parts, of what loses most */
	bool serves;
};

struct fail {
	uint64_t votes, left; /* without the node, and without those that are off already */
	bool quorate;
	struct fail_vm *vms;
	size_t nvm;
	struct fail_pool *pools;
	size_t npool;
	struct hc_strings warnings;
};

/* `live`: HaResources and HaNodes as they are, or NULL: all is where the rules put it. */
void simulate_fail(struct hc_arena *arena, const struct hc_set *whole, const struct hc_set *live,
		   const char *node, struct fail *fail);

/* fail_pool.c */
void fail_pools(struct hc_arena *arena, const struct hc_set *whole, const char *node,
		struct fail *fail);
