/* SPDX-License-Identifier: Apache-2.0 */
/*
 * VirtualMachine and what is nested in it. What a document does not say has a default that does not
 * depend on the machine it is on or on libvirt's release, so that it stays what it is for ever.
 */

#include <hcstate/vm.h>

#include <hcstate/resource.h>

const char *const hc_firmware_words[] = {"bios", "uefi", NULL};
const char *const hc_disk_bus_words[] = {"virtio", "scsi", "sata", NULL};
const char *const hc_disk_cache_words[] = {"none",       "writeback", "writethrough",
					   "directsync", "unsafe",    NULL};
const char *const hc_nic_model_words[] = {"virtio", "e1000", "e1000e", "rtl8139", NULL};

#define PATH                                                                                       \
	.max = 1023, .pattern = "^(/[A-Za-z0-9_.,:@+/-]*)?$",                                      \
	.pattern_doc = "an absolute path of letters, digits and _ . , : @ + -"
#define WORD                                                                                       \
	.max = 63, .pattern = "^[A-Za-z0-9_.+-]+$", .pattern_doc = "letters, digits, _ . + and -"

static const struct hc_field vm_fields[] = {
	hc_u32(struct hc_vm, id, .absent = HC_REQUIRED, .cost = HC_NEVER, .min = 100,
	       .max = 999999999, .column = "ID",
	       .doc = "A number that no other VM has; its disks are called vm-ID-disk-N."),
	hc_string(
		struct hc_vm, uuid, .cost = HC_NEVER,
		.pattern = "^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$",
		.pattern_doc = "a UUID in lower case",
		.doc = "Its identity for libvirt and the guest. Derived from the cluster's and the "
		       "VM's name where it is not said, the same on every node for ever."),
	hc_string(
		struct hc_vm, node, .refers = "Node",
		.doc = "Where it is created, and where changing it moves it to, live. A VM that a "
		       "person or HA moved since is not moved back. Without it the node with the "
		       "most free memory."),
	hc_bool(struct hc_vm, running, .absent = HC_RESET, .unset = "true",
		.doc = "Whether it runs. false: it is shut down through ACPI, and switched off "
		       "when "
		       "it does not react."),
	hc_u32(struct hc_vm, cpus, .absent = HC_RESET, .unset = "1", .min = 1, .max = 512,
	       .column = "CPUS", .doc = "Virtual processors. Up to max_cpus it grows live."),
	hc_u32(struct hc_vm, max_cpus, .cost = HC_REBORN, .min = 1, .max = 512,
	       .doc = "How many can be had without a restart; as many as cpus where it is not "
		      "said."),
	hc_u64(struct hc_vm, memory, .absent = HC_REQUIRED, .unit = "bytes",
	       .min = UINT64_C(16) << 20, .max = UINT64_C(16) << 40, .column = "MEMORY",
	       .doc = "What it has. Up to max_memory it changes live."),
	hc_u64(struct hc_vm, max_memory, .cost = HC_REBORN, .unit = "bytes",
	       .min = UINT64_C(16) << 20, .max = UINT64_C(16) << 40,
	       .doc = "What it can be given without a restart; as much as memory where it is not "
		      "said."),
	hc_string(struct hc_vm, machine, .absent = HC_RESET, .unset = "q35", .cost = HC_REBORN,
		  WORD,
		  .doc = "The machine that QEMU shows the guest: q35, pc, or one with its version. "
			 "Without a version it stays at the one it was created with."),
	hc_enum(struct hc_vm, firmware, .words = hc_firmware_words, .absent = HC_RESET,
		.unset = "bios", .cost = HC_REBORN,
		.doc = "What boots it. The variables of uefi are on the node it runs on."),
	hc_string(struct hc_vm, cpu, .absent = HC_RESET, .unset = "qemu64", .cost = HC_REBORN, WORD,
		  .doc = "The processor that the guest sees: a model, host-model or "
			 "host-passthrough. qemu64 runs everywhere."),
	hc_string(struct hc_vm, cdrom, .absent = HC_RESET, .unset = "none", .prefers = "Image",
		  .max = 1023, .pattern = "^(/[A-Za-z0-9_.,:@+/-]*|[A-Za-z0-9_.-]+)$",
		  .pattern_doc = "an Image's name, an absolute path, or none",
		  .doc = "What is in its CD drive: an Image, a file of the node (which ties the VM "
			 "to "
			 "it), or none."),
	hc_string(struct hc_vm, boot, .absent = HC_RESET, .unset = "disk,cdrom", .cost = HC_REBORN,
		  .max = 255,
		  .pattern =
			  "^(disk|cdrom|disk-[0-9]+|net[0-9]+)(,(cdrom|disk-[0-9]+|net[0-9]+))*$",
		  .pattern_doc = "names such as disk-0,cdrom,net0",
		  .doc = "What it tries to boot from, in this order; `disk` is the first disk."),
	hc_string(
		struct hc_vm, kernel, .absent = HC_RESET, .cost = HC_REBORN, PATH,
		.doc = "A kernel of the node that it boots directly. Every node that it may run on "
		       "needs it."),
	hc_string(struct hc_vm, initrd, .absent = HC_RESET, .cost = HC_REBORN, PATH,
		  .doc = "The initrd that goes with it."),
	hc_string(struct hc_vm, cmdline, .absent = HC_RESET, .cost = HC_REBORN, .max = 2047,
		  .pattern = "^[[:print:]]*$", .pattern_doc = "printable characters",
		  .doc = "The kernel's command line."),
	hc_bool(struct hc_vm, agent, .absent = HC_RESET, .unset = "false", .cost = HC_REBORN,
		.doc = "A channel for the QEMU guest agent."),
	hc_bool(struct hc_vm, serial, .absent = HC_RESET, .unset = "true", .cost = HC_REBORN,
		.doc = "A serial console: hcstate console VM."),
	hc_bool(struct hc_vm, vnc, .absent = HC_RESET, .unset = "false", .cost = HC_REBORN,
		.doc = "A screen for VNC on the node's 127.0.0.1."),
	hc_string(struct hc_vm, comment, .absent = HC_RESET, .max = 1023,
		  .doc = "A note, kept as the domain's description."),
	hc_children("disks", .item = &hc_vm_disk, .form = HC_NAMED, .doc = "Its disks, by name."),
	hc_children("networks", .item = &hc_vm_net, .form = HC_NAMED,
		    .doc = "Its network cards, by name."),
	hc_children("cloud_init", .item = &hc_vm_cloud_init, .form = HC_ONE, .key = "cloud-init",
		    .doc = "What cloud-init of its guest finds at boot."),
	hc_bool(struct hc_vm, settled, .origin = HC_DERIVED, .own = true,
		.doc = "Whether a move of it that was begun has come to its end."),
	hc_bool(struct hc_vm, libvirt_autostart, .origin = HC_DERIVED,
		.doc = "Whether libvirt starts it at boot, which is nobody's to do who has no "
		       "claim."),
	hc_u64(struct hc_vm, order, .origin = HC_DERIVED, .own = true,
	       .doc = "Under HA: the last of its orders that its node carried out."),
	hc_string(struct hc_vm, place, .origin = HC_OBSERVED, .column = "ON",
		  .doc = "The node it is on."),
	hc_string(struct hc_vm, state, .origin = HC_OBSERVED, .column = "STATE",
		  .doc = "What libvirt says of it."),
	hc_string(struct hc_vm, uptime, .origin = HC_OBSERVED, .column = "UPTIME",
		  .doc = "Since it was started; migrations do not end it."),
	hc_string(
		struct hc_vm, last_migration, .origin = HC_OBSERVED, .column = "LAST MIGRATION",
		.doc = "From where to where, how long it took and how long the guest stood still."),
	hc_strings(struct hc_vm, pending, .origin = HC_OBSERVED, .column = "AT NEXT START",
		   .doc = "What is defined and will be true at its next start."),
	hc_strings(struct hc_vm, obstacles, .origin = HC_OBSERVED,
		   .doc = "What speaks against moving it to the node that is asked for."),
};

