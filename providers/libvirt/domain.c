/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A whole domain as XML for libvirt. It says everything that the guest can notice and that
 * libvirt's defaults may decide differently one day; it says nothing of what only the node is
 * concerned with.
 *
 * A q35 machine takes a device while it runs only at a free root port, so there are some more of
 * them than there are devices.
 */

#include "domain_parts.h"

#include <inttypes.h>
#include <string.h>

enum {
	SPARE_PORTS = 16, /* devices that can come while it runs */
	LEAST_PORTS = 24,
	PORTS_AT_ONCE = 4,
	OWN_DEVICES = 4, /* SCSI, serial, balloon, random numbers */
};

/* The metadata: that it is ours, its id, and what cannot be read back from what libvirt makes of
 * it. */
static void write_metadata(struct hc_arena *arena, struct xml *xml, const struct hc_vm *vm)
{
	xml_open(xml, "metadata", NULL);
	xml_leaf(xml, "hcstate:domain", "xmlns:hcstate", DOMAIN_NAMESPACE, "id",
		 hc_printf(arena, "%u", vm->id), "boot", vm->boot, "cpu", vm->cpu, NULL);
	xml_close(xml);
}

static void write_memory(struct hc_arena *arena, struct xml *xml, const struct hc_vm *vm)
{
	uint64_t most = vm->max_memory > vm->memory ? vm->max_memory : vm->memory;

	xml_text(xml, "memory", hc_printf(arena, "%" PRIu64, most / 1024));
	xml_text(xml, "currentMemory", hc_printf(arena, "%" PRIu64, vm->memory / 1024));
}

static void write_cpus(struct hc_arena *arena, struct xml *xml, const struct hc_vm *vm)
{
	uint32_t most = vm->max_cpus > vm->cpus ? vm->max_cpus : vm->cpus;

	xml_open(xml, "vcpu", "placement", "static", "current", hc_printf(arena, "%u", vm->cpus),
		 NULL);
	xml_string(xml, hc_printf(arena, "%u", most));
	xml_close(xml);
}

static void write_os(struct xml *xml, const struct hc_vm *vm)
{
	bool uefi = vm->firmware == HC_FIRMWARE_UEFI;

	xml_open(xml, "os", "firmware", uefi ? "efi" : NULL, NULL);
	xml_open(xml, "type", "arch", "x86_64", "machine", vm->machine, NULL);
	xml_string(xml, "hvm");
	xml_close(xml);
	if (uefi) { /* else which one is taken would depend on what the node has */
		xml_open(xml, "firmware", NULL);
		xml_leaf(xml, "feature", "enabled", "no", "name", "secure-boot", NULL);
		xml_close(xml);
	}
	if (vm->kernel && *vm->kernel)
		xml_text(xml, "kernel", vm->kernel);
	if (vm->initrd && *vm->initrd)
		xml_text(xml, "initrd", vm->initrd);
	if (vm->cmdline && *vm->cmdline)
		xml_text(xml, "cmdline", vm->cmdline);
	xml_close(xml);
}

static void write_cpu(struct xml *xml, const char *cpu)
{
	if (!strcmp(cpu, "host-model") || !strcmp(cpu, "host-passthrough")) {
		xml_leaf(xml, "cpu", "mode", cpu, NULL);
		return;
	}
	xml_open(xml, "cpu", "mode", "custom", "match", "exact", NULL);
	xml_open(xml, "model", "fallback", "forbid", NULL);
	xml_string(xml, cpu);
	xml_close(xml);
	xml_close(xml);
}

static void write_rules(struct xml *xml)
{
	xml_open(xml, "features", NULL);
	xml_leaf(xml, "acpi", NULL);
	xml_leaf(xml, "apic", NULL);
	xml_close(xml);
	xml_leaf(xml, "clock", "offset", "utc", NULL);
	xml_text(xml, "on_poweroff", "destroy");
	xml_text(xml, "on_reboot", "restart");
	xml_text(xml, "on_crash", "destroy");
}

/* Enough for what is on the PCI bus, and none less than there are buses in use. */
static unsigned ports_of(const struct domain *domain)
{
	unsigned n = OWN_DEVICES + (unsigned)domain->nnet + domain->vm.vnc + SPARE_PORTS;

	for (size_t i = 0; i < domain->ndisk; i++)
		n += !domain->disks[i].cdrom && domain->disks[i].spec.bus == HC_BUS_VIRTIO;
	if (n < LEAST_PORTS)
		n = LEAST_PORTS;
	if (n < domain->bus)
		n = domain->bus;
	return (n + PORTS_AT_ONCE - 1) / PORTS_AT_ONCE * PORTS_AT_ONCE;
}

static void write_controllers(struct hc_arena *arena, struct xml *xml, const struct domain *domain)
{
	bool q35 = is_q35(domain->vm.machine);

	for (unsigned i = 0, n = q35 ? ports_of(domain) : 0; i < n; i++)
		xml_leaf(xml, "controller", "type", "pci", "index", hc_printf(arena, "%u", i + 1),
			 "model", "pcie-root-port", NULL);
	xml_leaf(xml, "controller", "type", "scsi", "index", "0", "model", "virtio-scsi", NULL);
	xml_leaf(xml, "controller", "type", "sata", "index", "0", NULL);
	xml_leaf(xml, "controller", "type", "virtio-serial", "index", "0", NULL);
	xml_leaf(xml, "controller", "type", "usb", "index", "0", "model",
		 domain->vm.vnc || domain->usb ? "qemu-xhci" : "none", NULL);
}

