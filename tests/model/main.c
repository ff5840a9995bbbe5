/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whether the claims' protocol keeps what it promises, in many random histories of three nodes:
 * hcstate is killed at any step, nodes lose power, answers get lost and writes come late, guests
 * crash, somebody runs virsh, an operator takes the VM away from whoever has it.
 *
 * Never: two guests of which each can write to the same disk. Always, when no more of that happens:
 * the VM ends up running, once, with all its clients in the record. Then the same with one thing
 * left out of the protocol after the other; a model that does not notice proves nothing.
 *
 *	model [SEEDS [FIRST]]; one SEED: tells what happens in it
 */

#include "world.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum {
	SEEDS = 3000,
	SEEDS_SABOTAGED = 20000, /* until it is noticed */
	STEPS = 1500,
	STEPS_CALM = 6000,
};

static void power_off(struct world *world, unsigned node)
{
	world_say(world, "%s loses power", node_words[node]);
	process_end(world, node);
	for (unsigned i = 0; i < NODES; i++)
		if (i == node || world->migration[i].target == node)
			guest_migration_ends(world, i);
	guest_no_power(world, node);
	world->on[node] = false;
}

static void power_on(struct world *world, unsigned node)
{
	if (world->on[node])
		return;
	world_say(world, "%s has power", node_words[node]);
	world->on[node] = true;
}

/* virsh start, where the hook lets it: it wants to see that hcstate is at it. */
static void start_by_hand(struct world *world, unsigned node)
{
	if (!world->on[node] || world->guest[node].state != GUEST_GONE ||
	    world->sabotage != SABOTAGE_NO_HOOK)
		return;
	world->guest[node].state = GUEST_RUNS;
	for (unsigned i = 0; i < DISKS; i++)
		(void)guest_open(world, node, i);
	world_say(world, "virsh start on %s", node_words[node]);
}

static void begin_operator(struct world *world, unsigned goal)
{
	if (world->process[NODES].runs || !world->exists)
		return;
	process_begin(world, NODES);
	world->process[NODES].goal = goal;
}

/* In ten thousandths. */
static const struct {
	unsigned chance;
	enum event {
		KILL,
		STALL,
		POWER_OFF,
		POWER_ON,
		CRASH,
		LOSE,
		BY_HAND,
		OPERATOR,
		WANT_NODE,
		WANT_STOPPED,
		DROP, /* a write on its way is lost */
	} event;
} events[] = {
	{60, KILL},    {60, STALL},    {15, POWER_OFF}, {60, POWER_ON},     {30, CRASH}, {15, LOSE},
	{40, BY_HAND}, {15, OPERATOR}, {30, WANT_NODE}, {20, WANT_STOPPED}, {20, DROP},
};

static void happen(struct world *world, enum event event)
{
	unsigned node = world_random(world, NODES);

	switch (event) {
	case KILL:
		world_say(world, "hcstate on %s is killed", node_words[node]);
		process_end(world, node);
		break;
	case STALL:
		world->process[node].stalled = world->step + world_random(world, 300);
		break;
	case POWER_OFF:
		power_off(world, node);
		break;
	case POWER_ON:
		power_on(world, node);
		break;
	case CRASH:
		if (world->guest[node].state != GUEST_GONE)
			world_say(world, "the guest on %s crashes", node_words[node]);
		guest_gone(world, node);
		break;
	case LOSE:
		guest_lost(world, node);
		break;
	case BY_HAND:
		start_by_hand(world, node);
		break;
	case OPERATOR:
		begin_operator(world, node);
		break;
	case WANT_NODE:
		world->wanted_node = node;
		break;
	case WANT_STOPPED:
		world->wanted = !world->wanted;
		break;
	case DROP:
		world->late[world_random(world, LATE)].there = false;
		break;
	}
}

/* What goes on without anybody's doing. */
static void elapse(struct world *world)
{
	unsigned client = world_random(world, world->nclient + 1);
	unsigned late = world_random(world, LATE);

	if ((world->client[client].dead || world->client[client].blocked) &&
	    !world_random(world, 8))
		world->client[client].watches = false;
	if (world->late[late].there && !world_random(world, 8))
		world_land(world, late);
	if (!world_random(world, 4))
		guest_migrate_on(world, world_random(world, NODES));
}

static void step(struct world *world)
{
	unsigned number = world_random(world, PROCESSES);

	world->step++;
	if (world->faults)
		for (size_t i = 0; i < HC_COUNT(events); i++)
			if (world_random(world, 10000) < events[i].chance)
				happen(world, events[i].event);
	elapse(world);
	if (world->process[number].stalled > world->step)
		;
	else if (world->process[number].runs)
		process_go(world, number);
	else if (number < NODES && world->on[number] && !world_random(world, 10))
		process_begin(world, number);
	world_check(world);
}

