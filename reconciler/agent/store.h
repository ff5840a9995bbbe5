/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * The last good generation, kept whole in the state directory (`generation/`): with it the agent
 * begins after a boot when the manifests are broken, or git is not there.
 */

#include <reconciler/load.h>

/* Takes the place of the one before, wholly or not at all. Writes nothing when it is the same.
 * Errors are said. */
int store_keep(const char *state_dir, const struct hc_generation *generation,
	       struct hc_diags *diags);
/* NULL: there is none, or it cannot be used any more (said). Places in it name the files as they
 * were called when it was kept. */
struct hc_generation *store_load(const char *state_dir, const struct hc_registry *registry,
				 struct hc_diags *diags);
