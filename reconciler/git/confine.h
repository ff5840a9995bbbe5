/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "job.h"

/* Gives up all that is not needed: another user, no capability, no way to gain one, bounds on what
 * it may use. A fetch gets its directory made first. 0, or negative with job->why. */
int confine(struct job *job);
