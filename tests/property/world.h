/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * A little world to be reconciled: boxes that stand on boxes, lids on boxes, ropes tied to boxes.
 * It misbehaves in every way that a system can, but each thing only so many times. What goes wrong
 * and when is drawn beforehand from the seed, so that threads do not change it.
 */

#include <pthread.h>

#include <reconciler/engine.h>

enum {
	BOXES = 6,
	LIDS = 2, /* on each box */
	ROPES = 4,
	FOREIGN = 2, /* boxes that no manifest ever names */
	THINGS = BOXES + BOXES * LIDS + ROPES + FOREIGN,
	FAULTS = 3,
	MEDDLES = 3,
	MOST_STEPS = 4 * THINGS,
};

enum kind {
	BOX,
	LID,
	ROPE,
};

/* What can go wrong with one call about a thing. */
enum fault {
	FAILS,
	FAILS_AFTER, /* does it, and reports failure */
	HALF,        /* does some of it, and fails */
	LIES,        /* does nothing, and reports success */
	WAITS,
	SLOW,      /* success at once, the effect when it has settled */
	HANGS,     /* past its deadline, then nothing */
	HANGS_ON,  /* past its deadline, then does it */
	DAWDLES,   /* likewise, and is only then seen to have begun */
	FAULT_END, /* how many there are */
};

/* What can go wrong with one reading. */
enum read_fault {
	READ_FINE,
	READ_FAILS,
	READ_UNKNOWN, /* of one kind */
	READ_HANGS,
	OPEN_FAILS,
	READ_FAULT_END,
};

/* What somebody else does to a thing just before the reading of that number. */
struct meddle {
	unsigned reading;
	size_t thing;
	bool remove; /* else: resize */
};

struct shape {
	uint32_t size, tint;
	unsigned on; /* bit i: on or tied to box i */
};

struct thing {
	enum kind kind;
	char name[8];
	bool there;
	struct shape shape;
	bool made;   /* by the provider */
	bool may_go; /* a manifest wanted it anew once */

	bool meant; /* by the manifests */
	bool tint_meant;
	struct shape want;
	bool left_alone;     /* nobody may touch it: */
	struct shape before; /* ... it stays like this */

	enum fault faults[FAULTS];
	unsigned nfault, waiting; /* waiting: how often it has yet to be asked whether it settled */
	unsigned busy;            /* calls about it that are under way */
};

struct world {
	pthread_mutex_t lock; /* for all below */
	pthread_cond_t changed;
	struct thing things[THINGS];
	enum read_fault read_faults[2][FAULTS]; /* by provider */
	unsigned nread_fault[2], readings;
	struct meddle meddles[MEDDLES];
	unsigned nmeddle;
	unsigned meddled;      /* the number of the last reading at which somebody did something */
	bool calm;             /* nothing goes wrong any more */
	bool strict;           /* nothing ever went wrong: steps must find what they stand on */
	unsigned kill_at;      /* the process dies in that call, counted down; 0: never */
	bool dies_late;        /* ... and that call is long past its deadline by then */
	bool dead;             /* it did */
	const char *inventory; /* where it is */
	struct hc_arena *arena;
	char *kept; /* the inventory when it died; NULL: there was none */
	size_t kept_size;
	const struct hc_plan *plan; /* the one that runs */
	bool done[MOST_STEPS];      /* by number, of that plan */
	uint64_t hang_us;           /* longer than any deadline */
	char violation[256];        /* the first rule that was broken */
};

/* world.c */
void world_name(struct world *world);
struct thing *world_find(struct world *world, enum kind kind, const char *name);
/* Notes the first. With the lock held, as all that follow. */
void world_violates(struct world *world, const char *format, ...) HC_PRINTF(2, 3);
/* What is there now and neither made nor meant is to stay as it is. */
void world_begin(struct world *world);
/* Whether all is as meant, and what was to be left alone was. */
void world_check(struct world *world);
/* The process is dead: nothing that it writes from now on was ever written. */
void world_die(struct world *world);
/* As after a kill. */
void world_rise(struct world *world);
/* Somebody else's work that is due; gives whether there was any. */
bool world_meddle(struct world *world);

/* generate.c: all from the seed. */
struct random {
	uint64_t state;
};
uint64_t random_below(struct random *random, uint64_t n);
void generate_world(struct random *random, struct world *world);
/* Also writes what it means into the things. */
struct hc_generation *generate_manifests(struct random *random, struct world *world);

/* fake.c: two providers of one world, which there is one of at a time. */
struct thing_spec {
	const char *key; /* of a lid */
	uint32_t size, tint, wear;
	const char *on;       /* of a box */
	struct hc_strings to; /* of a rope */
};
extern const struct hc_type box_type, lid_type, rope_type;
extern const struct hc_provider box_provider, rope_provider;
void fake_world(struct world *world);
