/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Disks and network cards, as XML. What decides where a guest finds a disk on its bus is said, not
 * left to libvirt, which would count the disks that are there now. The place on the PCI bus is
 * libvirt's to choose when a device comes and is kept from then on (domain_keep()).
 */

#include "domain_parts.h"

#include <string.h>

#define CLIENT "client."

/* "10.0.0.1", "10.0.0.1:6789", "fd00::1", "[fd00::1]:6789" */
static void cut_host(struct hc_arena *arena, const char *host, const char **name, const char **port)
{
	const char *end = *host == '[' ? strchr(host, ']') : NULL;
	const char *colon = end ? strchr(end, ':') : strchr(host, ':');

	*port = CEPH_PORT;
	*name = host;
	if (end)
		*name = hc_strndup(arena, host + 1, (size_t)(end - host) - 1);
	else if (colon && strchr(colon + 1, ':'))
		return; /* a bare IPv6 address */
	else if (colon)
		*name = hc_strndup(arena, host, (size_t)(colon - host));
	if (colon)
		*port = colon + 1;
}

void write_hosts(struct hc_arena *arena, struct xml *xml, const struct hc_strings *hosts)
{
	for (size_t i = 0; i < hosts->n; i++) {
		const char *name, *port;

		cut_host(arena, hosts->v[i], &name, &port);
		xml_leaf(xml, "host", "name", name, "port", port, NULL);
	}
}

/* Of "0000:03:00.0" the parts. */
static void write_address(struct hc_arena *arena, struct xml *xml, const char *address)
{
	if (!address || strlen(address) != strlen("0000:00:00.0"))
		return;
	xml_leaf(xml, "address", "type", "pci", "domain", hc_printf(arena, "0x%.4s", address),
		 "bus", hc_printf(arena, "0x%.2s", address + 5), "slot",
		 hc_printf(arena, "0x%.2s", address + 8), "function",
		 hc_printf(arena, "0x%s", address + 11), NULL);
}

static void write_source(struct hc_arena *arena, struct xml *xml,
			 const struct domain_source *source)
{
	const char *user = source->user;

	switch (source->kind) {
	case DOMAIN_EMPTY:
		return;
	case DOMAIN_FILE:
		xml_leaf(xml, "source", "file", source->path, NULL);
		return;
	case DOMAIN_RBD:
		if (user && !strncmp(user, CLIENT, strlen(CLIENT)))
			user += strlen(CLIENT); /* libvirt says it without */
		if (user) {
			xml_open(xml, "auth", "username", user, NULL);
			xml_leaf(xml, "secret", "type", "ceph", "uuid", source->secret_uuid, NULL);
			xml_close(xml);
		}
		xml_open(xml, "source", "protocol", "rbd", "name",
			 hc_printf(arena, "%s/%s", source->pool, source->image), NULL);
		write_hosts(arena, xml, &source->hosts);
		xml_close(xml);
		return;
	}
}

/* Any kernel that installs finds a CD on SATA. Kernels made for clouds, Debian's for one, know only
 * paravirtual buses, and it is them that read a seed. */
static enum hc_disk_bus bus_of(const struct domain_disk *disk)
{
	if (!disk->cdrom)
		return disk->spec.bus;
	return strcmp(disk->name, "cdrom") ? HC_BUS_SCSI : HC_BUS_SATA;
}

/* Its place on a bus of its own. */
static void write_drive(struct hc_arena *arena, struct xml *xml, const struct domain_disk *disk)
{
	enum {
		PORTS = 6, /* of a SATA controller; two of the first are for media */
		MEDIA = 2,
		CDROM_PORT = 5,
		SEED_TARGET = 254, /* of 0 to 255 on virtio-scsi: behind all disks */
	};
	int number = disk_number(disk->name);
	unsigned at = number < 0               ? CDROM_PORT
		      : number < PORTS - MEDIA ? (unsigned)number
					       : (unsigned)number + MEDIA;
	bool scsi = bus_of(disk) == HC_BUS_SCSI;

	xml_leaf(xml, "address", "type", "drive", "controller",
		 hc_printf(arena, "%u", scsi ? 0 : at / PORTS), "bus", "0", "target",
		 hc_printf(arena, "%d",
			   !scsi        ? 0
			   : number < 0 ? SEED_TARGET
					: number),
		 "unit", hc_printf(arena, "%u", scsi ? 0 : at % PORTS), NULL);
}

static void write_boot(struct hc_arena *arena, struct xml *xml, unsigned turn)
{
	if (turn)
		xml_leaf(xml, "boot", "order", hc_printf(arena, "%u", turn), NULL);
}

void write_disk(struct hc_arena *arena, struct xml *xml, const struct domain_disk *disk)
{
	const struct hc_vm_disk *spec = &disk->spec;
	bool virtio = !disk->cdrom && spec->bus == HC_BUS_VIRTIO;
	const char *bus = hc_disk_bus_words[bus_of(disk)];
	/* What is in a drive changes while it runs, its cache cannot. */
	const char *cache = disk->cdrom ? NULL : hc_disk_cache_words[spec->cache];

	xml_open(xml, "disk", "type", disk->source.kind == DOMAIN_RBD ? "network" : "file",
		 "device", disk->cdrom ? "cdrom" : "disk", NULL);
	xml_leaf(xml, "driver", "name", "qemu", "type", "raw", "cache", cache, "discard",
		 disk->cdrom     ? NULL
		 : spec->discard ? "unmap"
				 : "ignore",
		 NULL);
	write_source(arena, xml, &disk->source);
	xml_leaf(xml, "target", "dev",
		 disk->target ? disk->target : domain_target(arena, spec->bus, disk->name), "bus",
		 bus, NULL);
	if (disk->cdrom)
		xml_leaf(xml, "readonly", NULL);
	else
		xml_text(xml, "serial", disk->name);
	write_boot(arena, xml, disk->boot);
	xml_leaf(xml, "alias", "name", hc_printf(arena, ALIAS "%s", disk->name), NULL);
	if (virtio)
		write_address(arena, xml, disk->address);
	else
		write_drive(arena, xml, disk);
	xml_close(xml);
}

void write_net(struct hc_arena *arena, struct xml *xml, const struct domain_net *net)
{
	const uint8_t *mac = net->spec.mac.bytes;

	xml_open(xml, "interface", "type", "bridge", NULL);
	xml_leaf(xml, "mac", "address",
		 hc_printf(arena, "%02x:%02x:%02x:%02x:%02x:%02x", mac[0], mac[1], mac[2], mac[3],
			   mac[4], mac[5]),
		 NULL);
	xml_leaf(xml, "source", "bridge", net->spec.bridge, NULL);
	xml_leaf(xml, "model", "type", hc_nic_model_words[net->spec.model], NULL);
	if (net->spec.mtu)
		xml_leaf(xml, "mtu", "size", hc_printf(arena, "%u", net->spec.mtu), NULL);
	xml_leaf(xml, "link", "state", net->spec.link ? "up" : "down", NULL);
	write_boot(arena, xml, net->boot);
	xml_leaf(xml, "alias", "name", hc_printf(arena, ALIAS "%s", net->name), NULL);
	write_address(arena, xml, net->address);
	xml_close(xml);
}

char *domain_write_disk(struct hc_arena *arena, const struct domain_disk *disk)
{
	struct xml xml;

	xml_begin(&xml);
	write_disk(arena, &xml, disk);
	return xml_end(arena, &xml);
}

char *domain_write_net(struct hc_arena *arena, const struct domain_net *net)
{
	struct xml xml;

	xml_begin(&xml);
	write_net(arena, &xml, net);
	return xml_end(arena, &xml);
}
