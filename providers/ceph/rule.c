/* SPDX-License-Identifier: Apache-2.0 */
/*
 * CephCrushRule: where copies go. Ceph cannot change a rule, so none is changed; and a rule holds
 * no data, so one that hcstate made goes without further words once no pool uses it.
 *
 * Rules that Ceph makes by itself (replicated_rule, and one for each erasure coded pool) are shown
 * only where the manifests name them.
 */

#include <string.h>

#include "once.h"

enum op {
	CREATE,
	DELETE,
};

static bool is_cephs_own(const struct facts *facts, const char *name)
{
	const struct fact_pool *pool = facts_pool(facts, name);

	return !strcmp(name, "replicated_rule") || (pool && *pool->erasure_profile);
}

static void add(const struct look *look, const struct fact_rule *fact, bool made)
{
	struct hc_resource *r =
		hc_resource_new(&look->live->found, &hc_ceph_rule, NULL, fact->name);
	struct hc_ceph_rule *rule = r->spec;

	rule->root = fact->root;
	rule->failure_domain = fact->failure_domain;
	rule->id = fact->id;
	hc_set_field(r, struct hc_ceph_rule, root);
	hc_set_field(r, struct hc_ceph_rule, failure_domain);
	hc_set_field(r, struct hc_ceph_rule, id);
	if (*fact->device_class) {
		rule->device_class = fact->device_class;
		hc_set_field(r, struct hc_ceph_rule, device_class);
	}
	r->made = made;
}

static int read_rules(const struct look *look)
{
	for (size_t i = 0; i < look->facts->nrule; i++) {
		const struct fact_rule *fact = &look->facts->rules[i];
		bool made = mark_has(look->facts, &hc_ceph_rule, fact->name);

		if (made || once_named(look->call, &hc_ceph_rule, fact->name) ||
		    !is_cephs_own(look->facts, fact->name))
			add(look, fact, made);
	}
	return 0;
}

/* The manifests may move the pool to another rule in this very plan. */
static bool moves_away(const struct hc_call *call, const struct hc_resource *user, const char *rule)
{
	const struct hc_resource *want = hc_find(call->desired, &hc_ceph_pool, NULL, user->name);
	const struct hc_ceph_pool *pool = want ? want->spec : NULL;

	return pool && pool->crush_rule && strcmp(pool->crush_rule, rule) != 0;
}

static int adjust_rule(struct hc_call *call, struct hc_change *change)
{
	const struct hc_resource *user;

	if (change->action != HC_REMOVE)
		return 0;
	once_keep(call, change, false);
	user = once_pool(call, offsetof(struct hc_ceph_pool, crush_rule), change->name);
	if (!change->kept && user && !moves_away(call, user, change->name))
		once_used(call, change, user);
	return 0;
}

static int plan_rule(struct hc_call *call, struct hc_change *change, struct hc_plan *plan)
{
	if (change->action == HC_REMOVE) {
		(void)once_step(plan, change, DELETE, HC_NONE, "delete the rule");
	} else if (!change->have) {
		once_order(call, plan, change, true);
		(void)once_step(plan, change, CREATE, HC_NONE, "make the rule");
	}
	return 0;
}

static bool has_class(const struct facts *facts, const char *device_class)
{
	for (size_t i = 0; i < facts->nosd; i++)
		if (!strcmp(facts->osds[i].device_class, device_class))
			return true;
	return false;
}

static struct json_object *creation(const struct hc_resource *want)
{
	const struct hc_ceph_rule *rule = want->spec;
	struct json_object *made = command("osd crush rule create-replicated", "name", want->name,
					   "root", rule->root, "type", rule->failure_domain, NULL);

	if (rule->device_class)
		json_object_object_add(made, "class", json_object_new_string(rule->device_class));
	return made;
}

static int create(struct hc_call *call, struct ceph *self, const struct facts *facts,
		  const struct hc_change *change)
{
	const struct hc_ceph_rule *rule = change->want->spec;
	bool exists = facts_rule(facts, change->name);
	int r;

	if (!exists && rule->device_class && !has_class(facts, rule->device_class))
		return hc_wait(call, "no OSD has the device class %s", rule->device_class);
	r = once_claim(call, self, facts, change, exists);
	if (r <= 0 || exists)
		return r < 0 ? r : 0;
	return tell_mon(call, self->connection, creation(change->want));
}

static int apply_rule(struct hc_call *call, struct ceph *self, const struct hc_step *step)
{
	struct facts facts;
	int r = once_begin(call, self, &facts);

	if (r)
		return r;
	switch ((enum op)step->op) {
	case CREATE:
		return create(call, self, &facts, step->change);
	case DELETE:
		r = tell_mon(call, self->connection,
			     command("osd crush rule rm", "name", step->change->name, NULL));
		return r ? r : mark_remove(call, self, &hc_ceph_rule, step->change->name);
	}
	return 0;
}

const struct noun rule_noun = {
	.type = &hc_ceph_rule,
	.read = read_rules,
	.adjust = adjust_rule,
	.plan = plan_rule,
	.apply = apply_rule,
};
