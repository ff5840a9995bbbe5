/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Disks and network cards, out of XML. Whatever libvirt added is passed over; what the kinds cannot
 * say (a card of another type of network) becomes what no manifest asks for, so that it differs.
 * A device without an alias of ours has no name: it is somebody else's.
 */

#include "domain_parts.h"

#include <string.h>

#include <hcstate/type.h>

void read_hosts(struct hc_arena *arena, const xmlNode *source, struct hc_strings *hosts)
{
	const xmlNode *host = NULL;

	while ((host = xml_child(source, "host", host))) {
		const char *name = xml_attribute(arena, host, "name");
		const char *port = xml_attribute(arena, host, "port");

		if (!name)
			continue;
		if (port && strcmp(port, CEPH_PORT) != 0)
			name = hc_printf(arena, strchr(name, ':') ? "[%s]:%s" : "%s:%s", name,
					 port);
		hc_strings_add(arena, hosts, name);
	}
}

static const char *read_address(struct hc_arena *arena, const xmlNode *device)
{
	static const char *const names[] = {"domain", "bus", "slot", "function"};
	static const unsigned most[] = {0xffff, 0xff, 0x1f, 7};
	const xmlNode *address = xml_child(device, "address", NULL);
	unsigned at[HC_COUNT(names)];

	if (!xml_says(address, "type", "pci"))
		return NULL;
	for (size_t i = 0; i < HC_COUNT(names); i++) {
		const char *text = xml_attribute(arena, address, names[i]);
		uint64_t number = text ? xml_number(text, 0, UINT64_MAX) : 0;

		if (number > most[i])
			return NULL;
		at[i] = (unsigned)number;
	}
	return hc_printf(arena, "%04x:%02x:%02x.%x", at[0], at[1], at[2], at[3]);
}

/* The word's index; `otherwise` for one that is not ours. */
static unsigned word_of(const char *const *words, const char *text, unsigned otherwise)
{
	for (unsigned i = 0; text && words[i]; i++)
		if (!strcmp(words[i], text))
			return i;
	return otherwise;
}

/* What is behind ua-, where it is a name that we give; NULL: somebody else's. */
static const char *read_name(struct hc_arena *arena, const xmlNode *device)
{
	const char *alias = xml_attribute(arena, xml_child(device, "alias", NULL), "name");

	return alias && !strncmp(alias, ALIAS, strlen(ALIAS)) ? alias + strlen(ALIAS) : NULL;
}

static unsigned read_boot(struct hc_arena *arena, const xmlNode *device)
{
	const char *order = xml_attribute(arena, xml_child(device, "boot", NULL), "order");
	uint64_t turn = xml_number(order, 10, 0);

	return turn < UINT32_MAX ? (unsigned)turn : 0;
}

static void read_rbd(struct hc_arena *arena, const xmlNode *disk, const xmlNode *node,
		     struct domain_source *source)
{
	const xmlNode *auth = xml_child(disk, "auth", NULL);
	const char *name = xml_attribute(arena, node, "name");
	const char *slash = name ? strchr(name, '/') : NULL;
	const char *user;

	if (!auth)
		auth = xml_child(node, "auth", NULL); /* both places are libvirt's */
	user = xml_attribute(arena, auth, "username");
	source->kind = DOMAIN_RBD;
	source->pool = slash ? hc_strndup(arena, name, (size_t)(slash - name)) : "";
	source->image = slash ? slash + 1 : name ? name : "";
	source->user = user ? hc_printf(arena, "client.%s", user) : NULL;
	source->secret_uuid = xml_attribute(arena, xml_child(auth, "secret", NULL), "uuid");
	read_hosts(arena, node, &source->hosts);
}

