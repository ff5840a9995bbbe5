/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Suspending a domain when nothing answers any more. QEMU stops the guest's processors first and
 * then waits for what it has written to the disks, which may be for ever: so does the call of
 * libvirt. Each VM has a thread and a connection of its own therefore, so that none waits for
 * another. There are never more of those than VMs at a time.
 */

#include "suspend.h"

#include <errno.h>
#include <hcstate/thread.h>
#include <libvirt/libvirt.h>
#include <libvirt/virterror.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

#define URI "qemu:///system"

enum {
	MOST = 256, /* under way; each is a thread */
	TRIES = 20, /* a libvirtd that starts again is there within that many half seconds */
	PAUSE_US = 500000,
};

struct job {
	char *uuid, *name;
};

static atomic_uint under_way;

/* What it says is for the journal: the agent's stderr. */
static void say(const struct job *job, const char *what, const char *why)
{
	fprintf(stderr, "hcstate: %s: %s%s%s\n", job->name, what, why ? ": " : "", why ? why : "");
}

/* Whether it has come to an end: suspended, or not running here. */
static bool try(const struct job *job, virConnectPtr connect)
{
	virDomainPtr domain = virDomainLookupByUUIDString(connect, job->uuid);
	int state = VIR_DOMAIN_NOSTATE;
	bool over;

	if (!domain)
		return virGetLastErrorCode() == VIR_ERR_NO_DOMAIN;
	over = !virDomainGetState(domain, &state, NULL, 0) && state != VIR_DOMAIN_RUNNING;
	if (!over) {
		say(job, "it is suspended: no contact to the cluster", NULL);
		over = !virDomainSuspend(domain);
		if (!over)
			say(job, "it could not be suspended", virGetLastErrorMessage());
	}
	(void)virDomainFree(domain); /* cannot fail */
	return over;
}

static bool once(const struct job *job)
{
	virConnectPtr connect = virConnectOpen(URI);
	bool over;

	if (!connect)
		return false;
	over = try(job, connect);
	(void)virConnectClose(connect);
	return over;
}

static void drop(struct job *job)
{
	free(job->uuid);
	free(job->name);
	free(job);
}

static void *run(void *data)
{
	struct job *job = data;
	bool over = false;

	for (int i = 0; i < TRIES && !over; i++) {
		if (i)
			(void)usleep(PAUSE_US); /* an early end only tries sooner */
		over = once(job);
	}
	if (!over)
		say(job, "it may still run without contact to the cluster", NULL);
	drop(job);
	(void)atomic_fetch_sub(&under_way, 1);
	return NULL;
}

static void silent(void *arg, virErrorPtr error)
{
	(void)arg, (void)error; /* who asked looks at the error itself */
}

static void begin_once(void)
{
	virSetErrorFunc(NULL, silent);
	(void)virInitialize(); /* connecting tells */
}

int suspend_begin(const char *uuid, const char *name)
{
	static pthread_once_t done = PTHREAD_ONCE_INIT;
	struct job *job;

	(void)pthread_once(&done, begin_once); /* cannot fail */
	if (atomic_fetch_add(&under_way, 1) >= MOST) {
		(void)atomic_fetch_sub(&under_way, 1);
		return -EAGAIN;
	}
	job = calloc(1, sizeof(*job));
	if (!job)
		abort(); /* memory has run out */
	job->uuid = strdup(uuid);
	job->name = strdup(name);
	if (!job->uuid || !job->name)
		abort();
	if (!hc_thread_start(NULL, run, job))
		return 0;
	drop(job);
	(void)atomic_fetch_sub(&under_way, 1);
	return -EAGAIN;
}
