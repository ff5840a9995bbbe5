/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Taking a VM away from whoever has it. First the epoch rises, so nothing that is under way can
 * record itself any more, and what is not recorded does not run; then whoever is recorded or seen
 * is shut out; then the claim is free.
 *
 * Who has the disks open is seen only while the placement groups of their headers serve, which
 * after a node's loss may take longer than anything else. The record suffices without that: a guest
 * runs only after its clients stand in it, and switches to another node only after those there do.
 * Where a migration had not come that far, or a start, its clients have to be seen.
 */

#include "protocol_parts.h"

/* They are on the blocklist; nothing of them can be there again but what is there already. */
static int free_it(const struct protocol *p, const struct claim *was, const char *to,
		   const struct hc_strings *blocked)
{
	struct claim next;
	const char *why = claim_broken(p->call->arena, was, was->epoch, blocked, &next);

	next.node = to;
	return protocol_put(p, was, &next, why);
}

static int shut_out(const struct protocol *p, const struct claim *was, const char *to,
		    struct hc_strings *open)
{
	int r = protocol_unchanged(p, was);

	for (size_t i = 0; i < was->addresses.n; i++)
		hc_strings_add(p->call->arena, open, was->addresses.v[i]);
	if (!r)
		r = protocol_block(p, open);
	return r ? r : free_it(p, was, to, open);
}

/* *claim: what it is after that. */
static int raise(const struct protocol *p, const struct claim *was, struct claim *claim)
{
	*claim = *was;
	if (was->state == HC_CLAIM_FENCING && was->epoch)
		return 0; /* somebody was killed at it */
	return protocol_put(p, was, claim, claim_fence(p->call->arena, was, claim));
}

int protocol_break(const struct protocol *p, const char *to)
{
	struct protocol_clients found;
	struct claim was, claim;
	int r = protocol_get(p, &was);

	if (!r)
		r = raise(p, &was, &claim);
	if (!r)
		r = protocol_seen(p, NULL, &found);
	return r ? r : shut_out(p, &claim, to, &found.open);
}

/* `was` may be fencing already: what it was before shows in what it kept. */
static bool has_all(const struct claim *was)
{
	return was->addresses.n && (!was->target || was->may_switch);
}

/* Who has its disks open, if that can be seen; if not, that is an error where it matters. */
static int see(const struct protocol *p, const struct claim *claim, struct hc_strings *open)
{
	struct hc_call quiet = hc_quiet(p->call);
	struct protocol_clients found;
	struct protocol q = *p;
	int r;

	q.call = &quiet;
	r = protocol_seen(&q, NULL, &found); /* what it found before it failed counts */
	*open = found.open;
	if (!r || has_all(claim))
		return 0;
	if (r == -EAGAIN)
		return hc_wait(p->call, "%s", hc_said(&quiet, "for Ceph"));
	return hc_fail(p->call, -r, NULL, "%s", hc_said(&quiet, strerror(-r)));
}

/* It left the lost node in time, and whoever has it now only has to say so. */
static int has_arrived(const struct protocol *p, const struct claim *was)
{
	enum protocol_guest there;

	if (was->state != HC_CLAIM_MIGRATING || is(was->target, was->node) ||
	    p->ops->there(p, was->target, &there) || there != GUEST_RUNS)
		return 0;
	return hc_wait(p->call, "%s has arrived at %s, which has not said so yet", p->vm,
		       was->target);
}

int protocol_take_over(const struct protocol *p, const char *node)
{
	struct hc_strings open;
	struct claim was, claim;
	int r = protocol_get(p, &was);

	if (r || was.state == HC_CLAIM_FREE || !is(was.node, node))
		return r;
	r = has_arrived(p, &was);
	if (!r)
		r = raise(p, &was, &claim);
	if (!r)
		r = see(p, &claim, &open);
	return r ? r : shut_out(p, &claim, NULL, &open);
}
