/* SPDX-License-Identifier: Apache-2.0 */
/* QEMU and libvirtd of each node, as far as claims are concerned. */

#include "world.h"

#include <stdlib.h>

/* Each open image is a client of its own. */
unsigned guest_open(struct world *world, unsigned node, unsigned disk)
{
	unsigned number = ++world->nclient;

	if (number >= MOST_CLIENTS)
		abort(); /* the run is too long for the table */
	world->client[number] = (struct client){.watches = true, .disk = disk};
	world->guest[node].clients[disk] = number;
	return number;
}

static void end(struct world *world, struct guest *guest)
{
	for (unsigned i = 0; i < DISKS; i++) {
		struct client *client = &world->client[guest->clients[i]];

		client->dead = true;
		/* one that ends in order says so; one that crashed is listed for half a minute */
		if (world_random(world, 2))
			client->watches = false;
	}
	*guest = (struct guest){.state = GUEST_GONE};
}

void guest_gone(struct world *world, unsigned node)
{
	end(world, &world->guest[node]);
}

void guest_lost(struct world *world, unsigned node)
{
	if (world->guest[node].state != GUEST_RUNS || world->lost[node].state != GUEST_GONE)
		return;
	world_say(world, "libvirtd on %s forgets it", node_words[node]);
	world->lost[node] = world->guest[node];
	world->guest[node] = (struct guest){.state = GUEST_GONE};
}

void guest_no_power(struct world *world, unsigned node)
{
	end(world, &world->guest[node]);
	end(world, &world->lost[node]);
}

bool guest_writes(const struct world *world, const struct guest *guest, unsigned disk)
{
	unsigned client = guest->clients[disk];

	return guest->state == GUEST_RUNS && client && !world->client[client].blocked;
}

static bool admitted(struct world *world, const struct migration *migration)
{
	struct claim none = {0};

	return world->sabotage == SABOTAGE_NO_HOOK ||
	       !claim_admits(world->arena, world->exists ? &world->claim : &none,
			     node_words[migration->target], true);
}

/* It fails, and leaves what was before: the source runs on if it still can. */
static void fail(struct world *world, unsigned source)
{
	struct migration *migration = &world->migration[source];
	struct guest *arriving = &world->guest[migration->target];

	world_say(world, "the migration from %s fails", node_words[source]);
	if (migration->phase > PREPARING && arriving->state == GUEST_ARRIVING)
		guest_gone(world, migration->target);
	migration->phase = IDLE;
}

void guest_migration_ends(struct world *world, unsigned source)
{
	if (world->migration[source].phase != IDLE && world->migration[source].phase != SWITCHED)
		fail(world, source);
	world->migration[source].phase = IDLE;
}

static void prepare(struct world *world, unsigned source)
{
	struct migration *migration = &world->migration[source];
	struct guest *there = &world->guest[migration->target];

	if (!world->on[migration->target] || there->state != GUEST_GONE ||
	    !admitted(world, migration)) {
		fail(world, source);
		return;
	}
	there->state = GUEST_ARRIVING;
	migration->phase = OPENING;
}

static void open_next(struct world *world, unsigned source)
{
	struct migration *migration = &world->migration[source];
	struct guest *there = &world->guest[migration->target];

	if (world_random(world, 8)) /* a QEMU takes its time to begin */
		return;
	for (unsigned i = 0; i < DISKS; i++)
		if (!there->clients[i]) {
			(void)guest_open(world, migration->target, i);
			return;
		}
	/* asked a second time: from here on whoever takes the claim sees these clients */
	if (!admitted(world, migration))
		fail(world, source);
	else
		migration->phase = COPYING;
}

static void switch_over(struct world *world, unsigned source)
{
	struct migration *migration = &world->migration[source];

	/* slow until it is allowed; alone it gets there all the same some time */
	if (!migration->may_switch && (world->process[source].runs || world_random(world, 20)))
		return;
	if (world->guest[source].state != GUEST_RUNS) {
		fail(world, source);
		return;
	}
	world->guest[source].state = GUEST_PAUSED;
	world->guest[migration->target].state = GUEST_RUNS;
	migration->phase = SWITCHED;
	world_say(world, "the guest has switched from %s to %s", node_words[source],
		  node_words[migration->target]);
}

/* One of the two has gone, or it just fails. */
static bool is_lost(struct world *world, unsigned source)
{
	const struct migration *migration = &world->migration[source];

	switch (migration->phase) {
	case IDLE:
	case SWITCHED:
		return false;
	case PREPARING:
		break;
	case OPENING:
	case COPYING:
		if (world->guest[migration->target].state != GUEST_ARRIVING)
			return true;
		break;
	}
	return world->guest[source].state == GUEST_GONE || world_chance(world, 2);
}

void guest_migrate_on(struct world *world, unsigned source)
{
	struct migration *migration = &world->migration[source];

	if (is_lost(world, source)) {
		fail(world, source);
		return;
	}
	switch (migration->phase) {
	case IDLE:
		break;
	case PREPARING:
		prepare(world, source);
		break;
	case OPENING:
		open_next(world, source);
		break;
	case COPYING:
		switch_over(world, source);
		break;
	case SWITCHED:
		/* that it has arrived may get lost; then the source stands still for ever */
		if (!world_chance(world, 20))
			guest_gone(world, source);
		migration->phase = IDLE;
		break;
	}
}
