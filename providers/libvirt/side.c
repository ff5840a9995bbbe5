/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reading takes questions to libvirt and to Ceph, each of which takes a moment in which nothing
 * else happens; one behind the other they were what a guest that was destroyed waited for. A side
 * has an arena, a call and a state of its own, which the look adopts in the end. Where no thread is
 * to be had it is read at once.
 */

#include "side.h"

#include <hcstate/thread.h>

int side_read(const struct look *look, const struct noun *const *nouns)
{
	int r = 0;

	for (size_t i = 0; !r && nouns[i]; i++)
		r = nouns[i]->read(look);
	return r;
}

static void *run(void *arg)
{
	struct side *side = arg;

	side->result = side_read(&side->look, side->nouns);
	side->cpu_us = hc_thread_cpu_us();
	return NULL;
}

static void prepare(struct side *side, const struct look *look)
{
	struct hc_arena *arena = hc_arena_new();

	side->call = *look->call;
	side->call.arena = arena;
	side->call.diags = (struct hc_diags){.arena = arena};
	side->call.told = (struct hc_map){0};
	side->call.cpu_us = 0;
	side->live = (struct hc_state){.found.arena = arena};
	side->vms = *look->vms;
	side->look = (struct look){.call = &side->call,
				   .self = look->self,
				   .live = &side->live,
				   .vms = &side->vms};
}

void side_begin(struct side *side, const struct look *look, const struct noun *const *nouns)
{
	*side = (struct side){.nouns = nouns};
	prepare(side, look);
	side->apart = !hc_thread_start(&side->thread, run, side);
	if (!side->apart)
		(void)run(side);
}

static void take_state(struct hc_state *to, const struct hc_state *from)
{
	struct hc_set *found = &to->found;

	for (size_t i = 0; i < from->found.n; i++) {
		found->v =
			hc_grow(found->arena, found->v, found->n, &found->room, sizeof(*found->v));
		found->v[found->n++] = from->found.v[i];
	}
	for (size_t i = 0; i < from->nunknown; i++)
		hc_unknown(to, from->unknown[i].type, "%s", from->unknown[i].why);
}

int side_end(struct side *side, const struct look *look)
{
	struct hc_call *call = look->call;

	if (side->apart) {
		(void)pthread_join(side->thread, NULL); /* fails for what is no thread */
		call->cpu_us += side->cpu_us;
	}
	take_state(look->live, &side->live);
	hc_diags_add(&call->diags, &side->call.diags);
	for (size_t i = 0; i < side->call.told.n; i++)
		hc_tell(call, side->call.told.v[i].key, side->call.told.v[i].value);
	hc_arena_adopt(look->live->found.arena, &side->call.arena);
	return side->result;
}
