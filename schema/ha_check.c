/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What no row of the tables can say about high availability: what is asked for twice, and what is
 * asked for and cannot be had. The latter is a warning, as all else of it is useful: a VM that
 * cannot leave its node is still started again there.
 */

#include <hcstate/ha.h>

#include <string.h>

#include <hcstate/resource.h>
#include <hcstate/vm.h>

static struct hc_place place_of(const struct hc_resource *r, const char *field)
{
	return hc_field_place(r, hc_field_index(r->type, field));
}

/* A leader is heard of once in an interval. */
static void check_lease(const struct hc_resource *r, struct hc_diags *diags)
{
	const struct hc_ha_policy *policy = r->spec;

	if (policy->lease / 2 < policy->interval)
		hc_say(diags, HC_ERROR, place_of(r, "lease"),
		       "lease %u ms is below twice the interval of %u ms: a leader that is well "
		       "would be followed by another",
		       policy->lease, policy->interval);
}

void hc_ha_policy_check(const struct hc_set *desired, struct hc_diags *diags)
{
	size_t n;
	struct hc_resource *const *v = hc_of_type(desired, &hc_ha_policy, &n);

	for (size_t i = 0; i < n; i++) {
		if (i)
			hc_say(diags, HC_ERROR, v[i]->place,
			       "a second HaPolicy: there is HaPolicy/%s already", v[0]->name);
		check_lease(v[i], diags);
	}
}

/* The HaResources, by VM and then by name. */
static int by_vm(const void *a, const void *b)
{
	const struct hc_resource *x = *(struct hc_resource *const *)a;
	const struct hc_resource *y = *(struct hc_resource *const *)b;
	const struct hc_ha_resource *p = x->spec, *q = y->spec;
	int order = strcmp(p->vm ? p->vm : "", q->vm ? q->vm : "");

	return order ? order : strcmp(x->name, y->name);
}

static void check_same(struct hc_resource *const *v, size_t n, struct hc_diags *diags)
{
	struct hc_resource **sorted = hc_alloc(diags->arena, n * sizeof(*sorted));

	for (size_t i = 0; i < n; i++)
		sorted[i] = v[i];
	if (n)
		qsort(sorted, n, sizeof(*sorted), by_vm);
	for (size_t i = 1; i < n; i++) {
		const struct hc_ha_resource *one = sorted[i - 1]->spec, *two = sorted[i]->spec;

		if (one->vm && two->vm && !strcmp(one->vm, two->vm))
			hc_say(diags, HC_ERROR, place_of(sorted[i], "vm"),
			       "VirtualMachine/%s is under HA already, by HaResource/%s", two->vm,
			       sorted[i - 1]->name);
	}
}

/* Whether the VM was created, or is to be, where its group does not let it be. */
static void check_group(const struct hc_set *desired, const struct hc_resource *r,
			const struct hc_vm *vm, struct hc_diags *diags)
{
	const char *name = ((const struct hc_ha_resource *)r->spec)->group;
	const struct hc_resource *group = name ? hc_find(desired, &hc_ha_group, NULL, name) : NULL;

	if (group && vm->node && ((const struct hc_ha_group *)group->spec)->restricted &&
	    !hc_find(desired, &hc_ha_member, NULL,
		     hc_printf(diags->arena, "%s/%s", name, vm->node)))
		hc_say(diags, HC_WARNING, place_of(r, "group"),
		       "HaGroup/%s is restricted and does not have %s, the node of the VM: it is "
		       "moved away from there",
		       name, vm->node);
}

static void check_vm(const struct hc_set *desired, const struct hc_resource *r,
		     const struct hc_resource *found, struct hc_diags *diags)
{
	const struct hc_ha_resource *resource = r->spec;
	const struct hc_vm *vm = found->spec;
	const char *why = hc_ha_pinned(diags->arena, desired, found);

	if (why)
		hc_hint(diags,
			hc_say(diags, HC_WARNING, place_of(r, "vm"),
			       "VirtualMachine/%s is not recoverable elsewhere: %s", resource->vm,
			       why),
			"only what is in Ceph alone can come back on another node");
	if (!vm->running && resource->state == HC_HA_STARTED)
		hc_hint(diags,
			hc_say(diags, HC_WARNING, place_of(r, "vm"),
			       "VirtualMachine/%s has running: false, and is started all the same",
			       resource->vm),
			"write state: stopped here");
	check_group(desired, r, vm, diags);
}

void hc_ha_resource_check(const struct hc_set *desired, struct hc_diags *diags)
{
	size_t n;
	struct hc_resource *const *v = hc_of_type(desired, &hc_ha_resource, &n);

	check_same(v, n, diags);
	if (n > HC_HA_MOST)
		hc_say(diags, HC_ERROR, v[HC_HA_MOST]->place, "%zu HaResources, at most %d can be",
		       n, HC_HA_MOST);
	for (size_t i = 0; i < n; i++) {
		const struct hc_ha_resource *resource = v[i]->spec;
		const struct hc_resource *vm =
			resource->vm ? hc_find(desired, &hc_vm, NULL, resource->vm) : NULL;

		if (vm && resource->state != HC_HA_IGNORED)
			check_vm(desired, v[i], vm, diags);
	}
}
