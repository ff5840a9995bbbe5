/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* What the files of VmHost share. */

#include <hcstate/unit.h>

#include "claim_store.h"
#include "hypervisor.h"
#include "nouns.h"

#define HOST_NAME "libvirt"
#define HOST_SERVICE "libvirtd.service"
#define HOST_SOCKET "libvirtd-tls.socket"
#define HOST_GUESTS "/etc/systemd/system/libvirt-guests.service"
#define HOST_HOOK "/etc/libvirt/hooks/qemu.d/hcstate"
#define HOST_DROP_IN "/etc/systemd/system/libvirtd.service.d/hcstate.conf"
#define HOST_DROP_IN_TEXT                                                                          \
	"# written by hcstate: libvirtd must not end when nobody uses it\n"                        \
	"[Service]\nEnvironment=LIBVIRTD_ARGS=\n"
#ifndef HC_LIBEXEC
#define HC_LIBEXEC "/usr/libexec/hcstate"
#endif
#define HOST_HOOK_PROGRAM HC_LIBEXEC "/qemu-hook"

/* Whether the manifests have something that libvirt is needed for. */
bool host_wanted(const struct hc_call *call);
/* Whether there is another node to move VMs to. */
bool host_has_others(const struct hc_call *call);

/* host_read.c */
int host_read(const struct look *look);

/* host_firmware.c: whether QEMU has a firmware for UEFI here. */
bool host_has_uefi(struct hc_arena *arena);

/* host_step.c */
enum host_op {
	HOST_MASK,
	HOST_STAY,
	HOST_CERTIFICATES,
	HOST_INSTALL_HOOK,
	HOST_START,
	HOST_LEFTOVERS,
	HOST_LIFT,
};
int host_apply(struct hc_call *call, struct libvirt *self, const struct hc_step *step);

/* host_lift.c: VMs of which the blocklist has QEMUs of this node that are gone. */
void host_lift_read(const struct look *look, struct hc_strings *names);
int host_lift_apply(struct hc_call *call, struct libvirt *self, const struct hc_strings *names);
/* Whether the addresses that the claim notes are of QEMUs before; `active`: one of it is here. */
bool host_lift_is_due(const struct claim *claim, const char *node, bool active);
/* Whether the cluster has more to do: a VM is being started, moved or shut out, or runs only since
 * `rested` (Unix time, s). */
bool host_lift_can_wait(const struct claim *v, size_t n, uint64_t rested);
/* Of the names, what the claims note. What cannot go yet stays for a later look. */
int host_lift(struct hc_call *call, const struct claim_store *store, virConnectPtr connect,
	      const struct hc_strings *names);

/* host_leftover.c: domains of ours that are defined here, do not run, and are another node's */
void host_leftovers_read(const struct look *look, struct hc_strings *names);
int host_leftovers_undefine(struct hc_call *call, struct libvirt *self,
			    const struct hc_strings *names);

/* host_store.c: with a connection to libvirt and, where there is Ceph, the claims' store. */
int host_with_store(struct hc_call *call, struct libvirt *self, const struct hc_strings *names,
		    int (*act)(struct hc_call *call, const struct claim_store *store,
			       virConnectPtr connect, const struct hc_strings *names));
