/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * protocol.h for one VM with its real effects: libvirt's domain, the claim in Ceph, the watchers of
 * its RBD images.
 */

#include <libvirt/libvirt.h>

#include "claim_store.h"
#include "fence.h"
#include "nouns.h"
#include "protocol.h"

struct vm_power {
	struct protocol protocol; /* for protocol_start() and the like */
	struct libvirt *self;
	virConnectPtr connect; /* NULL: libvirtd does not answer */
	struct claim_store store;
	struct rbd_place *images; /* of what runs; if nothing does, of what is defined */
	size_t nimage;
	bool blind;       /* which images there are is not known */
	bool keeps_locks; /* who is shut out keeps the locks of the images, for now */
};

/*
 * All that it holds is in call->arena; nothing of it points into the call's resources, so that a
 * job may open it with a copy of the call that has the job's own arena, and then go on with
 * another call put into power->protocol.call. -EAGAIN, said: Ceph or libvirtd does not answer.
 */
int vm_power_open(struct hc_call *call, struct libvirt *self, const char *vm, const char *uuid,
		  struct vm_power *power);
/* Likewise of a VM that is another node's: without this node's libvirtd, for what concerns Ceph
 * alone. The locks of whom it shuts out are left to who starts the VM next: their images may be out
 * of reach now. */
int vm_power_open_away(struct hc_call *call, struct libvirt *self, const char *vm, const char *uuid,
		       struct vm_power *power);
/* `result`: of what was done with it; gives it back. */
int vm_power_close(struct vm_power *power, int result);

/* What protocol.h calls the state of a domain (NULL: gone). -EIO, not said: libvirt does not tell,
 * which is not gone. */
int vm_guest(virDomainPtr domain, enum protocol_guest *guest);
/* Whether a migration away from here is under way. -EIO, not said. */
int vm_moving(virDomainPtr domain, bool *moving);

/* Shuts it down through ACPI, in a job; switches it off when it does not react. -EAGAIN as
 * job_settled() says it. 0: it is gone, and its claim is free. */
int vm_stop_begin(struct hc_call *call, struct libvirt *self, const char *uuid);
int vm_stop_settled(struct hc_call *call, struct libvirt *self, const char *vm, const char *uuid);
