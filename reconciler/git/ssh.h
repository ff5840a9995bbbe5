/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <git2/sys/transport.h>

#include "job.h"

/* ssh as libgit2's way to a server; `param` is the job. */
int ssh_subtransport(git_smart_subtransport **out, git_transport *owner, void *param);
