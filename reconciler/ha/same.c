/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whether two memories say the same. Most rounds change nothing, and then nothing is to be written;
 * so what is compared here is each member of what is kept, by what it says and not by where it is.
 */

#include "ha.h"

#include <string.h>

static bool same_list(const struct hc_strings *a, const struct hc_strings *b)
{
	if (a->n != b->n)
		return false;
	for (size_t i = 0; i < a->n; i++)
		if (strcmp(a->v[i], b->v[i]) != 0)
			return false;
	return true;
}

static bool same_node(const struct ha_node *a, const struct ha_node *b)
{
	return hc_same(a->name, b->name) && a->is == b->is && a->since == b->since &&
	       a->lost == b->lost;
}

static bool same_vm(const struct ha_vm *a, const struct ha_vm *b)
{
	return hc_same(a->vm, b->vm) && a->is == b->is && hc_same(a->node, b->node) &&
	       hc_same(a->target, b->target) && a->since == b->since && a->order == b->order &&
	       a->restarts == b->restarts && same_list(&a->failed, &b->failed) &&
	       hc_same(a->home, b->home) && a->stays == b->stays && hc_same(a->fled, b->fled) &&
	       a->lost == b->lost && a->fenced == b->fenced && a->recovered == b->recovered &&
	       a->runs == b->runs;
}

bool ha_same_memory(const struct ha_memory *a, const struct ha_memory *b)
{
	if (a->nnode != b->nnode || a->nvm != b->nvm)
		return false;
	for (size_t i = 0; i < a->nnode; i++)
		if (!same_node(&a->nodes[i], &b->nodes[i]))
			return false;
	for (size_t i = 0; i < a->nvm; i++)
		if (!same_vm(&a->vms[i], &b->vms[i]))
			return false;
	return true;
}
