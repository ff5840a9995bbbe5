/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "job.h"

/* Asks the server and brings what is new into the mirror; job->tip is the commit that is followed.
 */
int fetch(struct job *job);
