/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The steps of a VM, in the order in which a guest bears them: the definition first, then what can
 * change while it runs, then whether it runs, then where. What the definition has and the guest
 * cannot take now is said to be true at its next start; the operator's word for the VM has it
 * restarted at once.
 */

#include <string.h>

#include <hcstate/ceph_pool.h>
#include <hcstate/net.h>

#include "ha_follow.h"
#include "migrate.h"
#include "vm_home.h"
#include "vm_live.h"
#include "vm_ops.h"

enum {
	LONG_US = 120000000, /* for one try of what copies or starts something */
};

#define DIFFERS(change, member) hc_differs(change, struct hc_vm, member)

static bool is_described(const struct hc_field *field)
{
	return field->origin == HC_WRITTEN && field->offset != offsetof(struct hc_vm, node) &&
	       field->offset != offsetof(struct hc_vm, running);
}

static bool definition_differs(const struct hc_change *change)
{
	for (size_t i = 0; i < change->type->nfield; i++)
		if (change->differs >> i & 1 && is_described(&change->type->fields[i]))
			return true;
	return false;
}

/* "machine, cpus": what a guest that runs cannot be given; "": nothing. */
static const char *cold_fields(struct hc_arena *arena, const struct hc_change *change)
{
	const char *text = "";

	for (size_t i = 0; i < change->type->nfield; i++) {
		const struct hc_field *field = &change->type->fields[i];

		if (!(change->differs >> i & 1) || !is_described(field) ||
		    (field->cost == HC_LIVE &&
		     vm_live_can(change->want->spec, change->have->spec, field->offset)))
			continue;
		text = hc_printf(arena, "%s%s%s", text, *text ? ", " : "", field->name);
	}
	return text;
}

static const char *uefi_note(const struct hc_vm *want)
{
	return want->firmware == HC_FIRMWARE_UEFI
		       ? "; the variables of its uefi are on this node only, not recoverable "
			 "elsewhere"
		       : "";
}

static void after_node(struct hc_plan *plan, struct hc_change *change, const struct hc_type *type,
		       const char *name)
{
	if (name)
		hc_change_after(plan, change, hc_plan_find(plan, type, plan->node, name));
}

static void after(struct hc_plan *plan, struct hc_change *change, const struct hc_type *type,
		  const char *name)
{
	if (name)
		hc_change_after(plan, change, hc_plan_find(plan, type, NULL, name));
}

/* Its disks and cards are made with it, so what those stand on comes before it. */
static void order(struct hc_call *call, struct hc_change *change, struct hc_plan *plan)
{
	size_t n;
	struct hc_resource *const *v = hc_of_type(call->desired, &hc_vm_disk, &n);

	for (size_t i = 0; i < n; i++) {
		const struct hc_vm_disk *disk = v[i]->spec;

		if (!vm_has_child(change->name, v[i]))
			continue;
		after_node(plan, change, &hc_storage, disk->storage);
		after(plan, change, &hc_ceph_pool, disk->storage);
		after(plan, change, &hc_image, disk->image);
	}
	v = hc_of_type(call->desired, &hc_vm_net, &n);
	for (size_t i = 0; i < n; i++)
		if (vm_has_child(change->name, v[i]))
			after_node(plan, change, &hc_bridge,
				   ((const struct hc_vm_net *)v[i]->spec)->bridge);
}

static void start(struct hc_change *change, struct hc_plan *plan, const char *verb)
{
	hc_step(plan, change, VM_START, HC_NONE, NULL, "%s", verb)->deadline_us = LONG_US;
}

static void stop(const struct hc_call *call, struct hc_change *change, struct hc_plan *plan)
{
	enum hc_impact impact = vm_ha_stops(call, change) ? HC_BLIP : HC_RESTART;

	hc_step(plan, change, VM_STOP, impact, NULL, "shut it down")->patient = true;
}

/* "disk-0, disk-1": its children of that type; "": none. */
static const char *children(struct hc_call *call, const struct hc_type *type, const char *vm)
{
	const char *text = "";
	size_t n;
	struct hc_resource *const *v = hc_of_type(call->desired, type, &n);

	for (size_t i = 0; i < n; i++)
		if (vm_has_child(vm, v[i]))
			text = hc_printf(call->arena, "%s%s%s", text, *text ? ", " : "",
					 strchr(v[i]->name, '/') + 1);
	return text;
}

static bool is_moving(const struct hc_call *call, const char *vm)
{
	const struct hc_vm_claim *claim = vm_claim(call, vm);

	return claim && claim->state == HC_CLAIM_MIGRATING;
}

/* It has left, and nobody wrote down yet that it has arrived: making it here would be too much. */
static void plan_arrival(struct hc_call *call, struct hc_change *change, struct hc_plan *plan)
{
	const struct hc_vm_claim *claim = vm_claim(call, change->name);

	hc_step(plan, change, VM_SETTLE, HC_NONE, NULL, "see its move to %s to the end",
		claim->target)
		->patient = true;
}

