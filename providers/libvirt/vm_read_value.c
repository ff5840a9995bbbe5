/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One value of two: a domain that runs is described twice, as it runs and as it is defined, and
 * both are to be as wanted. What can change while it runs shows whichever of the two is not; what
 * takes a restart shows the definition, and what runs otherwise is only noted, as it was promised
 * to be true at the next start. Driven by the kind's table: a field's cost says which it is.
 */

#include <assert.h>
#include <string.h>

#include "device.h"
#include "vm_live.h"
#include "vm_ops.h"

/* A domain from the sides that count. */
struct sides {
	const struct hc_vm *want;    /* NULL: nobody asks for it */
	const struct hc_vm *defined; /* NULL: it will be gone when it stops */
	const struct hc_vm *running; /* NULL: it does not run */
	bool restart;
	enum balloon_trend trend; /* of the memory of what runs */
};

static const void *member(const struct hc_vm *vm, const struct hc_field *field)
{
	return vm ? (const char *)vm + field->offset : NULL;
}

static size_t size_of(const struct hc_field *field)
{
	switch (field->type) {
	case HC_BOOL:
		return sizeof(bool);
	case HC_U32:
		return sizeof(uint32_t);
	case HC_U64:
		return sizeof(uint64_t);
	case HC_ENUM:
		return sizeof(unsigned);
	case HC_STRING:
	case HC_TEXT:
		return sizeof(const char *);
	case HC_STRINGS:
		return sizeof(struct hc_strings);
	case HC_MAP:
		return sizeof(struct hc_map);
	case HC_IP:
	case HC_CIDR:
		return sizeof(struct hc_address);
	case HC_MAC:
		return sizeof(struct hc_mac);
	case HC_CHILDREN:
		return 0;
	}
	return 0;
}

/* libvirt says of what runs which model it is. */
static bool is_expanded(const struct sides *sides, const struct hc_field *field)
{
	return field->offset == offsetof(struct hc_vm, cpu) && sides->defined->cpu &&
	       !strcmp(sides->defined->cpu, "host-model");
}

/* The guest was told how much it is to have, and gives what it can. Until it has a driver for it,
 * its balloon is empty; then it takes its time; of the last pages some may not be free. */
static bool is_told(const struct sides *sides, const struct hc_field *field)
{
	const uint64_t last_pages = UINT64_C(4) << 20;
	uint64_t has = sides->running->memory, told = sides->want ? sides->want->memory : 0;

	if (field->offset != offsetof(struct hc_vm, memory) || !sides->want ||
	    sides->defined->memory != told)
		return false;
	if (has < told)
		return sides->trend == BALLOON_TAKES;
	return has >= sides->running->max_memory || has - told <= last_pages ||
	       sides->trend == BALLOON_GIVES;
}

static bool is_live(const struct sides *sides, const struct hc_field *field)
{
	return field->cost == HC_LIVE &&
	       (!sides->want || vm_live_can(sides->want, sides->running, field->offset));
}

/* Whether what runs is the value to show; `pending`: it is not, and will be otherwise. */
static bool shows_running(const struct sides *sides, const struct hc_field *field, bool *pending)
{
	const void *running = member(sides->running, field);
	bool same = sides->running && hc_value_same(field, running, member(sides->defined, field));

	if (!sides->running || same || is_expanded(sides, field) || is_told(sides, field))
		return false;
	if (is_live(sides, field))
		return !sides->want || !hc_value_same(field, running, member(sides->want, field));
	*pending = !sides->restart;
	return sides->restart;
}

/* A domain of somebody else has no id, and may have no drive. */
static bool is_said(const struct hc_vm *vm, const struct hc_field *field)
{
	if (field->offset == offsetof(struct hc_vm, id))
		return vm->id;
	return field->type != HC_STRING || !field->unset || *(const char *const *)member(vm, field);
}

static void take(struct hc_arena *arena, const struct sides *sides, const struct hc_field *field,
		 struct hc_resource *r)
{
	struct hc_vm *vm = r->spec;
	bool pending = false;
	const struct hc_vm *from =
		shows_running(sides, field, &pending) ? sides->running : sides->defined;

	assert(from); /* a domain is described at least once */
	if (!is_said(from, field))
		return;
	memcpy((char *)vm + field->offset, member(from, field), size_of(field));
	hc_mark(r, field->offset);
	if (pending)
		hc_strings_add(arena, &vm->pending, field->name);
}

/* `node` and `running` are no matter of the description. */
static bool is_described(const struct hc_field *field)
{
	return field->origin == HC_WRITTEN && field->type != HC_CHILDREN &&
	       field->offset != offsetof(struct hc_vm, node) &&
	       field->offset != offsetof(struct hc_vm, running);
}

/* Disks and cards that are defined and have no place in what runs, see device.h. */
static void add_waiting(struct hc_arena *arena, const struct vm_here *here, struct hc_vm *vm)
{
	for (size_t i = 0; i < here->defined->ndisk; i++) {
		const struct domain_disk *disk = &here->defined->disks[i];

		if (disk->name && !vm_domain_disk(here->running, disk->name) &&
		    device_waits(here, disk->spec.bus == HC_BUS_VIRTIO))
			hc_strings_add(arena, &vm->pending, disk->name);
	}
	for (size_t i = 0; i < here->defined->nnet; i++) {
		const char *name = here->defined->nets[i].name;

		if (name && !vm_domain_net(here->running, name) && device_waits(here, true))
			hc_strings_add(arena, &vm->pending, name);
	}
}

void vm_read_values(struct hc_arena *arena, const struct hc_vm *want, const struct vm_here *here,
		    bool restart, struct hc_resource *r)
{
	struct sides sides = {
		.want = want,
		.defined = here->defined ? &here->defined->vm : NULL,
		.running = here->running ? &here->running->vm : NULL,
		.restart = restart,
		.trend = here->trend,
	};

	if (!sides.defined) {
		sides.defined = sides.running; /* what it is called, at least */
		sides.running = NULL;
	}
	assert(sides.defined); /* a domain is described at least once */
	for (size_t i = 0; i < hc_vm.nfield; i++)
		if (is_described(&hc_vm.fields[i]))
			take(arena, &sides, &hc_vm.fields[i], r);
	/* Somebody undefined it while it ran: it has to be defined again. */
	if (!here->defined)
		r->set &= ~hc_field_bit(&hc_vm, offsetof(struct hc_vm, machine));
	if (here->defined && here->running)
		add_waiting(arena, here, r->spec);
	hc_set_field(r, struct hc_vm, pending);
}
