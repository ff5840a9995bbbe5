/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "job.h"

/* Gives up system calls that the verb has no use for, for this process and all that it starts;
 * after privileges are given up. 0, or negative with job->why. */
int filter(struct job *job);
