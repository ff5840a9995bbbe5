/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * This node's hcstate as a client of Ceph: under which addresses it has images open, so that
 * whoever finds one of them on a VM's disk after a process was killed knows that nobody is behind
 * it any more. A locked file in the state directory for each; the lock goes with the process, or
 * with the machine.
 */

#include <rados/librados.h>
#include <stdbool.h>

#include <hcstate/base.h>

struct clients;

struct clients *clients_new(void);
struct clients *clients_free(struct clients *clients); /* takes NULL */
/* Notes a handle that is connected, and forgets one that is about to end. What cannot be noted is a
 * stranger to who comes later. */
void clients_add(struct clients *clients, rados_t rados);
void clients_remove(struct clients *clients, rados_t rados);

/* "10.0.0.1:0/3571" of a handle, in the arena; "": it does not tell. */
char *client_address(struct hc_arena *arena, rados_t rados);
/* Whether both are of one node. */
bool client_is_beside(const char *address, const char *other);

enum client_kind {
	CLIENT_STRANGE, /* not one of this node's hcstate */
	CLIENT_LIVES,
	CLIENT_ENDED, /* its process is gone */
};
enum client_kind client_kind(const char *address);
/* Nobody will ask for one that has ended again. */
void client_forget(const char *address);
