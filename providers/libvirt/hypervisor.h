/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * The connection to a libvirtd. libvirt's event loop runs in a thread of its own, for ever, so that
 * keepalives are answered and events come; the connection is made when first needed and made anew
 * after it broke. libvirt's connections may be used by several threads at once.
 */

#include <libvirt/libvirt.h>

#include "nouns.h"

struct hypervisor *hypervisor_new(void);
struct hypervisor *hypervisor_free(struct hypervisor *hypervisor); /* takes NULL */
/* A fd that becomes readable when a domain came, went, started, stopped or moved; read it empty. */
int hypervisor_watch(const struct hypervisor *hypervisor);

/* This node's libvirtd; *connect is for virConnectClose(). -ENOTCONN and why in *why (not said):
 * it does not run or does not answer. */
int hypervisor_open(struct hc_call *call, struct hypervisor *hypervisor, virConnectPtr *connect,
		    const char **why);
/* Likewise another node's, over TLS, by the address that it has in the manifests. */
int hypervisor_open_other(struct hc_call *call, const char *node, virConnectPtr *connect,
			  const char **why);
/* "qemu+tls://192.168.4.202/system" or NULL: no Node document, or it has no link. */
const char *hypervisor_uri(struct hc_call *call, const char *node);
/* The address in it, as text: "192.168.4.202". */
const char *hypervisor_address(struct hc_call *call, const char *node);

/* Says libvirt's last error of this thread: "WHAT: libvirt's words". Gives the negative errno. */
int hypervisor_fail(struct hc_call *call, const struct hc_resource *about, const char *what);
/* libvirt's words for the last error of this thread, in the arena. */
const char *hypervisor_error(struct hc_arena *arena);
