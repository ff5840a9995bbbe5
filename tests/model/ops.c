/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the protocol does to the world. Before and after each effect the others may go on, or this
 * process may end; and an answer may get lost whether the effect was there or not.
 */

#include "world.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct world *world_of(const struct protocol *p)
{
	return p->arg;
}

static unsigned here(const struct protocol *p)
{
	return world_of(p)->current->number;
}

static unsigned node_of(const char *name)
{
	unsigned i = 0;

	while (i < NODES && strcmp(name, node_words[i]) != 0)
		i++;
	if (i == NODES)
		abort();
	return i;
}

/* Something does not answer; the caller gets to know nothing. */
static int lose(const struct protocol *p, unsigned percent)
{
	return world_chance(world_of(p), percent) ? hc_fail(p->call, EIO, NULL, "no answer") : 0;
}

static int get(const struct protocol *p, struct claim *claim)
{
	struct world *world = world_of(p);

	process_step(world);
	if (world_chance(world, 2))
		return -ETIMEDOUT;
	*claim = world->exists ? world->claim : (struct claim){0};
	process_step(world);
	return 0;
}

/* What the world keeps outlives the process that said it. */
static const char *keep(struct world *world, const char *text)
{
	return text ? hc_strdup(world->arena, text) : NULL;
}

static struct hc_strings keep_all(struct world *world, const struct hc_strings *texts)
{
	struct hc_strings kept = {0};

	for (size_t i = 0; i < texts->n; i++)
		hc_strings_add(world->arena, &kept, keep(world, texts->v[i]));
	return kept;
}

static struct claim keep_claim(struct world *world, const struct claim *claim)
{
	struct claim kept = *claim;

	kept.uuid = keep(world, claim->uuid);
	kept.vm = keep(world, claim->vm);
	kept.node = keep(world, claim->node);
	kept.target = keep(world, claim->target);
	kept.asked_node = keep(world, claim->asked_node);
	kept.addresses = keep_all(world, &claim->addresses);
	kept.arriving = keep_all(world, &claim->arriving);
	kept.shut_out = keep_all(world, &claim->shut_out);
	kept.migration.from = keep(world, claim->migration.from);
	kept.migration.to = keep(world, claim->migration.to);
	return kept;
}

static void remember(struct world *world, struct late *late, const struct claim *was,
		     struct claim *next)
{
	(void)snprintf(next->nonce, sizeof(next->nonce), "%032" PRIx64, world->step);
	late->there = true;
	late->epoch = was->epoch;
	memcpy(late->nonce, was->nonce, sizeof(late->nonce));
	late->next = keep_claim(world, next);
}

/* As claim_store_put(): one that timed out is read again, and may be on its way even then. */
static int put(const struct protocol *p, const struct claim *was, struct claim *next)
{
	struct world *world = world_of(p);
	unsigned slot = world_random(world, LATE);
	bool slow = world_chance(world, 10);

	process_step(world);
	if (world->late[slot].there)
		return -ETIMEDOUT; /* nothing was written */
	remember(world, &world->late[slot], was, next);
	if (!slow)
		world_land(world, slot);
	process_step(world);
	if (slow && world_random(world, 2))
		return -ETIMEDOUT; /* reading it again was in vain too */
	return world->exists && !strcmp(world->claim.nonce, next->nonce) ? 0
	       : world->late[slot].there                                 ? -ETIMEDOUT
									 : -ECANCELED;
}

static int guest(const struct protocol *p, enum protocol_guest *state)
{
	struct world *world = world_of(p);

	process_step(world);
	*state = world->guest[here(p)].state;
	process_step(world);
	return lose(p, 1);
}

static int there(const struct protocol *p, const char *node, enum protocol_guest *state)
{
	struct world *world = world_of(p);
	unsigned other = node_of(node);

	process_step(world);
	if (!world->on[other] || world_chance(world, 10))
		return -ENOTCONN;
	*state = world->guest[other].state;
	process_step(world);
	return 0;
}

