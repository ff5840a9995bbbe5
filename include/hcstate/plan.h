/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * A plan: the changes that lead from what is to what should be, and their steps, ordered.
 * A pure function of both; it does not change while it runs.
 */

#include <hcstate/resource.h>

enum hc_action {
	HC_CREATE,
	HC_UPDATE,
	HC_REPLACE,
	HC_REMOVE,
};

/* What a step costs its users. In rising order. */
enum hc_impact {
	HC_NONE,
	HC_BLIP,      /* a short interruption */
	HC_RESTART,   /* what runs is restarted */
	HC_FAILOVER,  /* it moves to another node */
	HC_DATA_MOVE, /* data is copied between nodes or disks */
	HC_DATA_LOSS, /* data is gone afterwards */
};

/* What the agent's policy says of a change: whether it is done now. */
enum hc_hold {
	HC_GO,
	HC_HOLD_WINDOW,    /* it waits for a window to open */
	HC_HOLD_APPROVAL,  /* ... for a person's word */
	HC_HOLD_SUSPENDED, /* a person said hands off */
	HC_HOLD_REPORT,    /* it is shown, and never done */
	HC_HOLD_IGNORE,    /* it is not even shown: what is there is kept */
};

struct hc_change;

struct hc_step {
	struct hc_change *change;
	const char *verb; /* as printed: "add address" */
	const char *node; /* who runs it; NULL: whichever node leads then */
	enum hc_impact impact;
	int op;               /* the provider's own number for what is to be done */
	const void *arg;      /* the provider's own, in the plan's arena */
	uint64_t deadline_us; /* how long one try may take; 0: 30 s */
	bool patient;         /* what it begins may go on for hours, and that is no failure */

	struct hc_step **after; /* all of these must have been done before */
	size_t nafter, room;

	/* Filled in when the plan is ordered. */
	size_t number;           /* from 0, over the whole plan */
	struct hc_step **blocks; /* those that have this one in `after` */
	size_t nblocks, blocksroom;
};

struct hc_change {
	enum hc_action action;
	const struct hc_type *type;
	const char *name, *node;
	const struct hc_resource *want; /* NULL: remove */
	const struct hc_resource *have; /* NULL: create */
	uint64_t differs;               /* bit i: field i of both differs */
	const char *reason;             /* why this change: what differs, in words */
	const char *refused;            /* why it will not be done now; NULL: it will */
	/* Of a removal, set by adjust: why what is there stays although no manifest asks for it,
	 * which is no error. There is no change then. */
	const char *kept;
	/* Set by adjust, of a change of which it leaves nothing: why nobody here can tell whether
	 * it is as asked for. Status says so. */
	const char *unsure;
	bool needs_approval; /* refused until the operator approves this very object */
	/* Set by adjust: it follows from what was decided here (by HA), so it is no drift: nobody
	 * has changed anything. */
	bool decided;
	uint64_t decision; /* ... bit i: that field i differs does; 0: all that differs */
	bool decided_away; /* ... on another node, which tells of it */
	/* Likewise, with `refused`: only because something could not be read, which may be over in
	 * a moment. It is one failure, however its words change. */
	bool blind;
	enum hc_hold hold;           /* refused for now by the policy, and why */
	enum hc_impact impact;       /* the worst of its steps */
	bool implied;                /* it goes with its parent, which is removed too */
	struct hc_strings waits_for; /* what of other nodes must be seen first, in words */

	struct hc_step **steps;
	size_t nstep, steproom;
	const struct hc_change **after; /* changes whose steps come first */
	size_t nafter, afterroom;

	/* The engine's: an earlier look began it and a step of it has not come to its end, so what
	 * is seen of it says nothing yet. Its one step is never taken; what comes after it waits.
	 */
	bool going;
};

struct hc_plan {
	struct hc_arena *arena;
	const char *node; /* who plans */
	bool member; /* the manifests have a Node of that name; if not, it only leaves the cluster
		      */
	const char *refused;       /* why nothing of it may run; NULL: it may */
	struct hc_change **change; /* sorted by kind, name and node */
	size_t n, room;
	struct hc_step **step; /* all steps, in an order in which they could run one by one */
	size_t nstep;
	struct hc_change *
		*run; /* all changes, those that begin first first; those without steps last */
};

/* Adds a step behind the change's others (and so after them). */
struct hc_step *hc_step(struct hc_plan *plan, struct hc_change *change, int op,
			enum hc_impact impact, const void *arg, const char *verb, ...)
	HC_PRINTF(6, 7);
void hc_step_after(struct hc_plan *plan, struct hc_step *step, struct hc_step *first);
/* Every step of `change` comes after every step of `first`; NULL first: nothing. */
void hc_change_after(struct hc_plan *plan, struct hc_change *change, const struct hc_change *first);
/* The change of that resource, or NULL. */
struct hc_change *hc_plan_find(const struct hc_plan *plan, const struct hc_type *type,
			       const char *node, const char *name);

/* Whether the member is among what differs. */
#define hc_differs(c, strct, member) hc_change_differs(c, offsetof(strct, member))
bool hc_change_differs(const struct hc_change *change, size_t offset);
/* Takes the member from what differs. */
#define hc_agree(c, strct, member) hc_change_agree(c, offsetof(strct, member))
void hc_change_agree(struct hc_change *change, size_t offset);

/* "Bridge/vmbr0@pve1" */
char *hc_change_text(struct hc_arena *arena, const struct hc_change *change);

extern const char *const hc_action_words[]; /* create, update, replace, remove; NULL ends them */
extern const char *const hc_impact_words[]; /* none ... data-loss; NULL ends them */
