/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* Connecting to a libvirtd with an end to the waiting, and libvirt's event loop in its thread. */

#include <libvirt/libvirt.h>

#include <hcstate/base.h>

/* Somebody on the way to a libvirtd. */
struct dialling;

/* Begins; NULL: too many hang already. libvirt's event loop runs afterwards. */
struct dialling *dialling_new(const char *uri);
/* What comes of it is closed, whenever it comes. */
struct dialling *dialling_free(struct dialling *dialling); /* takes NULL */

/* Waits until it is over, or until `until` (hc_now()). 0: *connect is for virConnectClose(), once.
 * -EAGAIN: not over yet. -ENOTCONN: *why, in the arena. */
int dialling_wait(struct hc_arena *arena, struct dialling *dialling, uint64_t until,
		  virConnectPtr *connect, const char **why);

/* Whether something accepts TCP connections on that port of the address (text) until then. */
bool dialling_reach(const char *address, uint16_t port, uint64_t until);
