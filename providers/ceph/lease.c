/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The lease, as the rest of the process sees it. Nothing here waits: what is asked is what the
 * thread found last, and whether that still holds by the clock. A process that was stopped for a
 * while therefore knows at its first question that it does not lead any more, whatever its thread
 * is about.
 */

#include "lease.h"

#include <hcstate/thread.h>
#include <string.h>
#include <time.h>

#include "hold.h"
#include "lease_thread.h"

enum {
	JOIN_S = 4, /* giving the lock back is one operation, which waits three seconds at most */
};

uint64_t lease_now(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_BOOTTIME, &now); /* cannot fail on Linux */
	return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}

struct lease *lease_new(const char *node)
{
	struct lease *lease = calloc(1, sizeof(*lease));

	if (!lease)
		abort();
	lease->node = hc_own(node);
	lease->holder = hc_own("");
	(void)pthread_mutex_init(&lease->lock, NULL); /* these cannot fail on Linux */
	hc_cond_init(&lease->changed);
	if (hc_thread_start(&lease->thread, lease_run, lease))
		abort(); /* out of threads */
	return lease;
}

static void address_wipe(struct address *address)
{
	if (address->key)
		explicit_bzero(address->key, strlen(address->key));
	free(address->key);
	free(address->hosts);
	free(address->fsid);
	*address = (struct address){0};
}

struct lease *lease_free(struct lease *lease)
{
	struct timespec until;

	if (!lease)
		return NULL;
	pthread_mutex_lock(&lease->lock);
	lease->stop = true;
	pthread_cond_broadcast(&lease->changed);
	pthread_mutex_unlock(&lease->lock);
	(void)clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec += JOIN_S;
	if (pthread_timedjoin_np(lease->thread, NULL, &until)) {
		(void)pthread_detach(lease->thread);
		return NULL; /* it hangs in RADOS and may still come back to its memory */
	}
	address_wipe(&lease->address);
	(void)pthread_cond_destroy(&lease->changed);
	(void)pthread_mutex_destroy(&lease->lock);
	free(lease->holder);
	free(lease->node);
	free(lease);
	return NULL;
}

static bool same(const struct address *a, const struct address *b)
{
	if (!a->hosts || !b->hosts)
		return a->hosts == b->hosts;
	return !strcmp(a->hosts, b->hosts) && !strcmp(a->fsid, b->fsid) && !strcmp(a->key, b->key);
}

/* Where there was no pool somebody else may have the lease by now; until that is known nobody
 * leads. Where there is none any more the group decides again. */
static void move(struct lease *lease, struct address *to)
{
	pthread_mutex_lock(&lease->lock);
	if (!same(&lease->address, to)) {
		struct address before = lease->address;

		lease->state = to->hosts ? LEASE_OTHERS : LEASE_NONE;
		lease->address = *to;
		*to = before;
		lease->version++;
		pthread_cond_broadcast(&lease->changed);
	}
	pthread_mutex_unlock(&lease->lock);
	address_wipe(to);
}

static uint32_t count_up(const struct facts *facts)
{
	uint32_t up = 0;

	for (size_t i = 0; i < facts->nosd; i++)
		up += facts->osds[i].up;
	return up;
}

void lease_look(struct lease *lease, struct hc_call *call, struct ceph *self,
		const struct facts *facts)
{
	const struct wants wants = wants_of(call);
	const struct fact_key *key = facts_key(facts, "client." HOLD_POOL);
	const struct fact_pool *pool = facts_pool(facts, HOLD_POOL);
	const char *hosts = mon_hosts(call->arena, &wants), *whose;
	struct address to = {0};
	uint64_t epoch;

	(void)self;
	hc_tell(call, FACT_LEASE,
		lease_state(lease, call->arena, &whose, &epoch) == LEASE_OURS ? LEASE_HELD : "");
	if (facts->why)
		return; /* nothing was learned about it */
	if (pool && count_up(facts) < pool->min_size)
		return; /* too few to serve it: who began goes on, but there is nothing to begin */
	if (key && pool && *hosts)
		to = (struct address){
			.hosts = hc_own(hosts),
			.fsid = hc_own(facts->fsid),
			.key = hc_own(key->key),
		};
	move(lease, &to);
}

enum lease_state lease_state(struct lease *lease, struct hc_arena *arena, const char **holder,
			     uint64_t *epoch)
{
	enum lease_state state;

	pthread_mutex_lock(&lease->lock);
	state = lease->state;
	*epoch = lease->epoch;
	*holder = hc_strdup(arena, state == LEASE_NONE ? "" : lease->holder);
	if (state == LEASE_OURS && lease_now() >= lease->until) {
		state = LEASE_OTHERS;
		*holder = "";
	}
	pthread_mutex_unlock(&lease->lock);
	return state;
}
