/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Two providers of the world: one of boxes and their lids that bears several calls at once and
 * whose work settles later, one of ropes that bears one at a time and tells when something changed.
 * Both misbehave as the world says, and check in each call that it is one that may be made.
 */

#include "world.h"

#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>

enum op {
	MAKE,
	SHAPE,
	UNMAKE,
};

static const struct hc_field lid_fields[] = {
	hc_string(struct thing_spec, key, .doc = "Which lid.", .absent = HC_REQUIRED),
	hc_u32(struct thing_spec, size, .doc = "How large.", .absent = HC_RESET, .unset = "1"),
};

const struct hc_type lid_type = {
	.name = "Lid",
	.doc = "On a box.",
	.from = HC_CHILD,
	HC_FIELDS(lid_fields),
	.size = sizeof(struct thing_spec),
};

static const struct hc_field box_fields[] = {
	hc_u32(struct thing_spec, size, .doc = "How large.", .absent = HC_RESET, .unset = "1"),
	hc_u32(struct thing_spec, tint, .doc = "Its colour.", .cost = HC_ANEW),
	hc_u32(struct thing_spec, wear, .doc = "How used.", .origin = HC_OBSERVED),
	hc_string(struct thing_spec, on, .doc = "What it stands on.", .refers = "Box"),
	hc_children("lids", .doc = "Its lids.", .item = &lid_type),
};

const struct hc_type box_type = {
	.name = "Box",
	.doc = "May stand on another.",
	HC_FIELDS(box_fields),
	.size = sizeof(struct thing_spec),
};

static const struct hc_field rope_fields[] = {
	hc_u32(struct thing_spec, size, .doc = "How long.", .absent = HC_RESET, .unset = "1"),
	hc_strings(struct thing_spec, to, .doc = "What it ties.", .refers = "Box"),
};

const struct hc_type rope_type = {
	.name = "Rope",
	.doc = "Ties boxes.",
	.scope = HC_CLUSTER,
	HC_FIELDS(rope_fields),
	.size = sizeof(struct thing_spec),
};

/* A provider gets nothing at its opening that could lead to its test's world. */
static struct world *the_world;

void fake_world(struct world *world)
{
	the_world = world;
}

static struct thing *thing_of(struct world *world, const struct hc_change *change)
{
	return world_find(world,
			  change->type == &box_type   ? BOX
			  : change->type == &lid_type ? LID
						      : ROPE,
			  change->name);
}

/* Blocks longer than any deadline, without the lock. */
static void hang(struct world *world)
{
	uint64_t end = hc_now() + world->hang_us;
	struct timespec t = {(time_t)(end / 1000000), (long)(end % 1000000) * 1000};

	while (!pthread_cond_clockwait(&world->changed, &world->lock, CLOCK_MONOTONIC, &t))
		;
}

static bool is_there(struct world *world, unsigned boxes)
{
	for (unsigned b = 0; b < BOXES; b++)
		if (boxes >> b & 1 && !world->things[b].there)
			return false;
	return true;
}

/* Whether something that counts is on it. */
static bool is_stood_on(const struct world *world, const struct thing *box)
{
	for (size_t i = 0; i < THINGS; i++) {
		const struct thing *t = &world->things[i];
		bool on = t->kind == LID ? t->name[1] == box->name[1]
					 : t->shape.on >> (box->name[1] - '0') & 1;

		if (on && t->there && (t->made || t->meant) && t != box)
			return true;
	}
	return false;
}

/* In a world without faults the order of the plan alone must see to all of this. */
static void check_footing(struct world *world, const struct thing *t, const struct hc_step *step)
{
	if (step->op == SHAPE && !t->there)
		world_violates(world, "%s is shaped before it is made", t->name);
	if (step->op != UNMAKE && t->kind == LID && !world->things[t->name[1] - '0'].there)
		world_violates(world, "%s is put on a box that is not there", t->name);
	if (step->op == SHAPE && !is_there(world, t->want.on))
		world_violates(world, "%s gets to what is not there yet", t->name);
	if (step->op == UNMAKE && step->change->action == HC_REMOVE && t->kind == BOX &&
	    is_stood_on(world, t))
		world_violates(world, "%s goes before what is on it", t->name);
}

static void check_call(struct world *world, const struct thing *t, const struct hc_step *step)
{
	const struct hc_change *change = step->change;

	if (t->busy > 1)
		world_violates(world, "two calls for %s at once", t->name);
	if (strcmp(step->node, "n1") != 0 || (change->node && strcmp(change->node, "n1") != 0))
		world_violates(world, "%s is of another node", t->name);
	if (!change->want && t->there && !t->made && !t->may_go)
		world_violates(world, "%s is removed and was not made", t->name);
	if (t->left_alone)
		world_violates(world, "%s was not ours and is touched", t->name);
	/* A call that a busy machine began so late that it was given up is of a plan that is over.
	 */
	for (size_t i = 0; step->arg == world->plan && i < step->nafter; i++)
		if (!step->after[i]->change->refused && !world->done[step->after[i]->number])
			world_violates(world, "%s: \"%s\" before \"%s\" of %s was done", t->name,
				       step->verb, step->after[i]->verb,
				       step->after[i]->change->name);
	if (world->strict)
		check_footing(world, t, step);
}

