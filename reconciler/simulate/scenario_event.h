/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* The events of a scenario. */

#include "scenario_value.h"

/* Loads the manifests that they bring, and adds the names in them. */
void scenario_bring(struct scenario_reader *reader, const struct hc_tree *events,
		    struct hc_strings *vms, struct hc_strings *nodes);
/* All of them into the scenario, sorted. */
void scenario_read_events(struct scenario_reader *reader, const struct hc_tree *events);
