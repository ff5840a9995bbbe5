/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "job.h"

/* Whether the tip may follow what was taken before, and is signed by somebody who may. */
int check_tip(struct job *job);
