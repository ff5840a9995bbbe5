/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * The engine: the same for plan, apply and the agent. A look reads, compares and plans; a run takes
 * the plan's steps; looking again tells whether it is converged. All of it happens in the loop's
 * thread, but the calls of providers, which run in worker threads.
 */

#include <stdatomic.h>

#include "inventory.h"
#include "load.h"
#include "planner.h"
#include "trouble.h"
#include "worker.h"

/* How patient it is; microseconds. */
struct hc_pace {
	uint64_t read;          /* a provider's open and read: deadline */
	uint64_t step;          /* a step that names no deadline of its own */
	uint64_t settle;        /* from a step's end until what it began must have ended, unless
				 * the step is patient */
	uint64_t look;          /* between looks while something is waited for or settles */
	uint64_t retry;         /* after a first failure; doubles each time */
	uint64_t longest_retry; /* up to this */
	uint64_t still;         /* between two words on a step that goes on and on */
	uint64_t glance;        /* so long a look waits for slow providers: then what they manage is
				 * unknown to it, and they are read to the end for the next. 0: it waits
				 * for all */
	uint64_t linger; /* so long a run waits for slow steps: then they go on by themselves, and
			  * the next look sees what came of them. What differs after such steps gets
			  * longer, up to 32 times that. 0: it waits for all */
	uint64_t stop;   /* from being asked to stop until the process ends in any case;
			  * 0: it waits for its calls */
};

extern const struct hc_pace hc_usual_pace;

enum hc_step_state {
	HC_STEP_PENDING,
	HC_STEP_RUNNING,
	HC_STEP_SETTLING, /* taken; what it began goes on */
	HC_STEP_DONE,
	HC_STEP_WAITING, /* for something that was not to be seen yet */
	HC_STEP_FAILED,
	HC_STEP_SKIPPED, /* something before it was not done */
};

/* Told of each step that starts or ends. */
typedef void hc_progress_fn(void *arg, const struct hc_step *step, enum hc_step_state state,
			    const char *why);

/* Told every now and then of each step that goes on: since when, in hc_now()'s time. */
typedef void hc_still_fn(void *arg, const struct hc_step *step, uint64_t since);

struct hc_cycle;

/* What calls have cost. */
struct hc_spent {
	uint64_t n, us, cpu_us; /* how many, how long, and how much of a processor */
};

/* A provider in use. */
struct hc_slot {
	struct hc_engine *engine;
	const struct hc_provider *provider;
	struct hc_lane *lane;
	void *self; /* its own */
	bool opened;
	int watch;
	sd_event_source *source;
	struct hc_work *reading;     /* a read under way; NULL: none */
	struct hc_arena *read_arena; /* what came of the last one, until a look takes it: */
	struct hc_state read;        /* ... what was found */
	const char *read_why;        /* ... or why nothing was */
	bool read_anew;              /* the look that waits for it has begun it */
	/* Counted, and how many it had been when that read began: */
	size_t noticed, read_noticed; /* changes that there may have been */
	size_t acted, read_acted;     /* steps that came to an end */
	struct hc_spent reads;        /* all of them */
};

struct hc_engine {
	struct hc_arena *arena;
	const struct hc_registry *registry;
	const struct hc_generation *generation;
	struct hc_arena *part; /* this node's part of it: */
	struct hc_set desired; /* ... with what providers derive */
	struct hc_aim aim;
	const char *key_file;
	bool dry;
	struct hc_pace pace;
	const struct hc_pulse *pulse; /* lent to providers; may be NULL */
	sd_event *event;
	struct hc_workers *workers;
	struct hc_slot *slots;
	size_t nslot;
	struct hc_secrets *secrets;
	const char *state_dir;
	struct hc_inventory inventory;
	struct hc_troubles troubles;
	struct hc_arena *facts_arena;
	struct hc_map facts;  /* what this process told the others */
	size_t pending;       /* calls under way */
	uint64_t until;       /* hc_now() when nothing is waited for any more; 0: no end */
	bool look_again;      /* something may have changed, or a read that was left has come */
	bool news;            /* something may have changed */
	bool came;            /* a read that was left has come */
	bool looking;         /* a look waits for its reads */
	bool stop;            /* asked to end */
	struct hc_work *late; /* calls that outlived their deadline and still run: while there
			       * are any, the engine and what it stands on are not freed */
	void (*looked)(void *arg, const struct hc_cycle *cycle); /* told of each look */
	hc_progress_fn *progress;
	hc_still_fn *still; /* may be NULL, as the others */
	void *progress_arg;
};

