/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which change of a claim is right. Each function looks at what the record was and says what it
 * becomes, or why it may not; nothing here looks at the world, so that a test can walk through all
 * of it. Whoever stores the result compares with what it began from (claim_store.h): the two
 * together are the atomic step.
 */

#include "claim.h"

#include <inttypes.h>
#include <string.h>

#include "text.h"

enum {
	MOST_SHUT_OUT = 200, /* of one VM, until their nodes come back */
};

static const char *state_of(const struct claim *claim)
{
	return hc_claim_state_words[claim->state];
}

static const char *named(const char *node)
{
	return node ? node : "no node";
}

/* What is kept by every change. */
static struct claim *begin(const struct claim *was, struct claim *next)
{
	*next = *was;
	return next;
}

/* With a new epoch whoever began with the one before records nothing any more. */
static const char *raise_epoch(const struct claim *was, struct claim *next)
{
	if (was->epoch >= CLAIM_LAST_EPOCH)
		return "its epoch cannot rise any more";
	begin(was, next)->epoch++;
	return NULL;
}

static const char *not_here(struct hc_arena *arena, const struct claim *was)
{
	return hc_printf(arena, "it is %s on %s", state_of(was), named(was->node));
}

static const char *overtaken(struct hc_arena *arena, const struct claim *was, uint64_t epoch)
{
	return hc_printf(arena, "its epoch is %" PRIu64 " by now, not %" PRIu64, was->epoch, epoch);
}

static void add_all(struct hc_arena *arena, struct hc_strings *to, const struct hc_strings *from)
{
	for (size_t i = 0; i < from->n; i++)
		hc_strings_add(arena, to, from->v[i]);
}

static struct hc_strings copy(struct hc_arena *arena, const struct hc_strings *from)
{
	struct hc_strings to = {0};

	add_all(arena, &to, from);
	return to;
}

const char *claim_start(struct hc_arena *arena, const struct claim *was, const char *node,
			struct claim *next)
{
	bool free =
		!was->epoch || (was->state == HC_CLAIM_FREE && (!was->node || is(was->node, node)));
	bool crashed = (was->state == HC_CLAIM_STARTING || was->state == HC_CLAIM_RUNNING) &&
		       is(was->node, node);
	const char *why;

	if (!free && !crashed)
		return not_here(arena, was);
	why = raise_epoch(was, next);
	if (why)
		return why;
	next->state = HC_CLAIM_STARTING;
	next->node = node;
	next->target = NULL;
	next->addresses = next->arriving = (struct hc_strings){0};
	next->may_switch = false;
	next->since = 0;
	return NULL;
}

const char *claim_started(struct hc_arena *arena, const struct claim *was, const char *node,
			  uint64_t epoch, const struct hc_strings *addresses, struct claim *next)
{
	if (was->state != HC_CLAIM_STARTING || !is(was->node, node))
		return not_here(arena, was);
	if (was->epoch != epoch)
		return overtaken(arena, was, epoch);
	begin(was, next)->state = HC_CLAIM_RUNNING;
	next->addresses = copy(arena, addresses);
	return NULL;
}

const char *claim_stop(struct hc_arena *arena, const struct claim *was, const char *node,
		       struct claim *next)
{
	if ((was->state != HC_CLAIM_STARTING && was->state != HC_CLAIM_RUNNING) ||
	    !is(was->node, node))
		return not_here(arena, was);
	begin(was, next)->state = HC_CLAIM_FREE;
	next->addresses = (struct hc_strings){0};
	next->since = 0;
	return NULL;
}

const char *claim_migrate(struct hc_arena *arena, const struct claim *was, const char *node,
			  const char *target, struct claim *next)
{
	const char *why;

	if (was->state != HC_CLAIM_RUNNING || !is(was->node, node))
		return not_here(arena, was);
	if (is(node, target))
		return hc_printf(arena, "it is on %s already", node);
	why = raise_epoch(was, next);
	if (why)
		return why;
	next->state = HC_CLAIM_MIGRATING;
	next->target = target;
	next->arriving = (struct hc_strings){0};
	next->may_switch = false;
	return NULL;
}

const char *claim_address(struct hc_arena *arena, const struct claim *was, uint64_t epoch,
			  const struct hc_strings *addresses, struct claim *next)
{
	if (was->epoch != epoch)
		return overtaken(arena, was, epoch);
	if (was->state != HC_CLAIM_RUNNING && was->state != HC_CLAIM_MIGRATING)
		return not_here(arena, was);
	begin(was, next)->addresses = copy(arena, &was->addresses);
	next->arriving = copy(arena, &was->arriving);
	for (size_t i = 0; i < addresses->n; i++)
		if (was->state == HC_CLAIM_MIGRATING &&
		    !hc_strings_have(&was->addresses, addresses->v[i]))
			hc_strings_add(arena, &next->arriving, addresses->v[i]);
	add_all(arena, &next->addresses, addresses);
	next->may_switch = was->state == HC_CLAIM_MIGRATING;
	return NULL;
}

