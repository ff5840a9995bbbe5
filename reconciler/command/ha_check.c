/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What speaks against a word to HA: names that nobody has, moves that HA would not make. HA itself
 * looks again when it takes the word in; here a person is told at once, with what was meant
 * perhaps.
 *
 * What is not known for certain (nobody could look) speaks against nothing.
 */

#include "ha.h"

#include <string.h>

#include <hcstate/cluster.h>
#include <hcstate/ha.h>
#include <hcstate/vm.h>
#include <reconciler/ha/ha.h>

static bool is(const char *a, const char *b)
{
	return a && b && !strcmp(a, b);
}

static int refuse(const struct ha_seen_here *seen, const char *format, ...) HC_PRINTF(2, 3);

static int refuse(const struct ha_seen_here *seen, const char *format, ...)
{
	va_list args;
	const char *text;

	va_start(args, format);
	text = hc_vprintf(seen->arena, format, args);
	va_end(args);
	fprintf(stderr, "hcstate: %s\n", text);
	return EXIT_FAILED;
}

/* "there is no node pve9; did you mean pve2?" */
static int no_such(const struct ha_seen_here *seen, const char *what, const char *name,
		   const char *const *words)
{
	const char *near = hc_nearest(name, words);

	return refuse(seen, "there is no %s %s%s%s%s", what, name, near ? "; did you mean " : "",
		      near ? near : "", near ? "?" : "");
}

/* ---- nodes */

static const char *const *node_names(const struct ha_seen_here *seen)
{
	size_t n;
	struct hc_resource *const *v = hc_of_type(&seen->desired, &hc_node, &n);
	const char **names = hc_alloc(seen->arena, (n + 1) * sizeof(*names));

	for (size_t i = 0; i < n; i++)
		names[i] = v[i]->name;
	return names;
}

/* What runs, or is to run, there; "": nothing. */
static const char *vms_on(const struct ha_seen_here *seen, const char *node)
{
	const char *all = "";
	size_t n;
	struct hc_resource *const *v = hc_of_type(&seen->live.found, &hc_ha_resource, &n);

	for (size_t i = 0; i < n; i++) {
		const struct hc_ha_resource *has = v[i]->spec;

		if (is(has->place, node) && has->runs)
			all = hc_printf(seen->arena, "%s%s%s", all, *all ? ", " : "", has->vm);
	}
	return all;
}

int ha_check_maintenance(const struct ha_seen_here *seen, bool on, const char *node,
			 const char **then)
{
	const char *vms = vms_on(seen, node);

	if (on && !ha_want_of(seen, &hc_node, node)) /* off: also of one that has left since */
		return no_such(seen, "node", node, node_names(seen));
	if (!on)
		*then = hc_printf(seen->arena,
				  "maintenance of %s ends: the HA VMs that left it for that come "
				  "home",
				  node);
	else if (hc_why_unknown(&seen->live, &hc_ha_resource))
		*then = hc_printf(seen->arena,
				  "maintenance of %s is asked for: HA moves away what runs there",
				  node);
	else if (*vms)
		*then = hc_printf(seen->arena,
				  "maintenance of %s is asked for: HA moves away what runs there "
				  "(%s)",
				  node, vms);
	else
		*then = hc_printf(seen->arena,
				  "maintenance of %s is asked for: HA runs nothing there", node);
	return 0;
}

/* ---- VMs */

static const struct hc_resource *resource_of(const struct hc_set *set, const char *vm)
{
	size_t n;
	struct hc_resource *const *v = hc_of_type(set, &hc_ha_resource, &n);

	for (size_t i = 0; i < n; i++)
		if (is(((const struct hc_ha_resource *)v[i]->spec)->vm, vm))
			return v[i];
	return NULL;
}

static const char *const *vm_names(const struct ha_seen_here *seen)
{
	size_t n;
	struct hc_resource *const *v = hc_of_type(&seen->desired, &hc_ha_resource, &n);
	const char **names = hc_alloc(seen->arena, (n + 1) * sizeof(*names));
	size_t used = 0;

	for (size_t i = 0; i < n; i++) {
		const struct hc_ha_resource *wants = v[i]->spec;

		if (wants->vm)
			names[used++] = wants->vm;
	}
	return names;
}

