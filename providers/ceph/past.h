/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Whether this cluster ever existed, as far as this node can tell, and so whether it may be made.
 *
 * A wiped node cannot know by itself, and two wiped monitors of three would form a new, empty
 * cluster. So each node looks for evidence: a monitor's database that has been in a quorum, our own
 * note that the cluster was seen, the label of an OSD of this fsid on any disk. It tells all others
 * (CPG) what it found:
 *   "none FSID DIGEST"  nothing; also a database made in this bootstrap that never was in a quorum
 *   "past FSID WHY"     there was one
 * The first ceph-mon --mkfs runs only while every node that is to have a monitor has an hcstate in
 * the quorate group that says "none" of this very fsid and of the same monitors (their digest), and
 * nobody there, with a monitor or without, says "past".
 */

#include "ceph.h"

#define FACT_PAST "ceph.past"

/* What speaks of an earlier life; "": nothing. Looks at this machine's disks, so not too often. */
int past_read(struct hc_call *call, const struct wants *wants, const char **past);
/* Tells the others (call from read, with what past_read found). */
void past_tell(struct hc_call *call, const struct wants *wants, const char *past);
/* 0: all monitors' nodes are there and know of nothing; else hc_wait() with who is missing, or
 * hc_fail() with what evidence whom speaks against it. */
int past_forbids(struct hc_call *call, const struct wants *wants);
/* The note that this cluster exists, kept in /var/lib/hcstate/ceph-FSID. */
bool past_noted(const struct wants *wants);
int past_note(struct hc_call *call, const struct wants *wants);
