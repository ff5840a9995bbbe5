/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* libvirt's side of a live migration: beginning it, how far it is, how long it took. */

#include <libvirt/libvirt.h>

#include "nouns.h"

/* The name of the job that migrates a VM, for job.h. */
char *migration_job(struct hc_arena *arena, const char *vm);

/* Begins it, at a crawl: until the target's clients stand in the claim it must not come to an end.
 */
int migration_begin(struct hc_call *call, struct libvirt *self, virDomainPtr domain, const char *vm,
		    const char *target);
/* As fast as the network bears. Memory must be on its way already: libvirt sets the speed that it
 * was begun with when it begins to send, whatever was said before. */
void migration_hurry(virDomainPtr domain);

struct migration_progress {
	bool sends;          /* memory is on its way */
	uint64_t left, rate; /* bytes, and per second */
	uint64_t ms;         /* since it began */
};
/* false: there is no migration under way, or nothing can be said of it. */
bool migration_look(virDomainPtr domain, struct migration_progress *progress);
/* Says it: "1.5 MiB left, 200 MiB/s, 3 s". -EAGAIN */
int migration_wait(struct hc_call *call, virDomainPtr domain, const char *target);

/* Of the last one that arrived over that connection. false: nobody knows any more. */
bool migration_took(virConnectPtr target, const char *uuid, uint64_t *ms, uint64_t *downtime_ms);