/* From here on nothing goes wrong. Half of the time a node stays off for ever: *lost. */
static void calm(struct world *world, unsigned *lost)
{
	*lost = world_random(world, 2 * NODES);

	world->faults = false;
	world->wanted = true;
	for (unsigned i = 0; i < NODES; i++)
		power_on(world, i);
	if (*lost >= NODES)
		return;
	power_off(world, *lost);
	if (world->wanted_node == *lost)
		world->wanted_node = (*lost + 1) % NODES;
}

static unsigned node_of(const char *name)
{
	unsigned i = 0;

	while (i + 1 < NODES && strcmp(name, node_words[i]) != 0)
		i++;
	return i;
}

/* What the lost node has, or may have got, the operator takes from it. */
static void look_after(struct world *world, unsigned lost)
{
	const struct claim *claim = &world->claim;
	const char *name = node_words[lost < NODES ? lost : 0];

	if (lost >= NODES || !world->exists)
		return;
	if (!claim->node)
		return;
	if (!strcmp(claim->node, name))
		begin_operator(world, world->ha ? lost : world->wanted_node);
	else if (claim->state == HC_CLAIM_MIGRATING && !strcmp(claim->target, name))
		begin_operator(world, world->ha ? node_of(claim->node) : world->wanted_node);
}

static bool is_done(const struct world *world)
{
	unsigned alive = 0, running = NODES;

	for (unsigned i = 0; i < NODES; i++) {
		alive += world->guest[i].state != GUEST_GONE;
		if (world->guest[i].state == GUEST_RUNS)
			running = i;
	}
	if (alive != 1 || running != world->wanted_node || world->process[NODES].runs ||
	    world->claim.state != HC_CLAIM_RUNNING || !world->claim.node ||
	    strcmp(world->claim.node, node_words[running]) != 0)
		return false;
	for (unsigned i = 0; i < DISKS; i++) {
		char address[32];

		(void)snprintf(address, sizeof(address), "10.0.0.1:0/%u",
			       world->guest[running].clients[i]);
		if (!guest_writes(world, &world->guest[running], i) ||
		    !hc_strings_have(&world->claim.addresses, address))
			return false;
	}
	return true;
}

/* NULL: it went well. */
static const char *run(struct world *world)
{
	unsigned lost;

	for (unsigned i = 0; i < STEPS && !world->broken; i++)
		step(world);
	if (world->broken)
		return world->broken;
	world_say(world, "from here on nothing goes wrong");
	calm(world, &lost);
	for (unsigned i = 0; i < STEPS_CALM && !world->broken && !is_done(world); i++) {
		look_after(world, lost);
		step(world);
	}
	if (!world->broken && !is_done(world))
		world->broken = "it does not end up running, once";
	return world->broken;
}

static const char *run_seed(uint64_t seed, enum sabotage sabotage, bool loud)
{
	struct world *world = malloc(sizeof(*world));
	const char *broken;

	if (!world)
		abort();
	world_init(world, seed, sabotage);
	world->loud = loud;
	broken = run(world);
	if (broken && loud)
		world_say(world, "%s", broken);
	world_fini(world);
	free(world);
	return broken;
}

static int run_all(uint64_t first, uint64_t n)
{
	for (uint64_t seed = first; seed < first + n; seed++) {
		const char *broken = run_seed(seed, SABOTAGE_NONE, false);

		if (broken) {
			printf("seed %" PRIu64 ": %s\n", seed, broken);
			return 1;
		}
	}
	printf("%" PRIu64 " histories from seed %" PRIu64 " on: never two, always one\n", n, first);
	return 0;
}

static int notice(enum sabotage sabotage)
{
	for (uint64_t seed = 1; seed < SEEDS_SABOTAGED; seed++)
		if (run_seed(seed, sabotage, false)) {
			printf("%s: noticed with seed %" PRIu64 "\n", sabotage_words[sabotage],
			       seed);
			return 0;
		}
	printf("%s: not noticed\n", sabotage_words[sabotage]);
	return 1;
}

int main(int argc, char **argv)
{
	uint64_t n = argc > 1 ? strtoull(argv[1], NULL, 10) : SEEDS;
	int r = 0;

	if (argc > 3) /* one, loud */
		return run_seed(strtoull(argv[2], NULL, 10), (enum sabotage)atoi(argv[3]), true) !=
		       NULL;
	r = run_all(argc > 2 ? strtoull(argv[2], NULL, 10) : 1, n);
	for (enum sabotage i = SABOTAGE_NONE + 1; !r && i < SABOTAGES; i++)
		r = notice(i);
	return r;
}
