/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* Names that stand for resources: which resource a field's value means. Only resolve.c and cycle.c
 * include this. */

#include "load.h"

struct hc_linker {
	const struct hc_registry *registry;
	const struct hc_set *set; /* sorted */
	struct hc_diags *diags;
	bool any_node; /* no Node documents: a name is looked for on all nodes */
};

/* The number of the resource of one of the kinds (comma separated) that a field of `from` means by
 * that name; SIZE_MAX: there is none. */
size_t hc_link_find(const struct hc_linker *linker, const struct hc_resource *from,
		    const char *kinds, const char *name);

/* The names that a field holds; `n` of them. One string or many, nothing else can refer. */
const char *const *hc_link_names(const struct hc_resource *resource, const struct hc_field *field,
				 size_t *n);

/* cycle.c: says which references lead back to where they began. */
void hc_check_cycles(const struct hc_linker *linker);