static const char *settle(struct hc_arena *arena, const struct claim *was, const char *node,
			  const struct hc_strings *addresses, struct claim *next)
{
	begin(was, next)->state = HC_CLAIM_RUNNING;
	next->node = node;
	next->target = NULL;
	next->addresses = copy(arena, addresses);
	next->arriving = (struct hc_strings){0};
	next->may_switch = false;
	return NULL;
}

const char *claim_arrived(struct hc_arena *arena, const struct claim *was, const char *node,
			  const struct hc_strings *addresses, struct claim *next)
{
	if (was->state != HC_CLAIM_MIGRATING || !is(was->target, node) || is(was->node, node))
		return not_here(arena, was);
	(void)settle(arena, was, node, addresses, next);
	next->migration.from = was->node;
	next->migration.to = node;
	next->migration.ms = next->migration.downtime_ms = 0;
	return NULL;
}

const char *claim_stayed(struct hc_arena *arena, const struct claim *was, const char *node,
			 const struct hc_strings *addresses, struct claim *next)
{
	if (was->state != HC_CLAIM_MIGRATING || !is(was->node, node))
		return not_here(arena, was);
	return settle(arena, was, node, addresses, next);
}

const char *claim_recall(struct hc_arena *arena, const struct claim *was, const char *node,
			 struct claim *next)
{
	const char *why;

	if (was->state != HC_CLAIM_MIGRATING || !is(was->node, node))
		return not_here(arena, was);
	why = raise_epoch(was, next);
	if (why)
		return why;
	next->target = node;
	next->may_switch = false;
	return NULL;
}

const char *claim_move(struct hc_arena *arena, const struct claim *was, const char *node,
		       const char *target, struct claim *next)
{
	if (was->state != HC_CLAIM_FREE || (was->node && !is(was->node, node)))
		return not_here(arena, was);
	return claim_assign(arena, was, target, next);
}

const char *claim_assign(struct hc_arena *arena, const struct claim *was, const char *node,
			 struct claim *next)
{
	if (was->state != HC_CLAIM_FREE)
		return not_here(arena, was);
	begin(was, next)->node = node;
	if (!was->epoch)
		next->epoch = 1;
	return NULL;
}

const char *claim_fence(struct hc_arena *arena, const struct claim *was, struct claim *next)
{
	const char *why;

	(void)arena;
	if (!was->epoch)
		return "nobody has claimed it";
	why = raise_epoch(was, next);
	if (!why)
		next->state = HC_CLAIM_FENCING;
	return why;
}

void claim_note_blocked(struct hc_arena *arena, const struct hc_strings *blocked,
			struct claim *claim)
{
	claim->shut_out = copy(arena, &claim->shut_out);
	/* what finds no room stays on the blocklist, which harms nobody */
	for (size_t i = 0; i < blocked->n && claim->shut_out.n < MOST_SHUT_OUT; i++)
		hc_strings_add(arena, &claim->shut_out, blocked->v[i]);
}

const char *claim_broken(struct hc_arena *arena, const struct claim *was, uint64_t epoch,
			 const struct hc_strings *blocked, struct claim *next)
{
	if (was->epoch != epoch)
		return overtaken(arena, was, epoch);
	if (was->state != HC_CLAIM_FENCING)
		return not_here(arena, was);
	begin(was, next)->state = HC_CLAIM_FREE;
	next->target = NULL;
	next->addresses = next->arriving = (struct hc_strings){0};
	claim_note_blocked(arena, blocked, next);
	next->may_switch = false;
	next->since = 0;
	return NULL;
}

static const char *admits_incoming(struct hc_arena *arena, const struct claim *claim,
				   const char *node)
{
	if (claim->state == HC_CLAIM_MIGRATING && is(claim->target, node) && !is(claim->node, node))
		return NULL;
	if (claim->state == HC_CLAIM_MIGRATING)
		return hc_printf(arena, "it is on its way from %s to %s", claim->node,
				 claim->target);
	return hc_printf(arena, "it is %s on %s and not on its way to here", state_of(claim),
			 named(claim->node));
}

const char *claim_admits(struct hc_arena *arena, const struct claim *claim, const char *node,
			 bool incoming)
{
	if (claim->why)
		return hc_printf(arena, "its claim cannot be read: %s", claim->why);
	if (!claim->epoch)
		return "nobody has claimed it";
	if (incoming)
		return admits_incoming(arena, claim, node);
	if (claim->state == HC_CLAIM_STARTING && is(claim->node, node))
		return NULL;
	if (claim->state == HC_CLAIM_FREE)
		return hc_printf(arena, "its claim is free, and only hcstate takes it");
	return not_here(arena, claim);
}