static void plan_create(struct hc_call *call, struct hc_change *change, struct hc_plan *plan)
{
	const struct hc_vm *want = change->want->spec;
	const char *disks = children(call, &hc_vm_disk, change->name);
	struct hc_step *make = hc_step(plan, change, VM_MAKE, HC_NONE, NULL, "take its claim%s%s",
				       *disks ? ", make " : "", disks);

	make->deadline_us = LONG_US;
	(void)hc_step(plan, change, VM_DEFINE, HC_NONE, NULL, "define it%s", uefi_note(want));
	if (want->running)
		start(change, plan, "start it");
}

static void define(struct hc_call *call, struct hc_change *change, struct hc_plan *plan,
		   bool restart)
{
	const struct hc_vm *have = change->have->spec;
	const char *cold = cold_fields(call->arena, change);
	bool again = !hc_has_field(change->have, struct hc_vm, machine);
	bool later = *cold && have->running && !restart && !again;

	(void)hc_step(plan, change, VM_DEFINE, HC_NONE, NULL, "define it%s%s%s%s",
		      again ? " again" : "", later ? ", with effect at its next start: " : "",
		      later ? cold : "",
		      DIFFERS(change, firmware) ? uefi_note(change->want->spec) : "");
}

/* The guest was begun to be started, or somebody made it stand still. */
static bool stands_still(const struct hc_vm *have)
{
	return have->state && !strcmp(have->state, "paused");
}

/* One that is off is started where it goes to. */
static bool starts_here(const struct hc_change *change, bool moves)
{
	return DIFFERS(change, running) && (!moves || stands_still(change->have->spec));
}

static void plan_power(const struct hc_call *call, struct hc_change *change, struct hc_plan *plan,
		       bool restart, bool moves)
{
	const struct hc_vm *want = change->want->spec, *have = change->have->spec;

	if (DIFFERS(change, running) && !want->running) {
		stop(call, change, plan);
	} else if (starts_here(change, moves)) {
		start(change, plan, stands_still(have) ? "let it run" : "start it");
	} else if (restart) {
		stop(call, change, plan);
		start(change, plan, "start it");
	} else if (DIFFERS(change, settled)) {
		(void)hc_step(plan, change, VM_SETTLE, HC_NONE, NULL,
			      "make its claim say what is so");
	}
}

static void plan_update(struct hc_call *call, struct hc_change *change, struct hc_plan *plan)
{
	const struct hc_vm *have = change->have->spec;
	bool asks = DIFFERS(change, node) && vm_asks_only(call, change);
	bool moves = DIFFERS(change, node) && !asks;
	bool restart = have->running && definition_differs(change) &&
		       *cold_fields(call->arena, change) &&
		       hc_approved(call, hc_change_text(call->arena, change));

	if (definition_differs(change))
		define(call, change, plan, restart);
	if (DIFFERS(change, libvirt_autostart))
		(void)hc_step(plan, change, VM_ALONE, HC_NONE, NULL,
			      "turn libvirt's autostart off");
	vm_live_plan(call, change, plan);
	plan_power(call, change, plan, restart, moves);
	if (asks)
		(void)hc_step(plan, change, VM_ASK, HC_NONE, NULL,
			      "note in its claim that it is asked for where it is");
	if (moves)
		migrate_plan(call, change, plan);
	vm_ha_plan_answer(call, change, plan);
}

static void plan_removal(const struct hc_call *call, struct hc_change *change, struct hc_plan *plan)
{
	const struct hc_vm *have = change->have->spec;

	if (have->running || !hc_has_field(change->have, struct hc_vm, running) || !have->settled)
		stop(call, change, plan);
	(void)hc_step(plan, change, VM_FORGET, HC_NONE, NULL, "remove its claim");
	(void)hc_step(plan, change, VM_UNDEFINE, HC_NONE, NULL, "undefine it");
}

int vm_plan(struct hc_call *call, struct hc_change *change, struct hc_plan *plan)
{
	if (change->want)
		order(call, change, plan);
	if (!change->want)
		plan_removal(call, change, plan);
	else if (vm_ha_plan(call, change, plan))
		; /* these are all */
	else if (!vm_home(call, change->name))
		hc_step(plan, change, VM_PLACE, HC_NONE, NULL, "make it where the most room is")
			->node = NULL;
	else if (!change->have && is_moving(call, change->name))
		plan_arrival(call, change, plan);
	else if (!change->have)
		plan_create(call, change, plan);
	else if (!vm_is_home(call, change->name) && DIFFERS(change, node))
		(void)hc_step(plan, change, VM_AWAIT, HC_NONE, NULL, "take it over from %s",
			      vm_home(call, change->name));
	else if (is_moving(call, change->name) && DIFFERS(change, settled))
		migrate_plan(call, change, plan); /* all else can wait */
	else
		plan_update(call, change, plan);
	return 0;
}
