/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * A disk or card of a VM as a resource of its own: whose it is, whether it is time to change it,
 * and the domain that it is in.
 */

#include "vm.h"

/* "disk-0" of "vm/disk-0". */
const char *device_name(const char *child);

/* A change of something nested in a VM is this node's to do now: it is the VM's home, and the VM is
 * not on its way to another node or about to go there, where it is done then. */
bool device_ready(struct hc_call *call, const char *child);
/* Refuses it when the VM that has the name of its VM is another one, by its uuid: what follows from
 * the uuid that is asked for is not this VM's. Gives whether it did. */
bool device_refused(struct hc_call *call, struct hc_change *change);
/* Of a create or update: it is so already, as far as this node is concerned. */
void device_leave(struct hc_change *change);

/* Whether the VM runs here as far as was read. */
bool device_vm_runs(const struct hc_call *call, const char *child);
/* Whether the VM's own change makes or removes the whole domain. */
bool device_vm_new(const struct hc_plan *plan, const char *child);

/* What leaves a VM that is off has left before the VM is started. */
void device_leaves_first(struct hc_plan *plan, struct hc_change *change);

/* Whether what is defined there and does not run waits for the VM's next start: there is no place
 * for it on the PCI bus of what runs. */
bool device_waits(const struct vm_here *here, bool on_pci);

/* The domain that it is in, as it is now; for vm_here_done(). -EAGAIN, said: it is not defined. */
int device_open(struct hc_call *call, struct libvirt *self, const char *child,
		virConnectPtr *connect, struct vm_here *here);
/* The disk or card of that name in the wanted domain as libvirt's XML, without its place on the bus
 * and its turn when booting, which are for the definition. NULL: it has none. */
typedef char *device_write(struct hc_arena *arena, const struct domain *domain, const char *name);
/* Plugs it into what runs. One for which there is no place comes with the next start. */
int device_attach(struct hc_call *call, const struct vm_here *here, const char *name,
		  device_write *write);
/* Takes what has that alias out of the definition and out of what runs; the guest has a word in
 * that, so it may be there a while longer. */
int device_detach(struct hc_call *call, struct libvirt *self, const struct vm_here *here,
		  const char *alias, bool defined, bool running);
/* Whether a domain has the disk, or the card, of that name. */
typedef bool device_has(const struct domain *domain, const char *name);
/* 0: what runs has let go of it; -EAGAIN, said: not yet. */
int device_gone(struct hc_call *call, struct libvirt *self, const char *child, device_has *has);
