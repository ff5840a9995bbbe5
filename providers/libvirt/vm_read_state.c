/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Live VirtualMachine: of what is here all of it, of what is another node's where it is and how it
 * is, from its claim.
 */

#include <inttypes.h>
#include <string.h>
#include <time.h>

#include "ha_answer.h"
#include "hypervisor.h"
#include "migrate.h"
#include "protocol.h"
#include "text.h"
#include "vm_ops.h"
#include "vm_power.h"

#define SET_MEMBER(r, member) hc_set_field(r, struct hc_vm, member)

static const struct hc_resource *wanted(const struct look *look, const char *name)
{
	return hc_find(look->call->desired, &hc_vm, NULL, name);
}

static const char *state_word(int state)
{
	static const char *const words[] = {
		[VIR_DOMAIN_NOSTATE] = "no state",       [VIR_DOMAIN_RUNNING] = "running",
		[VIR_DOMAIN_BLOCKED] = "running",        [VIR_DOMAIN_PAUSED] = "paused",
		[VIR_DOMAIN_SHUTDOWN] = "shutting down", [VIR_DOMAIN_SHUTOFF] = "shut off",
		[VIR_DOMAIN_CRASHED] = "crashed",        [VIR_DOMAIN_PMSUSPENDED] = "suspended",
	};

	return state >= 0 && (size_t)state < HC_COUNT(words) ? words[state] : "unknown";
}

static const char *claim_word(const struct claim *claim)
{
	return claim->state == HC_CLAIM_FREE ? "shut off" : hc_claim_state_words[claim->state];
}

/* "2 h 3 min": the two largest units. */
static const char *duration(struct hc_arena *arena, uint64_t s)
{
	enum {
		MINUTE = 60,
		HOUR = 60 * MINUTE,
		DAY = 24 * HOUR,
	};

	if (s < MINUTE)
		return hc_printf(arena, "%" PRIu64 " s", s);
	if (s < HOUR)
		return hc_printf(arena, "%" PRIu64 " min", s / MINUTE);
	if (s < DAY)
		return hc_printf(arena, "%" PRIu64 " h %" PRIu64 " min", s / HOUR,
				 s % HOUR / MINUTE);
	return hc_printf(arena, "%" PRIu64 " d %" PRIu64 " h", s / DAY, s % DAY / HOUR);
}

static void observe_times(struct hc_arena *arena, const struct claim *claim, struct hc_resource *r)
{
	uint64_t now = (uint64_t)time(NULL);
	struct hc_vm *vm = r->spec;

	if (claim->since && claim->since <= now && claim->state != HC_CLAIM_FREE) {
		vm->uptime = duration(arena, now - claim->since);
		SET_MEMBER(r, uptime);
	}
	if (!claim->migration.from || !claim->migration.to)
		return;
	vm->last_migration =
		hc_printf(arena, "%s -> %s", claim->migration.from, claim->migration.to);
	if (claim->migration.ms)
		vm->last_migration =
			hc_printf(arena, "%s, %" PRIu64 ".%" PRIu64 " s, %" PRIu64 " ms down",
				  vm->last_migration, claim->migration.ms / 1000,
				  claim->migration.ms % 1000 / 100, claim->migration.downtime_ms);
	SET_MEMBER(r, last_migration);
}

static void observe(const struct look *look, const struct claim *claim, const char *place,
		    const char *state, struct hc_resource *r)
{
	struct hc_vm *vm = r->spec;

	vm->place = place ? place : "";
	vm->state = state;
	SET_MEMBER(r, place);
	SET_MEMBER(r, state);
	if (claim)
		observe_times(look->call->arena, claim, r);
}

/* Without a claim there is nothing that could disagree. */
static void judge(const struct look *look, const struct claim *claim, enum protocol_guest guest,
		  struct hc_resource *r)
{
	const struct claim none = {0};

	((struct hc_vm *)r->spec)->settled =
		protocol_agrees(claim ? claim : &none, look->call->node, guest);
	SET_MEMBER(r, settled);
}

/*
 * A guest that stands still does not run: somebody, or a start that was interrupted, left it so. It
 * is not off either. What is neither as wanted is not there, which always differs.
 */
static void take_running(const struct hc_vm *want, enum protocol_guest guest, struct hc_resource *r)
{
	struct hc_vm *vm = r->spec;

	vm->running = guest == GUEST_RUNS;
	if (guest == GUEST_GONE || guest == GUEST_RUNS ||
	    (guest == GUEST_PAUSED && want && want->running))
		SET_MEMBER(r, running);
}

/* Where it is; or, when it is where it is asked for and the claim has not noted that it was, where
 * it was asked for before. */
static void take_node(const struct look *look, const struct hc_vm *want, const struct claim *claim,
		      struct hc_resource *r)
{
	struct hc_vm *vm = r->spec;

	vm->node = claim && claim->node ? claim->node : look->call->node;
	if (claim && want && is(want->node, claim->node))
		vm->node = claim->asked_node;
	if (vm->node)
		SET_MEMBER(r, node);
}

/* A move that is asked for: what does the node there say? */
static int take_obstacles(const struct look *look, const struct hc_vm *want,
			  const struct vm_here *here, const struct claim *claim,
			  struct hc_resource *r)
{
	const struct domain *domain = here->running ? here->running : here->defined;
	struct hc_vm *vm = r->spec;