static void read_source(struct hc_arena *arena, const xmlNode *disk, struct domain_source *source)
{
	const xmlNode *node = xml_child(disk, "source", NULL);
	const char *path = xml_attribute(arena, node, "file");

	if (!path)
		path = xml_attribute(arena, node, "dev"); /* a block device is a file too */
	if (xml_says(node, "protocol", "rbd")) {
		read_rbd(arena, disk, node, source);
	} else if (path) {
		source->kind = DOMAIN_FILE;
		source->path = path;
	}
}

/* Behind a bridge that libvirt added it cannot stay where it is, see domain.c. */
char *read_raw(struct hc_arena *arena, const xmlNode *device)
{
	const char *at = read_address(arena, device);
	bool steady = !at || !strncmp(at, "0000:00:", 8) || strstr(at, ":00.0");

	return xml_dump(arena, device, steady ? NULL : xml_child(device, "address", NULL));
}

static bool is_disk_name(const char *name)
{
	return name &&
	       (disk_number(name) >= 0 || !strcmp(name, "cdrom") || !strcmp(name, "cloudinit"));
}

void read_disk(struct hc_arena *arena, const xmlNode *node, struct domain_disk *disk)
{
	const xmlNode *driver = xml_child(node, "driver", NULL);
	const xmlNode *target = xml_child(node, "target", NULL);
	const char *bus = xml_attribute(arena, target, "bus");
	const char *cache = xml_attribute(arena, driver, "cache");

	read_source(arena, node, &disk->source);
	disk->name = read_name(arena, node);
	if (!is_disk_name(disk->name))
		disk->name = NULL;
	disk->cdrom = xml_says(node, "device", "cdrom");
	disk->target = xml_attribute(arena, target, "dev");
	disk->spec.bus = word_of(hc_disk_bus_words, bus, HC_BUS_SATA);
	/* What QEMU does where nothing is said. */
	disk->spec.cache = word_of(hc_disk_cache_words, cache, HC_CACHE_WRITEBACK);
	if (disk->cdrom) /* hcstate says none of it */
		disk->spec.cache = HC_CACHE_NONE;
	disk->spec.discard = xml_says(driver, "discard", "unmap");
	disk->boot = read_boot(arena, node);
	disk->address = read_address(arena, node);
	disk->xml = disk->name ? NULL : read_raw(arena, node);
}

static void read_mac(struct hc_arena *arena, const char *text, struct hc_mac *mac)
{
	const struct hc_field field = {.name = "mac", .type = HC_MAC};
	const char *why;

	if (!text || hc_value_parse(arena, &field, text, mac, &why))
		*mac = (struct hc_mac){{0}}; /* differs from any that is wanted */
}

void read_net(struct hc_arena *arena, const xmlNode *node, struct domain_net *net)
{
	const char *model = xml_attribute(arena, xml_child(node, "model", NULL), "type");
	const char *mtu = xml_attribute(arena, xml_child(node, "mtu", NULL), "size");
	const char *name = read_name(arena, node);
	uint64_t size = xml_number(mtu, 10, 0);

	if (name && !strncmp(name, "net", 3) && xml_number(name + 3, 10, UINT64_MAX) < 100)
		net->name = name;
	/* A type of network that is not ours has no bridge. */
	net->spec.bridge = xml_says(node, "type", "bridge")
				   ? xml_attribute(arena, xml_child(node, "source", NULL), "bridge")
				   : NULL;
	net->spec.model = word_of(hc_nic_model_words, model, HC_NIC_RTL8139);
	net->spec.mtu = size <= UINT32_MAX ? (uint32_t)size : 0;
	net->spec.link = !xml_says(xml_child(node, "link", NULL), "state", "down");
	read_mac(arena, xml_attribute(arena, xml_child(node, "mac", NULL), "address"),
		 &net->spec.mac);
	net->tap = xml_attribute(arena, xml_child(node, "target", NULL), "dev");
	net->boot = read_boot(arena, node);
	net->address = read_address(arena, node);
	net->xml = net->name ? NULL : read_raw(arena, node);
}
