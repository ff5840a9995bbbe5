/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The thread that hears from corosync who is lost, and marks OSDs down.
 *
 * Each loss is tried until it is done: the monitors may just be electing a new leader, the old one
 * having been on that very node. After a minute heartbeats have long said the same.
 *
 * The lowest node id does it. The next two note what is up, wait a second for each node before
 * them, and do it for what is up since then without having been down: an OSD that lives comes back,
 * and one that is marked down five times in ten minutes ends itself.
 */

#include "osd_down_thread.h"

#include <corosync/corotypes.h>
#include <corosync/quorum.h>
#include <errno.h>
#include <hcstate/thread.h>
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>

#include "osd_mark.h"

enum {
	RETRY_MS = 500, /* until corosync runs */
	LAST_TURN = 2,  /* who comes later leaves it to them */
};
#define AGAIN_US UINT64_C(300000)           /* after a try that failed */
#define TURN_US UINT64_C(1000000)           /* a first one that does it needs less */
#define GIVE_UP_US (UINT64_C(60) * 1000000) /* by then Ceph has noticed it */

struct watching {
	struct osds_down *down;
	quorum_handle_t quorum;
	int fd;
	struct osd_losses losses;
	uint64_t again;         /* hc_now() of the next try */
	size_t turn;            /* how many nodes come before this one */
	struct hc_arena *arena; /* of `noted` */
	struct osd_found noted; /* what was up when it began to wait for them */
	bool waits;
};

/* What one try works with. */
struct trying {
	struct hc_arena *arena;
	rados_t rados;
	struct osd_nodes nodes;
};

/* ---- what is said */

static void say(struct osds_down *down, const char *text)
{
	struct osd_word *word;

	pthread_mutex_lock(&down->lock);
	word = &down->words[down->nword++ % HC_COUNT(down->words)];
	free(word->text);
	word->text = strdup(text);
	word->at = hc_now();
	if (!word->text)
		abort(); /* memory has run out */
	pthread_mutex_unlock(&down->lock);
	fprintf(stderr, "hcstate: %s\n", text); /* the journal's */
	(void)eventfd_write(down->wake, 1);     /* fails only when it is readable already */
}

/* ---- one try */

/* Those of them that are as they were noted. */
static void keep_noted(struct osd_found *found, const struct osd_found *noted)
{
	size_t kept = 0;

	for (size_t i = 0; i < found->n; i++)
		for (size_t k = 0; k < noted->n; k++) {
			if (noted->ids[k] != found->ids[i] ||
			    noted->up_from[k] != found->up_from[i])
				continue;
			found->ids[kept] = found->ids[i];
			found->up_from[kept] = found->up_from[i];
			found->of[kept++] = found->of[i];
			break;
		}
	found->n = kept;
}

/* For its turn. */
static int note(struct watching *watching, const struct trying *trying)
{
	struct hc_arena *arena = hc_arena_new(), *before = watching->arena;
	struct osd_found noted;
	int r = osd_mark_look(trying->rados, arena, &trying->nodes, &noted);

	if (r) {
		(void)hc_arena_free(arena);
		return r;
	}
	watching->arena = arena;
	watching->noted = noted;
	watching->waits = true;
	(void)hc_arena_free(before);
	return 0;
}

static int mark(struct watching *watching, const struct trying *trying)
{
	struct osd_found found;
	int r = osd_mark_look(trying->rados, trying->arena, &trying->nodes, &found);

	if (!r && watching->turn)
		keep_noted(&found, &watching->noted);
	if (r || !found.n)
		return r;
	if (found.why) {
		say(watching->down,
		    hc_printf(trying->arena, "OSDs of lost nodes are not marked down: %s",
			      found.why));
		return 0;
	}
	r = osd_mark_down(trying->rados, &found);
	for (size_t i = 0; !r && i < found.n; i++)
		say(watching->down, hc_printf(trying->arena, "osd.%" PRIu32 " of %s marked down",
					      found.ids[i], found.of[i]));
	return r;
}

/* ---- the thread */

/* With the lock held: all the nodes, in the arena. Their addresses are lent by the provider's side,
 * which may get new ones meanwhile. */
static struct osd_nodes copy_nodes(struct hc_arena *arena, const struct osd_nodes *from,
				   const struct osd_losses *losses)
{
	struct osd_nodes to = {.v = hc_alloc(arena, (from->n + 1) * sizeof(*to.v)), .n = from->n};

	for (size_t i = 0; i < from->n; i++) {
		const struct osd_node *node = &from->v[i];
		struct hc_address *has = hc_alloc(arena, (node->nhas + 1) * sizeof(*has));

		if (node->nhas)
			memcpy(has, node->has, node->nhas * sizeof(*has));
		to.v[i] = *node;
		to.v[i].name = hc_strdup(arena, node->name);
		to.v[i].has = has;
		to.v[i].lost = osd_losses_have(losses, node->id);
	}
	return to;
}