	if (!want || !want->node || !claim || is(want->node, look->call->node) ||
	    is(want->node, claim->asked_node))
		return 0;
	SET_MEMBER(r, obstacles);
	return migrate_look(look, domain, want->node, &vm->obstacles);
}

/* What is wanted, in the words in which it is read back. */
static const struct hc_vm *as_libvirt_says(struct hc_call *call, const struct hc_vm *want)
{
	struct hc_vm *vm = hc_new(call->arena, struct hc_vm);

	*vm = *want;
	vm->cdrom = vm_medium_path(call, want->cdrom);
	return vm;
}

/* Who only looks answers nothing. */
static void take_order(const struct look *look, struct hc_resource *r)
{
	if (look->call->dry || !look->self)
		return;
	((struct hc_vm *)r->spec)->order = answers_last(look->self->answers, r->name);
	SET_MEMBER(r, order);
}

static enum balloon_trend trend_of(const struct look *look, const struct vm_here *here,
				   const struct hc_vm *want)
{
	const struct hc_vm *vm = here->running ? &here->running->vm : NULL;

	if (!vm || !want || !look->self)
		return BALLOON_RESTS;
	return balloons_look(look->self->balloons, here->domain, here->uuid, vm->memory,
			     want->memory, vm->max_memory);
}

static void read_values(const struct look *look, const struct vm_here *here,
			const struct hc_vm *want, struct hc_resource *r)
{
	struct vm_here now = *here;

	now.trend = trend_of(look, here, want);
	vm_read_values(look->call->arena, want, &now,
		       hc_approved(look->call, hc_resource_text(look->call->arena, r)), r);
}

/* Of a domain that is ours and this node's, or somebody else's. */
static int add_here(const struct look *look, const struct vm_here *here, const struct claim *claim)
{
	struct hc_call *call = look->call;
	const struct hc_resource *want = wanted(look, here->name);
	const struct hc_vm *spec = want ? as_libvirt_says(call, want->spec) : NULL;
	struct hc_resource *r = hc_resource_new(&look->live->found, &hc_vm, NULL, here->name);
	enum protocol_guest guest;

	if (vm_guest(here->active ? here->domain : NULL, &guest))
		return hypervisor_fail(call, r, "its state");

	r->made = here->ours;
	read_values(look, here, spec, r);
	take_running(spec, guest, r);
	if (here->ours) {
		judge(look, claim, guest, r);
		((struct hc_vm *)r->spec)->libvirt_autostart = here->autostart;
		SET_MEMBER(r, libvirt_autostart);
		take_order(look, r);
	}
	take_node(look, spec, claim, r);
	observe(look, claim, call->node,
		here->active ? state_word(here->state) : state_word(VIR_DOMAIN_SHUTOFF), r);
	return here->ours ? take_obstacles(look, spec, here, claim, r) : 0;
}

/* Of a VM that another node has. A guest of it here is one too many, or has just arrived. */
static int add_there(const struct look *look, const struct hc_resource *want,
		     const struct claim *claim)
{
	const struct vm_here *here = vms_here(look->vms, want->name);
	bool active = here && here->ours && here->active;
	struct hc_resource *r = hc_resource_new(&look->live->found, &hc_vm, NULL, want->name);
	enum protocol_guest guest;

	if (vm_guest(active ? here->domain : NULL, &guest))
		return hypervisor_fail(look->call, r, "its state");
	r->made = true;
	((struct hc_vm *)r->spec)->id = ((const struct hc_vm *)want->spec)->id;
	((struct hc_vm *)r->spec)->node = claim->node;
	SET_MEMBER(r, id); /* part of what it is, as the uuid by which it was found */
	SET_MEMBER(r, node);
	judge(look, claim, guest, r);
	take_order(look, r);
	/* it may be on its way here: its own node sees to it, and this one when it has come */
	if (guest == GUEST_GONE || guest == GUEST_ARRIVING)
		((struct hc_vm *)r->spec)->settled = true;
	observe(look, claim, claim->node, claim_word(claim), r);
	return 0;
}

static int read_here(const struct look *look)
{
	int r = 0;

	for (size_t i = 0; !r && i < look->vms->nhere; i++) {
		const struct vm_here *here = &look->vms->here[i];

		if (!here->ours || vms_mine(look->call, look->vms, here))
			r = add_here(look, here, vms_claim(look->vms, here->uuid));
	}
	return r;
}

static int read_there(const struct look *look)
{
	int r = 0;
	size_t n;
	struct hc_resource *const *v = hc_of_type(look->call->desired, &hc_vm, &n);

	for (size_t i = 0; !r && i < n; i++) {
		const struct hc_vm *vm = v[i]->spec;
		const struct claim *claim = vms_claim(look->vms, vm->uuid);
		const struct vm_here *here = vms_here(look->vms, v[i]->name);
		/* a domain of its name that is not it was told already */
		bool told = here && (!here->ours || vms_mine(look->call, look->vms, here));

		if (claim && claim->node && !is(claim->node, look->call->node) && !told)
			r = add_there(look, v[i], claim);
	}
	return r;
}

int vm_read(const struct look *look)
{
	int r;

	if (!vms_known(look, &hc_vm) || !vms_known(look, &hc_vm_claim))
		return 0;
	vm_read_claims(look);
	r = read_here(look);
	return r ? r : read_there(look);
}
