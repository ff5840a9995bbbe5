/* SPDX-License-Identifier: Apache-2.0 */
/* What a scenario makes happen. What cannot happen as things are (a node that is off shuts down) is
 * told, since who wrote it meant something else. */

#include "world.h"

#include <string.h>

static void power(struct world *world, size_t node, bool on)
{
	if (on == world->nodes[node].on && !world->nodes[node].boots)
		return;
	if (on)
		world_power(world, node);
	else
		world_no_power(world, node);
}

static void leave(struct world *world, size_t i, enum ha_leaving how)
{
	struct world_node *node = &world->nodes[i];

	if (!node->on) {
		world_warn(world, NULL, node->name, "it is off and cannot go down");
		return;
	}
	node->leaving = how;
	node->said = node->in_contact;
	node->leaves = world->now;
	node->leaves_round = world->rounds;
}

static void maintain(struct world *world, const char *name, bool on)
{
	struct hc_strings left = {0};

	if (on) {
		hc_strings_add(world->arena, &world->maintenance, name);
		return;
	}
	for (size_t i = 0; i < world->maintenance.n; i++)
		if (strcmp(world->maintenance.v[i], name) != 0)
			hc_strings_add(world->arena, &left, world->maintenance.v[i]);
	world->maintenance = left;
}

static void wish(struct world *world, const struct scenario_event *event)
{
	struct world_vm *vm = world_find_vm(world, event->vm);

	vm->gone = event->what == SCENARIO_DELETE;
	if (!vm->gone)
		vm->wish = (int)event->wish;
	world_take_wants(world);
	if (!vm->gone && !ha_find_want(&world->asks->wants, event->vm))
		world_warn(world, event->vm, NULL, "no HaResource has this VM now");
}

static void ask(struct world *world, const struct scenario_event *event)
{
	world->asked = hc_grow(world->arena, world->asked, world->nasked, &world->asked_room,
			       sizeof(*world->asked));
	world->asked[world->nasked++] = (struct ha_asked){
		.vm = event->vm,
		.word = event->what == SCENARIO_MIGRATE ? HA_MIGRATE_TO : HA_RELOCATE_TO,
		.node = event->to,
	};
}

/* What single VMs were asked for before was an edit of the manifests that these replace. */
static void bring(struct world *world, const struct asks *asks)
{
	world->asks = asks;
	for (size_t i = 0; i < world->nvm; i++) {
		world->vms[i].gone = false;
		world->vms[i].wish = -1;
	}
	world_take_wants(world);
}

void world_happens(struct world *world, const struct scenario_event *event)
{
	size_t node = event->node ? (size_t)world_find_node(world, event->node) : 0;

	switch (event->what) {
	case SCENARIO_POWER:
		power(world, node, event->on);
		break;
	case SCENARIO_NETWORK:
		world->nodes[node].network = event->on;
		break;
	case SCENARIO_MAINTENANCE:
		maintain(world, world->nodes[node].name, event->on);
		break;
	case SCENARIO_SHUTDOWN:
		leave(world, node, HA_POWERS_OFF);
		break;
	case SCENARIO_REBOOT:
		leave(world, node, HA_REBOOTS);
		break;
	case SCENARIO_WISH:
	case SCENARIO_DELETE:
		wish(world, event);
		break;
	case SCENARIO_MIGRATE:
	case SCENARIO_RELOCATE:
		ask(world, event);
		break;
	case SCENARIO_MANIFESTS:
		bring(world, event->asks);
		break;
	}
	world_look_at_contact(world);
}
