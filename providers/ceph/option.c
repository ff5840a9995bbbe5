/* SPDX-License-Identifier: Apache-2.0 */
/*
 * CephConfig: options in the monitors' database. Those that the manifests do not name are Ceph's or
 * somebody's own and stay as they are.
 *
 * Ceph may keep a value in words of its own. What is not seen to be the same (option_name.c) is an
 * error that says what to write instead; it must not be set again for ever.
 */

#include <string.h>

#include "once.h"
#include "option_name.h"
#include "pool_delete.h"

enum op {
	SET,
	REMOVE,
};

static void add(const struct look *look, const struct fact_option *option, const char *value)
{
	const char *name = hc_printf(look->call->arena, "%s/%s/%s", look->wants->resource->name,
				     option->section, option->name);
	struct hc_resource *r = hc_resource_new(&look->live->found, &hc_ceph_config, NULL, name);
	struct hc_ceph_config *spec = r->spec;

	if (option_is_secret(option->name) && !once_named(look->call, &hc_ceph_config, name))
		value = "(not shown)";
	spec->value = value;
	hc_set_field(r, struct hc_ceph_config, value);
	r->made = mark_has(look->facts, &hc_ceph_config, name);
}

static int read_options(const struct look *look)
{
	for (size_t i = 0; i < look->facts->noption; i++) {
		const struct fact_option *option = &look->facts->options[i];
		const char *value = option->value;

		if (option_is_field(option->section, option->name))
			continue;
		/* while a pool is being deleted: what it was before and will be again */
		if (pool_delete_is_option(option) && pool_delete_left(look->facts))
			value = pool_delete_former(look->facts);
		if (*value || !*option->value)
			add(look, option, value);
	}
	return 0;
}

static int adjust_option(struct hc_call *call, struct hc_change *change)
{
	const struct hc_ceph_config *want, *have;

	if (change->action == HC_REMOVE) {
		once_keep(call, change, false);
		return 0;
	}
	if (!change->have)
		return 0;
	want = change->want->spec;
	have = change->have->spec;
	if (have->value && option_same(want->value, have->value))
		hc_agree(change, struct hc_ceph_config, value);
	return 0;
}

/* These matter when an OSD is made. */
static bool is_for_mkfs(const char *option)
{
	return !strncmp(option, "bluestore_", 10) || !strncmp(option, "bdev_", 5);
}

static int plan_option(struct hc_call *call, struct hc_change *change, struct hc_plan *plan)
{
	struct option_name name = option_name(call->arena, change->name);

	if (change->action == HC_REMOVE) {
		(void)once_step(plan, change, REMOVE, HC_NONE,
				hc_printf(call->arena, "remove %s of %s", name.option,
					  name.section));
		return 0;
	}
	once_order(call, plan, change, false);
	(void)once_step(plan, change, SET, HC_NONE,
			hc_printf(call->arena, "set %s of %s", name.option, name.section));
	if (is_for_mkfs(name.option))
		once_before_osds(plan, change);
	return 0;
}

static int was_taken(struct hc_call *call, struct ceph *self, const struct option_name *name,
		     const struct hc_resource *want)
{
	const struct hc_ceph_config *spec = want->spec;
	struct facts facts;
	const char *now;
	int r = facts_need(call, self, &facts);

	if (r)
		return r;
	now = facts_option(&facts, name->section, name->option);
	if (!now)
		return hc_fail(call, EINVAL, want, "Ceph did not keep it");
	if (!option_same(spec->value, now))
		return hc_fail(call, EINVAL, want, "Ceph keeps %s as %s: write that", spec->value,
			       now);
	return 0;
}

static int set(struct hc_call *call, struct ceph *self, const struct facts *facts,
	       const struct hc_change *change)
{
	const struct option_name name = option_name(call->arena, change->name);
	const struct hc_ceph_config *want = change->want->spec;
	const char *now = facts_option(facts, name.section, name.option);
	int r = once_claim(call, self, facts, change, now);

	if (r < 0 || (now && option_same(want->value, now)))
		return r < 0 ? r : 0;
	r = option_set(call, self, name.section, name.option, want->value);
	if (r && !now && r != -ENOTCONN) /* Ceph said no: there is nothing */
		(void)mark_remove(call, self, &hc_ceph_config, change->name);
	if (!r)
		r = was_taken(call, self, &name, change->want);
	call->futile = r == -EINVAL;
	return r;
}

static int apply_option(struct hc_call *call, struct ceph *self, const struct hc_step *step)
{
	struct option_name name = option_name(call->arena, step->change->name);
	struct facts facts;
	int r = once_begin(call, self, &facts);

	if (r)
		return r;
	switch ((enum op)step->op) {
	case SET:
		return set(call, self, &facts, step->change);
	case REMOVE:
		if (facts_option(&facts, name.section, name.option))
			r = option_remove(call, self, name.section, name.option);
		return r ? r : mark_remove(call, self, &hc_ceph_config, step->change->name);
	}
	return 0;
}

const struct noun option_noun = {
	.type = &hc_ceph_config,
	.read = read_options,
	.adjust = adjust_option,
	.plan = plan_option,
	.apply = apply_option,
};