/* false: it cannot be tried now. */
static bool begin(struct watching *watching, struct trying *trying)
{
	struct osds_down *down = watching->down;

	pthread_mutex_lock(&down->lock);
	down->busy = down->rados && down->me;
	if (down->busy) {
		trying->rados = down->rados;
		trying->nodes = copy_nodes(trying->arena, &down->nodes, &watching->losses);
	}
	pthread_mutex_unlock(&down->lock);
	return trying->rados;
}

static void end(struct osds_down *down, int r)
{
	pthread_mutex_lock(&down->lock);
	down->busy = false;
	down->failed |= r == -ESHUTDOWN || r == -ENOTCONN || r == -EACCES || r == -EPERM;
	pthread_mutex_unlock(&down->lock);
}

static void forget_old(struct osd_losses *losses, uint64_t now)
{
	for (size_t i = losses->n; i-- > 0;)
		if (now - losses->v[i].at >= GIVE_UP_US)
			osd_losses_forget(losses, losses->v[i].id);
}

static void done(struct watching *watching)
{
	watching->losses.n = 0; /* what is up still is none of theirs */
	watching->waits = false;
}

static void act(struct watching *watching)
{
	_cleanup_(hc_arena_freep) struct hc_arena *arena = hc_arena_new();
	struct trying trying = {.arena = arena};
	struct osd_losses *losses = &watching->losses;
	bool notes = watching->turn && !watching->waits;
	int r;

	forget_old(losses, hc_now());
	if (!losses->n || !losses->quorate || hc_now() < watching->again)
		return;
	watching->again = hc_now() + AGAIN_US;
	if (!begin(watching, &trying))
		return;
	r = notes ? note(watching, &trying) : mark(watching, &trying);
	end(watching->down, r);
	watching->again = hc_now() + (r || !notes ? AGAIN_US : watching->turn * TURN_US);
	if (!r && !notes)
		done(watching);
}

static void take_turn(struct watching *watching)
{
	struct osds_down *down = watching->down;

	pthread_mutex_lock(&down->lock);
	watching->turn = osd_turn(&watching->losses, &down->running, down->me);
	pthread_mutex_unlock(&down->lock);
	watching->again = 0;
	watching->waits = false;
	if (watching->turn > LAST_TURN)
		done(watching);
}

static void on_quorum(quorum_handle_t handle, uint32_t quorate, uint64_t ring, uint32_t n,
		      uint32_t *members)
{
	const void *context;
	struct watching *watching;
	size_t before;

	(void)ring;
	if (quorum_context_get(handle, &context) != CS_OK)
		return;
	watching = *(struct watching *const *)context;
	before = watching->losses.n;
	osd_losses_see(&watching->losses, quorate, members, n, hc_now());
	if (watching->losses.n > before)
		take_turn(watching);
}

static void hang_up(struct watching *watching)
{
	if (watching->quorum)
		(void)HC_COROSYNC(quorum_finalize(watching->quorum)); /* it goes either way */
	watching->quorum = 0;
	osd_losses_clear(&watching->losses);
	watching->waits = false;
}

static bool call_corosync(struct watching *watching, struct watching **context)
{
	quorum_callbacks_t callbacks = {.quorum_notify_fn = on_quorum};
	uint32_t type;

	if (HC_COROSYNC(quorum_initialize(&watching->quorum, &callbacks, &type)) != CS_OK) {
		watching->quorum = 0;
		return false;
	}
	if (quorum_context_set(watching->quorum, context) == CS_OK &&
	    quorum_fd_get(watching->quorum, &watching->fd) == CS_OK &&
	    quorum_trackstart(watching->quorum, CS_TRACK_CURRENT | CS_TRACK_CHANGES) == CS_OK)
		return true;
	hang_up(watching);
	return false;
}

static int patience(const struct watching *watching)
{
	uint64_t now = hc_now();

	if (!watching->quorum)
		return RETRY_MS;
	if (!watching->losses.n || !watching->losses.quorate)
		return -1;
	return watching->again > now ? (int)((watching->again - now) / 1000 + 1) : 0;
}

/* false: stop. */
static bool wait_for(const struct watching *watching)
{
	struct osds_down *down = watching->down;
	struct pollfd fds[] = {
		{.fd = down->stir, .events = POLLIN},
		{.fd = watching->quorum ? watching->fd : -1, .events = POLLIN},
	};
	eventfd_t value;
	bool stop;

	(void)poll(fds, HC_COUNT(fds), patience(watching)); /* each is looked at anyway */
	(void)eventfd_read(down->stir, &value);             /* or there was nothing to read */
	pthread_mutex_lock(&down->lock);
	stop = down->stop;
	pthread_mutex_unlock(&down->lock);
	return !stop;
}

void *osds_down_run(void *data)
{
	struct watching watching = {.down = data}, *context = &watching;
	cs_error_t r;

	do {
		if (!watching.quorum && !call_corosync(&watching, &context))
			continue;
		r = quorum_dispatch(watching.quorum, CS_DISPATCH_ALL);
		if (r == CS_OK || r == CS_ERR_TRY_AGAIN)
			act(&watching);
		else
			hang_up(&watching);
	} while (wait_for(&watching));
	hang_up(&watching);
	(void)hc_arena_free(watching.arena);
	return NULL;
}
