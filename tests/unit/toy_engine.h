/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * An engine over toys. A thing's name says how calls about it end: "fails", "waits", "lies" (says
 * done and does nothing), "futile" (fails and always will), "hangs" (until the gate opens), "slow"
 * (settles after three questions), "patient" (so too, and may take its time), "chain" (takes 30 ms
 * for a first step that nobody sees the effect of), "early" (is seen at once, and then hangs),
 * "onward" (says that what differs next is another matter). One that is there and "stays" was made
 * and is kept; one "elsewhere" is on n2; one "passing" is somebody's for a while; one "decided" is
 * as somebody here decided, and one "beside" was changed by somebody else as well.
 */

#include <errno.h>
#include <pthread.h>

#include <hcstate/file.h>

#include "toy.h"

enum {
	TOYS_FIRST = 1, /* a step's op; all others are 0 */
};

struct toys {
	struct hc_arena *arena;
	struct hc_registry *registry;
	struct hc_generation *generation;
	struct hc_engine *engine;
	struct hc_diags diags;
	const char *directory;
	struct hc_pace pace;

	pthread_mutex_t lock; /* for all below */
	pthread_cond_t moved;
	bool open; /* the gate */
	struct hc_strings there;
	char log[1024]; /* "VERB NAME;" of each call */
	unsigned questions, reads, opens, closes;
	const char *unknown; /* reading things gives this reason */
	bool recorded;       /* what is made was in the inventory when it was made */
	unsigned fail_first; /* so many calls fail, whatever they are about */
	unsigned fail_at;    /* the call of that number fails too, counted from 1 */
	unsigned calls;
	bool read_hangs; /* until the gate opens */
	bool fail_late;  /* what hangs fails in the end */
	bool ending;     /* the test's own */
	uint64_t cpu_us; /* what threads of its own use for a read; set before the first */
};

/* A provider gets nothing at its opening that could lead to its test. */
static struct toys *the_toys;

static inline bool toys_named(const char *name, const char *word)
{
	return strstr(name, word) != NULL;
}

static inline void toys_wait(struct toys *toys)
{
	while (!toys->open)
		pthread_cond_wait(&toys->moved, &toys->lock);
}

static inline void toys_open_gate(struct toys *toys)
{
	pthread_mutex_lock(&toys->lock);
	toys->open = true;
	pthread_cond_broadcast(&toys->moved);
	pthread_mutex_unlock(&toys->lock);
}

static inline int toys_open(struct hc_call *call, void **self, int *watch)
{
	(void)call, (void)watch;
	pthread_mutex_lock(&the_toys->lock);
	the_toys->opens++;
	pthread_mutex_unlock(&the_toys->lock);
	*self = the_toys;
	return 0;
}

static inline void toys_close(void *self)
{
	struct toys *toys = self;

	pthread_mutex_lock(&toys->lock);
	toys->closes++;
	pthread_mutex_unlock(&toys->lock);
}

static inline int toys_read(struct hc_call *call, void *self, struct hc_state *live)
{
	struct toys *toys = self;

	call->cpu_us = toys->cpu_us;
	pthread_mutex_lock(&toys->lock);
	toys->reads++;
	for (size_t i = 0; i < toys->there.n; i++) {
		struct hc_resource *r = toy_thing(&live->found, toys->there.v[i], 1);

		r->node = toys_named(r->name, "elsewhere") ? "n2" : r->node;
		r->made = toys_named(r->name, "stays");
		r->passing = toys_named(r->name, "passing");
	}
	if (toys->unknown)
		hc_unknown(live, &thing_type, "%s", toys->unknown);
	if (toys->read_hangs)
		toys_wait(toys);
	pthread_mutex_unlock(&toys->lock);
	return 0;
}

static inline int toys_adjust(struct hc_call *call, struct hc_change *change)
{
	assert_ptr_equal(call->whole, &the_toys->generation->desired);
	if (change->action == HC_REMOVE && toys_named(change->name, "stays"))
		change->kept = "it holds data";
	change->decided = toys_named(change->name, "decided");
	if (toys_named(change->name, "beside")) {
		change->decision = 1;
		change->differs = 2;
	}
	return 0;
}

static inline int toys_plan(struct hc_call *call, struct hc_change *change, struct hc_plan *plan)
{
	(void)call;
	if (toys_named(change->name, "refused"))
		change->refused = "it is not allowed";
	if (toys_named(change->name, "chain"))
		(void)hc_step(plan, change, TOYS_FIRST, HC_NONE, NULL, "prepare");
	hc_step(plan, change, 0, HC_NONE, NULL, "%s", hc_action_words[change->action])->patient =
		toys_named(change->name, "patient");
	return 0;
}

static inline bool toys_is_recorded(struct toys *toys, const char *name)
{
	char *text;
	size_t size;

	return !hc_file_read(toys->arena,
			     hc_printf(toys->arena, "%s/inventory.json", toys->directory), 65536,
			     &text, &size) &&
	       strstr(text, name);
}

static inline void toys_have(struct toys *toys, const struct hc_step *step)
{
	const char *name = step->change->name;
	struct hc_strings left = {0};

	for (size_t i = 0; i < toys->there.n; i++)
		if (strcmp(toys->there.v[i], name) != 0)
			hc_strings_add(toys->arena, &left, toys->there.v[i]);
	if (step->change->action != HC_REMOVE)
		hc_strings_add(toys->arena, &left, name);
	toys->there = left;
	pthread_cond_broadcast(&toys->moved);
}

