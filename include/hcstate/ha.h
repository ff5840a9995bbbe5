/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * The kinds of high availability: which VMs come back elsewhere when their node dies, on which
 * nodes, and how fast. The rewrite of where a VM runs is a pure function (reconciler/ha); what it
 * decided is read back as fields of these kinds.
 */

#include <hcstate/type.h>

enum hc_ha_profile {
	HC_HA_FAST,
	HC_HA_REFERENCE, /* the times that users of Proxmox VE 7 know */
};
/* What becomes of a node's HA VMs when it goes down in an orderly way. */
enum hc_ha_shutdown {
	HC_HA_CONDITIONAL, /* reboot: they wait for it; power-off: they are recovered elsewhere */
	HC_HA_FREEZE,      /* they wait for it */
	HC_HA_FAILOVER,    /* they are recovered elsewhere */
	HC_HA_MIGRATE,     /* they move away live first */
};
enum hc_ha_spread {
	HC_HA_COUNT, /* the node with the fewest HA VMs */
	HC_HA_ROOM,  /* ... with the most free memory */
};
/* What is asked of a VM. */
enum hc_ha_wish {
	HC_HA_STARTED,
	HC_HA_STOPPED,  /* off, but recovered (as off) when its node dies */
	HC_HA_DISABLED, /* off, and left where it is */
	HC_HA_IGNORED,  /* nobody's matter here */
};

/* One document at most; without one all is as if it were empty. Times: ms; each that is not written
 * is the profile's, and there all the same. */
struct hc_ha_policy {
	unsigned profile;
	uint32_t interval;      /* between two rounds when nothing happens */
	uint32_t fence_delay;   /* a node must be gone this long before it is fenced */
	uint32_t lease;         /* a leader that is not heard of this long is followed by another */
	uint32_t self_fence;    /* a node without contact suspends its HA VMs after this */
	uint32_t storage_delay; /* a node that cannot reach the storage this long is lost */
	unsigned shutdown_policy;
	unsigned spread;
	const char *watchdog; /* a device; NULL: none */
	uint32_t watchdog_timeout;
	const char *comment;

	/* derived */
	bool settled; /* false in live: something new is to be decided, perhaps */

	/* observed */
	const char *leader;
	bool disarmed;
	struct hc_strings warnings; /* "if pve2 dies, web4 has no room" */
};

/* HaResources of a cluster. */
enum {
	HC_HA_MOST = 10000,
};

/* GROUP/NODE */
struct hc_ha_member {
	const char *node;
	uint32_t priority; /* higher is preferred */
};

struct hc_ha_group {
	bool restricted; /* its VMs run on no other node */
	bool nofailback; /* a VM stays where it is when a preferred node comes back */
	const char *comment;
};

struct hc_ha_resource {
	const char *vm, *group; /* group NULL: every node at priority 0 */
	unsigned state;         /* an enum hc_ha_wish */
	uint32_t max_restart;   /* starts tried again on the same node */
	uint32_t max_relocate;  /* other nodes tried */
	const char *comment;

	/* derived */
	bool settled; /* false in live: something new is to be decided about it */

	/* observed: what was decided */
	const char *is;       /* the word of its state: started, recovery, ... */
	const char *place;    /* the node that it is to run on */
	const char *target;   /* where it is to move to; NULL: nowhere */
	bool live;            /* ... live, or off */
	bool runs;            /* whether it is to run */
	uint64_t order;       /* rises with each new order to its node */
	const char *attempts; /* "1 restart, failed on pve1" */
	const char *last_failover;
};

/* A node as HA has it; follows from Node, where there is a HaResource. */
struct hc_ha_node {
	/* derived */
	bool settled; /* false in live: something new is to be decided about it */

	/* observed */
	const char *is;    /* online, unknown, fence, maintenance, gone */
	const char *since; /* how long so */
	const char *beat;  /* how long ago it was last heard of through the storage */
};

extern const char *const hc_ha_profile_words[],
	*const hc_ha_shutdown_words[], *const hc_ha_spread_words[], *const hc_ha_wish_words[];
extern const struct hc_type hc_ha_policy;
extern const struct hc_type hc_ha_group;
extern const struct hc_type hc_ha_member;
extern const struct hc_type hc_ha_resource;
extern const struct hc_type hc_ha_node;

/* The times of a profile, into the policy. */
void hc_ha_times(unsigned profile, struct hc_ha_policy *policy);

struct hc_resource;
struct hc_set;
struct hc_diags;
/* Why that VirtualMachine of a sorted set cannot run on another node ("its disk-0 is in
 * Storage/local, a directory of its node"); NULL: it can. */
const char *hc_ha_pinned(struct hc_arena *arena, const struct hc_set *desired,
			 const struct hc_resource *vm);

/* What no row can say; each is the check of one kind (schema/ha_check.c). */
void hc_ha_policy_check(const struct hc_set *desired, struct hc_diags *diags);
void hc_ha_resource_check(const struct hc_set *desired, struct hc_diags *diags);
