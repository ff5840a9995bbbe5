/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "job.h"

struct json_object;

/* What was found out of files that have not changed since. */
void memory_recall(struct job *job);
/* Remembers the head of an answer. */
void memory_keep(struct job *job, struct json_object *head);
