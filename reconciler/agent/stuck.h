/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Calls to providers that go on and on. One that never comes back (a hung mount, a library without
 * a time limit) keeps every later generation from being taken, so it has to be seen.
 */

#include <json-c/json_types.h>
#include <stdio.h>

struct agent;
struct hc_arena;

/* For status: those that outlived their deadline; while newer manifests wait, all that they wait
 * for. */
struct json_object *stuck_json(const struct agent *agent);
/* The same for a person; `calls` is what the above gave, perhaps another process's. */
void stuck_print(FILE *out, struct hc_arena *arena, struct json_object *calls);
/* In the events, of what is so for a minute. */
void stuck_say(struct agent *agent);
