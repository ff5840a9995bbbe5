/* SPDX-License-Identifier: Apache-2.0 */
/* From node to node: running, stopped, or taken away. */

#include "protocol_parts.h"

static int check_target(const struct protocol *p, const char *target)
{
	enum protocol_guest there;
	int r = p->ops->there(p, target, &there);

	if (r == -ENOTCONN)
		return hc_wait(p->call, "libvirtd on %s does not answer", target);
	if (!r && is_alive(there))
		return hc_wait(p->call, "%s has a guest called %s already", target, p->vm);
	return r;
}

int protocol_migrate(const struct protocol *p, const char *target)
{
	enum protocol_guest guest;
	struct claim claim, next;
	int r = protocol_look(p, &claim, &guest);

	if (r)
		return r;
	if (claim.state == HC_CLAIM_MIGRATING && is(claim.node, p->node) &&
	    is(claim.target, target) && !is(target, p->node))
		return 0;
	if (guest != GUEST_RUNS)
		return hc_fail(p->call, EBUSY, NULL, "%s does not run here", p->vm);
	r = check_target(p, target);
	if (!r)
		r = protocol_plugged(p);
	if (!r)
		r = protocol_get(p, &claim);
	return r ? r
		 : protocol_put(p, &claim, &next,
				claim_migrate(p->call->arena, &claim, p->node, target, &next));
}

int protocol_may_switch(const struct protocol *p)
{
	struct protocol_clients found;
	struct claim claim, next;
	int r = protocol_get(p, &claim);

	if (r)
		return r;
	if (claim.state != HC_CLAIM_MIGRATING || !is(claim.node, p->node))
		return hc_fail(p->call, EBUSY, NULL, "the claim of %s is %s on %s", p->vm,
			       hc_claim_state_words[claim.state],
			       claim.node ? claim.node : "no node");
	if (claim.may_switch)
		return 0;
	r = protocol_seen(p, &claim.addresses, &found);
	if (!r && !found.all)
		r = hc_wait(p->call, "%s has not opened the disks of %s yet", claim.target, p->vm);
	return r ? r
		 : protocol_put(p, &claim, &next,
				claim_address(p->call->arena, &claim, claim.epoch, &found.open,
					      &next));
}

int protocol_moved(const struct protocol *p, uint64_t ms, uint64_t downtime_ms)
{
	struct claim claim, next;
	int r = protocol_get(p, &claim);

	if (r || claim.state != HC_CLAIM_RUNNING || !is(claim.migration.to, claim.node) ||
	    (!is(claim.migration.from, p->node) && !is(claim.node, p->node)))
		return r;
	next = claim;
	next.migration.ms = ms;
	next.migration.downtime_ms = downtime_ms;
	return protocol_put(p, &claim, &next, NULL);
}

int protocol_move(const struct protocol *p, const char *target)
{
	enum protocol_guest guest;
	struct claim claim, next;
	int r = protocol_look(p, &claim, &guest);

	if (r || (claim.state == HC_CLAIM_FREE && is(claim.node, target)))
		return r;
	if (is_alive(guest))
		return hc_wait(p->call, "%s still runs", p->vm);
	return protocol_put(p, &claim, &next,
			    claim_move(p->call->arena, &claim, p->node, target, &next));
}

int protocol_ask(const struct protocol *p)
{
	struct claim claim, next;
	int r = protocol_get(p, &claim);

	if (r || !claim.epoch || !is(claim.node, p->asked_node) ||
	    is(claim.asked_node, p->asked_node))
		return r;
	next = claim;
	return protocol_put(p, &claim, &next, NULL);
}

int protocol_take(const struct protocol *p)
{
	enum protocol_guest guest;
	struct claim claim, next;
	int r = protocol_look(p, &claim, &guest);

	if (r || (claim.epoch && is(claim.node, p->node)))
		return r;
	if (is_alive(guest))
		return hc_wait(p->call, "%s still runs", p->vm);
	if (claim.state != HC_CLAIM_FREE)
		return hc_wait(p->call, "%s has its claim", claim.node);
	return protocol_put(p, &claim, &next, claim_assign(p->call->arena, &claim, p->node, &next));
}
