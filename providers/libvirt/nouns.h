/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * The provider libvirt: its own state, and the nouns that it is cut into. A noun answers for one
 * kind: how it is read, what speaks for or against changing it, its steps.
 *
 * What is read of libvirt and of Ceph once per read is in `struct look`; the nouns make live
 * resources of it.
 */

#include <pthread.h>

#include <hcstate/provider.h>

#include <hcstate/storage.h>
#include <hcstate/vm.h>

struct answers;
struct balloons;
struct hypervisor;
struct cluster;
struct jobs;
struct vms;

/* What lives as long as the provider is open. Several calls use it at once. */
struct libvirt {
	struct hypervisor *hypervisor; /* hypervisor.h: the connection to this node's libvirtd */
	struct cluster *cluster;       /* cluster.h: the connection to Ceph */
	struct jobs *jobs;             /* job.h: what goes on for long in threads of its own */
	struct answers *answers;       /* ha_answer.h: what HA was told */
	struct balloons *balloons;     /* balloon.h: guests that give memory back */
	pthread_mutex_t defining;      /* vm_defining() */
};

/* A read under way. */
struct look {
	struct hc_call *call;
	struct libvirt *self;
	struct hc_state *live;
	struct vms *vms; /* vm.h: read by the first noun that needs it */
};

/* What answers for one kind. All but type, read, plan and apply may be NULL. */
struct noun {
	const struct hc_type *type;
	int (*read)(const struct look *look);
	int (*adjust)(struct hc_call *call, struct hc_change *change);
	int (*plan)(struct hc_call *call, struct hc_change *change, struct hc_plan *plan);
	int (*apply)(struct hc_call *call, struct libvirt *self, const struct hc_step *step);
	int (*settled)(struct hc_call *call, struct libvirt *self, const struct hc_step *step);
};

extern const struct noun host_noun, storage_noun, image_noun, image_file_noun, vm_noun, disk_noun,
	net_noun, cloud_init_noun;

/* Derives what the manifests leave to us; each adds its own. vm_derive() comes first, while the set
 * is still sorted; the others look things up in call->desired, as theirs is not any more. */
int host_derive(struct hc_call *call, struct hc_set *desired);
int storage_derive(struct hc_call *call, struct hc_set *desired); /* CephPool.storage, hosts, ... */
int image_derive(struct hc_call *call, struct hc_set *desired);   /* ImageFile */
int vm_derive(struct hc_call *call, struct hc_set *desired); /* uuid, mac, max_*, attached, seed */
