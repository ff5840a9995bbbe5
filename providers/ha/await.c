/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is waited for is an answer to one order of one node: another order, or a while in which the
 * node is not there, begins anew. Nothing of it is kept in Ceph, as each order would be one write
 * more for that; a new leader begins to wait when it begins to look.
 */

#include "await.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

enum {
	SLACK_MS = 2000,
};

struct await {
	char *vm;
	uint64_t order;
	uint64_t since; /* hc_now() */
	uint64_t told;  /* the same in ms of the wall clock */
};

struct awaits {
	pthread_mutex_t lock; /* a reading that was given up may still be at it */
	struct await *v;      /* sorted by vm */
	size_t n;
};

static void drop(struct await *v, size_t n)
{
	for (size_t i = 0; i < n; i++)
		free(v[i].vm);
	free(v);
}

struct awaits *awaits_new(void)
{
	struct awaits *awaits = calloc(1, sizeof(*awaits));

	if (!awaits)
		abort();                               /* memory has run out */
	(void)pthread_mutex_init(&awaits->lock, NULL); /* cannot fail on Linux */
	return awaits;
}

struct awaits *awaits_free(struct awaits *awaits)
{
	if (!awaits)
		return NULL;
	drop(awaits->v, awaits->n);
	(void)pthread_mutex_destroy(&awaits->lock);
	free(awaits);
	return NULL;
}

static bool is_awaited(enum ha_is is)
{
	switch (is) {
	case HA_IS_REQUEST_STOP:
	case HA_IS_STARTED:
	case HA_IS_MIGRATE:
	case HA_IS_RELOCATE:
		return true;
	case HA_IS_STOPPED:
	case HA_IS_FENCE:
	case HA_IS_RECOVERY:
	case HA_IS_FREEZE:
	case HA_IS_ERROR:
		break;
	}
	return false;
}

static int by_vm(const void *name, const void *one)
{
	return strcmp(name, ((const struct await *)one)->vm);
}

/* NULL: it is looked for the first time. */
static const struct await *find(const struct awaits *awaits, const struct ha_vm *vm)
{
	const struct await *was =
		awaits->n ? bsearch(vm->vm, awaits->v, awaits->n, sizeof(*was), by_vm) : NULL;

	return was && was->order == vm->order ? was : NULL;
}

/* The moment is reckoned anew each time, and not always to the same millisecond; as it is told, it
 * must stay the same. */
static uint64_t steady(uint64_t at, const struct await *was)
{
	uint64_t apart = !was ? 0 : at > was->told ? at - was->told : was->told - at;

	return was && apart < SLACK_MS ? was->told : at;
}

static const struct ha_vm *awaited(const struct hc_call *call, const struct sight *sight,
				   const struct ha_seen_vm *answer)
{
	const struct ha_vm *vm = ha_find_vm(&sight->memory, answer->vm);

	return vm && is_awaited(vm->is) && answer->answer == HA_NO_ANSWER &&
			       ha_is_there(call, sight, vm->node)
		       ? vm
		       : NULL;
}

static void look(struct awaits *awaits, const struct hc_call *call, struct sight *sight,
		 struct await *v, size_t *n)
{
	for (size_t i = 0; i < sight->wants.n; i++) {
		struct ha_seen_vm *answer = &sight->answers[i];
		const struct ha_vm *vm = awaited(call, sight, answer);
		const struct await *was = vm ? find(awaits, vm) : NULL;
		struct await *one = &v[*n];

		if (!vm)
			continue;
		*one = (struct await){
			.vm = strdup(vm->vm),
			.order = vm->order,
			.since = was ? was->since : sight->began,
		};
		if (!one->vm)
			abort();
		one->told = steady(ha_wall(sight, one->since), was);
		++*n;
		answer->unanswered = one->told;
	}
}

void awaits_look(struct awaits *awaits, const struct hc_call *call, struct sight *sight)
{
	struct await *v;
	size_t n = 0;

	if (!awaits)
		return;
	v = calloc(sight->wants.n + 1, sizeof(*v));
	if (!v)
		abort();
	pthread_mutex_lock(&awaits->lock);
	look(awaits, call, sight, v, &n);
	drop(awaits->v, awaits->n);
	awaits->v = v;
	awaits->n = n;
	pthread_mutex_unlock(&awaits->lock);
}
