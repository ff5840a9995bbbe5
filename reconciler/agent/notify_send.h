/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* One try at one webhook. */

#include <stdatomic.h>

#include <hcstate/base.h>

struct notify_target {
	const char *name; /* as the configuration calls it: its URL may hold a secret */
	const char *url, *header_file, *ca_file;
};

enum notify_answer {
	NOTIFY_TAKEN,
	NOTIFY_LATER,   /* another try may help */
	NOTIFY_REFUSED, /* none will */
};

/* Posts the body. It is given up when `abort` becomes true, or after `timeout_us`. *why, in the
 * arena, says what is wrong without naming a secret; *after_us: the other side wants to be left
 * alone for so long. */
enum notify_answer notify_send(struct hc_arena *arena, const struct notify_target *target,
			       const char *body, uint64_t timeout_us, const atomic_bool *abort,
			       const char **why, uint64_t *after_us);