static inline int toys_do(struct toys *toys, struct hc_call *call, const struct hc_step *step)
{
	const char *name = step->change->name;
	size_t used = strlen(toys->log);

	(void)snprintf(toys->log + used, sizeof(toys->log) - used, "%s %s;", step->verb, name);
	if (step->op == TOYS_FIRST)
		return usleep(30 * 1000);
	if (step->change->action == HC_CREATE)
		toys->recorded = toys_is_recorded(toys, name);
	if (++toys->calls == toys->fail_at || (toys->fail_first && toys->fail_first--))
		return hc_fail(call, EIO, NULL, "not yet");
	if (toys_named(name, "fails"))
		return hc_fail(call, EIO, step->change->want, "no luck");
	call->another = toys_named(name, "onward");
	call->futile = toys_named(name, "futile");
	if (call->futile)
		return hc_fail(call, EINVAL, step->change->want, "no such thing");
	if (toys_named(name, "waits"))
		return hc_wait(call, "better weather");
	if (toys_named(name, "early"))
		toys_have(toys, step);
	if (toys_named(name, "hangs") || toys_named(name, "early"))
		toys_wait(toys);
	if (toys->fail_late)
		return hc_fail(call, EIO, NULL, "too late");
	if (!toys_named(name, "lies"))
		toys_have(toys, step);
	return 0;
}

static inline int toys_apply(struct hc_call *call, void *self, const struct hc_step *step)
{
	struct toys *toys = self;
	int r;

	pthread_mutex_lock(&toys->lock);
	r = toys_do(toys, call, step);
	pthread_mutex_unlock(&toys->lock);
	return r;
}

static inline int toys_settled(struct hc_call *call, void *self, const struct hc_step *step)
{
	struct toys *toys = self;
	bool over;

	pthread_mutex_lock(&toys->lock);
	over = (!toys_named(step->change->name, "slow") && !step->patient) ||
	       ++toys->questions == 3;
	pthread_mutex_unlock(&toys->lock);
	return over ? 0 : hc_wait(call, "it goes on");
}

static const struct hc_type *const toys_managed[] = {&club_type, &part_type, &thing_type, NULL};
static const struct hc_provider toys_provider = {
	.abi = HC_ABI,
	.name = "toys",
	.types = toys_managed,
	.parallel = 3,
	.open = toys_open,
	.close = toys_close,
	.read = toys_read,
	.adjust = toys_adjust,
	.plan = toys_plan,
	.apply = toys_apply,
	.settled = toys_settled,
};

static inline int toys_set_up(void **state)
{
	struct toys *toys = calloc(1, sizeof(*toys));
	struct hc_arena *arena = hc_arena_new();

	toys->arena = toys->diags.arena = arena;
	toys->directory = toy_directory(arena);
	pthread_mutex_init(&toys->lock, NULL);
	pthread_cond_init(&toys->moved, NULL);
	toys->registry = hc_registry_new();
	assert_int_equal(hc_registry_add(toys->registry, &toys_provider), 0);
	toys->generation = hc_new(arena, struct hc_generation);
	toys->generation->arena = toys->generation->desired.arena = arena;
	toys->generation->id = "toys";
	hc_strings_add(arena, &toys->generation->nodes, "n1");
	toys->pace = (struct hc_pace){
		.read = UINT64_C(60000000),
		.step = UINT64_C(60000000),
		.settle = UINT64_C(60000000),
		.look = 1000,
		.retry = 1000,
		.longest_retry = 4000,
	};
	the_toys = toys;
	*state = toys;
	return 0;
}

static inline int toys_tear_down(void **state)
{
	struct toys *toys = *state;

	toys_open_gate(toys);
	while (toys->engine && toys->engine->late)
		assert_true(sd_event_run(toys->engine->event, UINT64_MAX) >= 0);
	hc_engine_freep(&toys->engine);
	hc_registry_freep(&toys->registry);
	pthread_cond_destroy(&toys->moved);
	pthread_mutex_destroy(&toys->lock);
	toy_remove_directory(toys->arena, toys->directory);
	hc_arena_freep(&toys->arena);
	free(toys);
	return 0;
}

static inline struct hc_resource *toys_want(struct toys *toys, const char *name)
{
	return toy_thing(&toys->generation->desired, name, 1);
}

/* Starts the engine on what is wanted so far. */
static inline struct hc_engine *toys_start(struct toys *toys)
{
	const struct hc_engine_options options = {
		.node = "n1",
		.state_dir = toys->directory,
		.key_file = "/nonexistent",
		.allow_removals = UINT64_MAX,
		.pace = &toys->pace,
	};

	hc_set_sort(&toys->generation->desired);
	toys->engine = hc_engine_new(toys->registry, toys->generation, &options, &toys->diags);
	assert_non_null(toys->engine);
	return toys->engine;
}

/* One round, however long it takes. */
static inline struct hc_cycle *look_and_try(struct toys *toys)
{
	struct hc_cycle *cycle = hc_look(toys->engine);
	uint64_t pause;
	struct hc_rest rest;

	assert_non_null(cycle);
	rest = hc_judge(toys->engine, cycle);
	assert_true(hc_attempt(toys->engine, cycle, &rest, &pause) >= 0);
	return cycle;
}
