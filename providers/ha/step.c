/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Writing a decision. It is decided again from the records as they are now, and written only over
 * what it was decided from: of two who decide at the same time one writes, and the other looks
 * again. Who is there is looked at last, as Ceph may take seconds to give the records. The words of
 * people that were taken go after that: who is stopped in between takes them again, and finds it
 * so.
 */

#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <sys/eventfd.h>

#include <hcstate/vm.h>
#include <reconciler/ha/memory_json.h>

#include "self.h"

/* The records as they are now. */
struct fresh {
	struct record state, words;
	struct ha_memory memory;
	struct ha_said said;
};

static int fail(struct hc_call *call, const char *name, int r)
{
	if (r == -ECANCELED)
		return hc_wait(call, "another node's hcstate has just written HA's record %s",
			       name);
	if (r == -ETIMEDOUT) /* as when a node has just been lost, which is when it matters */
		return hc_wait(call, "Ceph does not answer about HA's record %s", name);
	return hc_fail(call, -r, NULL, "HA's record %s: %s", name, strerror(-r));
}

static int read_one(struct hc_call *call, const struct record_store *store, const char *name,
		    struct record *record)
{
	int r = record_read(store, call->arena, name, record);

	return r ? fail(call, name, r) : 0;
}

static int read_fresh(struct hc_call *call, const struct record_store *store, struct fresh *fresh)
{
	const char *why;
	int r = read_one(call, store, RECORD_STATE, &fresh->state);

	if (!r)
		r = read_one(call, store, RECORD_WORDS, &fresh->words);
	if (r)
		return r;
	r = ha_memory_read(call->arena, fresh->state.text, fresh->state.size, &fresh->memory, &why);
	if (!r)
		r = ha_said_read(call->arena, fresh->words.text, fresh->words.size, &fresh->said,
				 &why);
	return r ? hc_fail(call, -r, NULL, "one of HA's records is not ours: %s", why) : 0;
}

static int write_words(struct hc_call *call, const struct record_store *store, struct fresh *fresh,
		       const bool *taken)
{
	struct ha_said said = fresh->said;
	struct record now;
	int r;

	if (!ha_said_take(&said, fresh->said.asked, fresh->said.nasked, taken))
		return 0;
	r = record_write(store, call->arena, RECORD_WORDS, &fresh->words,
			 ha_said_write(call->arena, &said), &now);
	return r ? fail(call, RECORD_WORDS, r) : 0;
}

static int write_memory(struct hc_call *call, const struct record_store *store,
			const struct fresh *fresh, const struct ha_memory *memory)
{
	struct record now;
	int r;

	if (memory->vms == fresh->memory.vms && memory->nodes == fresh->memory.nodes)
		return 0;
	r = record_write(store, call->arena, RECORD_STATE, &fresh->state,
			 ha_memory_write(call->arena, memory), &now);
	if (r)
		return fail(call, RECORD_STATE, r);
	hc_tell(call, FACT_EPOCH, hc_printf(call->arena, "%" PRIu64, now.epoch));
	return 0;
}

/* What was read may be seconds old: a node that came back since is not to be fenced, and one that
 * went is not to be given anything. */
static int must_be_so_still(struct hc_call *call, const struct sight *sight,
			    const struct ha_witness *witness, const struct ha_memory *memory)
{
	struct sight now = *sight;
	const char *node;

	witness->look(witness->arg, call, &now);
	if (!now.view.quorate)
		return hc_wait(call, "%s is not in a quorate part of the cluster any more",
			       call->node);
	node = ha_changed(call, sight, &now, memory);
	return node ? hc_wait(call, "%s came or went while it was decided", node) : 0;
}

int ha_write(struct hc_call *call, const struct sight *sight, const struct ha_witness *witness,
	     const struct record_store *store)
{
	bool claims = !hc_why_unknown(call->live, &hc_vm_claim);
	struct ha_decision decision;
	struct ha_wants wants = sight->wants;
	struct fresh fresh = {0};
	struct ha_seen seen;
	int r = read_fresh(call, store, &fresh);

	if (r)
		return r;
	/* The answers are to the orders of that record, and no others. */
	if (fresh.state.epoch != sight->state.epoch)
		return hc_wait(call, "another node's hcstate has just written HA's record %s",
			       RECORD_STATE);
	if (!claims)
		ha_only_known(call->arena, &wants, &fresh.memory);
	ha_see(call->arena, call, sight, &fresh.memory, &fresh.said, sight->now,
	       claims ? call->live : NULL, &seen);
	ha_decide(call->arena, &wants, &seen, &fresh.memory, &decision);
	r = must_be_so_still(call, sight, witness, &fresh.memory);
	if (!r)
		r = write_memory(call, store, &fresh, &decision.memory);
	return r ? r : write_words(call, store, &fresh, decision.taken);
}

/* 0: this process decides. */
static int must_lead(struct hc_call *call, const struct sight *sight)
{
	const char *leader = ha_leader(call, &sight->beats);

	if (!sight->leader || strcmp(sight->leader, call->node) != 0)
		leader = sight->leader;
	if (!leader)
		return hc_wait(call, "which node decides is not known yet");
	return strcmp(leader, call->node) ? hc_wait(call, "%s's hcstate decides", leader) : 0;
}

/* Who is there now. What each of them says of a time is counted from now as well. */
static void look_again(void *self, struct hc_call *call, struct sight *now)
{
	now->arena = call->arena;
	now->began = hc_now();
	now->now = hc_wall_us() / 1000;
	now->room = (struct hc_map){0};
	ha_see_others(call, self, now);
}

static int write_through(struct hc_call *call, struct self *self, const struct sight *sight)
{
	const struct ha_witness witness = {.look = look_again, .arg = self};
	struct hc_call quiet = hc_quiet(call);
	struct record_store store;
	rados_t rados;
	int r = links_take(&quiet, self->links, &rados);

	if (r)
		return hc_wait(call, "%s", hc_said(&quiet, strerror(-r)));
	store = record_store(rados);
	r = ha_write(call, sight, &witness, &store);
	links_give(self->links, rados, r == -ESHUTDOWN || r == -ENOTCONN);
	return r;
}

/* Another change's step has come first; where Ceph does not answer not each of them asks it. */
static int tried(struct hc_call *call, const struct self *self)
{
	return self->result ? hc_wait(call, "the decision could not be written") : 0;
}

int ha_apply(struct hc_call *call, void *data, const struct hc_step *step)
{
	const struct sight *sight = sight_of(call->live);
	struct self *self = data;
	int r;

	(void)step;
	call->another = true;
	if (!sight)
		return hc_wait(call, "nothing is known of HA now");
	r = must_lead(call, sight);
	if (r)
		return r;
	pthread_mutex_lock(&self->writing);
	r = self->tried == sight->number ? tried(call, self) : write_through(call, self, sight);
	self->tried = sight->number;
	self->result = r;
	pthread_mutex_unlock(&self->writing);
	if (!r || r == -EAGAIN)
		(void)eventfd_write(self->watch, 1); /* fails only when it is readable already */
	return r;
}
