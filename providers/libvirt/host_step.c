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
	for (size_t i = 0; !r && i < HC_COUNT(directories); i++)
		r = access(directories[i], F_OK) ? hc_directory_give(directories[i], 0755, 0, 0)
						 : 0;
	if (!r)
		r = hc_file_link(HOST_HOOK, HOST_HOOK_PROGRAM);
	return r ? hc_fail(call, -r, NULL, HOST_HOOK ": %s", hc_directory_error(r)) : 0;
}

/* Debian's ends after two minutes without a VM and without a client, and its socket starts another.
 */
static int let_stay(struct hc_call *call)
{
	int r = hc_file_write(HOST_DROP_IN, 0644, HOST_DROP_IN_TEXT, strlen(HOST_DROP_IN_TEXT));

	if (r)
		return hc_fail(call, -r, NULL, HOST_DROP_IN ": %s", strerror(-r));
	return hc_unit_reload_manager(call);
}

/* A VM that is on its way from here or to here, or NULL. */
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

static int start(struct hc_call *call, const struct hc_vm_host *have)
{
	const char *vm = have && have->active ? moving(call) : NULL;
	struct hc_unit socket = {0};
	int r = 0;

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
		return start(call, have);
	case HOST_LEFTOVERS:
		return host_leftovers_undefine(call, self, &have->leftovers);
	}
	return -EINVAL;
}
