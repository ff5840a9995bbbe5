/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "job.h"

/* What is known to be good is kept by this name. */
#define MIRROR_TIP "refs/hcstate/tip"

/* Opens the mirror, makes it where there is none, and what it needs to be left alone. */
int mirror_open(struct job *job);
/* Opens the repository that is read. */
int mirror_open_other(struct job *job);
/* Puts the tip's name on it, and what has become many packs into one. */
int mirror_keep(struct job *job);
/* Unlocks, and throws a broken mirror away. */
void mirror_close(struct job *job);
