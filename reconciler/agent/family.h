/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* Who speaks of a bridge means its addresses and ports as well. */

#include <hcstate/plan.h>

enum { FAMILY_NAME = 256 };

/* The kind that the change's object is nested in, and the parent's name in `name`; NULL: it stands
 * for itself. */
const char *family_parent(const struct hc_change *change, char name[FAMILY_NAME]);
