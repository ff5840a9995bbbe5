/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "job.h"

/* Finds which commit brought which line of job->file, as far as the time for it reaches. Files that
 * did not change since the last answer are as they were then. */
void blame(struct job *job);
