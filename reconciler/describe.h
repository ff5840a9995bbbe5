/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* A table's rows in words, for people: explain and the reference say the same. */

#include "registry.h"

/* Its type and bounds: "a number of bytes, 68 to 65535". */
char *hc_describe_value(struct hc_arena *arena, const struct hc_field *field);
/* What its absence means: "1500 when it is left out". */
char *hc_describe_absent(struct hc_arena *arena, const struct hc_field *field);
/* What changing it takes: "changed in place". */
const char *hc_describe_cost(const struct hc_field *field);
/* Who says it: "written", "worked out by hcstate", "observed". */
const char *hc_describe_origin(const struct hc_field *field);
/* Whether it is a kind of /etc/hcstate/agent.yaml: of a machine, and never compared with anything.
 */
bool hc_describe_of_agent(const struct hc_type *type);
/* A kind that can be explained: of the manifests or of agent.yaml; NULL: there is none. */
const struct hc_type *hc_describe_type(const struct hc_registry *registry, const char *name);
/* Where documents of the kind come from and what they are of. */
const char *hc_describe_kind(const struct hc_type *type);
