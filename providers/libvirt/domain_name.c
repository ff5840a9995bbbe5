/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What follows from names: the place of a disk on its bus, what machine is meant, what stays when a
 * domain is defined anew. A disk keeps its place whatever other disks come and go.
 */

#include "domain_parts.h"

#include <string.h>

enum {
	LETTERS = 26,
	SEED_TARGET = 24, /* sdy */
	CDROM_TARGET = 25 /* sdz */
};

int disk_number(const char *name)
{
	uint64_t number = name && !strncmp(name, "disk-", 5) ? xml_number(name + 5, 10, 100) : 100;

	return number < 100 ? (int)number : -1;
}

/* vda ... vdz, vdaa, ... */
static char *target(struct hc_arena *arena, const char *prefix, unsigned at)
{
	if (at < LETTERS)
		return hc_printf(arena, "%s%c", prefix, (char)('a' + at));
	return hc_printf(arena, "%s%c%c", prefix, (char)('a' + at / LETTERS - 1),
			 (char)('a' + at % LETTERS));
}

char *domain_target(struct hc_arena *arena, enum hc_disk_bus bus, const char *name)
{
	int number = disk_number(name);

	if (number < 0)
		return target(arena, "sd", strcmp(name, "cdrom") ? SEED_TARGET : CDROM_TARGET);
	if (bus == HC_BUS_VIRTIO)
		return target(arena, "vd", (unsigned)number);
	/* sdy and sdz are taken */
	return target(arena, "sd", (unsigned)number + (number < SEED_TARGET ? 0 : 2));
}

static bool begins(const char *text, const char *with)
{
	return !strncmp(text, with, strlen(with));
}

bool is_q35(const char *machine)
{
	return machine && (!strcmp(machine, "q35") || begins(machine, "pc-q35-"));
}

bool domain_same_machine(const char *want, const char *have)
{
	if (!want || !have)
		return want == have;
	if (!strcmp(want, "q35"))
		return is_q35(have);
	if (!strcmp(want, "pc"))
		return !strcmp(have, "pc") || begins(have, "pc-i440fx-");
	return !strcmp(want, have);
}

static const char *kept_disk(const struct domain *was, const struct domain_disk *disk)
{
	for (size_t i = 0; i < was->ndisk; i++)
		if (was->disks[i].name && disk->name && !strcmp(was->disks[i].name, disk->name) &&
		    was->disks[i].spec.bus == disk->spec.bus)
			return was->disks[i].address;
	return NULL;
}

static const char *kept_net(const struct domain *was, const struct domain_net *net)
{
	for (size_t i = 0; i < was->nnet; i++)
		if (was->nets[i].name && net->name && !strcmp(was->nets[i].name, net->name) &&
		    was->nets[i].spec.model == net->spec.model)
			return was->nets[i].address;
	return NULL;
}

/* On another kind of machine the buses are others. */
void domain_keep(struct domain *domain, const struct domain *was)
{
	domain->usb = was->usb;
	domain->screen = was->screen;
	domain->others = was->movable;
	if (is_q35(domain->vm.machine) != is_q35(was->vm.machine))
		return;
	if (domain_same_machine(domain->vm.machine, was->vm.machine))
		domain->vm.machine = was->vm.machine;
	domain->others = was->others;
	domain->bus = was->bus;
	for (size_t i = 0; i < domain->ndisk; i++)
		domain->disks[i].address = kept_disk(was, &domain->disks[i]);
	for (size_t i = 0; i < domain->nnet; i++)
		domain->nets[i].address = kept_net(was, &domain->nets[i]);
}