struct hc_engine_options {
	const char *node;
	const char *state_dir; /* NULL: /var/lib/hcstate */
	const char *key_file;
	struct hc_strings approved;
	uint64_t allow_removals;
	bool dry;                   /* only looks: writes nothing, meets nobody */
	const struct hc_pace *pace; /* NULL: the usual one */
	sd_event *event; /* a loop to share; its signals are its owner's. NULL: its own */
	const struct hc_pulse *pulse; /* that loop's; NULL: it has none */
};

/* One look. Everything in it lives in its arena. */
struct hc_cycle {
	struct hc_arena *arena;
	struct hc_state live;
	struct hc_diff diff;
	struct hc_plan *plan;
	bool partial; /* a slow provider is still being read: what it manages is unknown to it */
	size_t late;  /* calls and other looks that outlive it and still look at it */
	bool gone;    /* the last of them frees it */
	struct hc_cycle **lent; /* those that this one looks at */
	size_t nlent, lentroom;
};

/* Errors are said in diags. Registry and generation must outlive it. */
struct hc_engine *hc_engine_new(const struct hc_registry *registry,
				const struct hc_generation *generation,
				const struct hc_engine_options *options, struct hc_diags *diags);
/* Whether a call under way looks at the generation: no other can be taken. */
bool hc_engine_busy(const struct hc_engine *engine);
/* Another generation; the one before is not looked at any more when this gives 0. Between rounds
 * only. -EBUSY: a call that is late still looks at the one before: try again later. Else errors are
 * said and all stays as it was. */
int hc_engine_take(struct hc_engine *engine, const struct hc_generation *generation,
		   struct hc_diags *diags);
/* A fact for the other hcstate processes. */
void hc_engine_tell(struct hc_engine *engine, const char *key, const char *value);
/* What they told, as the one provider that lets processes meet knows it now; in the arena. */
const struct hc_peers *hc_engine_hear(struct hc_engine *engine, struct hc_arena *arena);
/* Ends all waiting, and the process itself when that takes too long (pace.stop). */
void hc_engine_stop(struct hc_engine *engine);
/* Leaves all to the end of the process while a late call runs: then nothing that the engine was
 * made with may be freed either. */
struct hc_engine *hc_engine_free(struct hc_engine *engine);
void hc_engine_freep(struct hc_engine **engine);

/* read.c: something may have changed, whoever manages it. */
void hc_engine_noticed(struct hc_engine *engine);
/* look.c: reads through the providers, compares, plans. */
struct hc_cycle *hc_look(struct hc_engine *engine);
/* look.c: the same with a live state that was read elsewhere; its arena is taken. */
struct hc_cycle *hc_look_at(struct hc_engine *engine, struct hc_state *live);
struct hc_cycle *hc_cycle_free(struct hc_cycle *cycle);
void hc_cycle_freep(struct hc_cycle **cycle);
void hc_cycle_release(struct hc_cycle *cycle); /* one less looks at it */

/* read.c: begins a provider's read for a look that waits for it; one that the look before left is
 * waited for again, and one that came has come. */
void hc_read_begin(struct hc_slot *slot);
/* Begins it again when something was noticed since it was begun, and gives whether it does. What an
 * earlier look has left is taken as it is: a slow provider that has much to tell would never be
 * done. */
bool hc_read_renew(struct hc_slot *slot);
/* What came of it so far; the slot keeps it. */
void hc_read_show(struct hc_cycle *cycle, const struct hc_slot *slot);
/* The cycle gets what it shows; what has not come is left to go on. */
void hc_read_take(struct hc_cycle *cycle, struct hc_slot *slot);
/* A step came to its end: what was read before says nothing any more. */
void hc_read_acted(struct hc_slot *slot);

