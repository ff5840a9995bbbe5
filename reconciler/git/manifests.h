/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "job.h"

/* Finds the manifests of the tip: job->file, sorted by path. */
int manifests_find(struct job *job);
