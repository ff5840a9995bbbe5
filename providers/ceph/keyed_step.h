/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* What keyed.c (read, adjust, plan) and keyed_step.c (apply) share. */

#include "keyed.h"
#include "keyring.h"

enum keyed_op {
	KEYED_KEY,
	KEYED_ENABLE,
	KEYED_START,
	KEYED_RESTART,
	KEYED_AWAIT,
	KEYED_STOP,
	KEYED_FORGET,
	KEYED_CLEAR,
};

/* "/var/lib/ceph/mgr/ceph-pve1", and the key ring in it. */
char *keyed_directory(struct hc_arena *arena, const struct keyed *keyed, const char *node);
char *keyed_keyring(struct hc_arena *arena, const struct keyed *keyed, const char *node);
enum hc_keyring keyed_verdict(const struct hc_resource *r, const struct keyed *keyed);
/* Why the cluster cannot do with `left` of them; "": it can. */
const char *keyed_gate(struct hc_arena *arena, const struct keyed *keyed, size_t left,
		       size_t needed);
