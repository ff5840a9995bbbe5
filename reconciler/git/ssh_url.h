/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "job.h"

/* ssh's words for git-upload-pack of that URL, ssh://[USER@]HOST[:PORT]/PATH or [USER@]HOST:PATH;
 * NULL: job->why. */
const char *const *ssh_command(struct job *job, const char *url);