static const struct hc_field disk_fields[] = {
	hc_string(struct hc_vm_disk, storage, .absent = HC_REQUIRED, .cost = HC_NEVER,
		  .prefers = "Storage,CephPool", .column = "STORAGE",
		  .doc = "The Storage that it is in."),
	hc_u64(struct hc_vm_disk, size, .absent = HC_REQUIRED, .unit = "bytes", .min = 1 << 20,
	       .max = UINT64_C(1) << 50, .column = "SIZE",
	       .doc = "It grows live and never shrinks."),
	hc_string(struct hc_vm_disk, image, .cost = HC_LIVE, .prefers = "Image",
		  .doc = "The Image that it begins as. Afterwards it is its own: what is written "
			 "here later changes nothing."),
	hc_enum(struct hc_vm_disk, bus, .words = hc_disk_bus_words, .absent = HC_RESET,
		.unset = "virtio", .cost = HC_REBORN, .column = "BUS",
		.doc = "How the guest sees it."),
	hc_enum(struct hc_vm_disk, cache, .words = hc_disk_cache_words, .absent = HC_RESET,
		.unset = "none", .cost = HC_REBORN, .doc = "How QEMU caches it."),
	hc_bool(struct hc_vm_disk, discard, .absent = HC_RESET, .unset = "true", .cost = HC_REBORN,
		.doc = "Whether what the guest trims is given back."),
	hc_bool(struct hc_vm_disk, attached, .origin = HC_DERIVED,
		.doc = "Whether the VM has it; if not, it is an image that is kept."),
	hc_string(struct hc_vm_disk, source, .origin = HC_OBSERVED, .column = "SOURCE",
		  .doc = "What holds its data."),
};