/* run.c: what became of the plan's steps. */
struct hc_outcome {
	enum hc_step_state state;
	const char *why;
	bool futile;   /* failed: and will again */
	bool another;  /* done: what differs next is another matter */
	bool left;     /* it goes on by itself: what comes of it is not known yet */
	bool settling; /* what it began does */
};
/* Takes the steps that may be taken. *outcomes is by step->number, in the plan's arena. */
int hc_run(struct hc_engine *engine, struct hc_cycle *cycle, struct hc_outcome **outcomes);

/* converge.c: what a look leaves to do. */
struct hc_rest {
	size_t runnable; /* changes that may be done */
	size_t held;     /* ... that the policy or a missing approval holds back */
	size_t refused;
	size_t hopeless; /* changes that more tries are no use for, and desired resources that
			  * nobody here can ever read */
	size_t unknown;  /* what could not be read now: desired resources, and kinds of which
			  * something may have to go */
};
/* Of each look, once: what was done and is not so has failed. */
struct hc_rest hc_judge(struct hc_engine *engine, const struct hc_cycle *cycle);
/* Runs what may be run and notes what became of it; *pause: when it is worth looking again if
 * nothing happens. -errno: the loop failed. */
int hc_attempt(struct hc_engine *engine, struct hc_cycle *cycle, const struct hc_rest *rest,
	       uint64_t *pause);

/* ... and looks and runs until nothing is left to do. */
enum hc_end {
	HC_END_CONVERGED,
	HC_END_FAILED, /* failed, refused or out of time */
	HC_END_LATER,  /* out of time, and all that is left waits for something */
	HC_END_STOPPED,
};
/* *last is the look it ended with. */
enum hc_end hc_converge(struct hc_engine *engine, uint64_t timeout_us, struct hc_cycle **last,
			struct hc_diags *diags);

/* A call under way: it and all it allocates live in an arena of its own. call.c's counterpart. */
struct hc_work {
	struct hc_engine *engine;
	struct hc_slot *slot;
	struct hc_arena *arena;
	struct hc_call call;
	uint64_t patience;     /* how long it may take, once it has begun */
	void *owner;           /* of who began it */
	struct hc_state state; /* reads */
	struct hc_spent cost;  /* likewise, in the end */
	bool opens;            /* a read that is to open its provider */
	atomic_bool opened;    /* ... and did: */
	bool taken;            /* ... which the slot has now */
	void *self;            /* ... what that gave */
	int watch;
	const struct hc_step *step; /* steps */
	bool settling;
	struct hc_cycle *cycle; /* late: what it may still look at */
	struct hc_work *next;   /* late: in engine->late */
	bool left;              /* nobody waits for it any more, though it is in time */
	bool overdue;           /* it outlived its deadline */
	uint64_t since;         /* hc_now() when it was handed over */
};

/* work.c: a call for that slot, its arena made; `live` may be NULL. */
struct hc_work *hc_work_new(struct hc_slot *slot, const struct hc_state *live, uint64_t patience);
/* Hands it to a worker; run and done get the work. */
void hc_work_begin(struct hc_work *work, int (*run)(void *), void (*done)(void *, int));
/* It is late: what it looks at (`cycle` may be NULL) is kept until it comes back. */
void hc_work_late(struct hc_work *work, struct hc_cycle *cycle);
/* Takes over what the provider told the others. */
void hc_work_told(struct hc_work *work);
/* What it said last, for a reason; `otherwise` when it said nothing. Lives in the arena. */
const char *hc_work_said(const struct hc_work *work, struct hc_arena *arena, const char *otherwise);
/* Runs the loop until no call is under way that somebody waits for, at most until hc_now() is
 * `until`; 0: no end. */
int hc_engine_wait(struct hc_engine *engine, uint64_t until);

/* left.c: a call that its run has left came to an end; `late` is said when that was by its
 * deadline. */
void hc_left_ended(struct hc_work *work, int result, const char *late);
/* How long the run of this plan lingers; not for a pace that never does. */
uint64_t hc_left_patience(const struct hc_engine *engine, const struct hc_cycle *cycle);
