/* SPDX-License-Identifier: Apache-2.0 */
/*
 * CephErasureProfile: how erasure coded pools cut their data. A pool keeps what its profile was
 * when it was made, so a profile is never changed. Ceph's own, "default", is shown only where the
 * manifests name it.
 */

#include <string.h>

#include "once.h"

enum op {
	CREATE,
	DELETE,
};

/* What a profile does not say is Ceph's usual. */
static const char *word_of(const struct fact_profile *fact, const char *key, const char *usual)
{
	const char *text = hc_map_get(&fact->values, key);

	return text && *text ? text : usual;
}

static void add(const struct look *look, const struct fact_profile *fact, bool made)
{
	struct hc_resource *r =
		hc_resource_new(&look->live->found, &hc_ceph_profile, NULL, fact->name);
	struct hc_ceph_profile *profile = r->spec;

	profile->k = facts_number(fact, "k");
	profile->m = facts_number(fact, "m");
	profile->plugin = word_of(fact, "plugin", "jerasure");
	profile->root = word_of(fact, "crush-root", "default");
	profile->failure_domain = word_of(fact, "crush-failure-domain", "host");
	profile->device_class = word_of(fact, "crush-device-class", NULL);
	hc_set_field(r, struct hc_ceph_profile, k);
	hc_set_field(r, struct hc_ceph_profile, m);
	hc_set_field(r, struct hc_ceph_profile, plugin);
	hc_set_field(r, struct hc_ceph_profile, root);
	hc_set_field(r, struct hc_ceph_profile, failure_domain);
	if (profile->device_class)
		hc_set_field(r, struct hc_ceph_profile, device_class);
	r->made = made;
}

static int read_profiles(const struct look *look)
{
	for (size_t i = 0; i < look->facts->nprofile; i++) {
		const struct fact_profile *fact = &look->facts->profiles[i];
		bool made = mark_has(look->facts, &hc_ceph_profile, fact->name);

		if (made || once_named(look->call, &hc_ceph_profile, fact->name) ||
		    strcmp(fact->name, "default") != 0)
			add(look, fact, made);
	}
	return 0;
}

static int adjust_profile(struct hc_call *call, struct hc_change *change)
{
	const struct hc_resource *user;

	if (change->action != HC_REMOVE)
		return 0;
	once_keep(call, change, false);
	user = once_pool(call, offsetof(struct hc_ceph_pool, erasure_profile), change->name);
	if (!change->kept && user)
		once_used(call, change, user);
	return 0;
}

static int plan_profile(struct hc_call *call, struct hc_change *change, struct hc_plan *plan)
{
	if (change->action == HC_REMOVE) {
		(void)once_step(plan, change, DELETE, HC_NONE, "delete the profile");
	} else if (!change->have) {
		once_order(call, plan, change, false);
		(void)once_step(plan, change, CREATE, HC_NONE, "make the profile");
	}
	return 0;
}

static struct json_object *creation(struct hc_arena *arena, const struct hc_resource *want)
{
	const struct hc_ceph_profile *profile = want->spec;
	struct json_object *made =
		command("osd erasure-code-profile set", "name", want->name, NULL);
	struct json_object *values = json_object_new_array();
	const char *const texts[] = {
		hc_printf(arena, "k=%u", profile->k),
		hc_printf(arena, "m=%u", profile->m),
		hc_printf(arena, "plugin=%s", profile->plugin),
		hc_printf(arena, "crush-root=%s", profile->root),
		hc_printf(arena, "crush-failure-domain=%s", profile->failure_domain),
		profile->device_class
			? hc_printf(arena, "crush-device-class=%s", profile->device_class)
			: NULL,
	};

	for (size_t i = 0; i < HC_COUNT(texts) && texts[i]; i++)
		(void)json_object_array_add(values, json_object_new_string(texts[i]));
	json_object_object_add(made, "profile", values);
	return made;
}

static int create(struct hc_call *call, struct ceph *self, const struct facts *facts,
		  const struct hc_change *change)
{
	bool exists = facts_profile(facts, change->name);
	int r = once_claim(call, self, facts, change, exists);

	if (r <= 0 || exists)
		return r < 0 ? r : 0;
	return tell_mon(call, self->connection, creation(call->arena, change->want));
}

static int apply_profile(struct hc_call *call, struct ceph *self, const struct hc_step *step)
{
	const char *name = step->change->name;
	struct facts facts;
	int r = once_begin(call, self, &facts);

	if (r)
		return r;
	switch ((enum op)step->op) {
	case CREATE:
		return create(call, self, &facts, step->change);
	case DELETE:
		r = tell_mon(call, self->connection,
			     command("osd erasure-code-profile rm", "name", name, NULL));
		return r ? r : mark_remove(call, self, &hc_ceph_profile, name);
	}
	return 0;
}

const struct noun profile_noun = {
	.type = &hc_ceph_profile,
	.read = read_profiles,
	.adjust = adjust_profile,
	.plan = plan_profile,
	.apply = apply_profile,
};
