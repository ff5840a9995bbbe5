/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Guests that give memory back or take it. QEMU starts with all of it; when the guest's driver
 * comes, seconds later, it gives back a MiB at a time what is not to be its own. QEMU tells libvirt
 * of the first MiB at once and of the rest a second later, so libvirt shows for a second what
 * nobody ever asked for. Neither of them tells what the guest was told.
 *
 * So what is on its way there since a moment ago is left to arrive; what rests, or goes elsewhere,
 * is what somebody made of it. A process that has not seen the guest before asks QEMU, which is
 * ahead of libvirt.
 */

#include "balloon.h"

#include <hcstate/base.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "vm.h"

enum {
	MOVING_US = 3000000, /* libvirt has heard of it by then */
	KIB = 1024,
};

struct balloon {
	char uuid[VIR_UUID_STRING_BUFLEN];
	unsigned start;
	uint64_t memory;
	enum balloon_trend trend;
	uint64_t changed; /* hc_now() */
	struct balloon *next;
};

struct balloons {
	pthread_mutex_t lock;
	struct balloon *list;
};

struct balloons *balloons_new(void)
{
	struct balloons *balloons = calloc(1, sizeof(*balloons));

	if (!balloons)
		abort();                                 /* memory has run out */
	(void)pthread_mutex_init(&balloons->lock, NULL); /* cannot fail on Linux */
	return balloons;
}

struct balloons *balloons_free(struct balloons *balloons)
{
	struct balloon *next;

	if (!balloons)
		return NULL;
	for (struct balloon *at = balloons->list; at; at = next) {
		next = at->next;
		free(at);
	}
	(void)pthread_mutex_destroy(&balloons->lock);
	free(balloons);
	return NULL;
}

/* The lock is held. Another start of a guest is another guest. */
static struct balloon *find(struct balloons *balloons, const char *uuid, unsigned start,
			    uint64_t memory)
{
	struct balloon *at = balloons->list;

	while (at && strcmp(at->uuid, uuid) != 0)
		at = at->next;
	if (at && at->start == start)
		return at;
	if (!at) {
		at = calloc(1, sizeof(*at));
		if (!at)
			abort();
		(void)strncpy(at->uuid, uuid, sizeof(at->uuid) - 1);
		at->next = balloons->list;
		balloons->list = at;
	}
	at->start = start;
	at->memory = memory;
	at->trend = BALLOON_RESTS;
	return at;
}

enum balloon_trend balloons_note(struct balloons *balloons, const char *uuid, unsigned start,
				 uint64_t memory, uint64_t now)
{
	struct balloon *balloon;
	enum balloon_trend trend;

	pthread_mutex_lock(&balloons->lock);
	balloon = find(balloons, uuid, start, memory);
	if (memory != balloon->memory) {
		balloon->trend = memory < balloon->memory ? BALLOON_GIVES : BALLOON_TAKES;
		balloon->changed = now;
	} else if (now - balloon->changed >= MOVING_US) {
		balloon->trend = BALLOON_RESTS;
	}
	balloon->memory = memory;
	trend = balloon->trend;
	pthread_mutex_unlock(&balloons->lock);
	return trend;
}

/* What QEMU says; 0: nothing. */
static uint64_t ask(virDomainPtr domain)
{
	virDomainMemoryStatStruct stats[VIR_DOMAIN_MEMORY_STAT_NR];
	int n = vm_is_occupied(domain)
			? 0
			: virDomainMemoryStats(domain, stats, VIR_DOMAIN_MEMORY_STAT_NR, 0);

	for (int i = 0; i < n; i++)
		if (stats[i].tag == VIR_DOMAIN_MEMORY_STAT_ACTUAL_BALLOON)
			return (uint64_t)stats[i].val * KIB;
	return 0;
}

enum balloon_trend balloons_look(struct balloons *balloons, virDomainPtr domain, const char *uuid,
				 uint64_t shown, uint64_t told, uint64_t most)
{
	unsigned start = virDomainGetID(domain);
	enum balloon_trend trend = balloons_note(balloons, uuid, start, shown, hc_now());
	uint64_t is = shown != told && shown < most ? ask(domain) : 0;

	return is ? balloons_note(balloons, uuid, start, is, hc_now()) : trend;
}