static const struct hc_field net_fields[] = {
	hc_string(struct hc_vm_net, bridge, .absent = HC_REQUIRED, .prefers = "Bridge", .min = 1,
		  .max = 15, .pattern = "^[A-Za-z0-9._-]+$",
		  .pattern_doc = "a link's name: letters, digits and . _ -",
		  .doc = "The bridge that it is plugged into, the same on every node."),
	hc_enum(struct hc_vm_net, model, .words = hc_nic_model_words, .absent = HC_RESET,
		.unset = "virtio", .cost = HC_REBORN, .doc = "What the guest sees."),
	hc_mac(struct hc_vm_net, mac, .cost = HC_REBORN,
	       .doc = "Derived from the VM's uuid and this card's name where it is not said, the "
		      "same "
		      "for ever."),
	hc_u32(struct hc_vm_net, mtu, .absent = HC_RESET, .unset = "0", .max = 65535,
	       .cost = HC_REBORN, .doc = "Largest packet in bytes; 0: what the bridge has."),
	hc_bool(struct hc_vm_net, link, .absent = HC_RESET, .unset = "true",
		.doc = "Whether its cable is in."),
};

char *hc_vm_disk_volume(struct hc_arena *arena, const struct hc_vm *vm, const char *disk)
{
	return hc_printf(arena, "vm-%u-%s", vm->id, disk);
}

const struct hc_type hc_vm = {
	.name = "VirtualMachine",
	.doc = "A virtual machine. It is its name and uuid; where it runs is a field. Removing the "
	       "document of one that runs changes nothing until that is approved; its disks stay "
	       "in any case.",
	.scope = HC_CLUSTER,
	.from = HC_KIND,
	HC_FIELDS(vm_fields),
	.size = sizeof(struct hc_vm),
	.check = hc_vm_check,
};

const struct hc_type hc_vm_disk = {
	.name = "VmDisk",
	.doc = "A disk of a VM. What is not attached any more is kept until its removal is "
	       "approved.",
	.scope = HC_CLUSTER,
	.from = HC_CHILD,
	HC_FIELDS(disk_fields),
	.size = sizeof(struct hc_vm_disk),
	.check = hc_vm_disk_check,
};

const struct hc_type hc_vm_net = {
	.name = "VmNet",
	.doc = "A network card of a VM.",
	.scope = HC_CLUSTER,
	.from = HC_CHILD,
	HC_FIELDS(net_fields),
	.size = sizeof(struct hc_vm_net),
	.check = hc_vm_net_check,
};