static unsigned boxes_of(const struct thing_spec *spec)
{
	unsigned boxes = spec->on && *spec->on ? 1u << (spec->on[1] - '0') : 0;

	for (size_t i = 0; i < spec->to.n; i++)
		boxes |= 1u << (spec->to.v[i][1] - '0');
	return boxes;
}

static int act(struct hc_call *call, struct thing *t, const struct hc_step *step, bool half)
{
	const struct hc_resource *want = step->change->want;
	const struct thing_spec *spec = want ? want->spec : NULL;

	switch ((enum op)step->op) {
	case MAKE:
		if (!t->there)
			t->shape = (struct shape){.tint = spec->tint};
		t->made |= !t->there;
		t->there = true;
		break;
	case SHAPE:
		if (!t->there)
			return hc_fail(call, ENOENT, want, "there is none to shape");
		t->shape.size = spec->size;
		if (!half)
			t->shape.on = boxes_of(spec);
		break;
	case UNMAKE:
		t->there = t->made = t->may_go = false;
		break;
	}
	return half ? hc_fail(call, EIO, want, "only half done") : 0;
}

static int misbehave(struct world *world, struct hc_call *call, struct thing *t,
		     const struct hc_step *step)
{
	int r;

	switch (t->faults[--t->nfault]) {
	case FAILS:
		return hc_fail(call, EIO, step->change->want, "no luck");
	case FAILS_AFTER:
		r = act(call, t, step, false);
		return r ? r : hc_fail(call, EIO, step->change->want, "who knows");
	case HALF:
		return act(call, t, step, true);
	case LIES:
		return 0;
	case WAITS:
		return hc_wait(call, "better weather");
	case SLOW:
		t->waiting = 2;
		return 0;
	case HANGS:
		hang(world);
		return hc_fail(call, EIO, step->change->want, "no luck after a long time");
	case HANGS_ON:
		hang(world);
		return world->dead ? -EIO : act(call, t, step, false);
	case DAWDLES: /* it has already */
		return act(call, t, step, false);
	case FAULT_END:
		break;
	}
	return -EINVAL;
}

/* The process dies in one of its calls, which may have worked or not; also in one that was given
 * up, when there may be nothing left to do but that. */
static bool dies(struct world *world)
{
	if (!world->kill_at || --world->kill_at)
		return false;
	if (world->dies_late)
		hang(world);
	world_die(world);
	return true;
}

/* As where a busy machine gives a thread no time until its call was given up long ago. */
static void dawdle(struct world *world, struct thing *t)
{
	if (world->calm || !t->nfault || t->faults[t->nfault - 1] != DAWDLES)
		return;
	t->nfault--;
	hang(world);
}

static int take(struct world *world, struct hc_call *call, struct thing *t,
		const struct hc_step *step)
{
	dawdle(world, t);
	if (world->dead)
		return -EIO;
	check_call(world, t, step);
	if (dies(world))
		return t->nfault % 2 ? -EIO : act(call, t, step, false);
	if (!world->calm && t->nfault)
		return misbehave(world, call, t, step);
	return act(call, t, step, false);
}

static int apply(struct hc_call *call, void *self, const struct hc_step *step)
{
	struct world *world = self;
	struct thing *t = thing_of(world, step->change);
	int r;

	pthread_mutex_lock(&world->lock);
	t->busy++;
	r = take(world, call, t, step);
	t->busy--;
	pthread_mutex_unlock(&world->lock);
	return r;
}

static int settled(struct hc_call *call, void *self, const struct hc_step *step)
{
	struct world *world = self;
	struct thing *t = thing_of(world, step->change);
	int r = 0;

	pthread_mutex_lock(&world->lock);
	if (t->busy)
		world_violates(world, "two calls for %s at once", t->name);
	if (world->dead)
		r = -EIO;
	else if (t->waiting)
		r = --t->waiting ? hc_wait(call, "it takes its time") : act(call, t, step, false);
	pthread_mutex_unlock(&world->lock);
	return r;
}

