/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Making a claim and what its node really has agree: after a process that was killed, a migration
 * that ended one way or the other, a node that came back and finds its VM taken away.
 */

#include "protocol_parts.h"

/* It has disks in Ceph, and not one of them open: all its clients are on the blocklist. */
static int is_shut_out(const struct protocol *p, bool *out)
{
	struct protocol_clients found;
	int r = protocol_seen(p, NULL, &found);

	*out = !r && !found.open.n && !found.all;
	return r;
}

/*
 * It is there, and the claim is not. Shut out, it may go: it writes nothing any more. So may one
 * that stands still, and one that runs where the claim is too: libvirt goes on at the source when
 * it did not hear from the target that the guest has arrived.
 */
static int remove_stray(const struct protocol *p, const struct claim *claim,
			enum protocol_guest guest)
{
	enum protocol_guest there = GUEST_GONE;
	bool moving, out;
	int r = is_shut_out(p, &out);

	if (r || out)
		return r ? r : p->ops->destroy(p);
	r = p->ops->moving(p, &moving);
	if (r)
		return r;
	if (moving || guest == GUEST_ARRIVING)
		return hc_wait(p->call, "libvirt has not ended the migration of %s", p->vm);
	if (claim->state == HC_CLAIM_RUNNING)
		r = p->ops->there(p, claim->node, &there);
	if (r && r != -ENOTCONN)
		return r;
	if (guest == GUEST_PAUSED || (!r && there == GUEST_RUNS))
		return p->ops->destroy(p);
	return hc_fail(p->call, EBUSY, NULL, "%s runs here, while its claim is %s on %s", p->vm,
		       hc_claim_state_words[claim->state], claim->node ? claim->node : "no node");
}

/* Free, and a guest is here: somebody started it before there were claims, or past them. */
static int adopt(const struct protocol *p, const struct claim *was)
{
	struct claim next;
	bool out;
	int r = is_shut_out(p, &out);

	if (!r && out)
		return p->ops->destroy(p);
	if (!r)
		r = protocol_put(p, was, &next, claim_start(p->call->arena, was, p->node, &next));
	return r ? r : hc_wait(p->call, "the claim of %s is being taken", p->vm);
}

static int arrive(const struct protocol *p, const struct claim *was, const char *node,
		  const struct hc_strings *addresses)
{
	struct claim next;

	return protocol_put(p, was, &next,
			    claim_arrived(p->call->arena, was, node, addresses, &next));
}

static int stay(const struct protocol *p, const struct claim *was, const struct hc_strings *blocked)
{
	const struct hc_strings own = protocol_part(p, &was->addresses, &was->arriving, false);
	struct claim next;
	const char *why = claim_stayed(p->call->arena, was, p->node, &own, &next);

	if (!why)
		claim_note_blocked(p->call->arena, blocked, &next);
	return protocol_put(p, was, &next, why);
}

/* The record says that nobody arrives any more; so whatever the target has is shut out. */
static int stay_alone(const struct protocol *p, const struct claim *was)
{
	const struct hc_strings own = protocol_part(p, &was->addresses, &was->arriving, false);
	struct protocol_clients found;
	struct hc_strings others;
	int r = protocol_seen(p, NULL, &found);

	if (!r)
		r = protocol_unchanged(p, was);
	if (r)
		return r;
	others = protocol_part(p, &found.open, &own, false);
	for (size_t i = 0; i < was->arriving.n; i++)
		hc_strings_add(p->call->arena, &others, was->arriving.v[i]);
	r = protocol_block(p, &others);
	return r ? r : stay(p, was, &others);
}

/* It has not arrived, or nobody can say whether it has. */
static int recall(const struct protocol *p, const struct claim *was)
{
	struct claim next;
	int r = protocol_put(p, was, &next, claim_recall(p->call->arena, was, p->node, &next));

	return r ? r : stay_alone(p, &next);
}

