/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* Values of a scenario: each function says with its place what is wrong, and is false then. */

#include <reconciler/tree.h>

#include "scenario.h"

/* A scenario that is being read. */
struct scenario_reader {
	struct hc_arena *arena;
	struct hc_diags *diags;
	const char *directory;        /* what manifests are relative to; NULL: there may be none */
	struct hc_registry *registry; /* made when the first manifests are loaded */
	const char *const *vms, *const *nodes; /* known names, sorted; NULL ends them */
	struct asks_profile profile;
	struct scenario *scenario;
};

/* `example` is shown to who wrote something else: "{pve1: on}". */
bool read_mapping(struct scenario_reader *reader, const char *name, const struct hc_tree *tree,
		  const char *example);
/* Says of each key that is none of the words that it is not. */
void read_keys(struct scenario_reader *reader, const char *what, const struct hc_tree *mapping,
	       const char *const *words);
/* "100s", "1.5s", "2m", 100: to ms. */
bool read_duration(struct scenario_reader *reader, const char *name, const struct hc_tree *tree,
		   uint64_t *to);
/* on or off, or as YAML has it */
bool read_switch(struct scenario_reader *reader, const char *name, const struct hc_tree *tree,
		 bool *to);
/* What can only be true: `shutdown: true`. */
bool read_true(struct scenario_reader *reader, const char *name, const struct hc_tree *tree);
bool read_number(struct scenario_reader *reader, const char *name, const struct hc_tree *tree,
		 uint32_t *to);
bool read_text(struct scenario_reader *reader, const char *name, const struct hc_tree *tree,
	       const char **to);
/* Its index in the words. */
bool read_word(struct scenario_reader *reader, const char *name, const struct hc_tree *tree,
	       const char *const *words, int *to);
/* A scalar that is one of the known names; the name that we keep, or NULL. */
const char *read_node(struct scenario_reader *reader, const struct hc_tree *tree);
const char *read_vm(struct scenario_reader *reader, const struct hc_tree *tree);
