/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Starting, stopping and moving a guest under its claim. Read beside claim.h; tests/model tries it
 * with nodes that die anywhere.
 *
 * What makes it safe, in short. A guest begins to run only after the addresses of its clients stand
 * in the record, so whoever takes the claim away can shut all of them out. Taking away raises the
 * epoch first, so a start or a migration that is under way can record nothing afterwards, and what
 * is not recorded does not run. What was recorded and may still run somewhere is shut out before
 * anything starts again.
 *
 * What makes it alive: every state that a killed process can leave behind is one that the same
 * functions go on from.
 */

#include "protocol_parts.h"

#include <time.h>

static const char *first_of(const struct hc_strings *addresses)
{
	return addresses->n ? addresses->v[0] : "";
}

/* The guest is there and stands still, by our own start. Only from here on it runs. */
static int record(const struct protocol *p, const struct claim *was)
{
	struct protocol_clients found;
	struct claim next;
	int r = protocol_seen(p, NULL, &found);

	if (!r && !found.all)
		r = hc_wait(p->call, "%s was started and does not have its disks open", p->vm);
	if (!r) {
		const char *why =
			claim_started(p->call->arena, was, p->node, was->epoch, &found.open, &next);

		next.since = (uint64_t)time(NULL);
		r = protocol_put(p, was, &next, why);
	}
	if (!r)
		return p->ops->resume(p);
	(void)p->ops->destroy(p); /* it has done nothing yet; else the next start sees it */
	return r;
}

/* Nobody may have its disks open. Those whom the record `was` names are dead, and shut out. */
static int check_disks(const struct protocol *p, const struct claim *was)
{
	struct protocol_clients found;
	struct hc_strings unknown;
	int r = protocol_seen(p, NULL, &found);

	if (r)
		return r;
	unknown = protocol_part(p, &found.open, &was->addresses, false);
	if (!unknown.n)
		return 0;
	/* one that was killed before it was recorded is there for half a minute */
	if (holds(was, p->node))
		return hc_wait(p->call, "%s still has a disk of %s open", first_of(&unknown),
			       p->vm);
	return hc_fail(p->call, EBUSY, NULL,
		       "%s has a disk of %s open, and nobody knows who that is", first_of(&unknown),
		       p->vm);
}

/* The record becomes *next: from then on nobody else may start it. */
static int begin(const struct protocol *p, const struct claim *was, struct claim *next)
{
	const char *why = claim_start(p->call->arena, was, p->node, next);
	int r;

	if (why) /* before anybody is shut out */
		return protocol_put(p, was, next, why);
	r = check_disks(p, was);
	if (!r && holds(was, p->node)) { /* our own crash */
		r = protocol_block(p, &was->addresses);
		claim_note_blocked(p->call->arena, &was->addresses, next);
	}
	return r ? r : protocol_put(p, was, next, NULL);
}

/* It was not started. Where nothing is left of it the claim is free; else we go on from there. */
static void give_up(const struct protocol *p, const struct claim *was)
{
	enum protocol_guest guest;
	struct claim next;

	if (!p->ops->guest(p, &guest) && !is_alive(guest) &&
	    !claim_stop(p->call->arena, was, p->node, &next))
		(void)p->ops->put(p, was, &next); /* a start goes on from `starting` too */
}

static int start_new(const struct protocol *p, const struct claim *was)
{
	struct claim claim;
	int r = begin(p, was, &claim);

	if (r)
		return r;
	r = p->ops->create_paused(p);
	if (!r)
		return record(p, &claim);
	give_up(p, &claim);
	return r;
}

int protocol_plugged(const struct protocol *p)
{
	struct protocol_clients found;
	struct claim claim, next;
	int r = protocol_get(p, &claim);

	if (!r)
		r = protocol_seen(p, NULL, &found);
	if (r || !protocol_part(p, &found.open, &claim.addresses, false).n)
		return r;
	return protocol_put(p, &claim, &next,
			    claim_address(p->call->arena, &claim, claim.epoch, &found.open, &next));
}

/* It is there, and the claim too. */
int protocol_start_here(const struct protocol *p, const struct claim *claim,
			enum protocol_guest guest)
{
	int r;

	if (guest == GUEST_ARRIVING)
		return hc_wait(p->call, "%s is arriving here", p->vm);
	if (claim->state == HC_CLAIM_STARTING)
		return record(p, claim);
	if (guest == GUEST_RUNS)
		return 0;
	r = protocol_plugged(p);
	return r ? r : p->ops->resume(p);
}

int protocol_start(const struct protocol *p)
{
	enum protocol_guest guest;
	struct claim claim;
	int r = protocol_look(p, &claim, &guest);

	if (r)
		return r;
	if (is_alive(guest) && !holds(&claim, p->node)) {
		r = protocol_settle(p);
		return r ? r : hc_wait(p->call, "the claim of %s was settled", p->vm);
	}
	if (is_alive(guest))
		return protocol_start_here(p, &claim, guest);
	if (claim.state == HC_CLAIM_MIGRATING) {
		r = protocol_settle_migration(p, &claim, guest);
		return r ? r : hc_wait(p->call, "the claim of %s was settled", p->vm);
	}
	return start_new(p, &claim);
}

/* The guest that the claim is for is gone. */
static int let_go(const struct protocol *p, const struct claim *was)
{
	struct protocol_clients found;
	struct hc_strings dead;
	struct claim next;
	const char *why;
	int r = protocol_seen(p, NULL, &found);

	if (r)
		return r;
	/* one that went in order is not listed any more */
	dead = protocol_part(p, &found.open, &was->addresses, true);
	r = protocol_block(p, &dead);
	if (r)
		return r;
	why = claim_stop(p->call->arena, was, p->node, &next);
	if (!why)
		claim_note_blocked(p->call->arena, &dead, &next);
	return protocol_put(p, was, &next, why);
}

int protocol_stopped(const struct protocol *p)
{
	enum protocol_guest guest;
	struct claim claim, next;
	int r = protocol_look(p, &claim, &guest);

	if (r)
		return r;
	if (is_alive(guest))
		return hc_wait(p->call, "%s still runs", p->vm);
	if (!claim.epoch || claim.state == HC_CLAIM_FREE)
		return 0;
	if (claim.state == HC_CLAIM_MIGRATING) {
		r = protocol_settle_migration(p, &claim, guest);
		return r ? r : hc_wait(p->call, "the claim of %s was settled", p->vm);
	}
	if (!holds(&claim, p->node))
		return protocol_put(p, &claim, &next,
				    claim_stop(p->call->arena, &claim, p->node, &next));
	return let_go(p, &claim);
}
