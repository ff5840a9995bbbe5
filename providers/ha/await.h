/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Since when an order is not answered whose node is there. What it says of that is this process's
 * own: facts are told anew to each that begins, and what it has not heard yet is not late.
 */

#include "self.h"

struct awaits *awaits_new(void);
struct awaits *awaits_free(struct awaits *awaits); /* takes NULL */

/* Into the sight's answers, once they were heard. `awaits` may be NULL. */
void awaits_look(struct awaits *awaits, const struct hc_call *call, struct sight *sight);
