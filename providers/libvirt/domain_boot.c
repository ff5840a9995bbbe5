/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The order of booting. The manifest names devices, also some that the VM does not have now, and
 * `disk`, which is whichever disk is the first; libvirt wants a number per device. How it was asked
 * for is noted in the metadata and believed as long as the numbers are those that follow from it.
 */

#include "domain_parts.h"

#include <string.h>

enum {
	WORDS = 128, /* as many as its longest text can hold */
};

/* The devices in their order. */
struct turns {
	const char *names[WORDS];
	unsigned n;
};

static const char *first_disk(const struct domain *domain)
{
	const char *first = NULL;
	int lowest = INT32_MAX;

	for (size_t i = 0; i < domain->ndisk; i++) {
		int number = disk_number(domain->disks[i].name);

		if (number < 0 || number >= lowest)
			continue;
		lowest = number;
		first = domain->disks[i].name;
	}
	return first;
}

/* The name of the device that the word (which ends at a comma) means; NULL: there is none. */
static const char *device_of(const struct domain *domain, const char *word)
{
	size_t size = strcspn(word, ",");

	if (size == 4 && !strncmp(word, "disk", size))
		return first_disk(domain);
	for (size_t i = 0; i < domain->ndisk; i++) {
		const char *name = domain->disks[i].name;

		if (name && strlen(name) == size && !strncmp(name, word, size))
			return name;
	}
	for (size_t i = 0; i < domain->nnet; i++) {
		const char *name = domain->nets[i].name;

		if (name && strlen(name) == size && !strncmp(name, word, size))
			return name;
	}
	return NULL;
}

static unsigned turn_of(const struct turns *turns, const char *name)
{
	for (unsigned i = 0; name && i < turns->n; i++)
		if (!strcmp(turns->names[i], name))
			return i + 1;
	return 0;
}

/* A device that is named twice has the first of its turns. */
static struct turns turns_of(const struct domain *domain, const char *boot)
{
	struct turns turns = {.n = 0};

	for (const char *word = boot; word && *word && turns.n < WORDS;) {
		const char *name = device_of(domain, word);

		if (name && !turn_of(&turns, name))
			turns.names[turns.n++] = name;
		word += strcspn(word, ",");
		word += *word == ',';
	}
	return turns;
}

void domain_boot(struct domain *domain)
{
	const struct turns turns = turns_of(domain, domain->vm.boot);

	for (size_t i = 0; i < domain->ndisk; i++)
		domain->disks[i].boot = turn_of(&turns, domain->disks[i].name);
	for (size_t i = 0; i < domain->nnet; i++)
		domain->nets[i].boot = turn_of(&turns, domain->nets[i].name);
}

static bool follows(const struct domain *domain, const char *boot)
{
	const struct turns turns = turns_of(domain, boot);

	for (size_t i = 0; i < domain->ndisk; i++)
		if (domain->disks[i].boot != turn_of(&turns, domain->disks[i].name))
			return false;
	for (size_t i = 0; i < domain->nnet; i++)
		if (domain->nets[i].boot != turn_of(&turns, domain->nets[i].name))
			return false;
	return true;
}

/* The device whose turn comes next after `turn`; one without a name of ours is "?". */
static const char *next_device(const struct domain *domain, unsigned *turn)
{
	const char *name = NULL;
	unsigned lowest = UINT32_MAX;

	for (size_t i = 0; i < domain->ndisk; i++)
		if (domain->disks[i].boot > *turn && domain->disks[i].boot < lowest) {
			lowest = domain->disks[i].boot;
			name = domain->disks[i].name ? domain->disks[i].name : "?";
		}
	for (size_t i = 0; i < domain->nnet; i++)
		if (domain->nets[i].boot > *turn && domain->nets[i].boot < lowest) {
			lowest = domain->nets[i].boot;
			name = domain->nets[i].name ? domain->nets[i].name : "?";
		}
	*turn = lowest;
	return name;
}

const char *boot_text(struct hc_arena *arena, const struct domain *domain, const char *asked)
{
	const char *text = NULL, *name;
	unsigned turn = 0;

	if (asked && follows(domain, asked))
		return asked;
	while ((name = next_device(domain, &turn)))
		text = text ? hc_printf(arena, "%s,%s", text, name) : name;
	return text ? text : "";
}
