/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whether what is asked for could start on this node, before it takes the place of what runs: a
 * guest that was shut down for something that QEMU then refuses is down for as long as nobody
 * looks. libvirt makes QEMU's command line for it without running it, which finds processors and
 * machines that there are not; it opens no files and takes no memory, so those are looked at here.
 */

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "hypervisor.h"
#include "vm_ops.h"

static int check_file(struct hc_call *call, const char *field, const char *path)
{
	if (!path || *path != '/' || !access(path, R_OK))
		return 0;
	return hc_fail(call, errno, NULL, "its %s %s cannot be read on %s: %s", field, path,
		       call->node, strerror(errno));
}

static int check_files(struct hc_call *call, const struct hc_vm *vm)
{
	int r = check_file(call, "kernel", vm->kernel);

	if (!r)
		r = check_file(call, "initrd", vm->initrd);
	return r ? r : check_file(call, "cdrom", vm->cdrom);
}

static int check_memory(struct hc_call *call, virConnectPtr connect, const struct hc_vm *vm)
{
	virNodeInfo info;

	if (virNodeGetInfo(connect, &info))
		return hypervisor_fail(call, NULL, "the memory of the node");
	if (vm->memory / 1024 <= info.memory)
		return 0;
	return hc_fail(call, ENOMEM, NULL,
		       "its memory of %" PRIu64 " MiB is more than all of %s, %lu MiB",
		       vm->memory >> 20, call->node, info.memory >> 10);
}

static int check_command(struct hc_call *call, virConnectPtr connect, const struct domain *domain)
{
	char *command = virConnectDomainXMLToNative(connect, "qemu-argv",
						    domain_write(call->arena, domain), 0);

	if (!command)
		return hypervisor_fail(call, NULL, "it could not start");
	free(command);
	return 0;
}

int vm_try(struct hc_call *call, struct libvirt *self, const char *vm)
{
	struct domain domain;
	const char *why = "";
	virConnectPtr connect;
	int r = vm_domain(call, vm, &domain);

	if (!r)
		r = check_files(call, &domain.vm);
	if (r)
		return r;
	if (hypervisor_open(call, self->hypervisor, &connect, &why))
		return hc_wait(call, "%s", why);
	r = check_memory(call, connect, &domain.vm);
	if (!r)
		r = check_command(call, connect, &domain);
	(void)virConnectClose(connect);
	return r;
}
