/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* hcstate-claim: what its verbs share. `hcstate claim` and `hcstate console` become this program,
 * since hcstate itself knows no Ceph. */

#include "../claim_store.h"
#include "fail.h"
#include "members.h"

struct program {
	struct hc_arena *arena;
	struct claim_store store;
	const char *node, *to; /* this one; for whom a VM is taken from its node */
	bool json, yes, force;
};

/* Of that name; 0, or an exit code, and said. */
int program_find(const struct program *program, const char *vm, struct claim *claim);

/* The verbs give the exit code. vm NULL: all. */
int program_show(const struct program *program, const char *vm);
int program_break(const struct program *program, const char *vm);
int program_console(const struct program *program, const char *vm);
