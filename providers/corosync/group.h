/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* The closed process group in which running hcstate processes meet. Any thread may call these. */

#include <hcstate/provider.h>

struct group;

/* *watch becomes readable when it is worth looking again: who is there, what they told, quorum, the
 * running configuration. It belongs to the group. */
struct group *group_new(const char *node, int *watch);
struct group *group_free(struct group *group); /* takes NULL, gives NULL; waits 2 s at most */

/* -E2BIG: more than a message can hold. */
int group_tell(struct group *group, const struct hc_map *facts);
void group_hear(struct group *group, struct hc_arena *arena, struct hc_peers *peers);

/* corosync may have been started: join at once. */
void group_hurry(struct group *group);

/* Tells the others that this node leaves, and waits until it was heard on all of `nodes`. False:
 * that was not so by the deadline. */
bool group_say_goodbye(struct group *group, const uint32_t *nodes, size_t n, uint64_t deadline);