/* The source's side, no migration being under way in its libvirtd. */
static int settle_source(const struct protocol *p, const struct claim *was, bool alive)
{
	enum protocol_guest there;
	int r = p->ops->there(p, was->target, &there);
	if (r == -ENOTCONN)
		return alive ? recall(p, was)
			     : hc_wait(p->call, "%s does not answer, and %s may run there",
				       was->target, p->vm);
	if (r)
		return r;
	/* its libvirtd may be mistaken; gone here too: a crash of our own, next time */
	if (there == GUEST_GONE)
		return recall(p, was);
	/* before it may switch, only the target can tell this guest from a stray one */
	if (was->may_switch && there != GUEST_ARRIVING && !alive)
		return arrive(p, was, was->target, &was->arriving);
	if (was->may_switch && there == GUEST_RUNS)
		r = p->ops->destroy(p);
	return r ? r : hc_wait(p->call, "%s is arriving at %s", p->vm, was->target);
}

/* Somebody made it stand still after it had arrived: it runs nowhere else. */
static bool has_come_to_rest(const struct protocol *p, const struct claim *was,
			     enum protocol_guest guest)
{
	enum protocol_guest there;

	return guest == GUEST_PAUSED && !p->ops->there(p, was->node, &there) && !is_alive(there);
}

static int settle_target(const struct protocol *p, const struct claim *was,
			 enum protocol_guest guest)
{
	struct protocol_clients found;
	int r;

	if (guest == GUEST_GONE || guest == GUEST_ARRIVING)
		return hc_wait(p->call, "%s is on its way from %s", p->vm, was->node);
	r = protocol_seen(p, &was->addresses, &found);
	if (r)
		return r;
	/* it switched before that was right: nobody watched. Or it is a stray one. */
	if (!was->may_switch && !(guest == GUEST_RUNS && found.all))
		return remove_stray(p, was, guest);
	if (guest != GUEST_RUNS && !has_come_to_rest(p, was, guest))
		return hc_wait(p->call, "%s is on its way from %s", p->vm, was->node);
	for (size_t i = 0; i < was->arriving.n; i++)
		hc_strings_add(p->call->arena, &found.open, was->arriving.v[i]);
	return arrive(p, was, p->node, &found.open);
}

int protocol_settle_migration(const struct protocol *p, const struct claim *claim,
			      enum protocol_guest guest)
{
	bool moving;
	int r;

	if (is(claim->target, p->node))
		return is(claim->node, p->node) ? stay_alone(p, claim)
						: settle_target(p, claim, guest);
	if (!is(claim->node, p->node))
		return is_alive(guest) ? remove_stray(p, claim, guest) : 0;
	r = p->ops->moving(p, &moving);
	if (r)
		return r;
	if (moving)
		return hc_wait(p->call, "%s is on its way to %s", p->vm, claim->target);
	return settle_source(p, claim, is_alive(guest));
}

bool protocol_agrees(const struct claim *claim, const char *node, enum protocol_guest guest)
{
	bool here = is(claim->node, node);

	if (claim->why)
		return true; /* nothing can be done about it here */
	switch (claim->state) {
	case HC_CLAIM_FREE:
		return !is_alive(guest);
	case HC_CLAIM_STARTING:
		return !here && !is_alive(guest);
	case HC_CLAIM_RUNNING:
		return here ? guest == GUEST_RUNS || guest == GUEST_PAUSED : !is_alive(guest);
	case HC_CLAIM_MIGRATING:
		return !here && !is(claim->target, node) && !is_alive(guest);
	case HC_CLAIM_FENCING:
		return !is_alive(guest);
	}
	return true;
}

int protocol_settle(const struct protocol *p)
{
	enum protocol_guest guest;
	struct claim claim;
	int r = protocol_look(p, &claim, &guest);

	if (r)
		return r;
	switch (claim.state) {
	case HC_CLAIM_MIGRATING:
		return protocol_settle_migration(p, &claim, guest);
	case HC_CLAIM_STARTING:
	case HC_CLAIM_RUNNING:
		if (!is_alive(guest))
			return 0;
		return holds(&claim, p->node) ? protocol_start_here(p, &claim, guest)
					      : remove_stray(p, &claim, guest);
	case HC_CLAIM_FREE:
		if (!is_alive(guest))
			return 0;
		return !claim.node || is(claim.node, p->node) ? adopt(p, &claim)
							      : remove_stray(p, &claim, guest);
	case HC_CLAIM_FENCING:
		return is_alive(guest) ? remove_stray(p, &claim, guest) : 0;
	}
	return 0;
}
