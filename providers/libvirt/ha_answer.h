/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * What this process answered to HA's orders, for as long as it lives: an order that failed is not
 * tried again, as HA decides what comes next, and one that was carried out is not told again and
 * again. After a restart all are answered once more.
 */

#include <hcstate/provider.h>

struct answers;

struct answers *answers_new(void);
struct answers *answers_free(struct answers *answers); /* takes NULL */

/* The last order of that VM that was answered; 0: none. */
uint64_t answers_last(struct answers *answers, const char *vm);
/* Why that order failed, in the arena; NULL: it did not. */
const char *answers_failed(struct answers *answers, struct hc_arena *arena, const char *vm,
			   uint64_t order);

/* Tell the others, and note it. */
void answers_tell(struct hc_call *call, struct answers *answers, const char *vm, uint64_t order,
		  const char *what); /* "done", "elsewhere pve2" */
void answers_tell_failed(struct hc_call *call, struct answers *answers, const char *vm,
			 uint64_t order, const char *why);
