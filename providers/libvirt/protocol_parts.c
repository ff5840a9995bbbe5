/* SPDX-License-Identifier: Apache-2.0 */
/* Reading and writing the record, and seeing and shutting out clients, with what goes wrong said.
 */

#include "protocol_parts.h"

/* Of `v` those that are in `in`, or that are not. */
struct hc_strings protocol_part(const struct protocol *p, const struct hc_strings *v,
				const struct hc_strings *in, bool are)
{
	struct hc_strings some = {0};

	for (size_t i = 0; i < v->n; i++)
		if (hc_strings_have(in, v->v[i]) == are)
			hc_strings_add(p->call->arena, &some, v->v[i]);
	return some;
}

int protocol_get(const struct protocol *p, struct claim *claim)
{
	int r = p->ops->get(p, claim);

	if (r)
		return hc_fail(p->call, -r, NULL, "the claim of %s cannot be read: %s", p->vm,
			       strerror(-r));
	if (claim->why)
		return hc_fail(p->call, EBADMSG, NULL, "the claim of %s cannot be read: %s", p->vm,
			       claim->why);
	return 0;
}

/* `why`: what claim.h had against it. */
int protocol_put(const struct protocol *p, const struct claim *was, struct claim *next,
		 const char *why)
{
	int r;

	if (why)
		return hc_fail(p->call, EBUSY, NULL, "the claim of %s: %s", p->vm, why);
	next->uuid = p->uuid;
	next->vm = p->vm;
	if (is(next->node, p->asked_node) && next->state != HC_CLAIM_MIGRATING)
		next->asked_node = p->asked_node;
	r = p->ops->put(p, was, next);
	if (r == -ECANCELED)
		return hc_wait(p->call, "the claim of %s has just been changed", p->vm);
	if (r)
		return hc_fail(p->call, -r, NULL, "the claim of %s cannot be written: %s", p->vm,
			       strerror(-r));
	return 0;
}

int protocol_seen(const struct protocol *p, const struct hc_strings *except,
		  struct protocol_clients *found)
{
	const struct hc_strings none = {0};

	*found = (struct protocol_clients){0};
	return p->ops->clients(p, except ? except : &none, found);
}

int protocol_unchanged(const struct protocol *p, const struct claim *was)
{
	struct claim now;
	int r = protocol_get(p, &now);

	if (!r && (now.epoch != was->epoch || strcmp(now.nonce, was->nonce) != 0))
		r = hc_wait(p->call, "the claim of %s has just been changed", p->vm);
	return r;
}

/* Shuts out all of them that have a disk open, and those that the record names, open or not. */
int protocol_block(const struct protocol *p, const struct hc_strings *addresses)
{
	return addresses->n ? p->ops->block(p, addresses) : 0;
}

int protocol_look(const struct protocol *p, struct claim *claim, enum protocol_guest *guest)
{
	int r = protocol_get(p, claim);

	return r ? r : p->ops->guest(p, guest);
}
