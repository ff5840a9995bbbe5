/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * A part of a read that goes on beside the rest: nouns that wait for Ceph, while others wait for
 * libvirt. What they read is the same as if they had been asked one after the other.
 */

#include "nouns.h"
#include "vm.h"

struct side {
	const struct noun *const *nouns;
	struct look look; /* its own, as an arena is one thread's */
	struct hc_call call;
	struct hc_state live;
	struct vms vms; /* as far as they were read when it began */
	pthread_t thread;
	uint64_t cpu_us; /* what the thread used */
	bool apart;      /* in the thread */
	int result;
};

/* Reads them; 0, or the error of the first that failed. */
int side_read(const struct look *look, const struct noun *const *nouns);

/* Begins to. Until it has ended nobody else may change what `look` points to. */
void side_begin(struct side *side, const struct look *look, const struct noun *const *nouns);
/* Waits for it. What it read and said is the look's then. Gives what side_read() gave. */
int side_end(struct side *side, const struct look *look);
