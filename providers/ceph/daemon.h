/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* What monitors, managers and metadata servers have in common. */

#include <sys/types.h>

#include <hcstate/unit.h>

#include "ceph.h"

/* "ceph-mon@pve1.service" */
char *daemon_unit(struct hc_arena *arena, const char *kind, const char *node);
/* The user that Ceph's daemons run as. -ENOENT: said, its package is not installed. */
int daemon_user(struct hc_call *call, uid_t *user, gid_t *group);
/* Makes a directory of that user's, 0750; one that is there is fine. By no link of that user's, as
 * the others here (hcstate/directory.h). */
int daemon_directory(struct hc_call *call, const char *path);
/* Writes a file that is that user's alone. */
int daemon_file(struct hc_call *call, const char *path, const void *data, size_t size);
/* Removes a directory and all in it; 0 also when there is none. */
int daemon_clear(struct hc_call *call, const char *path);

/* A new live resource of the kind, for the daemon of that node: named as the node's document, else
 * as the daemon. */
struct hc_resource *daemon_found(const struct look *look, const struct hc_type *type,
				 const char *node);
/* Whether a document asks for a daemon of that kind on the node. */
bool daemon_wanted(const struct hc_call *call, const struct hc_type *type, const char *node);
/* Why nothing of Ceph is done on this node now; NULL: nothing speaks against it. */
const char *daemon_refusal(struct hc_call *call);
/* 0: no other node's daemon of that kind goes while this one's does, as each gate counts on those
 * that stay; else hc_wait(). Who got it gives it back: when all is done, or when it stays after
 * all. */
int daemon_turn(struct hc_call *call, const struct hc_type *type);
void daemon_turn_over(struct hc_call *call, const struct hc_type *type);
/* Of a removal: whether it is approved; if not it is kept. */
bool daemon_leaves(struct hc_call *call, struct hc_change *change);
/* Starts it alone, unless it runs. */
int daemon_start(struct hc_call *call, const char *unit);
/* Stops it if it runs, and takes it from the boot. */
int daemon_stop(struct hc_call *call, const char *unit);
