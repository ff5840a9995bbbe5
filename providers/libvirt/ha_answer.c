/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Answers to HA. They go to the other hcstate processes as the fact ha.VM, which is
 * "ORDER done", "ORDER failed WHY" or "ORDER elsewhere NODE"; the number tells an answer from one
 * to an older order.
 */

#include "ha_answer.h"

#include <inttypes.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

enum {
	LONGEST_WHY = 300, /* bytes: it goes to all nodes again and again */
};

struct answer {
	char *vm;
	uint64_t order;
	char *failed; /* NULL: it did not */
	struct answer *next;
};

struct answers {
	pthread_mutex_t lock;
	struct answer *list;
};

struct answers *answers_new(void)
{
	struct answers *answers = calloc(1, sizeof(*answers));

	if (!answers)
		abort();                                /* memory has run out */
	(void)pthread_mutex_init(&answers->lock, NULL); /* cannot fail on Linux */
	return answers;
}

struct answers *answers_free(struct answers *answers)
{
	struct answer *next;

	if (!answers)
		return NULL;
	for (struct answer *at = answers->list; at; at = next) {
		next = at->next;
		free(at->vm);
		free(at->failed);
		free(at);
	}
	(void)pthread_mutex_destroy(&answers->lock);
	free(answers);
	return NULL;
}

/* The lock is held. */
static struct answer *find(struct answers *answers, const char *vm)
{
	struct answer *at = answers->list;

	while (at && strcmp(at->vm, vm) != 0)
		at = at->next;
	return at;
}

static struct answer *find_or_add(struct answers *answers, const char *vm)
{
	struct answer *answer = find(answers, vm);

	if (answer)
		return answer;
	answer = calloc(1, sizeof(*answer));
	if (!answer)
		abort();
	answer->vm = hc_own(vm);
	answer->next = answers->list;
	answers->list = answer;
	return answer;
}

uint64_t answers_last(struct answers *answers, const char *vm)
{
	const struct answer *answer;
	uint64_t order;

	pthread_mutex_lock(&answers->lock);
	answer = find(answers, vm);
	order = answer ? answer->order : 0;
	pthread_mutex_unlock(&answers->lock);
	return order;
}

const char *answers_failed(struct answers *answers, struct hc_arena *arena, const char *vm,
			   uint64_t order)
{
	const struct answer *answer;
	const char *why = NULL;

	pthread_mutex_lock(&answers->lock);
	answer = find(answers, vm);
	if (answer && answer->order == order && answer->failed)
		why = hc_strdup(arena, answer->failed);
	pthread_mutex_unlock(&answers->lock);
	return why;
}

static void note(struct answers *answers, const char *vm, uint64_t order, const char *failed)
{
	struct answer *answer;

	pthread_mutex_lock(&answers->lock);
	answer = find_or_add(answers, vm);
	answer->order = order;
	free(answer->failed);
	answer->failed = hc_own(failed);
	pthread_mutex_unlock(&answers->lock);
}

static void tell(struct hc_call *call, const char *vm, uint64_t order, const char *what)
{
	hc_tell(call, hc_printf(call->arena, "ha.%s", vm),
		hc_printf(call->arena, "%" PRIu64 " %s", order, what));
}

void answers_tell(struct hc_call *call, struct answers *answers, const char *vm, uint64_t order,
		  const char *what)
{
	note(answers, vm, order, NULL);
	tell(call, vm, order, what);
}

void answers_tell_failed(struct hc_call *call, struct answers *answers, const char *vm,
			 uint64_t order, const char *why)
{
	const char *brief = hc_strndup(call->arena, why, strnlen(why, LONGEST_WHY));

	note(answers, vm, order, brief);
	tell(call, vm, order, hc_printf(call->arena, "failed %s", brief));
}
