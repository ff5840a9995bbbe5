/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* What the files of VmDisk share, and what VirtualMachine needs of them. */

#include "nouns.h"

/* Makes what holds the data of a desired VmDisk, as a clone of its Image where it has one. One that
 * is there is left as it is. */
int disk_make(struct hc_call *call, struct libvirt *self, const struct hc_resource *disk);

/* Of a desired one: why it cannot be made, or grown, as asked for; NULL: nothing is known against
 * it.
 */
const char *disk_obstacle(struct hc_call *call, const struct hc_resource *disk);

/* disk_read.c: the live VmDisks: those of this node's VMs, and images that no VM has. */
int disk_read(const struct look *look);

/* disk_step.c: the steps. */
int disk_attach(struct hc_call *call, struct libvirt *self, const struct hc_change *change);
int disk_grow(struct hc_call *call, struct libvirt *self, const struct hc_resource *disk);
int disk_detach(struct hc_call *call, struct libvirt *self, const char *name);
/* Whether what runs has given it up. */
int disk_detached(struct hc_call *call, struct libvirt *self, const char *name);
int disk_remove(struct hc_call *call, struct libvirt *self, const struct hc_resource *disk);
