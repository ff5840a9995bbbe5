/* SPDX-License-Identifier: Apache-2.0 */
/* Random worlds and random manifests for them. The manifests are always sound: what they refer to
 * is in them, and boxes stand only on boxes of a lower number. */

#include "world.h"

#include <stdio.h>
#include <string.h>

/* splitmix64 */
static uint64_t next(struct random *random)
{
	uint64_t z = random->state += UINT64_C(0x9e3779b97f4a7c15);

	z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
	return z ^ z >> 31;
}

uint64_t random_below(struct random *random, uint64_t n)
{
	return next(random) % n;
}

static bool once_in(struct random *random, uint64_t n)
{
	return !random_below(random, n);
}

/* Hanging takes real time, so it is drawn less often. */
static enum fault draw_fault(struct random *random)
{
	enum fault fault = random_below(random, FAULT_END);

	if (fault >= HANGS && !once_in(random, 16))
		fault = random_below(random, HANGS);
	return fault;
}

static enum read_fault draw_read_fault(struct random *random)
{
	enum read_fault fault = random_below(random, READ_FAULT_END);

	return fault == READ_HANGS && !once_in(random, 6) ? READ_FAILS : fault;
}

static void draw_faults(struct random *random, struct world *world)
{
	for (size_t i = 0; i < THINGS; i++) {
		struct thing *t = &world->things[i];

		t->nfault = once_in(random, 2) ? random_below(random, FAULTS + 1) : 0;
		for (unsigned f = 0; f < t->nfault; f++)
			t->faults[f] = draw_fault(random);
	}
	for (size_t p = 0; p < 2; p++) {
		world->nread_fault[p] = random_below(random, FAULTS + 1);
		for (unsigned f = 0; f < world->nread_fault[p]; f++)
			world->read_faults[p][f] = draw_read_fault(random);
	}
	world->nmeddle = random_below(random, MEDDLES + 1);
	for (unsigned i = 0; i < world->nmeddle; i++)
		world->meddles[i] = (struct meddle){
			.reading = world->readings + 1 + random_below(random, 20),
			.thing = random_below(random, THINGS),
			.remove = once_in(random, 2),
		};
}

void generate_world(struct random *random, struct world *world)
{
	world_name(world);
	for (size_t i = 0; i < THINGS; i++) {
		world->things[i].there = once_in(random, 4);
		world->things[i].shape.size = random_below(random, 20);
		world->things[i].shape.tint = random_below(random, 3);
	}
	world->strict = world->calm = once_in(random, 5);
}

/* `without`: a kind that these manifests do not have at all */
static void mean(struct random *random, struct world *world, size_t i, enum kind without)
{
	struct thing *t = &world->things[i];
	unsigned boxes = 0;

	t->meant = *t->name != 'f' && t->kind != without && random_below(random, 5) < 3;
	t->tint_meant = t->kind == BOX && once_in(random, 2);
	t->want = (struct shape){
		.size = random_below(random, 20),
		.tint = t->tint_meant ? random_below(random, 3) : 0,
	};
	for (unsigned b = 0; b < BOXES; b++)
		boxes |= (unsigned)world->things[b].meant << b;
	if (t->kind == BOX && i < BOXES && once_in(random, 2))
		t->want.on = boxes & ((1u << i) - 1) & 1u << random_below(random, BOXES);
	if (t->kind == ROPE)
		t->want.on = boxes & (unsigned)random_below(random, 1u << BOXES);
}

static void add_names(struct hc_arena *arena, struct thing_spec *spec, unsigned boxes)
{
	spec->on = "";
	for (unsigned b = 0; b < BOXES; b++) {
		if (!(boxes >> b & 1))
			continue;
		spec->on = hc_printf(arena, "b%u", b);
		hc_strings_add(arena, &spec->to, spec->on);
	}
}

static struct hc_resource *add(struct hc_set *set, const char *node, const struct thing *t)
{
	const struct hc_type *const types[] = {&box_type, &lid_type, &rope_type};
	struct hc_resource *r = hc_resource_new(set, types[t->kind], node, t->name);
	struct thing_spec *spec = r->spec;

	spec->size = t->want.size;
	spec->tint = t->want.tint;
	add_names(set->arena, spec, t->want.on);
	hc_set_field(r, struct thing_spec, size);
	if (t->kind == BOX)
		hc_set_field(r, struct thing_spec, on);
	if (t->tint_meant)
		hc_set_field(r, struct thing_spec, tint);
	if (t->kind == ROPE)
		hc_set_field(r, struct thing_spec, to);
	return r;
}

static void add_meant(struct world *world, struct hc_set *set)
{
	const struct hc_resource *boxes[BOXES + FOREIGN] = {0};

	for (size_t i = 0; i < THINGS; i++) {
		struct thing *t = &world->things[i];

		if (t->kind == BOX && t->meant)
			boxes[i] = add(set, "n1", t);
		if (t->kind == LID) {
			size_t box = (size_t)(t->name[1] - '0');

			t->meant &= world->things[box].meant;
			if (t->meant)
				add(set, "n1", t)->parent = boxes[box];
		}
		if (t->kind == ROPE && t->meant)
			(void)add(set, NULL, t);
	}
}

struct hc_generation *generate_manifests(struct random *random, struct world *world)
{
	struct hc_arena *arena = hc_arena_new();
	struct hc_generation *generation = hc_new(arena, struct hc_generation);
	const enum kind without = random_below(random, 12);
	const struct thing elsewhere = {.kind = BOX, .name = "b0", .want = {.size = 77}};

	generation->arena = generation->desired.arena = generation->diags.arena = arena;
	generation->documents = 1;
	generation->id = "property";
	hc_strings_add(arena, &generation->nodes, "n1");
	hc_strings_add(arena, &generation->nodes, "n2");
	for (size_t i = 0; i < THINGS; i++)
		mean(random, world, i, without);
	if (!world->strict)
		draw_faults(random, world);
	add_meant(world, &generation->desired);
	(void)add(&generation->desired, "n2", &elsewhere); /* is nobody's business here */
	hc_set_sort(&generation->desired);
	return generation;
}
