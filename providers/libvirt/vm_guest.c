/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What protocol.h calls the state of a domain, told from libvirt's many. What libvirt does not tell
 * is never taken for gone: a VM that is believed gone is shut out of its disks.
 */

#include <libvirt/virterror.h>

#include "vm.h"
#include "vm_power.h"

static bool is_gone(void)
{
	const virError *error = virGetLastError();

	return error && error->code == VIR_ERR_NO_DOMAIN;
}

/* The migration that goes out of here, if one does. No statistics are to be had of one that comes
 * in: that is how the two are told apart. */
static int job_of(virDomainPtr domain, bool *leaving, bool *arriving)
{
	virTypedParameterPtr params = NULL;
	int n = 0, type = VIR_DOMAIN_JOB_NONE, operation = VIR_DOMAIN_JOB_OPERATION_UNKNOWN;
	const virError *error;
	int r = virDomainGetJobStats(domain, &type, &params, &n, 0);

	*leaving = *arriving = false;
	if (!r && type != VIR_DOMAIN_JOB_NONE)
		(void)virTypedParamsGetInt(params, n, VIR_DOMAIN_JOB_OPERATION, &operation);
	virTypedParamsFree(params, n);
	*leaving = operation == VIR_DOMAIN_JOB_OPERATION_MIGRATION_OUT;
	if (!r)
		return 0;
	error = virGetLastError();
	*arriving = error && error->code == VIR_ERR_OPERATION_UNSUPPORTED;
	/* without a guest there is no job, and no statistics */
	return *arriving || (error && error->code == VIR_ERR_OPERATION_INVALID) || is_gone() ? 0
											     : -EIO;
}

/* Paused by a migration: at the source for the switch, at the target until it begins to run. */
static int switching_guest(virDomainPtr domain, enum protocol_guest *guest)
{
	bool leaving, arriving;
	int r = job_of(domain, &leaving, &arriving);

	*guest = arriving ? GUEST_ARRIVING : leaving ? GUEST_RUNS : GUEST_PAUSED;
	return r;
}

static int paused_guest(virDomainPtr domain, int reason, enum protocol_guest *guest)
{
	switch ((virDomainPausedReason)reason) {
	case VIR_DOMAIN_PAUSED_UNKNOWN:
	case VIR_DOMAIN_PAUSED_USER:
		*guest = GUEST_PAUSED;
		return 0;
	case VIR_DOMAIN_PAUSED_STARTING_UP:
		/* QEMU is being launched, for a migration too: not before that has come to its end
		 * the reason says so. Asked for more, libvirt would not answer until then. */
		*guest = GUEST_ARRIVING;
		return 0;
	case VIR_DOMAIN_PAUSED_MIGRATION:
	case VIR_DOMAIN_PAUSED_POSTCOPY:
	case VIR_DOMAIN_PAUSED_POSTCOPY_FAILED:
		return switching_guest(domain, guest);
	case VIR_DOMAIN_PAUSED_SAVE:
	case VIR_DOMAIN_PAUSED_DUMP:
	case VIR_DOMAIN_PAUSED_IOERROR:
	case VIR_DOMAIN_PAUSED_WATCHDOG:
	case VIR_DOMAIN_PAUSED_FROM_SNAPSHOT:
	case VIR_DOMAIN_PAUSED_SHUTTING_DOWN:
	case VIR_DOMAIN_PAUSED_SNAPSHOT:
	case VIR_DOMAIN_PAUSED_CRASHED:
#ifdef VIR_ENUM_SENTINELS
	case VIR_DOMAIN_PAUSED_LAST:
#endif
		break;
	}
	*guest = GUEST_RUNS; /* or did, and writes again when it is let */
	return 0;
}

bool vm_is_occupied(virDomainPtr domain)
{
	virDomainControlInfo info;

	return virDomainGetControlInfo(domain, &info, 0) || info.state != VIR_DOMAIN_CONTROL_OK;
}

int vm_guest(virDomainPtr domain, enum protocol_guest *guest)
{
	int state = VIR_DOMAIN_SHUTOFF, reason = 0;

	*guest = GUEST_GONE;
	if (domain && virDomainGetState(domain, &state, &reason, 0) < 0)
		return is_gone() ? 0 : -EIO;
	if (state == VIR_DOMAIN_PAUSED)
		return paused_guest(domain, reason, guest);
	/* a crashed one may be kept for a look at it, with all that it has open */
	if (state != VIR_DOMAIN_SHUTOFF &&
	    (state != VIR_DOMAIN_CRASHED || virDomainIsActive(domain) != 0))
		*guest = GUEST_RUNS;
	return 0;
}

int vm_moving(virDomainPtr domain, bool *moving)
{
	bool arriving;

	return job_of(domain, moving, &arriving);
}
