/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A provider's part of a look: its read, which may outlive the look that began it. Then what came
 * of it is kept for the next one. A read is of the time when it began: a step that ended since
 * makes it void, also when it has come already and the look waits for others, for it would show
 * what was done as not done. What was noticed since is worth another look.
 */

#include <string.h>
#include <sys/socket.h>

#include <hcstate/thread.h>

#include "engine.h"

/* In a worker. */
static int open_and_read(struct hc_work *work)
{
	const struct hc_provider *provider = work->slot->provider;
	int r = 0;

	work->call.deadline = hc_now() + work->patience;
	if (work->opens) {
		work->watch = -1;
		r = provider->open(&work->call, &work->self, &work->watch);
		atomic_store(&work->opened, !r); /* after what it gave */
	}
	return r ? r : provider->read(&work->call, work->self, &work->state);
}

static int run_read(void *arg)
{
	struct hc_work *work = arg;
	uint64_t began = hc_now(), cpu = hc_thread_cpu_us();
	int r = open_and_read(work);

	work->cost = (struct hc_spent){
		.n = 1,
		.us = hc_now() - began,
		.cpu_us = hc_thread_cpu_us() - cpu + work->call.cpu_us,
	};
	return r;
}

static void add_cost(struct hc_spent *all, const struct hc_spent *one)
{
	all->n += one->n;
	all->us += one->us;
	all->cpu_us += one->cpu_us;
}

static void notice(struct hc_slot *slot)
{
	slot->noticed++;
	slot->engine->look_again = slot->engine->news = true;
}

void hc_engine_noticed(struct hc_engine *engine)
{
	for (size_t i = 0; i < engine->nslot; i++)
		notice(&engine->slots[i]);
}

/* An eventfd or a socket: reading it empty is enough, what it says is "look again". */
static int noticed(sd_event_source *source, int fd, uint32_t revents, void *arg)
{
	struct hc_slot *slot = arg;
	char buffer[8192];
	ssize_t n;

	(void)revents;
	do
		n = read(fd, buffer, sizeof(buffer));
	while (n > 0 && (size_t)n == sizeof(buffer));
	/* Its other end is gone: looking every now and then has to be enough. */
	if (!n || (n < 0 && errno != EAGAIN && errno != ENOBUFS && errno != EINTR))
		(void)sd_event_source_set_enabled(source, SD_EVENT_OFF);
	notice(slot);
	return 0;
}

static void unknown_all(struct hc_state *live, const struct hc_provider *provider, const char *why)
{
	for (const struct hc_type *const *t = provider->types; *t; t++)
		hc_unknown(live, *t, "%s", why);
}

static void still_being_read(struct hc_state *live, const struct hc_provider *provider)
{
	size_t first = live->nunknown;

	unknown_all(live, provider, "it is still being read");
	for (size_t i = first; i < live->nunknown; i++)
		live->unknown[i].reading = true;
}

/* Also by a read that is late: what a provider began when it was opened is there once. An open that
 * hangs itself is tried again, and closed when it comes to an end after all. */
static void take_opened(struct hc_slot *slot, struct hc_work *work)
{
	if (slot->opened || !atomic_load(&work->opened))
		return;
	work->taken = slot->opened = true;
	slot->self = work->self;
	slot->watch = work->watch;
	if (slot->watch >= 0 && sd_event_add_io(slot->engine->event, &slot->source, slot->watch,
						EPOLLIN, noticed, slot) < 0)
		slot->source = NULL; /* looking every now and then finds it too */
}

/* Keeps what was read, or why nothing was, for the look that takes it. */
static void keep_read(struct hc_work *work, int result)
{
	struct hc_slot *slot = work->slot;

	slot->read_arena = work->arena;
	slot->read = work->state;
	slot->read_why = NULL;
	if (result)
		slot->read_why =
			hc_work_said(work, work->arena,
				     result == -EBUSY ? "earlier calls to its provider are stuck"
						      : strerror(-result));
	/* What was found stays where it is, also the work itself; drop() frees an empty one. */
	work->arena = hc_arena_new();
}

