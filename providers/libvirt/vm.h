/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * What is read of VMs once per read and shared by the nouns vm, disk, net and cloud_init; and the
 * domain that the manifests ask for.
 */

#include <libvirt/libvirt.h>

#include "balloon.h"
#include "claim.h"
#include "domain.h"
#include "nouns.h"

/* A domain of this node's libvirt. */
struct vm_here {
	virDomainPtr domain;
	const char *name, *uuid;
	bool ours;
	bool active;
	bool autostart;               /* libvirt's own; not told by vm_here_now() */
	int state, reason;            /* an enum virDomainState and its reason; of an active one */
	const struct domain *defined; /* what it will be at its next start; NULL: nothing is */
	const struct domain *running; /* what it is; NULL: it is not active */
	enum balloon_trend trend;     /* of its memory; only told to vm_read_values() */
};

struct vms {
	bool read;             /* the rest is filled in */
	const char *why;       /* why they are not known; NULL: they are */
	virConnectPtr connect; /* NULL: libvirt was never used here, there are none */
	struct vm_here *here;  /* by name */
	size_t nhere;
	struct claim *claims; /* of the whole cluster */
	size_t nclaim;
	struct hc_map silent; /* other nodes whose libvirtd was asked and did not answer, and why */
};

/* Reads them, the first time. Whether they are known; if not that was said of `type`, or not. */
bool vms_seen(const struct look *look);
bool vms_known(const struct look *look, const struct hc_type *type);
void vms_done(struct vms *vms);

/* NULL: there is none. */
const struct vm_here *vms_here(const struct vms *vms, const char *name);
const struct claim *vms_claim(const struct vms *vms, const char *uuid);

/* Whether this node answers for what is here: it is ours, and no claim says that it is another
 * node's. Such a domain's disks and cards are live resources. */
bool vms_mine(const struct hc_call *call, const struct vms *vms, const struct vm_here *here);

/*
 * The domain that the manifests ask for: all disks, cards, the drive and the seed with their
 * sources. From call->desired. -ENOENT and the like are said.
 */
int vm_domain(struct hc_call *call, const char *vm, struct domain *domain);
/* By the name of the child: "disk-0", also "cdrom" and "cloudinit"; "net0". NULL: it has none. */
const struct domain_disk *vm_domain_disk(const struct domain *domain, const char *name);
const struct domain_net *vm_domain_net(const struct domain *domain, const char *name);

/* Why a card cannot be plugged in on this node: nobody has its bridge or asks for it. NULL: it
 * can, as far as is known. */
const char *vm_no_bridge(struct hc_call *call, const struct hc_resource *net);

/* What libvirt says of that medium: the file of an Image in a directory, else itself. */
const char *vm_medium_path(struct hc_call *call, const char *cdrom);

/*
 * Writes the definition as wanted, for its next start. What is defined already keeps the devices
 * that it has, also those that are not wanted any more and other people's (they are detached by who
 * answers for them), and gets no new ones but `device` ("disk-1", NULL: none), as others may not
 * have been made yet.
 */
int vm_define(struct hc_call *call, struct libvirt *self, const char *vm, const char *device);
/* Around reading a definition and changing it: a VM's disks and cards are changed at once, and the
 * last to write would take away what the others added. -EAGAIN: somebody else is at it. */
int vm_defining(struct hc_call *call, struct libvirt *self);
void vm_defined(struct libvirt *self);
/* With all that libvirt keeps beside it. true also: it is gone. */
bool vm_undefine(virDomainPtr domain);

/* Whether QEMU still owes libvirt an answer: who asks it something waits too, maybe for ever. */
bool vm_is_occupied(virDomainPtr domain);

/* The domain by its uuid, for virDomainFree(); NULL with 0: there is none. */
int vm_lookup(struct hc_call *call, virConnectPtr connect, const char *uuid, virDomainPtr *domain);
/* It and both its descriptions, as they are now. *connect and here->domain are to be given back
 * with vm_here_done(). here->domain NULL: there is none. */
int vm_here_now(struct hc_call *call, struct libvirt *self, const char *uuid,
		virConnectPtr *connect, struct vm_here *here);
void vm_here_done(virConnectPtr connect, struct vm_here *here);
