/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* Virtual machines, and what makes a node able to run them. */

#include <hcstate/type.h>

struct hc_vm {
	uint32_t id;      /* names its disks: vm-100-disk-0 */
	const char *uuid; /* derived from the cluster's and the VM's name where it is not written */
	const char *node; /* where it is created, and where a change of it moves it to */
	bool running;
	uint32_t cpus, max_cpus;
	uint64_t memory, max_memory; /* bytes, whole KiB */
	const char *machine;         /* "q35", "pc", or one with its version */
	unsigned firmware;           /* an enum hc_firmware */
	const char *cpu;             /* a model that libvirt knows; host-model, host-passthrough */
	const char *cdrom;           /* an Image, an absolute path, "none": empty */
	const char *boot;            /* "disk-0,cdrom,net0" */
	const char *kernel, *initrd, *cmdline;
	bool agent, serial, vnc;
	const char *comment;

	/* derived */
	bool settled; /* false in live: a move of it was begun and has to be seen to its end */
	bool libvirt_autostart; /* true in live: libvirt would start it at boot, without a claim */
	/* Under HA: the last of its orders that was answered here. Desired: one that never is. */
	uint64_t order;

	/* observed */
	const char *place;          /* the node it is on; "" when it is on none */
	const char *state;          /* running, paused, shut off, crashed, ... as libvirt says */
	const char *uptime;         /* "2 h 3 min" */
	const char *last_migration; /* "pve1 -> pve2, 1.6 s, 150 ms down" */
	struct hc_strings pending; /* what is defined, and true at the next start only: "machine" */
	struct hc_strings obstacles; /* what the node that is asked for says against having it */
};

/* VM/disk-0. In Ceph the RBD image vm-ID-disk-0, else a raw file of that name. */
struct hc_vm_disk {
	const char *storage;
	uint64_t size;     /* bytes; grows, never shrinks */
	const char *image; /* the Image it begins as; NULL: empty */
	unsigned bus;      /* an enum hc_disk_bus */
	unsigned cache;    /* an enum hc_disk_cache */
	bool discard;

	/* derived */
	bool attached; /* the VM has it. false in live: an image that no VM has, kept */

	/* observed */
	const char *source; /* "stockage_ceph/vm-100-disk-0" */
};

/* VM/net0 */
struct hc_vm_net {
	const char *bridge;
	unsigned model;    /* an enum hc_nic_model */
	struct hc_mac mac; /* derived from the uuid and the name where it is not written */
	uint32_t mtu;      /* 0: the bridge's */
	bool link;         /* whether the cable is in */
};

/* VM/cloud-init: an RBD image vm-ID-cloudinit (or a file) of the NoCloud kind. */
struct hc_vm_cloud_init {
	const char *hostname; /* the VM's name where it is not written */
	const char *user;
	struct hc_strings ssh_keys;
	struct hc_map addresses; /* net0 -> 10.0.0.50/24; what is not in here has DHCP */
	const char *gateway;
	struct hc_strings dns;
	const char *storage; /* NULL: that of the first disk */

	/* derived */
	const char *seed; /* HC_TEXT: what is in the image */

	/* observed */
	const char *source; /* "stockage_ceph/vm-100-cloudinit" */
};

enum hc_firmware {
	HC_FIRMWARE_BIOS,
	HC_FIRMWARE_UEFI,
};
enum hc_disk_bus {
	HC_BUS_VIRTIO, /* vda, vdb, ... */
	HC_BUS_SCSI,   /* virtio-scsi: sda, sdb, ... */
	HC_BUS_SATA,
};
enum hc_disk_cache {
	HC_CACHE_NONE,
	HC_CACHE_WRITEBACK,
	HC_CACHE_WRITETHROUGH,
	HC_CACHE_DIRECTSYNC,
	HC_CACHE_UNSAFE,
};
enum hc_nic_model {
	HC_NIC_VIRTIO,
	HC_NIC_E1000,
	HC_NIC_E1000E,
	HC_NIC_RTL8139,
};

/* What runs VMs on a node. Follows from the others: there is one where a VM or a Storage is. */
struct hc_vm_host {
	bool enabled, active;  /* libvirtd.service */
	bool tls;              /* libvirtd-tls.socket listens */
	unsigned certificates; /* an enum hc_keyring: the files beside the sealed ones */
	bool hook;             /* libvirt asks hcstate before it starts a VM */
	/* it goes on without a VM or a client: one that ends forgets its RBD pools */
	bool stays;
	bool guests_masked; /* libvirt-guests.service does not start or stop VMs */
	/* domains of ours that are defined here while another node holds the claim */
	struct hc_strings leftovers;
	/* VMs with clients of this node that the blocklist has for years and that are gone */
	struct hc_strings shut_out;

	/* observed */
	const char *version;   /* libvirt's and QEMU's: "9.0.0, QEMU 7.2.17" */
	const char *flaw;      /* why no other node would take its sealed certificate; "": none */
	bool uefi;             /* it has a firmware for it: package ovmf */
	uint32_t cpus;         /* of the node */
	uint64_t memory, free; /* bytes */
};

/* Who may run a VM, as it stands in Ceph (or, without Ceph, on this node). Evidence. */
struct hc_vm_claim {
	const char *uuid;
	const char *node, *target, *asked_node; /* target: of a migration under way; or NULL */
	unsigned state;                         /* an enum hc_claim_state */
	uint64_t epoch;
	struct hc_strings addresses;
};

enum hc_claim_state {
	HC_CLAIM_FREE,      /* it does not run; `node` has its definition */
	HC_CLAIM_STARTING,  /* `node` may have begun to run it */
	HC_CLAIM_RUNNING,   /* `node` runs it, with the clients of `addresses` */
	HC_CLAIM_MIGRATING, /* `node` runs it, or already `target` */
	HC_CLAIM_FENCING,   /* it is being taken from `node` */
};

extern const char *const hc_claim_state_words[];
extern const char *const hc_firmware_words[],
	*const hc_disk_bus_words[], *const hc_disk_cache_words[], *const hc_nic_model_words[];

extern const struct hc_type hc_vm, hc_vm_disk, hc_vm_net, hc_vm_cloud_init, hc_vm_host, hc_vm_claim;

/* What no row can say; each is the check of one kind (schema/vm_check.c). */
void hc_vm_check(const struct hc_set *desired, struct hc_diags *diags);
void hc_vm_disk_check(const struct hc_set *desired, struct hc_diags *diags);
void hc_vm_net_check(const struct hc_set *desired, struct hc_diags *diags);

/* "vm-100-disk-0" */
char *hc_vm_disk_volume(struct hc_arena *arena, const struct hc_vm *vm, const char *disk);

/* The Secret with libvirt's certificates, and its values: the CA's certificate and key, and each
 * node's NODE.crt and NODE.key, in PEM. */
#define HC_LIBVIRT_SECRET "libvirt"
#define HC_LIBVIRT_CA_CERT "ca.crt"
#define HC_LIBVIRT_CA_KEY "ca.key"
/* What a node's name is followed by. */
#define HC_LIBVIRT_CERT ".crt"
#define HC_LIBVIRT_KEY ".key"
