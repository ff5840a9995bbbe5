/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A domain as libvirt tells it, what is defined and what runs alike. Read is what the kinds can say
 * and nothing else: addresses, aliases, features of the processor, security labels and whatever a
 * later libvirt adds are passed over, so that what was written reads back the same. Devices that
 * somebody added are kept as they are, see domain_other.c.
 */

#include "domain_parts.h"

#include <errno.h>
#include <string.h>

enum {
	DEVICES_MAX = 1024, /* of each kind; QEMU has no room for as many */
};

/* The unit that the number is in; without one it is KiB. */
static uint64_t unit_of(const xmlNode *node)
{
	static const struct {
		const char *name;
		uint64_t bytes;
	} units[] = {{"b", 1},           {"bytes", 1},    {"KB", 1000},    {"k", 1 << 10},
		     {"KiB", 1 << 10},   {"MB", 1000000}, {"M", 1 << 20},  {"MiB", 1 << 20},
		     {"GB", 1000000000}, {"G", 1 << 30},  {"GiB", 1 << 30}};

	for (size_t i = 0; i < HC_COUNT(units); i++)
		if (xml_says(node, "unit", units[i].name))
			return units[i].bytes;
	return 1 << 10;
}

static uint64_t read_size(struct hc_arena *arena, const xmlNode *node, uint64_t otherwise)
{
	uint64_t size = xml_number(xml_content(arena, node), 10, UINT64_MAX);
	uint64_t unit = unit_of(node);

	return size > UINT64_MAX / unit ? otherwise : size * unit;
}

static uint32_t small(uint64_t number)
{
	return number <= UINT32_MAX ? (uint32_t)number : 0;
}

static void read_cpus(struct hc_arena *arena, const xmlNode *root, struct hc_vm *vm)
{
	const xmlNode *vcpu = xml_child(root, "vcpu", NULL);

	vm->max_cpus = small(xml_number(xml_content(arena, vcpu), 10, 1));
	vm->cpus = small(xml_number(xml_attribute(arena, vcpu, "current"), 10, vm->max_cpus));
}

/*
 * When a domain with host-model is started libvirt puts the model that the host turned out to be in
 * its place, with a full check: then it is still what our metadata say.
 */
static const char *read_cpu(struct hc_arena *arena, const xmlNode *root, const char *noted)
{
	const xmlNode *cpu = xml_child(root, "cpu", NULL);
	const char *mode = xml_attribute(arena, cpu, "mode");
	const char *model = xml_content(arena, xml_child(cpu, "model", NULL));

	if (mode && strcmp(mode, "custom") != 0)
		return mode;
	if (noted && !strcmp(noted, "host-model") && xml_says(cpu, "check", "full"))
		return noted;
	return model ? model : "";
}

static unsigned read_firmware(const xmlNode *os)
{
	bool flash = xml_says(xml_child(os, "loader", NULL), "type", "pflash");

	return flash || xml_says(os, "firmware", "efi") ? HC_FIRMWARE_UEFI : HC_FIRMWARE_BIOS;
}

static void read_os(struct hc_arena *arena, const xmlNode *root, struct hc_vm *vm)
{
	const xmlNode *os = xml_child(root, "os", NULL);

	vm->machine = xml_attribute(arena, xml_child(os, "type", NULL), "machine");
	vm->firmware = read_firmware(os);
	vm->kernel = xml_content(arena, xml_child(os, "kernel", NULL));
	vm->initrd = xml_content(arena, xml_child(os, "initrd", NULL));
	vm->cmdline = xml_content(arena, xml_child(os, "cmdline", NULL));
}

/* Whether one of those devices, or of what is in them, has that attribute. */
static bool has_device(const xmlNode *devices, const char *name, const char *inner,
		       const char *attribute, const char *value)
{
	const xmlNode *device = NULL;

	while ((device = xml_child(devices, name, device)))
		if (xml_says(inner ? xml_child(device, inner, NULL) : device, attribute, value))
			return true;
	return false;
}

/* What is in the drive, as a manifest says it. */
static const char *read_medium(struct hc_arena *arena, const struct domain *domain)
{
	const size_t prefix = strlen(HC_IMAGE_PREFIX);

	for (size_t i = 0; i < domain->ndisk; i++) {
		const struct domain_source *source = &domain->disks[i].source;

		if (!domain->disks[i].name || strcmp(domain->disks[i].name, "cdrom") != 0)
			continue;
		switch (source->kind) {
		case DOMAIN_EMPTY:
			return "none";
		case DOMAIN_FILE:
			return source->path;
		case DOMAIN_RBD:
			if (!strncmp(source->image, HC_IMAGE_PREFIX, prefix))
				return source->image + prefix;
			return hc_printf(arena, "%s/%s", source->pool, source->image);
		}
	}
	return NULL;
}

static size_t count(const xmlNode *devices, const char *name)
{
	const xmlNode *device = NULL;
	size_t n = 0;

	while ((device = xml_child(devices, name, device)))
		n++;
	return n < DEVICES_MAX ? n : DEVICES_MAX;
}

enum {
	PCI = 256,     /* numbers that a bus may have */
	PCI_SLOTS = 32 /* of the first bus */
};

