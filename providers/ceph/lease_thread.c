/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The thread that takes the lease, keeps it, or sees who has it.
 *
 * A renewal that comes back after the end of what we had is a new beginning, as somebody else may
 * have had the lock in between, and so the epoch rises.
 *
 * That RADOS does not answer for a while hands nothing to the group: the holder may be one to whom
 * it does answer. Only after several questions, and a time in which every lock has ended, it does.
 */

#include "lease_thread.h"

#include <errno.h>
#include <string.h>
#include <time.h>

#include "hold.h"
#include <ceph-client/dial.h>

enum {
	RENEW_US = 1500000,
	TRY_US = 1000000,
	GIVE_UP = 3,           /* unanswered questions in a row */
	SILENCE_US = 10000000, /* since the last answer: twice the lock's duration */
	BEGIN = 3,             /* tries in a row, when others try too */
};

/* What only the thread knows. */
struct keeper {
	struct lease *lease;
	rados_t cluster; /* NULL: not connected */
	struct hold hold;
	unsigned version; /* of the address it is connected to */
	bool ours;        /* it was when last asked; `until` says whether it is */
	uint64_t until;
	uint64_t epoch;
	unsigned unanswered; /* questions in a row */
	uint64_t answered;   /* when the last answer came; 0: none yet */
};

static void tell(struct keeper *keeper, enum lease_state state, const char *holder, uint64_t epoch)
{
	struct lease *lease = keeper->lease;

	pthread_mutex_lock(&lease->lock);
	/* an answer about a pool that is not asked any more says nothing */
	if (lease->address.hosts && lease->version == keeper->version) {
		lease->state = state;
		lease->epoch = epoch;
		lease->until = keeper->until;
		if (strcmp(lease->holder, holder) != 0) {
			free(lease->holder);
			lease->holder = strdup(holder);
			if (!lease->holder)
				abort(); /* memory has run out */
		}
	}
	pthread_mutex_unlock(&lease->lock);
}

static void answered(struct keeper *keeper)
{
	keeper->unanswered = 0;
	keeper->answered = lease_now();
}

static void unanswered(struct keeper *keeper)
{
	uint64_t now = lease_now();

	if (keeper->ours && now < keeper->until)
		return;
	keeper->ours = false;
	keeper->unanswered++;
	if (keeper->unanswered < GIVE_UP ||
	    (keeper->answered && now - keeper->answered < SILENCE_US))
		tell(keeper, LEASE_OTHERS, "", keeper->epoch);
	else
		tell(keeper, LEASE_NONE, "", keeper->epoch);
}

static void hang_up(struct keeper *keeper)
{
	if (!keeper->cluster)
		return;
	if (keeper->ours) {
		tell(keeper, LEASE_OTHERS, "", keeper->epoch); /* before anybody else can have it */
		hold_give(&keeper->hold);
	}
	keeper->ours = false;
	hold_close(&keeper->hold);
	rados_shutdown(keeper->cluster);
	keeper->cluster = NULL;
}

static int connect_as(struct keeper *keeper, const struct address *address)
{
	_cleanup_(hc_arena_freep) struct hc_arena *arena = hc_arena_new();
	const struct dial to = {
		.entity = "client." HOLD_POOL,
		.hosts = address->hosts,
		.key = address->key,
		.fsid = address->fsid,
		.op_s = "3",
	};
	const char *why; /* what Ceph itself lacks the provider's reading says */
	rados_t cluster;
	int r = dial(arena, &to, &cluster, &why);

	if (r)
		return r;
	r = hold_open(&keeper->hold, cluster, keeper->lease->node);
	if (r < 0)
		rados_shutdown(cluster);
	else
		keeper->cluster = cluster;
	return r;
}

/* Connected to the address as it is now, or not at all. */
static void connect_now(struct keeper *keeper)
{
	struct lease *lease = keeper->lease;
	_cleanup_(hc_arena_freep) struct hc_arena *arena = hc_arena_new();
	struct address address = {0};
	unsigned version;

	pthread_mutex_lock(&lease->lock);
	version = lease->version;
	if (lease->address.hosts && (!keeper->cluster || version != keeper->version))
		address = (struct address){
			.hosts = hc_strdup(arena, lease->address.hosts),
			.fsid = hc_strdup(arena, lease->address.fsid),
			.key = hc_strdup(arena, lease->address.key),
		};
	pthread_mutex_unlock(&lease->lock);
	if (version != keeper->version)
		hang_up(keeper);
	keeper->version = version;
	if (!address.hosts)
		return;
	if (connect_as(keeper, &address))
		unanswered(keeper);
	explicit_bzero(address.key, strlen(address.key));
}

/* Ours from before the operation on that took it: the OSD's time begins later, so ours ends first.
 */
static void hold_until(struct keeper *keeper, uint64_t from)
{
	keeper->ours = true;
	keeper->until = from + (uint64_t)HOLD_S * 1000000;
	tell(keeper, LEASE_OURS, keeper->lease->node, keeper->epoch);
}

/* -ESTALE: the answer came when the time that we had was over; somebody may have been in between.
 */
static int renew(struct keeper *keeper)
{
	uint64_t from = lease_now();
	int r = hold_take(&keeper->hold);

	if (!r && lease_now() >= keeper->until)
		r = -ESTALE;
	if (!r)
		hold_until(keeper, from);
	return r;
}

static int begin(struct keeper *keeper)
{
	char node[HOLD_NODE];
	uint64_t from;
	int r = hold_see(&keeper->hold, node, &keeper->epoch);

	if (r)
		return r;
	from = lease_now();
	r = hold_take(&keeper->hold);
	if (r == -EBUSY) {
		tell(keeper, LEASE_OTHERS, node, keeper->epoch);
		return 0;
	}
	if (!r)
		r = hold_raise(&keeper->hold, keeper->epoch);
	if (r)
		return r;
	keeper->epoch++;
	hold_until(keeper, from);
	return 0;
}

static void ask_once(struct keeper *keeper)
{
	int r = keeper->ours ? renew(keeper) : 0;

	if (!keeper->ours || r == -EBUSY || r == -ESTALE) {
		keeper->ours = false;
		r = -ECANCELED;
		for (unsigned i = 0; r == -ECANCELED && i < BEGIN; i++)
			r = begin(keeper);
	}
	if (r)
		unanswered(keeper);
	else
		answered(keeper);
	if (r == -ESHUTDOWN) /* this client was put on the blocklist: another one may ask */
		hang_up(keeper);
}

/* Until it is time to ask again, or something changed. false: stop. */
static bool wait_for_it(struct keeper *keeper)
{
	struct lease *lease = keeper->lease;
	uint64_t at = hc_now() + (keeper->ours ? RENEW_US : TRY_US);
	const struct timespec until = {
		.tv_sec = (time_t)(at / 1000000),
		.tv_nsec = (long)(at % 1000000 * 1000),
	};
	bool stop;

	pthread_mutex_lock(&lease->lock);
	while (!lease->stop && lease->version == keeper->version) {
		if (!lease->address.hosts)
			pthread_cond_wait(&lease->changed, &lease->lock);
		else if (pthread_cond_timedwait(&lease->changed, &lease->lock, &until))
			break;
	}
	stop = lease->stop;
	pthread_mutex_unlock(&lease->lock);
	return !stop;
}

void *lease_run(void *data)
{
	struct keeper keeper = {.lease = data};

	while (wait_for_it(&keeper)) {
		connect_now(&keeper);
		if (keeper.cluster)
			ask_once(&keeper);
	}
	hang_up(&keeper);
	return NULL;
}
