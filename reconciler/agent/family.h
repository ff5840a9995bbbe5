/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* Who speaks of a bridge means its addresses and ports as well. */

#include <hcstate/plan.h>

enum { FAMILY_NAME = 256 };

/*
 * The kinds that a change's object may be nested in, one call after the other; `at` begins as 0,
 * the parent's name goes into `name`. NULL: there is no other. More than one kind has addresses,
 * and of what goes no manifest says any more in which it was.
 */
const char *family_parent(const struct hc_change *change, size_t *at, char name[FAMILY_NAME]);
