/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * A provider can read one part of the system and change it. It is a shared module that exports one
 * symbol, `hcstate_provider`. The interface grows by types and steps, not by functions.
 *
 * derive, adjust and plan are pure: they look at the manifests and at what was read, and touch
 * nothing. open, read, apply and settled may block until the call's deadline; they run in worker
 * threads, at most `parallel` at once. close, tell and hear run in the loop's thread, tell and hear
 * also while calls are under way, and do not block. All return 0 or a negative errno after one
 * hc_fail() (or hc_wait()) where most is known.
 */

#include <errno.h>

#include <hcstate/plan.h>

#define HC_ABI 3

/* What the running hcstate processes of a cluster told each other. It may forbid or inform, it
 * never permits alone. */
struct hc_peer {
	const char *node;
	uint32_t nodeid;
	uint32_t pid;
	struct hc_map facts;
};

struct hc_peers {
	bool joined;       /* this process is in the group */
	bool quorate;      /* the cluster is, as seen from here */
	struct hc_peer *v; /* by nodeid, this process among them */
	size_t n;
};

struct hc_pulse;
struct hc_secrets;

/* One call of a provider. Everything here is lent until the call returns; what it allocates lives
 * in its arena. */
struct hc_call {
	struct hc_arena *arena;
	const char *node;      /* this machine, as the manifests name it */
	bool member;           /* whether the manifests have a Node of that name */
	bool dry;              /* this process only looks; it does not meet the others */
	uint64_t deadline;     /* hc_now() when it must have returned */
	struct hc_diags diags; /* what it has to say */
	/* Sorted: all kinds; of the node-scoped ones, those of this node. */
	const struct hc_set *desired;
	/* Sorted: the manifests' resources of all nodes; nothing derived. Never NULL. */
	const struct hc_set *whole;
	const struct hc_state *live;       /* what was read this cycle; NULL in read itself */
	const struct hc_strings *approved; /* Kind/name[@node] that the operator approved */
	const struct hc_peers *peers;      /* never NULL */
	const struct hc_secrets *secrets;
	struct hc_map told; /* what hc_tell() collected */
	/* With an error of a step: what is asked for was refused and will be again. When that was
	 * so twice nobody waits for it any more. */
	bool futile;
	/* With a step that was taken: what may differ of its object next is another matter, and
	 * does not tell that this one came to nothing. */
	bool another;
	/* With read: what threads of its own used of a processor for it, beside the caller's. */
	uint64_t cpu_us;
	/* Of the loop that looks again and again, as long as providers are open (pulse.h). NULL:
	 * this process has none, and keeps no promise. */
	const struct hc_pulse *pulse;
};

struct hc_provider {
	unsigned abi;                       /* HC_ABI */
	const char *name;                   /* "net" */
	const char *doc;                    /* one line */
	const struct hc_type *const *types; /* what it manages; NULL ends them */
	unsigned parallel;                  /* how many calls it bears at once; 0: one */
	/* Patterns (glob) of systemd's units whose changes are worth a look; NULL ends them.
	 * Optional. */
	const char *const *units;

	/* Adds to the desired resources what follows from them (HC_MADE kinds, HC_DERIVED fields).
	 * Pure. Optional. */
	int (*derive)(struct hc_call *call, struct hc_set *desired);

	/* Connects. *self is passed to the rest; *watch may get a fd that becomes readable when it
	 * is worth looking again (-1: none); whoever looks reads it empty (an eventfd or a socket).
	 */
	int (*open)(struct hc_call *call, void **self, int *watch);
	void (*close)(void *self); /* takes NULL */

	/* Reads the system. Every type of `types` is complete unless hc_unknown() was said of it.
	 */
	int (*read)(struct hc_call *call, void *self, struct hc_state *live);

	/* What the system told about itself may speak for or against a change: take fields from
	 * `differs`, refuse it with a reason, raise an update to a replace, say of a create that it
	 * is so already (have = want), say of a removal that what is there stays (kept). Pure.
	 * Optional. */
	int (*adjust)(struct hc_call *call, struct hc_change *change);

	/* Adds the steps of a change. Pure: touches nothing. */
	int (*plan)(struct hc_call *call, struct hc_change *change, struct hc_plan *plan);

	/* Takes one step. Taking it again is harmless. -EAGAIN after hc_wait(): not yet, look
	 * again. */
	int (*apply)(struct hc_call *call, void *self, const struct hc_step *step);

	/* Whether what the step began has ended: 0 yes, -EAGAIN after hc_wait(): not yet. Optional.
	 */
	int (*settled)(struct hc_call *call, void *self, const struct hc_step *step);

	/* How hcstate processes meet; of one provider only. tell() gives the others this process's
	 * facts (replacing what it told before), hear() fills in what the others told. */
	int (*tell)(struct hc_call *call, void *self, const struct hc_map *facts);
	int (*hear)(struct hc_call *call, void *self, struct hc_peers *peers);
};

/* Says an error about a resource (may be NULL) or a change's object; gives -error. */
int hc_fail(struct hc_call *call, int error, const struct hc_resource *about, const char *format,
	    ...) HC_PRINTF(4, 5);
/* Says what is waited for; gives -EAGAIN. */
int hc_wait(struct hc_call *call, const char *format, ...) HC_PRINTF(2, 3);

/* The call with words of its own, for what may fail without that being this call's error. Tell no
 * facts through it. */
struct hc_call hc_quiet(const struct hc_call *call);
/* What was said last, or `otherwise` when nothing was. */
const char *hc_said(const struct hc_call *call, const char *otherwise);

/* A fact for the other hcstate processes. Told when the call has returned. */
void hc_tell(struct hc_call *call, const char *key, const char *value);
/* What the process on that node told, or NULL. */
const char *hc_heard(const struct hc_call *call, const char *node, const char *key);
/* Whether this process has the lowest node id of the running hcstate processes of the quorate
 * group. */
bool hc_leads(const struct hc_call *call);

bool hc_approved(const struct hc_call *call, const char *object);

/*
 * Opens a sealed value that a Secret document holds for this node. *data is memory that is not
 * swapped or dumped; give it back with hc_secret_close(). -ENOENT: there is no such value; all
 * errors are said.
 */
int hc_secret_open(struct hc_call *call, const char *secret, const char *key, uint8_t **data,
		   size_t *size);
void hc_secret_close(uint8_t **data); /* takes NULL and *NULL */