/* What comes of a read may have it begun anew. */
static void begin_read(struct hc_slot *slot);

/* Before a step's end it saw what is so no more. */
static bool is_void(const struct hc_slot *slot)
{
	return slot->read_acted != slot->acted;
}

static void was_read(void *arg, int result)
{
	struct hc_work *work = arg;
	struct hc_slot *slot = work->slot;

	if (work->left)
		slot->engine->look_again = slot->engine->came = true;
	else
		slot->engine->pending--;
	slot->reading = NULL;
	take_opened(slot, work);
	if (result == -ETIMEDOUT) {
		work->overdue = true;
		hc_work_late(work, NULL);
		slot->read_arena = hc_arena_new();
		slot->read_why = "reading it did not come to an end in time";
		add_cost(&slot->reads, &(struct hc_spent){1, work->patience, 0});
		return;
	}
	add_cost(&slot->reads, &work->cost);
	hc_work_told(work);
	if (!is_void(slot))
		keep_read(work, result);
	else if (!work->left)
		begin_read(slot);
}

static void begin_read(struct hc_slot *slot)
{
	slot->read_noticed = slot->noticed;
	slot->read_acted = slot->acted;
	slot->reading = hc_work_new(slot, NULL, slot->engine->pace.read);
	slot->reading->opens = !slot->opened; /* the slot is the loop's */
	slot->reading->self = slot->self;
	hc_work_begin(slot->reading, run_read, was_read);
}

/* Nobody waits for it any more: the next look has it. */
static void leave_read(struct hc_slot *slot)
{
	slot->reading->left = true;
	slot->engine->pending--;
}

void hc_read_acted(struct hc_slot *slot)
{
	slot->acted++;
	if (!slot->read_arena)
		return; /* what is read now is seen to when it comes */
	slot->read_arena = hc_arena_free(slot->read_arena);
	if (slot->engine->looking)
		begin_read(slot);
}

void hc_read_begin(struct hc_slot *slot)
{
	slot->read_anew = !slot->read_arena && !slot->reading;
	if (slot->read_arena)
		return;
	if (!slot->reading) {
		begin_read(slot);
		return;
	}
	slot->reading->left = false;
	slot->engine->pending++;
}

bool hc_read_renew(struct hc_slot *slot)
{
	if (!slot->read_anew || !slot->read_arena || slot->read_noticed == slot->noticed)
		return false;
	slot->read_arena = hc_arena_free(slot->read_arena);
	begin_read(slot);
	return true;
}

static void take_state(struct hc_cycle *cycle, const struct hc_state *state)
{
	struct hc_set *all = &cycle->live.found;

	for (size_t i = 0; i < state->found.n; i++) {
		all->v = hc_grow(all->arena, all->v, all->n, &all->room, sizeof(*all->v));
		all->v[all->n++] = state->found.v[i];
	}
	for (size_t i = 0; i < state->nunknown; i++)
		hc_unknown(&cycle->live, state->unknown[i].type, "%s", state->unknown[i].why);
}

void hc_read_show(struct hc_cycle *cycle, const struct hc_slot *slot)
{
	if (!slot->read_arena) {
		cycle->partial = true;
		still_being_read(&cycle->live, slot->provider);
	} else if (slot->read_why) {
		unknown_all(&cycle->live, slot->provider, slot->read_why);
	} else {
		take_state(cycle, &slot->read);
	}
}

void hc_read_take(struct hc_cycle *cycle, struct hc_slot *slot)
{
	if (!slot->read_arena) {
		leave_read(slot);
		return;
	}
	if (slot->read_noticed != slot->noticed)
		slot->engine->look_again = slot->engine->news = true;
	hc_arena_adopt(cycle->arena, &slot->read_arena);
	slot->read_arena = NULL;
}
