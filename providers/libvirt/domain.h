/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * A domain as hcstate says it, to and from libvirt's XML. This is the only place that knows the
 * XML of domains. Reading keeps what the kinds can say and leaves libvirt's own additions out, so
 * what was written reads back the same, whatever libvirt added.
 *
 * Devices are recognized by user aliases: ua-disk-0, ua-net0, ua-cdrom, ua-cloudinit. That a domain
 * is ours stands in its metadata.
 */

#include <hcstate/storage.h>
#include <hcstate/vm.h>

enum domain_source_kind {
	DOMAIN_EMPTY, /* a drive without medium */
	DOMAIN_RBD,
	DOMAIN_FILE,
};

struct domain_source {
	enum domain_source_kind kind;
	const char *pool, *image;       /* rbd */
	struct hc_strings hosts;        /* rbd: monitors; never compared */
	const char *user, *secret_uuid; /* rbd */
	const char *path;               /* file */
};

struct domain_disk {
	const char *
		name; /* "disk-0", "cdrom", "cloudinit"; NULL: somebody else's, without our alias */
	struct hc_vm_disk spec; /* bus, cache, discard */
	struct domain_source source;
	bool cdrom;
	const char *target;  /* "vda"; NULL: by bus and name */
	unsigned boot;       /* its turn when booting, from 1; 0: none. domain_boot() */
	const char *address; /* on the PCI bus: "0000:03:00.0"; NULL: libvirt finds one */
	const char *xml;     /* somebody else's: as it was read, and is written again */
};

struct domain_net {
	const char *name; /* "net0"; NULL: somebody else's */
	struct hc_vm_net spec;
	const char *tap;     /* of what runs: the host's end, "vnet0"; NULL: it has none */
	unsigned boot;       /* as of a disk */
	const char *address; /* as of a disk */
	const char *xml;     /* as of a disk */
};

struct domain {
	const char *name, *uuid;
	bool ours;       /* the metadata says so */
	bool emulated;   /* without KVM */
	struct hc_vm vm; /* id, cpus, memory, machine, ...; not node, place, ... */
	struct domain_disk *disks;
	size_t ndisk;
	struct domain_net *nets;
	size_t nnet;
	/* XML of devices that somebody added, where they are and without a place; NULL: none */
	const char *others, *movable;
	bool usb, screen; /* one of them is on the USB bus; one is the guest's first picture */
	unsigned bus;     /* the highest PCI bus that a device has an address on */
	bool full;        /* no place on the PCI bus is free: of one that runs, no more can come */
};

/* Gives each device its `boot` by vm.boot. */
void domain_boot(struct domain *domain);
/* Takes over what is not ours to change when a domain is defined again: where libvirt put the
 * devices on the PCI bus, the version of the machine, devices that somebody added. Other people's
 * disks and cards are for the caller to add. */
void domain_keep(struct domain *domain, const struct domain *was);

/* For virDomainDefineXML. Boots by vm.boot. */
char *domain_write(struct hc_arena *arena, const struct domain *domain);
/* One device with its `boot`, for virDomainAttachDeviceFlags and virDomainUpdateDeviceFlags. */
char *domain_write_disk(struct hc_arena *arena, const struct domain_disk *disk);
char *domain_write_net(struct hc_arena *arena, const struct domain_net *net);

/* -EBADMSG and why: it is no domain's XML. */
int domain_read(struct hc_arena *arena, const char *xml, struct domain *domain, const char **why);

/* "vda", by bus and number of disk-N; cdrom: "sdz" of sata; cloudinit: "sdy" of scsi. */
char *domain_target(struct hc_arena *arena, enum hc_disk_bus bus, const char *name);
/* Whether `have` ("pc-q35-7.2") is what `want` ("q35") asks for. */
bool domain_same_machine(const char *want, const char *have);