/* Where a device may come, and where one is. */
struct places {
	bool port[PCI], used[PCI], slot[PCI_SLOTS];
};

static void take_place(struct hc_arena *arena, const xmlNode *device, struct places *places)
{
	const xmlNode *address = xml_child(device, "address", NULL);
	uint64_t index = xml_number(xml_attribute(arena, device, "index"), 10, PCI);
	uint64_t bus = xml_number(xml_attribute(arena, address, "bus"), 0, PCI);
	uint64_t slot = xml_number(xml_attribute(arena, address, "slot"), 0, PCI_SLOTS);

	if (xml_says(device, "model", "pcie-root-port") && index < PCI)
		places->port[index] = true;
	if (!xml_says(address, "type", "pci"))
		return;
	if (bus < PCI)
		places->used[bus] = true;
	if (!bus && slot < PCI_SLOTS)
		places->slot[slot] = true;
}

/* A q35 has its ports, each a bus of one place; other machines have the slots of the first bus. */
static bool is_full(struct hc_arena *arena, const xmlNode *devices, bool q35)
{
	struct places places = {{false}};
	const xmlNode *node = devices ? devices->children : NULL;
	bool any = false, free = false;

	for (; node; node = node->next)
		if (node->type == XML_ELEMENT_NODE)
			take_place(arena, node, &places);
	for (size_t i = 0; q35 && i < PCI; i++) {
		any |= places.port[i];
		free |= places.port[i] && !places.used[i];
	}
	for (size_t i = 1; !q35 && i < PCI_SLOTS; i++) {
		any |= places.slot[i];
		free |= !places.slot[i];
	}
	return any && !free;
}

static bool has_serial(const xmlNode *devices)
{
	const xmlNode *device = NULL;

	while ((device = xml_child(devices, "serial", device)))
		if (is_own_serial(device))
			return true;
	return false;
}

static void read_devices(struct hc_arena *arena, const xmlNode *devices, struct domain *domain)
{
	const xmlNode *device = NULL;

	domain->ndisk = count(devices, "disk");
	domain->disks = hc_alloc(arena, (domain->ndisk + 1) * sizeof(*domain->disks));
	for (size_t i = 0; i < domain->ndisk; i++) {
		device = xml_child(devices, "disk", device);
		read_disk(arena, device, &domain->disks[i]);
	}
	device = NULL;
	domain->nnet = count(devices, "interface");
	domain->nets = hc_alloc(arena, (domain->nnet + 1) * sizeof(*domain->nets));
	for (size_t i = 0; i < domain->nnet; i++) {
		device = xml_child(devices, "interface", device);
		read_net(arena, device, &domain->nets[i]);
	}
	domain->full = is_full(arena, devices, is_q35(domain->vm.machine));
	domain->vm.serial = has_serial(devices);
	domain->vm.agent = has_device(devices, "channel", "target", "name", DOMAIN_AGENT);
	domain->vm.vnc = has_device(devices, "graphics", NULL, "type", "vnc");
	domain->vm.cdrom = read_medium(arena, domain);
	read_others(arena, devices, domain); /* what is whose depends on these */
}

/* Our element; NULL: it is not one of ours. */
static const xmlNode *own_metadata(const xmlNode *root)
{
	const xmlNode *metadata = xml_child(root, "metadata", NULL), *own = NULL;

	while ((own = xml_child(metadata, "domain", own)))
		if (own->ns && own->ns->href &&
		    !strcmp((const char *)own->ns->href, DOMAIN_NAMESPACE))
			return own;
	return NULL;
}

static void read_all(struct hc_arena *arena, const xmlNode *root, struct domain *domain)
{
	const xmlNode *own = own_metadata(root), *memory = xml_child(root, "memory", NULL);
	struct hc_vm *vm = &domain->vm;

	domain->ours = own;
	domain->emulated = xml_says(root, "type", "qemu");
	vm->id = small(xml_number(xml_attribute(arena, own, "id"), 10, 0));
	vm->uuid = domain->uuid;
	vm->comment = xml_content(arena, xml_child(root, "description", NULL));
	vm->max_memory = read_size(arena, memory, 0);
	vm->memory = read_size(arena, xml_child(root, "currentMemory", NULL), vm->max_memory);
	read_cpus(arena, root, vm);
	read_os(arena, root, vm);
	vm->cpu = read_cpu(arena, root, xml_attribute(arena, own, "cpu"));
	read_devices(arena, xml_child(root, "devices", NULL), domain);
	vm->boot = boot_text(arena, domain, xml_attribute(arena, own, "boot"));
}

int domain_read(struct hc_arena *arena, const char *xml, struct domain *domain, const char **why)
{
	_cleanup_(xml_freep) xmlDocPtr doc = NULL;
	const xmlNode *root = xml_parse(xml, "domain", &doc, why);

	*domain = (struct domain){0};
	if (!root)
		return -EBADMSG;
	domain->name = xml_content(arena, xml_child(root, "name", NULL));
	domain->uuid = xml_content(arena, xml_child(root, "uuid", NULL));
	if (!domain->name || !*domain->name || !domain->uuid || !*domain->uuid) {
		*why = "it has no name or no uuid";
		return -EBADMSG;
	}
	read_all(arena, root, domain);
	return 0;
}
