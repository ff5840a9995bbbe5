/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * The decision's own nouns. A round looks at every node once (a spot) and gives every VM one turn,
 * in the order of their names. What a VM's turn changes (how many are on a node) the next one sees,
 * and that order is all that the outcome depends on beside the input.
 */

#include "ha.h"

/* A node in this round. */
struct ha_spot {
	struct ha_node now;              /* what will be kept of it */
	const struct ha_seen_node *seen; /* NULL: nothing is */
	bool named;                      /* the manifests name it */
	bool asked;                      /* it is to be left alone */
	bool present;                    /* a member, and it reaches the storage */
	bool fit;                        /* a VM may be brought here */
	bool used;                       /* a VM's order names it */
	size_t count;                    /* HA VMs that count here */
	int64_t room;                    /* bytes left, less what is on its way */
};

/* How a group, or none, sees the nodes. */
struct ha_class {
	const struct ha_group *group;
	int64_t *priority; /* of each spot; HA_NOWHERE: its VMs do not run there */
	int64_t top;       /* the highest among the fit ones; HA_NOWHERE: there is none */
};

enum {
	HA_NOWHERE = -2,
	HA_OTHERS = -1, /* the priority of nodes that an unrestricted group does not name */

	/* After a migration that failed the rules leave a VM alone for so many rounds: what failed
	 * once fails again at once, and each try costs the guest. */
	HA_PAUSE = 10,
};

struct ha_round {
	struct hc_arena *arena;
	const struct ha_wants *wants;
	const struct ha_seen *seen;
	struct ha_decision *decision;
	size_t warning_room;

	struct ha_spot *spots; /* sorted by name */
	size_t nspot;
	struct ha_class *classes; /* sorted by the group's address */
	size_t nclass;
	struct ha_turn *turns; /* one per want, in their order */
};

/* A VM in this round. */
struct ha_turn {
	const struct ha_want *want;
	const struct ha_seen_vm *seen; /* NULL: nothing is known of it */
	const struct ha_vm *was;       /* NULL: it is new */
	struct ha_vm *vm;              /* what is decided; NULL: it is not taken in yet */
	struct ha_spot *at;            /* vm->node's */
	const struct ha_asked *asked;  /* a person's word that is not taken yet, or NULL */
};

/* decide.c: brings what is asked for, was decided and is seen of each VM together */
void ha_turns(struct ha_round *round, const struct ha_memory *was);

/* node.c */
void ha_look_at_nodes(struct ha_round *round, const struct ha_memory *was);
struct ha_spot *ha_spot(const struct ha_round *round, const char *name); /* NULL: no such */
bool ha_shut_out(const struct ha_spot *spot);
/* Of memory, bounded, so that sums over all VMs are numbers. */
int64_t ha_bytes(uint64_t bytes);
int64_t ha_room(const struct ha_spot *spot); /* what it was seen to have; 0: not known */
bool ha_leaves(const struct ha_spot *spot);
/* Nobody carries out orders there now, and none is missed either. */
bool ha_idles(const struct ha_spot *spot);
/* What it announced makes its VMs wait for it. */
bool ha_freezes(const struct ha_round *round, const struct ha_spot *spot);
/* Its VMs move away while it is there: maintenance, or no manifest names it any more. */
bool ha_empties(const struct ha_spot *spot);
void ha_warn_of_nodes(struct ha_round *round);
/* It is not there, for so long that its VMs are to be brought elsewhere. */
bool ha_lost(const struct ha_round *round, const struct ha_spot *spot);
void ha_fence(const struct ha_round *round, struct ha_spot *spot);
void ha_keep_nodes(struct ha_round *round);

/* place.c */
void ha_classes(struct ha_round *round);
const struct ha_class *ha_class(const struct ha_round *round, const struct ha_want *want);
bool ha_may_run(const struct ha_round *round, const struct ha_want *want,
		const struct ha_spot *spot);
/* Where the VM is to be, NULL: nowhere. `elsewhere`: its start failed where it is, so it does not
 * stay for being there. */
struct ha_spot *ha_place(const struct ha_round *round, const struct ha_turn *turn, bool elsewhere);

/* vm_order.c: the words in which turns are written */
enum ha_answer ha_answer(const struct ha_turn *turn);
void ha_become(const struct ha_round *round, const struct ha_turn *turn, enum ha_is is);
/* As is asked of it: started or being stopped where it is, with a new order. */
void ha_resume(const struct ha_round *round, const struct ha_turn *turn);
void ha_move(const struct ha_round *round, const struct ha_turn *turn, enum ha_is how,
	     const struct ha_spot *to);
/* It is where it is seen to be, not where it was sent. */
void ha_adopt(struct ha_round *round, struct ha_turn *turn);
void ha_put(struct ha_turn *turn, struct ha_spot *spot);
void ha_forget_failures(const struct ha_turn *turn);
/* It leaves for a maintenance: it comes home to the first node that it had to leave. */
void ha_note_home(const struct ha_round *round, const struct ha_turn *turn);
/* Its order is not answered yet, which is told when it is so for too long. */
void ha_wait(struct ha_round *round, const struct ha_turn *turn);
/* Counts the VM where it counts, or no more. */
void ha_count(const struct ha_round *round, const struct ha_turn *turn, int by);
void ha_warn(struct ha_round *round, const char *vm, const char *node, const char *format, ...)
	HC_PRINTF(4, 5);
/* ... of the last one: since when it is so. */
void ha_warned_since(struct ha_round *round, uint64_t since);

/* vm_enter.c, vm_word.c */
void ha_enter(struct ha_round *round, struct ha_turn *turn);
void ha_hear_words(struct ha_round *round);
void ha_refuse_word(struct ha_round *round, struct ha_turn *turn, const char *why);
/* Whether a person's word made it move. */
bool ha_take_word(struct ha_round *round, struct ha_turn *turn);

/* vm_started.c, vm_stopped.c, vm_move.c, vm_lost.c: one step of each state */
void ha_started(struct ha_round *round, struct ha_turn *turn);
void ha_stopped(struct ha_round *round, struct ha_turn *turn);
void ha_request_stop(struct ha_round *round, struct ha_turn *turn);
void ha_moving(struct ha_round *round, struct ha_turn *turn);
void ha_fenced(struct ha_round *round, struct ha_turn *turn);
void ha_recovery(struct ha_round *round, struct ha_turn *turn);
void ha_frozen(struct ha_round *round, struct ha_turn *turn);
void ha_error(struct ha_round *round, struct ha_turn *turn);
/* Its node is lost, if it is: it has to go. Whether its turn ends here, as its node is not there.
 */
bool ha_away(struct ha_round *round, struct ha_turn *turn);
