/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* What the files that write and read a domain's XML share. */

#include "domain.h"
#include "xml.h"

#define DOMAIN_NAMESPACE "https://hcstate.org/domain/1"
#define DOMAIN_AGENT "org.qemu.guest_agent.0"
#define ALIAS "ua-" /* what libvirt leaves to its users */
#define CEPH_PORT "6789"

/* Into one that is being written. */
void write_disk(struct hc_arena *arena, struct xml *xml, const struct domain_disk *disk);
void write_net(struct hc_arena *arena, struct xml *xml, const struct domain_net *net);
void write_hosts(struct hc_arena *arena, struct xml *xml, const struct hc_strings *hosts);

void read_disk(struct hc_arena *arena, const xmlNode *node, struct domain_disk *disk);
void read_net(struct hc_arena *arena, const xmlNode *node, struct domain_net *net);
/* The XML of a device that is not ours, to be written again. */
char *read_raw(struct hc_arena *arena, const xmlNode *device);
/* Devices of somebody else, but for disks and cards: domain->others and what goes with it. */
void read_others(struct hc_arena *arena, const xmlNode *devices, struct domain *domain);
/* The one that vm.serial is. */
bool is_own_serial(const xmlNode *node);
void read_hosts(struct hc_arena *arena, const xmlNode *source, struct hc_strings *hosts);

/* The 7 of "disk-7"; -1: it is no disk's name. */
int disk_number(const char *name);
/* Whether the machine is a q35, of any version. */
bool is_q35(const char *machine);
/* vm.boot, of what the devices say. `asked` is how it was written. */
const char *boot_text(struct hc_arena *arena, const struct domain *domain, const char *asked);
