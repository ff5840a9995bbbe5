/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * The resident agent: one loop that owns all state. Whatever happens (a file, a commit, netlink, a
 * unit, a person) only says "look again"; a cycle then reads everything, plans, holds back what the
 * policy does not let through, does the rest and looks again.
 *
 * A cycle runs the loop too while it waits for its workers, so requests are heard during one. They
 * see the last complete look, which stays until the next one is complete.
 */

#include <reconciler/engine.h>
#include <reconciler/status.h>

#include "approval.h"
#include "events.h"
#include "kept.h"
#include "metrics.h"
#include "policy.h"
#include "pulse.h"
#include "server.h"
#include "source.h"
#include "store.h"
#include "units.h"
#include "view.h"

/* A look and what is to be known of it. */
struct snapshot {
	struct hc_arena *arena;
	struct hc_cycle *cycle;
	struct hc_status status;
	const char *plan; /* its id, see plan_id() */
	uint64_t at;      /* seconds of CLOCK_REALTIME */
	bool converged;
};

/* What was said of an object, so that it is said once (notice.c). */
struct mark;

struct agent {
	const char *config_path, *hostname, *state_dir, *key_file;
	char *node; /* its own: the engine knows it, and the configuration may be read again */
	const struct hc_pace *pace;
	struct hc_arena *config_arena;
	struct agent_config *config;
	sd_event *event;
	struct pulse *pulse; /* its loop's; NULL: a test's */
	struct hc_registry *registry;
	int lock; /* fd: one at a time changes this node */

	struct hc_generation *generation; /* what is made true; NULL: there was no good one yet */
	struct hc_engine *engine;         /* NULL until then */
	/* Why the newest generation is not that one; errors 0: it is. */
	struct hc_arena *refused_arena;
	struct hc_diags refused;
	const char *refused_id;

	struct source *source;
	bool read_left;      /* a thread of a source before may look at the registry */
	bool source_failing; /* it was said that nothing can be had from it */
	bool refusing;       /* ... that the newest generation or commit is refused */
	struct policy policy;
	struct suspensions suspensions;
	bool suspensions_lost; /* their file cannot be read: hands off everything */
	struct approvals approvals;
	struct events *events;
	struct metrics metrics;
	struct server *server;
	struct units *units;
	struct view *view;
	struct requests *requests;

	struct kept kept;
	struct snapshot *now; /* the last complete look; NULL: none yet */
	bool news;            /* the source may have another generation */
	bool look;            /* something may have changed */
	bool reload, stop;    /* SIGHUP, SIGTERM */
	uint64_t noticed;     /* hc_now() when that was first so; 0: nobody noticed anything */
	uint64_t earliest;    /* hc_now() before which no look begins: a storm of events is one */
	uint64_t looked;      /* what the looks so far have used of the time, see space_looks() */
	uint64_t busy;        /* ... before which no other generation can be taken; 0: now */
	uint64_t held_off;    /* since when no look is begun because of that; 0: they are */
	uint64_t unkept;      /* ... when it is tried again to keep this one; 0: it is kept */
	bool broken;          /* the loop failed: another process has to go on */
	uint64_t quiet_turns; /* in a row, in which no step was done */

	/* Of the turn that goes on. */
	struct hc_arena *turn;
	struct hc_cycle *cycle; /* a look that is not shown: see turn.c; NULL: there is none */
	time_t hold_until;      /* when the policy's answers change by themselves; 0: never */
	bool did;               /* a step was done */

	/* What it complained of: a full disk is not said with every look. */
	struct complaint {
		char *text;
		uint64_t at; /* hc_now() */
	} complaints[8];
	size_t ncomplaint; /* in all: they replace each other */

	/* Steps under way, also those of earlier turns. */
	struct begun {
		const struct hc_step *step;
		uint64_t at; /* hc_now() */
	} * begun;
	size_t nbegun, begunroom;

	/* Of what is being mended, until nothing is left to do. */
	struct json_object *work; /* the steps done; NULL: none yet */
	uint64_t work_began;
	bool changed; /* by another generation: what differs is no drift */
	bool settled; /* the look before had nothing left to do */
	struct hc_arena *marks_arena;
	struct mark *marks;
	size_t nmark;
};

struct agent_options {
	const char *config_path; /* NULL: /etc/hcstate/agent.yaml */
	const char *socket;      /* NULL: /run/hcstate/hcstate.sock */
	const char *state_dir;
	const char *hostname;
	const char *key_file;
	const struct hc_pace *pace; /* NULL: the usual one */
	bool journal;               /* events go to the journal, else to stderr */
	int lock;
};

/* The registry is taken, and so is `lock`, a fd of hc_lock(), when this gives an agent. NULL: said
 * in diags. */
struct agent *agent_new(struct hc_registry *registry, const struct agent_options *options,
			struct hc_diags *diags);
struct agent *agent_free(struct agent *agent); /* takes NULL, gives NULL */
/* Until it is asked to stop. The exit code. */
int agent_run(struct agent *agent);

/* One turn, for agent_run() and for tests with a clock of their own: takes news, looks, runs. Gives
 * when the next is due in hc_now()'s time if nothing happens. */
uint64_t agent_turn(struct agent *agent);

/* For requests: look as soon as may be, and try again what failed. */
void agent_hurry(struct agent *agent);

/* The parts of it. */

/* engine.h's aim.hold and progress; arg is the agent. */
enum hc_hold agent_hold(void *arg, struct hc_arena *arena, const struct hc_change *change,
			const char **why);
void agent_progress(void *arg, const struct hc_step *step, enum hc_step_state state,
		    const char *why);
/* The last look points into a generation that goes. */
void agent_forget_look(struct agent *agent);
/* Says what is in diags, as the agent's own trouble. */
void agent_complain(struct agent *agent, const struct hc_diags *diags);
