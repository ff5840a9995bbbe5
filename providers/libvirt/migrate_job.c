/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A migration is one call of libvirt that returns when it has ended, so it has a thread. It runs
 * in the libvirtd of the source all the same, peer to peer: whoever kills this process does not end
 * it, and the next one finds it by its job statistics.
 *
 * It is encrypted always: VIR_MIGRATE_TLS fails where the certificates are missing, and the
 * connection between the libvirtds is one over TLS too.
 */

#include "migrate_job.h"

#include <inttypes.h>
#include <libvirt/virterror.h>
#include <string.h>

#include "hypervisor.h"
#include "job.h"

enum {
	CRAWL = 1, /* MiB/s */
};

#define FULL_SPEED (UINT64_C(1) << 20) /* MiB/s: more than any network has */
#define MIB (UINT64_C(1) << 20)

#define FLAGS                                                                                      \
	(VIR_MIGRATE_LIVE | VIR_MIGRATE_PEER2PEER | VIR_MIGRATE_PERSIST_DEST |                     \
	 VIR_MIGRATE_UNDEFINE_SOURCE | VIR_MIGRATE_TLS | VIR_MIGRATE_ABORT_ON_ERROR)

struct migration {
	virDomainPtr domain;
	char *libvirtd; /* of the target: "qemu+tls://10.0.0.2/system" */
	char *qemu;     /* "tcp:10.0.0.2" */
};

char *migration_job(struct hc_arena *arena, const char *vm)
{
	return hc_printf(arena, "move %s", vm);
}

static void drop(void *arg)
{
	struct migration *migration = arg;

	(void)virDomainFree(migration->domain);
	free(migration->libvirtd);
	free(migration->qemu);
	free(migration);
}

/* In the job's thread. */
static int run(struct job *job, void *arg)
{
	const struct migration *migration = arg;
	virTypedParameterPtr params = NULL;
	int n = 0, room = 0, r = 0;

	if (virTypedParamsAddString(&params, &n, &room, VIR_MIGRATE_PARAM_URI, migration->qemu) ||
	    virTypedParamsAddULLong(&params, &n, &room, VIR_MIGRATE_PARAM_BANDWIDTH, CRAWL) ||
	    virDomainMigrateToURI3(migration->domain, migration->libvirtd, params, (unsigned)n,
				   FLAGS))
		r = job_fail(job, EIO, "the move did not succeed: %s", virGetLastErrorMessage());
	virTypedParamsFree(params, n);
	return r;
}

int migration_begin(struct hc_call *call, struct libvirt *self, virDomainPtr domain, const char *vm,
		    const char *target)
{
	const char *uri = hypervisor_uri(call, target), *address = hypervisor_address(call, target);
	struct migration *migration;

	if (!uri || !address)
		return hc_fail(call, ENOENT, NULL, "the manifests have no address of %s", target);
	migration = calloc(1, sizeof(*migration));
	if (!migration)
		abort();
	(void)virDomainRef(domain); /* cannot fail for one that is valid */
	migration->domain = domain;
	migration->libvirtd = hc_own(uri);
	migration->qemu = hc_own(
		hc_printf(call->arena, strchr(address, ':') ? "tcp:[%s]" : "tcp:%s", address));
	return job_begin(call, self->jobs, migration_job(call->arena, vm), run, drop, migration);
}

void migration_hurry(virDomainPtr domain)
{
	(void)virDomainMigrateSetMaxSpeed(domain, FULL_SPEED, 0); /* else it is slow, and goes on */
}

static uint64_t number(virTypedParameterPtr params, int n, const char *name)
{
	unsigned long long value = 0;

	return virTypedParamsGetULLong(params, n, name, &value) == 1 ? value : 0;
}

bool migration_look(virDomainPtr domain, struct migration_progress *progress)
{
	virTypedParameterPtr params = NULL;
	int type, n = 0;

	*progress = (struct migration_progress){0};
	if (virDomainGetJobStats(domain, &type, &params, &n, 0))
		return false;
	if (type == VIR_DOMAIN_JOB_BOUNDED || type == VIR_DOMAIN_JOB_UNBOUNDED) {
		progress->left = number(params, n, VIR_DOMAIN_JOB_DATA_REMAINING);
		progress->rate = number(params, n, VIR_DOMAIN_JOB_MEMORY_BPS);
		progress->ms = number(params, n, VIR_DOMAIN_JOB_TIME_ELAPSED);
		progress->sends = progress->left;
	}
	virTypedParamsFree(params, n);
	return type == VIR_DOMAIN_JOB_BOUNDED || type == VIR_DOMAIN_JOB_UNBOUNDED;
}

int migration_wait(struct hc_call *call, virDomainPtr domain, const char *target)
{
	struct migration_progress progress;

	if (!domain || !migration_look(domain, &progress) || !progress.sends)
		return hc_wait(call, "it is on its way to %s", target);
	return hc_wait(call,
		       "it is on its way to %s: %" PRIu64 " MiB left, %" PRIu64 " MiB/s, %" PRIu64
		       " s",
		       target, progress.left / MIB, progress.rate / MIB, progress.ms / 1000);
}

bool migration_took(virConnectPtr target, const char *uuid, uint64_t *ms, uint64_t *downtime_ms)
{
	virDomainPtr domain = virDomainLookupByUUIDString(target, uuid);
	virTypedParameterPtr params = NULL;
	int type, n = 0;
	bool known = false;

	if (domain && !virDomainGetJobStats(domain, &type, &params, &n,
					    VIR_DOMAIN_JOB_STATS_COMPLETED |
						    VIR_DOMAIN_JOB_STATS_KEEP_COMPLETED)) {
		*ms = number(params, n, VIR_DOMAIN_JOB_TIME_ELAPSED);
		*downtime_ms = number(params, n, VIR_DOMAIN_JOB_DOWNTIME);
		known = *ms;
		virTypedParamsFree(params, n);
	}
	if (domain)
		(void)virDomainFree(domain);
	return known;
}
