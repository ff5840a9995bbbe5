/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What VMs stand on and no document asks for: a node's libvirtd and what belongs to it, and the
 * claim that says who may run a VM. Providers make them of what others ask for.
 */

#include <hcstate/ceph_cluster.h>
#include <hcstate/vm.h>

const char *const hc_claim_state_words[] = {"free",      "starting", "running",
					    "migrating", "fencing",  NULL};

static const struct hc_field host_fields[] = {
	hc_bool(struct hc_vm_host, enabled, .origin = HC_DERIVED,
		.doc = "Whether libvirtd starts at boot."),
	hc_bool(struct hc_vm_host, active, .origin = HC_DERIVED, .doc = "Whether libvirtd runs."),
	hc_bool(struct hc_vm_host, stays, .origin = HC_DERIVED,
		.doc = "Whether libvirtd goes on when nobody uses it. One that ends has its RBD "
		       "pools "
		       "inactive when it comes back."),
	hc_bool(struct hc_vm_host, tls, .origin = HC_DERIVED,
		.doc = "Whether libvirtd listens for other nodes, over TLS only."),
	hc_enum(struct hc_vm_host, certificates, .origin = HC_DERIVED, .words = hc_keyring_words,
		.doc = "Whether its certificates and keys are the sealed ones."),
	hc_bool(struct hc_vm_host, hook, .origin = HC_DERIVED,
		.doc = "Whether libvirt asks hcstate before it starts a VM."),
	hc_bool(struct hc_vm_host, guests_masked, .origin = HC_DERIVED,
		.doc = "Whether libvirt-guests is kept from starting and stopping VMs."),
	hc_strings(struct hc_vm_host, leftovers, .origin = HC_DERIVED, .absent = HC_RESET,
		   .doc = "VMs that are defined here while another node has them."),
	hc_strings(struct hc_vm_host, shut_out, .origin = HC_DERIVED, .absent = HC_RESET,
		   .doc = "VMs of which Ceph's blocklist has QEMUs of this node for years that are "
			  "gone for good. An hour is enough for them."),
	hc_string(struct hc_vm_host, version, .origin = HC_OBSERVED, .column = "LIBVIRT",
		  .doc = "libvirt's and QEMU's releases."),
	hc_string(struct hc_vm_host, flaw, .origin = HC_OBSERVED,
		  .doc = "Why no other node would take its sealed certificate."),
	hc_bool(struct hc_vm_host, uefi, .origin = HC_OBSERVED,
		.doc = "Whether it has a firmware for VMs with firmware: uefi."),
	hc_u32(struct hc_vm_host, cpus, .origin = HC_OBSERVED, .column = "CPUS",
	       .doc = "Processors of the node."),
	hc_u64(struct hc_vm_host, memory, .origin = HC_OBSERVED, .unit = "bytes",
	       .column = "MEMORY", .doc = "Memory of the node."),
	hc_u64(struct hc_vm_host, free, .origin = HC_OBSERVED, .unit = "bytes", .column = "FREE",
	       .doc = "What of it could be given to VMs."),
};

static const struct hc_field claim_fields[] = {
	hc_string(struct hc_vm_claim, uuid, .origin = HC_OBSERVED, .doc = "Whose it is."),
	hc_string(struct hc_vm_claim, node, .origin = HC_OBSERVED, .doc = "Who has the VM."),
	hc_string(struct hc_vm_claim, target, .origin = HC_OBSERVED,
		  .doc = "Where it is on its way to."),
	hc_string(struct hc_vm_claim, asked_node, .origin = HC_OBSERVED,
		  .doc = "The last `node` of the manifests that was satisfied."),
	hc_enum(struct hc_vm_claim, state, .origin = HC_OBSERVED, .words = hc_claim_state_words,
		.doc = "free, starting, running, migrating or fencing."),
	hc_u64(struct hc_vm_claim, epoch, .origin = HC_OBSERVED,
	       .doc = "Rises with each new owner and start."),
	hc_strings(struct hc_vm_claim, addresses, .origin = HC_OBSERVED,
		   .doc = "Ceph's clients that the VM is."),
};

const struct hc_type hc_vm_host = {
	.name = "VmHost",
	.doc = "What lets a node run VMs: libvirtd, the certificates it shows other nodes, the "
	       "hook "
	       "that keeps a VM from being started twice.",
	.scope = HC_NODE,
	.from = HC_MADE,
	HC_FIELDS(host_fields),
	.size = sizeof(struct hc_vm_host),
};

const struct hc_type hc_vm_claim = {
	.name = "VmClaim",
	.doc = "Who may run the VM of that name: what keeps it from running twice.",
	.scope = HC_CLUSTER,
	.from = HC_MADE,
	.evidence = true,
	HC_FIELDS(claim_fields),
	.size = sizeof(struct hc_vm_claim),
};
