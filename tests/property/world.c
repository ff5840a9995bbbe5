/* SPDX-License-Identifier: Apache-2.0 */
/* The things of the world, what others do to them, and the rules that reconciling must keep. */

#include "world.h"

#include <stdio.h>
#include <string.h>

#include <hcstate/file.h>

void world_name(struct world *world)
{
	struct thing *t = world->things;

	for (unsigned i = 0; i < BOXES + FOREIGN; i++, t++) {
		t->kind = BOX;
		(void)snprintf(t->name, sizeof(t->name), i < BOXES ? "b%u" : "f%u", i);
	}
	for (unsigned i = 0; i < BOXES * LIDS; i++, t++) {
		t->kind = LID;
		(void)snprintf(t->name, sizeof(t->name), "b%u/l%u", i / LIDS, i % LIDS);
	}
	for (unsigned i = 0; i < ROPES; i++, t++) {
		t->kind = ROPE;
		(void)snprintf(t->name, sizeof(t->name), "r%u", i);
	}
}

struct thing *world_find(struct world *world, enum kind kind, const char *name)
{
	for (size_t i = 0; i < THINGS; i++)
		if (world->things[i].kind == kind && !strcmp(world->things[i].name, name))
			return &world->things[i];
	return NULL;
}

void world_violates(struct world *world, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	if (!*world->violation)
		/* NOLINTNEXTLINE(clang-analyzer-valist.Uninitialized): va_start() is above */
		(void)vsnprintf(world->violation, sizeof(world->violation), format, args);
	va_end(args);
}

static bool same(const struct shape *a, const struct shape *b)
{
	return a->size == b->size && a->tint == b->tint && a->on == b->on;
}

void world_begin(struct world *world)
{
	for (size_t i = 0; i < THINGS; i++) {
		struct thing *t = &world->things[i];

		t->left_alone = t->there && !t->made && !t->may_go && !t->meant;
		t->before = t->shape;
	}
}

static void check_thing(struct world *world, const struct thing *t)
{
	struct shape want = t->want;

	if (!t->tint_meant)
		want.tint = t->shape.tint;
	if (t->meant && !t->there)
		world_violates(world, "%s is missing", t->name);
	else if (t->meant && !same(&t->shape, &want))
		world_violates(world, "%s is not as it should be", t->name);
	if (!t->meant && t->there && t->made)
		world_violates(world, "%s was made and is left behind", t->name);
	if (t->left_alone && (!t->there || !same(&t->shape, &t->before)))
		world_violates(world, "%s was not ours and was touched", t->name);
	if (t->busy)
		world_violates(world, "something is still at work on %s", t->name);
}

void world_check(struct world *world)
{
	for (size_t i = 0; i < THINGS; i++)
		check_thing(world, &world->things[i]);
}

void world_die(struct world *world)
{
	world->dead = true;
	if (hc_file_read(world->arena, world->inventory, SIZE_MAX / 4, &world->kept,
			 &world->kept_size))
		world->kept = NULL;
}

/* What cannot be written here shows as a broken rule. */
void world_rise(struct world *world)
{
	world->dead = false;
	if (world->kept)
		(void)hc_file_write(world->inventory, 0644, world->kept, world->kept_size);
	else
		(void)hc_file_remove(world->inventory);
}

/* Others only undo what is meant, or make what nobody means. */
static bool meddle(struct thing *t, const struct meddle *meddle)
{
	if (t->meant && t->there && meddle->remove) {
		t->there = t->made = t->may_go = false;
		return true;
	}
	if (t->meant && t->there) {
		t->shape.size += 1000;
		return true;
	}
	if (*t->name == 'f' && !t->there) {
		t->there = t->left_alone = true;
		t->shape = t->before = (struct shape){.size = 5};
		return true;
	}
	return false;
}

bool world_meddle(struct world *world)
{
	bool any = false;

	world->readings++;
	for (unsigned i = 0; !world->calm && i < world->nmeddle; i++)
		if (world->meddles[i].reading == world->readings)
			any |= meddle(&world->things[world->meddles[i].thing], &world->meddles[i]);
	if (any)
		world->meddled = world->readings;
	return any;
}
