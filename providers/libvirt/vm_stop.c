/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Shutting a VM down. The guest is asked once through ACPI, as by its power button, and has a
 * minute to write what it has to write; then the plug is pulled. That takes long, so a job does it;
 * the claim is freed by whoever finds the guest gone, which may be another process.
 */

#include <libvirt/virterror.h>
#include <string.h>
#include <unistd.h>

#include "hypervisor.h"
#include "job.h"
#include "vm.h"
#include "vm_power.h"

enum {
	PATIENCE_S = 60,
	AGAIN_S = 10,
	LOOK_US = 250000,
};

#define SECOND UINT64_C(1000000) /* of hc_now() */

struct stop {
	virDomainPtr domain;
};

static void drop(void *arg)
{
	struct stop *stop = arg;

	(void)virDomainFree(stop->domain);
	free(stop);
}

static bool is_off(virDomainPtr domain)
{
	return virDomainIsActive(domain) != 1; /* what cannot be asked is looked at again later */
}

static int pull_the_plug(struct job *job, virDomainPtr domain)
{
	const char *said;

	if (virDomainDestroyFlags(domain, 0) >= 0 || is_off(domain))
		return 0;
	said = virGetLastErrorMessage();
	return job_fail(job, EIO, "switching it off: %s", said ? said : "libvirt does not say why");
}

static bool press(virDomainPtr domain)
{
	return virDomainShutdownFlags(domain, VIR_DOMAIN_SHUTDOWN_ACPI_POWER_BTN) >= 0;
}

/* A guest that stands still hears nothing. */
static bool hears(virDomainPtr domain)
{
	enum protocol_guest guest;

	return !vm_guest(domain, &guest) && guest != GUEST_PAUSED && press(domain);
}

/* In the job's thread. */
static int shut_down(struct job *job, void *arg)
{
	virDomainPtr domain = ((struct stop *)arg)->domain;
	uint64_t began = hc_now(), pressed = began;

	if (is_off(domain))
		return 0;
	if (!hears(domain))
		return pull_the_plug(job, domain);
	job_progress(job, "it was asked to shut down; after %d s it is switched off", PATIENCE_S);
	while (!is_off(domain)) {
		uint64_t now = hc_now();

		if (job_stopped(job))
			return 0; /* whoever comes next asks it again */
		if (now - began >= PATIENCE_S * SECOND)
			return pull_the_plug(job, domain);
		if (now - pressed >= AGAIN_S * SECOND) {
			pressed = now;
			(void)press(domain); /* if it fails, the plug is left */
		}
		(void)usleep(LOOK_US);
	}
	return 0;
}

static const char *name_of(struct hc_arena *arena, const char *uuid)
{
	return hc_printf(arena, "stop %s", uuid);
}

int vm_stop_begin(struct hc_call *call, struct libvirt *self, const char *uuid)
{
	struct vm_here here;
	virConnectPtr connect;
	struct stop *stop;
	int r = vm_here_now(call, self, uuid, &connect, &here);

	if (r)
		return r;
	if (here.active) /* one is at it, or has failed since anybody asked */
		r = job_settled(call, self->jobs, name_of(call->arena, uuid));
	if (here.active && !r) {
		stop = calloc(1, sizeof(*stop));
		if (!stop)
			abort();
		stop->domain = here.domain; /* handed over */
		here.domain = NULL;
		r = job_begin(call, self->jobs, name_of(call->arena, uuid), shut_down, drop, stop);
	}
	vm_here_done(connect, &here);
	return r == -EAGAIN ? 0 : r;
}

int vm_stop_settled(struct hc_call *call, struct libvirt *self, const char *vm, const char *uuid)
{
	struct vm_power power;
	int r = job_settled(call, self->jobs, name_of(call->arena, uuid));

	if (!r)
		r = vm_power_open(call, self, vm, uuid, &power);
	if (r)
		return r;
	r = vm_power_close(&power, protocol_stopped(&power.protocol));
	if (r != -EAGAIN)
		return r;
	/* A job ends also when its libvirtd does; the guest is to be asked again then. */
	r = vm_stop_begin(call, self, uuid);
	return r ? r : -EAGAIN;
}