/* What the manifests say of it; NULL: it is not one of HA's, said. */
static const struct hc_ha_resource *find_vm(const struct ha_seen_here *seen, const char *vm)
{
	const struct hc_resource *r = resource_of(&seen->desired, vm);
	const struct hc_ha_resource *want = r ? r->spec : NULL;

	if (!r && !ha_want_of(seen, &hc_vm, vm))
		(void)no_such(seen, "VM", vm, vm_names(seen));
	else if (!r)
		(void)refuse(seen, "%s is not under HA: no HaResource has it", vm);
	else if (want->state == HC_HA_IGNORED)
		(void)refuse(seen, "%s is not under HA: HaResource/%s says ignored", vm, r->name);
	else
		return want;
	return NULL;
}

/* NULL: it is not one of the group's. */
static const struct hc_ha_member *member_of(const struct ha_seen_here *seen, const char *group,
					    const char *node)
{
	return ha_want_of(seen, &hc_ha_member, hc_printf(seen->arena, "%s/%s", group, node));
}

static bool is_online(const struct ha_seen_here *seen, const char *node)
{
	const struct hc_ha_node *has = ha_live_of(seen, &hc_ha_node, node);

	return !has || !has->is || is(has->is, ha_node_words[HA_ONLINE]);
}

/* Another node of the group that is there and has a higher priority; NULL: none. */
static const char *preferred(const struct ha_seen_here *seen, const char *group, const char *node)
{
	const struct hc_ha_member *to = member_of(seen, group, node);
	const char *prefix = hc_printf(seen->arena, "%s/", group), *best = NULL;
	uint32_t most = to ? to->priority : 0;
	size_t n;
	struct hc_resource *const *v = hc_of_type(&seen->desired, &hc_ha_member, &n);

	for (size_t i = 0; i < n; i++) {
		const struct hc_ha_member *has = v[i]->spec;

		if (strncmp(v[i]->name, prefix, strlen(prefix)) != 0 || is(has->node, node) ||
		    !is_online(seen, has->node) ||
		    (to || best ? has->priority <= most : has->priority < most))
			continue;
		best = has->node;
		most = has->priority;
	}
	return best;
}

static int check_group(const struct ha_seen_here *seen, const struct hc_ha_resource *want,
		       const char *node, const char **back)
{
	const struct hc_ha_group *group =
		want->group ? ha_want_of(seen, &hc_ha_group, want->group) : NULL;
	const char *better;

	if (!group)
		return 0;
	if (group->restricted && !member_of(seen, want->group, node))
		return refuse(seen, "%s may not run on %s: its group %s is restricted to others",
			      want->vm, node, want->group);
	better = group->nofailback ? NULL : preferred(seen, want->group, node);
	if (better)
		*back = hc_printf(seen->arena, "; it goes back soon, as group %s prefers %s",
				  want->group, better);
	return 0;
}

static int check_node(const struct ha_seen_here *seen, const char *node)
{
	const struct hc_ha_node *has = ha_live_of(seen, &hc_ha_node, node);

	if (!ha_want_of(seen, &hc_node, node))
		return no_such(seen, "node", node, node_names(seen));
	return is_online(seen, node) ? 0
				     : refuse(seen, "%s is not online for HA: %s", node, has->is);
}

/* As HA has it now. */
static int check_state(const struct ha_seen_here *seen, const struct hc_ha_resource *has)
{
	static const enum ha_is stuck[] = {HA_IS_ERROR, HA_IS_FENCE, HA_IS_RECOVERY};
	size_t n;
	struct hc_resource *const *v = hc_of_type(&seen->live.found, &hc_ha_policy, &n);

	if (n && ((const struct hc_ha_policy *)v[0]->spec)->disarmed)
		return refuse(seen, "HA is disarmed and moves nothing: hcstate ha arm ends that");
	for (size_t i = 0; i < HC_COUNT(stuck); i++)
		if (has && is(has->is, ha_words[stuck[i]]))
			return refuse(seen, "%s is in state %s and cannot be moved now", has->vm,
				      has->is);
	return 0;
}

int ha_check_move(const struct ha_seen_here *seen, bool live, const char *vm, const char *node,
		  const char **then)
{
	const struct hc_resource *r = resource_of(&seen->live.found, vm);
	const struct hc_ha_resource *want = find_vm(seen, vm), *has = r ? r->spec : NULL;
	const char *from = has ? has->place : NULL, *back = "";
	int code = want ? check_node(seen, node) : EXIT_FAILED;

	if (!code)
		code = check_group(seen, want, node, &back);
	if (!code)
		code = check_state(seen, has);
	if (!code && is(from, node) && !has->target)
		return refuse(seen, "%s is on %s already", vm, node);
	if (!code)
		*then = hc_printf(seen->arena, "%s is asked to move %s%s%s to %s%s", vm,
				  live ? "live" : "(stopped and started again)",
				  from ? " from " : "", from ? from : "", node, back);
	return code;
}