static int plan(struct hc_call *call, struct hc_change *change, struct hc_plan *plan)
{
	(void)call;
	pthread_mutex_lock(&the_world->lock);
	if (change->action == HC_REPLACE)
		thing_of(the_world, change)->may_go = true;
	pthread_mutex_unlock(&the_world->lock);
	if (change->action == HC_REMOVE || change->action == HC_REPLACE)
		(void)hc_step(plan, change, UNMAKE, HC_RESTART, plan, "unmake");
	if (change->action == HC_CREATE || change->action == HC_REPLACE)
		(void)hc_step(plan, change, MAKE, HC_NONE, plan, "make");
	if (change->action != HC_REMOVE)
		(void)hc_step(plan, change, SHAPE, HC_NONE, plan, "shape");
	return 0;
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

static void find(struct hc_state *live, const struct world *world, const struct hc_type *type,
		 enum kind kind)
{
	for (size_t i = 0; i < THINGS; i++) {
		const struct thing *t = &world->things[i];
		struct hc_resource *r;
		struct thing_spec *spec;

		if (!t->there || t->kind != kind)
			continue;
		r = hc_resource_new(&live->found, type, kind == ROPE ? NULL : "n1", t->name);
		spec = r->spec;
		spec->size = t->shape.size;
		spec->tint = t->shape.tint;
		spec->wear = world->readings;
		spec->key = strchr(r->name, '/') ? strchr(r->name, '/') + 1 : r->name;
		add_names(live->found.arena, spec, t->shape.on);
		r->set = (UINT64_C(1) << type->nfield) - 1;
		r->made = kind == ROPE && t->made;
	}
}

/* Gives what goes wrong with this reading. */
static enum read_fault draw(struct world *world, size_t provider, bool opening)
{
	enum read_fault next;

	if (world->calm || !world->nread_fault[provider])
		return READ_FINE;
	next = world->read_faults[provider][world->nread_fault[provider] - 1];
	if ((next == OPEN_FAILS) != opening)
		return READ_FINE;
	world->nread_fault[provider]--;
	return next;
}

static int look(struct hc_call *call, struct world *world, size_t provider, struct hc_state *live,
		const struct hc_type *const *types)
{
	switch (draw(world, provider, false)) {
	case READ_HANGS:
		hang(world);
		return hc_fail(call, EIO, NULL, "nothing to see");
	case READ_FAILS:
		return hc_fail(call, EIO, NULL, "nothing to see");
	case READ_UNKNOWN:
		hc_unknown(live, types[0], "it is dark");
		break;
	case READ_FINE:
	case OPEN_FAILS:
	case READ_FAULT_END:
		break;
	}
	for (const struct hc_type *const *t = types; *t; t++)
		if (!hc_why_unknown(live, *t))
			find(live, world, *t, *t == &box_type ? BOX : *t == &lid_type ? LID : ROPE);
	return 0;
}

static const struct hc_type *const box_types[] = {&box_type, &lid_type, NULL};
static const struct hc_type *const rope_types[] = {&rope_type, NULL};

/* What the ropes' provider has open. */
struct ropes {
	struct world *world;
	int watch;
};

static int box_open(struct hc_call *call, void **self, int *watch)
{
	bool fails;

	(void)watch;
	*self = the_world;
	pthread_mutex_lock(&the_world->lock);
	fails = draw(the_world, 0, true) == OPEN_FAILS;
	pthread_mutex_unlock(&the_world->lock);
	return fails ? hc_fail(call, ENOENT, NULL, "no boxes here") : 0;
}

static void box_close(void *self)
{
	(void)self;
}

static int box_read(struct hc_call *call, void *self, struct hc_state *live)
{
	struct world *world = self;
	int r;

	pthread_mutex_lock(&world->lock);
	r = look(call, world, 0, live, box_types);
	pthread_mutex_unlock(&world->lock);
	return r;
}

static int rope_open(struct hc_call *call, void **self, int *watch)
{
	struct ropes *ropes = calloc(1, sizeof(*ropes));

	if (!ropes)
		return hc_fail(call, ENOMEM, NULL, "no memory");
	ropes->world = the_world;
	ropes->watch = *watch = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	*self = ropes;
	return 0;
}

static void rope_close(void *self)
{
	struct ropes *ropes = self;

	if (!ropes)
		return;
	(void)close(ropes->watch);
	free(ropes);
}

static int rope_read(struct hc_call *call, void *self, struct hc_state *live)
{
	const struct ropes *ropes = self;
	const uint64_t one = 1;
	int r;

	pthread_mutex_lock(&ropes->world->lock);
	if (world_meddle(ropes->world))
		(void)!write(ropes->watch, &one, sizeof(one)); /* a lost event is part of it */
	r = look(call, ropes->world, 1, live, rope_types);
	pthread_mutex_unlock(&ropes->world->lock);
	return r;
}

static int rope_apply(struct hc_call *call, void *self, const struct hc_step *step)
{
	const struct ropes *ropes = self;

	return apply(call, ropes->world, step);
}

const struct hc_provider box_provider = {
	.abi = HC_ABI,
	.name = "boxes",
	.doc = "Boxes and lids.",
	.types = box_types,
	.parallel = 4,
	.open = box_open,
	.close = box_close,
	.read = box_read,
	.plan = plan,
	.apply = apply,
	.settled = settled,
};

const struct hc_provider rope_provider = {
	.abi = HC_ABI,
	.name = "ropes",
	.doc = "Ropes.",
	.types = rope_types,
	.parallel = 1,
	.open = rope_open,
	.close = rope_close,
	.read = rope_read,
	.plan = plan,
	.apply = rope_apply,
};
