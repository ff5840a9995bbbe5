/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* hcstate-ha: what its verbs share. `hcstate ha` becomes this program, since hcstate itself knows
 * no Ceph; hcstate-leave.service runs it too. */

#include <rados/librados.h>

#include "../../libvirt/program/fail.h"
#include "../record.h"

enum {
	DONE = 0,
	FAILED = 1,
	USAGE = 64,
	LATER = 75,
};

struct program {
	struct hc_arena *arena;
	struct record_store store;
	rados_t rados;
	const char *node; /* this one */
	const char *then; /* said when it is done; NULL: nothing */
};

/* Asks Ceph as this machine is set up for it. 0, or an exit code, and said; program->rados stays
 * NULL where this machine knows no Ceph. */
int program_open(struct program *program);

/* The verbs give the exit code. args: what follows the verb, NULL ends them. */
int program_words(struct program *program, const char *verb, char *const *args);
int program_leave(struct program *program);
int program_stay(void);
