/* SPDX-License-Identifier: Apache-2.0 */
/* Looking up names in the sorted lists that a decision is made of. */

#include "ha.h"

#include <stdlib.h>
#include <string.h>

static int by_vm(const void *name, const void *one)
{
	return strcmp(name, ((const struct ha_vm *)one)->vm);
}

static int by_node(const void *name, const void *one)
{
	return strcmp(name, ((const struct ha_node *)one)->name);
}

static int by_want(const void *name, const void *one)
{
	return strcmp(name, ((const struct ha_want *)one)->vm);
}

struct ha_vm *ha_find_vm(const struct ha_memory *memory, const char *vm)
{
	return memory->nvm ? bsearch(vm, memory->vms, memory->nvm, sizeof(*memory->vms), by_vm)
			   : NULL;
}

struct ha_node *ha_find_node(const struct ha_memory *memory, const char *node)
{
	return memory->nnode ? bsearch(node, memory->nodes, memory->nnode, sizeof(*memory->nodes),
				       by_node)
			     : NULL;
}

const struct ha_want *ha_find_want(const struct ha_wants *wants, const char *vm)
{
	return wants->n ? bsearch(vm, wants->v, wants->n, sizeof(*wants->v), by_want) : NULL;
}