static void write_serial(struct xml *xml)
{
	xml_open(xml, "serial", "type", "pty", NULL);
	xml_leaf(xml, "target", "port", "0", NULL);
	xml_close(xml);
	xml_open(xml, "console", "type", "pty", NULL);
	xml_leaf(xml, "target", "type", "serial", "port", "0", NULL);
	xml_close(xml);
}

static void write_agent(struct xml *xml)
{
	xml_open(xml, "channel", "type", "unix", NULL);
	xml_leaf(xml, "target", "type", "virtio", "name", DOMAIN_AGENT, NULL);
	xml_close(xml);
}

static void write_screen(struct xml *xml, bool video)
{
	xml_leaf(xml, "input", "type", "tablet", "bus", "usb", NULL);
	xml_open(xml, "graphics", "type", "vnc", "autoport", "yes", "listen", "127.0.0.1", NULL);
	xml_leaf(xml, "listen", "type", "address", "address", "127.0.0.1", NULL);
	xml_close(xml);
	if (!video)
		return;
	xml_open(xml, "video", NULL);
	xml_leaf(xml, "model", "type", "vga", NULL);
	xml_close(xml);
}

static void write_rest(struct xml *xml, const struct domain *domain)
{
	const struct hc_vm *vm = &domain->vm;

	if (vm->serial)
		write_serial(xml);
	if (vm->agent)
		write_agent(xml);
	if (vm->vnc)
		write_screen(xml, !domain->screen);
	xml_leaf(xml, "memballoon", "model", "virtio", NULL);
	xml_open(xml, "rng", "model", "virtio", NULL);
	xml_open(xml, "backend", "model", "random", NULL);
	xml_string(xml, "/dev/urandom");
	xml_close(xml);
	xml_close(xml);
}

static void write_devices(struct hc_arena *arena, struct xml *xml, const struct domain *domain)
{
	xml_open(xml, "devices", NULL);
	write_controllers(arena, xml, domain);
	for (size_t i = 0; i < domain->ndisk; i++)
		if (domain->disks[i].name)
			write_disk(arena, xml, &domain->disks[i]);
		else if (domain->disks[i].xml)
			xml_raw(xml, domain->disks[i].xml);
	for (size_t i = 0; i < domain->nnet; i++)
		if (domain->nets[i].name)
			write_net(arena, xml, &domain->nets[i]);
		else if (domain->nets[i].xml)
			xml_raw(xml, domain->nets[i].xml);
	write_rest(xml, domain);
	if (domain->others) /* behind our own, which are the first of their kinds */
		xml_raw(xml, domain->others);
	xml_close(xml);
}

/* On q35 a device stays behind its port. An old PCI card is behind a bridge, which libvirt adds
 * anew each time. */
static const char *steady(const struct domain *domain, const char *address)
{
	bool port = address && strncmp(address, "0000:00:", 8) != 0 && strstr(address, ":00.0");

	return port || !is_q35(domain->vm.machine) ? address : NULL;
}

/* A copy whose devices have their turns, and their places as far as they can stay. */
static struct domain settle(struct hc_arena *arena, const struct domain *domain)
{
	struct domain copy = *domain;

	copy.disks = hc_alloc(arena, (copy.ndisk + 1) * sizeof(*copy.disks));
	copy.nets = hc_alloc(arena, (copy.nnet + 1) * sizeof(*copy.nets));
	for (size_t i = 0; i < copy.ndisk; i++) {
		copy.disks[i] = domain->disks[i];
		copy.disks[i].address = steady(domain, domain->disks[i].address);
	}
	for (size_t i = 0; i < copy.nnet; i++) {
		copy.nets[i] = domain->nets[i];
		copy.nets[i].address = steady(domain, domain->nets[i].address);
	}
	domain_boot(&copy);
	return copy;
}

char *domain_write(struct hc_arena *arena, const struct domain *domain)
{
	const struct domain whole = settle(arena, domain);
	const struct hc_vm *vm = &whole.vm;
	struct xml xml;

	xml_begin(&xml);
	xml_open(&xml, "domain", "type", whole.emulated ? "qemu" : "kvm", NULL);
	xml_text(&xml, "name", whole.name);
	xml_text(&xml, "uuid", whole.uuid);
	if (vm->comment && *vm->comment)
		xml_text(&xml, "description", vm->comment);
	write_metadata(arena, &xml, vm);
	write_memory(arena, &xml, vm);
	write_cpus(arena, &xml, vm);
	write_os(&xml, vm);
	write_cpu(&xml, vm->cpu);
	write_rules(&xml);
	write_devices(arena, &xml, &whole);
	xml_close(&xml);
	return xml_end(arena, &xml);
}
