/* SPDX-License-Identifier: Apache-2.0 */
/*
 * VmHost's steps. systemd lets a socket be started only while its service does not run, so libvirtd
 * stops for the moment in which it gets the one for other nodes. Its VMs go on meanwhile, but a
 * migration would not: it is waited for.
 */

#include <string.h>

#include <hcstate/directory.h>
#include <hcstate/file.h>

#include "certificates.h"
#include "host.h"
#include "host_name.h"
#include "vm_power.h"

static int mask_guests(struct hc_call *call)
{
	int r = hc_file_link(HOST_GUESTS, "/dev/null");

	if (r)
		return hc_fail(call, -r, NULL, HOST_GUESTS ": %s", hc_directory_error(r));
	return hc_unit_reload_manager(call);
}

static int install_hook(struct hc_call *call)
{
	static const char *const directories[] = {"/etc/libvirt", "/etc/libvirt/hooks",
						  "/etc/libvirt/hooks/qemu.d"};
	int r = 0;

	/* libvirt passes over what it cannot run, and would ask nobody */
	if (access(HOST_HOOK_PROGRAM, X_OK))
		return hc_fail(call, errno, NULL, "%s, which libvirt has to ask: %s",
			       HOST_HOOK_PROGRAM, strerror(errno));
	r = host_name_put(call->arena, call->node);
	if (r)
		return hc_fail(call, -r, NULL, "the name of this node cannot be noted: %s",
			       strerror(-r));
	for (size_t i = 0; !r && i < HC_COUNT(directories); i++)
		r = access(directories[i], F_OK) ? hc_directory_give(directories[i], 0755, 0, 0)
						 : 0;
	if (!r)
		r = hc_file_link(HOST_HOOK, HOST_HOOK_PROGRAM);
	return r ? hc_fail(call, -r, NULL, HOST_HOOK ": %s", hc_directory_error(r)) : 0;
}

/* Debian's ends after two minutes without a VM and without a client, and its socket starts another.
 * systemd reads it with the start that follows: reloading takes long, and is done there anyway. */
static int let_stay(struct hc_call *call)
{
	int r = hc_file_write(HOST_DROP_IN, 0644, HOST_DROP_IN_TEXT, strlen(HOST_DROP_IN_TEXT));

	return r ? hc_fail(call, -r, NULL, HOST_DROP_IN ": %s", strerror(-r)) : 0;
}

static bool is_moving(virDomainPtr domain)
{
	enum protocol_guest guest;
	bool leaves;

	return (!vm_guest(domain, &guest) && guest == GUEST_ARRIVING) ||
	       (!vm_moving(domain, &leaves) && leaves);
}

/* What libvirtd itself has under way, anybody's. One that does not answer tells of none. */
static const char *moves(struct hc_call *call, struct libvirt *self)
{
	const char *name = NULL, *why;
	virDomainPtr *domains = NULL;
	virConnectPtr connect;
	int n;

	if (hypervisor_open(call, self->hypervisor, &connect, &why))
		return NULL;
	n = virConnectListAllDomains(connect, &domains, VIR_CONNECT_LIST_DOMAINS_ACTIVE);
	for (int i = 0; i < n; i++) {
		if (!name && is_moving(domains[i]))
			name = hc_strdup(call->arena, virDomainGetName(domains[i]));
		(void)virDomainFree(domains[i]);
	}
	free(domains);
	(void)virConnectClose(connect);
	return name;
}

/* A VM that is on its way from here or to here, by the claims that were read, or NULL. */
static const char *moving(const struct hc_call *call)
{
	size_t n;
	struct hc_resource *const *v = hc_of_type(&call->live->found, &hc_vm_claim, &n);

	for (size_t i = 0; i < n; i++) {
		const struct hc_vm_claim *claim = v[i]->spec;

		if (claim->state == HC_CLAIM_MIGRATING &&
		    ((claim->node && !strcmp(claim->node, call->node)) ||
		     (claim->target && !strcmp(claim->target, call->node))))
			return v[i]->name;
	}
	return NULL;
}

/* libvirtd must not run. */
static int open_socket(struct hc_call *call)
{
	int r = hc_unit_enable(call, HOST_SOCKET);

	return r ? r : hc_unit_restart(call, HOST_SOCKET);
}

static int start(struct hc_call *call, struct libvirt *self, const struct hc_vm_host *have)
{
	bool runs = have && have->active;
	const char *vm = runs ? moving(call) : NULL;
	struct hc_unit socket = {0};
	int r = 0;

	if (!vm && runs) /* one may have begun since */
		vm = moves(call, self);
	if (vm)
		return hc_wait(call, "VirtualMachine/%s is on its way", vm);
	if (host_has_others(call))
		r = hc_unit_read(call, HOST_SOCKET, &socket);
	if (!r && host_has_others(call) && !(socket.active && socket.enabled)) {
		r = hc_unit_stop(call, HOST_SERVICE);
		if (!r)
			r = open_socket(call);
	}
	if (!r)
		r = hc_unit_enable(call, HOST_SERVICE);
	return r ? r : hc_unit_restart(call, HOST_SERVICE);
}

int host_apply(struct hc_call *call, struct libvirt *self, const struct hc_step *step)
{
	const struct hc_vm_host *have = step->change->have ? step->change->have->spec : NULL;

	switch ((enum host_op)step->op) {
	case HOST_MASK:
		return mask_guests(call);
	case HOST_STAY:
		return let_stay(call);
	case HOST_CERTIFICATES:
		return certificates_write(call);
	case HOST_INSTALL_HOOK:
		return install_hook(call);
	case HOST_START:
		return start(call, self, have);
	case HOST_LEFTOVERS:
		return host_leftovers_undefine(call, self, &have->leftovers);
	case HOST_LIFT:
		return host_lift_apply(call, self, &have->shut_out);
	}
	return -EINVAL;
}
