/* SPDX-License-Identifier: Apache-2.0 */
/* The world itself: chance, the record with its writes, and what must never be. */

#include "world.h"

#include <inttypes.h>
#include <string.h>

const char *const node_words[] = {"pve1", "pve2", "pve3", "operator", NULL};
const char *const sabotage_words[] = {
	"nothing",      "started running, not paused",         "writes that do not compare",
	"no blocklist", "nobody looks who has the disks open", "no hook",
};

/* xorshift64*: small, and the same everywhere */
unsigned world_random(struct world *world, unsigned below)
{
	world->random ^= world->random >> 12;
	world->random ^= world->random << 25;
	world->random ^= world->random >> 27;
	return (unsigned)((world->random * UINT64_C(2685821657736338717)) >> 33) % below;
}

bool world_chance(struct world *world, unsigned percent)
{
	return world->faults && world_random(world, 100) < percent;
}

void world_say(struct world *world, const char *format, ...)
{
	va_list args;

	if (!world->loud)
		return;
	printf("%6" PRIu64 " %-8s ", world->step,
	       world->current ? node_words[world->current->number] : "");
	va_start(args, format);
	/* NOLINTNEXTLINE(clang-analyzer-valist.Uninitialized): it is, a line above */
	vprintf(format, args);
	va_end(args);
	putchar('\n');
}

void world_check(struct world *world)
{
	for (unsigned disk = 0; disk < DISKS && !world->broken; disk++) {
		unsigned writers = 0;

		for (unsigned node = 0; node < NODES; node++)
			writers += guest_writes(world, &world->guest[node], disk) +
				   guest_writes(world, &world->lost[node], disk);
		if (writers > 1)
			world->broken = "two guests write";
	}
}

static bool is_same(const struct world *world, const struct late *late)
{
	if (world->sabotage == SABOTAGE_NO_COMPARE)
		return true;
	return world->exists ? late->epoch == world->claim.epoch &&
				       !strcmp(late->nonce, world->claim.nonce)
			     : !late->epoch;
}

void world_land(struct world *world, unsigned number)
{
	struct late *late = &world->late[number];

	late->there = false;
	if (!is_same(world, late))
		return;
	world->exists = true;
	world->claim = late->next;
	world_say(world, "the claim is %s on %s, epoch %" PRIu64 ", %zu clients",
		  hc_claim_state_words[world->claim.state],
		  world->claim.node ? world->claim.node : "-", world->claim.epoch,
		  world->claim.addresses.n);
}

void world_init(struct world *world, uint64_t seed, enum sabotage sabotage)
{
	memset(world, 0, sizeof(*world));
	world->random = seed * UINT64_C(0x9e3779b97f4a7c15) + 1;
	world->sabotage = sabotage;
	world->faults = true;
	world->wanted = true;
	world->ha = seed % 2;
	world->arena = hc_arena_new();
	for (unsigned i = 0; i < NODES; i++)
		world->on[i] = true;
}

void world_fini(struct world *world)
{
	for (unsigned i = 0; i < PROCESSES; i++)
		process_end(world, i);
	world->arena = hc_arena_free(world->arena);
}