static int moving(const struct protocol *p, bool *is)
{
	struct world *world = world_of(p);

	process_step(world);
	*is = world->migration[here(p)].phase != IDLE;
	process_step(world);
	return 0;
}

static char *address(struct hc_arena *arena, unsigned client)
{
	return hc_printf(arena, "10.0.0.1:0/%u", client);
}

static bool seen_on(const struct protocol *p, unsigned disk, const struct hc_strings *except,
		    struct hc_strings *open)
{
	struct world *world = world_of(p);
	bool any = false;

	for (unsigned i = 1; i <= world->nclient; i++) {
		const struct client *client = &world->client[i];
		char *text;

		if (client->disk != disk || !client->watches || client->blocked)
			continue;
		text = address(p->call->arena, i);
		hc_strings_add(p->call->arena, open, text);
		any = any || !hc_strings_have(except, text);
	}
	return any;
}

static int clients(const struct protocol *p, const struct hc_strings *except,
		   struct protocol_clients *found)
{
	struct world *world = world_of(p);
	bool blind = world->sabotage == SABOTAGE_BLIND &&
		     world->guest[world->current->number % NODES].state == GUEST_GONE;

	found->all = true;
	for (unsigned disk = 0; disk < DISKS && !blind; disk++) {
		process_step(world); /* one disk after the other */
		found->all = seen_on(p, disk, except, &found->open) && found->all;
	}
	return lose(p, 2);
}

static int block(const struct protocol *p, const struct hc_strings *addresses)
{
	struct world *world = world_of(p);

	for (size_t i = 0; i < addresses->n; i++) {
		unsigned number = (unsigned)atoi(strrchr(addresses->v[i], '/') + 1);

		process_step(world);
		if (lose(p, 2))
			return -EIO;
		if (world->sabotage != SABOTAGE_NO_BLOCK)
			world->client[number].blocked = true;
		world_say(world, "%s is shut out", addresses->v[i]);
	}
	process_step(world);
	return lose(p, 2);
}

static int create_paused(const struct protocol *p)
{
	struct world *world = world_of(p);
	unsigned node = here(p);
	struct guest *created = &world->guest[node];

	process_step(world);
	if (created->state != GUEST_GONE || lose(p, 3))
		return -EIO;
	created->state = world->sabotage == SABOTAGE_RESUMED ? GUEST_RUNS : GUEST_PAUSED;
	world_say(world, "a guest is made");
	for (unsigned i = 0; i < DISKS; i++) {
		/* it may have crashed, and there may be another one by now */
		if (created->state == GUEST_GONE || created->clients[i])
			break;
		(void)guest_open(world, node, i);
		process_step(world);
	}
	return lose(p, 3);
}

static int resume(const struct protocol *p)
{
	struct world *world = world_of(p);
	struct guest *paused = &world->guest[here(p)];

	process_step(world);
	if (paused->state != GUEST_PAUSED && paused->state != GUEST_RUNS)
		return hc_fail(p->call, EIO, NULL, "there is none");
	paused->state = GUEST_RUNS;
	world_say(world, "it runs");
	process_step(world);
	return lose(p, 3);
}

static int destroy(const struct protocol *p)
{
	struct world *world = world_of(p);

	process_step(world);
	if (lose(p, 3))
		return -EIO;
	if (world->guest[here(p)].state != GUEST_GONE) {
		guest_migration_ends(world, here(p));
		guest_gone(world, here(p));
	}
	world_say(world, "it is destroyed");
	process_step(world);
	return 0;
}

const struct protocol_ops world_ops = {
	.get = get,
	.put = put,
	.guest = guest,
	.there = there,
	.moving = moving,
	.clients = clients,
	.block = block,
	.create_paused = create_paused,
	.resume = resume,
	.destroy = destroy,
};
