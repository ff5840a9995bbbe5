/* SPDX-License-Identifier: Apache-2.0 */
/*
 * CephPool. Its name is Ceph's, its fields are compared with the OSD map. Where the autoscaler
 * rules, pg_num is only where it began.
 *
 * Removing a pool loses all that is in it, so that is the one thing here that an operator has to
 * say twice.
 */

#include <string.h>

#include "once.h"
#include "pool_delete.h"
#include "pool_make.h"
#include "pool_setting.h"

enum op {
	CREATE,
	SET,
	DELETE,
};

#define SET_MEMBER(r, member) hc_set_field(r, struct hc_ceph_pool, member)

static void read_use(struct hc_arena *arena, struct hc_resource *r, const struct fact_pool *fact)
{
	struct hc_ceph_pool *pool = r->spec;

	if (*fact->application) {
		pool->application = fact->application;
		SET_MEMBER(r, application);
	}
	once_take(arena, r, "compression_mode", fact->compression_mode);
	once_take(arena, r, "compression_algorithm", fact->compression_algorithm);
	pool->quota_max_bytes = fact->quota_bytes;
	pool->quota_max_objects = fact->quota_objects;
	SET_MEMBER(r, quota_max_bytes);
	SET_MEMBER(r, quota_max_objects);
}

static void read_placement(struct hc_arena *arena, struct hc_resource *r,
			   const struct fact_pool *fact)
{
	struct hc_ceph_pool *pool = r->spec;

	pool->size = fact->size;
	pool->min_size = fact->min_size;
	pool->pg_num = fact->pg_num_target;
	pool->pg_num_min = fact->pg_num_min;
	SET_MEMBER(r, size);
	SET_MEMBER(r, min_size);
	SET_MEMBER(r, pg_num);
	SET_MEMBER(r, pg_num_min);
	once_take(arena, r, "pg_autoscale_mode", fact->autoscale);
	pool->target_size_ratio = *fact->target_size_ratio ? fact->target_size_ratio : "0";
	pool->target_size = fact->target_size;
	SET_MEMBER(r, target_size_ratio);
	SET_MEMBER(r, target_size);
	pool->crush_rule = fact->rule;
	SET_MEMBER(r, crush_rule);
	if (*fact->erasure_profile) {
		pool->erasure_profile = fact->erasure_profile;
		SET_MEMBER(r, erasure_profile);
	}
}

static void observe(struct hc_resource *r, const struct fact_pool *fact)
{
	struct hc_ceph_pool *pool = r->spec;

	pool->id = fact->id;
	pool->pgs = fact->pg_num;
	pool->used = fact->used;
	pool->available = fact->available;
	pool->objects = fact->objects;
	SET_MEMBER(r, id);
	SET_MEMBER(r, pgs);
	SET_MEMBER(r, used);
	SET_MEMBER(r, available);
	SET_MEMBER(r, objects);
}

static int read_pools(const struct look *look)
{
	for (size_t i = 0; i < look->facts->npool; i++) {
		const struct fact_pool *fact = &look->facts->pools[i];
		struct hc_resource *r =
			hc_resource_new(&look->live->found, &hc_ceph_pool, NULL, fact->name);

		read_placement(look->call->arena, r, fact);
		read_use(look->call->arena, r, fact);
		observe(r, fact);
		r->made = mark_has(look->facts, &hc_ceph_pool, fact->name);
	}
	return 0;
}

/* The file system that the pool is of, unless that goes too. */
static const struct hc_resource *file_system_of(struct hc_call *call, const char *pool)
{
	size_t n;
	struct hc_resource *const *v = hc_of_type(&call->live->found, &hc_ceph_fs, &n);

	for (size_t i = 0; i < n; i++) {
		const struct hc_ceph_fs *fs = v[i]->spec;
		bool uses = (fs->metadata_pool && !strcmp(fs->metadata_pool, pool)) ||
			    hc_strings_have(&fs->data_pools, pool);

		if (uses && !once_goes(call, v[i]))
			return v[i];
	}
	return NULL;
}

static void adjust_removal(struct hc_call *call, struct hc_change *change)
{
	const struct hc_resource *fs = file_system_of(call, change->name);

	once_keep(call, change, true);
	if (!change->kept && fs)
		change->refused =
			hc_printf(call->arena, "%s uses it", hc_resource_text(call->arena, fs));
}

static void agree_as_ceph_has_it(struct hc_change *change)
{
	const struct hc_ceph_pool *want = change->want->spec, *have = change->have->spec;

	hc_agree(change, struct hc_ceph_pool, storage); /* libvirt's */
	if (pool_is_scaled(change->want, change->have))
		hc_agree(change, struct hc_ceph_pool, pg_num);
	if (want->target_size_ratio && have->target_size_ratio &&
	    pool_same_ratio(want->target_size_ratio, have->target_size_ratio))
		hc_agree(change, struct hc_ceph_pool, target_size_ratio);
}

/* What Ceph would take, or refuse in many words, and is a slip of the hand. */
static void check_copies(struct hc_call *call, struct hc_change *change)
{
	const struct hc_ceph_pool *want = change->want->spec;
	const struct hc_ceph_pool *have = change->have ? change->have->spec : NULL;
	uint32_t size = want->size ? want->size : have ? have->size : 0;
	uint32_t least = want->min_size ? want->min_size : have ? have->min_size : 0;
	bool resized = want->size && (!have || hc_differs(change, struct hc_ceph_pool, size));

	if (resized && size == 1)
		change->refused = "size 1 is one copy: the first disk that fails takes data with "
				  "it, and Ceph refuses it";
	else if (size && least > size && (resized || want->min_size))
		change->refused =
			hc_printf(call->arena,
				  "size %u is below its min_size %u: it would take no writes", size,
				  least);
}

static int adjust_pool(struct hc_call *call, struct hc_change *change)
{
	if (change->action == HC_REMOVE) {
		adjust_removal(call, change);
		return 0;
	}
	if (change->have)
		agree_as_ceph_has_it(change);
	if (!change->have || change->differs)
		check_copies(call, change);
	return 0;
}

static enum hc_impact impact_of(const struct hc_change *change)
{
	if (hc_differs(change, struct hc_ceph_pool, size) ||
	    hc_differs(change, struct hc_ceph_pool, crush_rule) ||
	    hc_differs(change, struct hc_ceph_pool, pg_num))
		return HC_DATA_MOVE;
	return HC_NONE;
}

/* "set size, min_size" */
static const char *verb_of(struct hc_arena *arena, const struct hc_change *change)
{
	const char *verb = "set";

	for (size_t i = 0; i < change->type->nfield; i++)
		if (change->differs >> i & 1)
			verb = hc_printf(arena, "%s%s %s", verb, verb[3] ? "," : "",
					 change->type->fields[i].name);
	return verb;
}

/* Each sets the option that allows it, and sets it back: two at once would be in each other's way.
 */
static void one_by_one(struct hc_plan *plan, struct hc_change *change)
{
	for (size_t i = 0; i < plan->n && plan->change[i] != change; i++) {
		const struct hc_change *other = plan->change[i];

		if (other->type == change->type && other->action == HC_REMOVE && !other->refused)
			hc_change_after(plan, change, other);
	}
}

static int plan_pool(struct hc_call *call, struct hc_change *change, struct hc_plan *plan)
{
	switch (change->action) {
	case HC_CREATE:
		once_order(call, plan, change, true);
		(void)once_step(plan, change, CREATE, HC_NONE, "make the pool");
		break;
	case HC_UPDATE:
	case HC_REPLACE: /* no field costs that */
		(void)once_step(plan, change, SET, impact_of(change), verb_of(call->arena, change));
		break;
	case HC_REMOVE:
		one_by_one(plan, change);
		(void)once_step(plan, change, DELETE, HC_DATA_LOSS,
				"delete the pool with all that is in it");
		break;
	}
	return 0;
}

static int create(struct hc_call *call, struct ceph *self, const struct facts *facts,
		  const struct hc_change *change)
{
	bool exists = facts_pool(facts, change->name);
	int r = exists ? 0 : pool_waits(call, facts, change->want);

	if (!r)
		r = once_claim(call, self, facts, change, exists);
	return r > 0 ? pool_make(call, self, facts, change->want) : r;
}

/* With an erasure coded pool Ceph made a rule of the same name, which nobody else knows of. */
static int remove_rule(struct hc_call *call, struct ceph *self, const struct facts *facts,
		       const struct fact_pool *pool)
{
	if (!*pool->erasure_profile || strcmp(pool->rule, pool->name) != 0 ||
	    mark_has(facts, &hc_ceph_rule, pool->rule) ||
	    once_named(call, &hc_ceph_rule, pool->rule))
		return 0;
	return tell_mon(call, self->connection,
			command("osd crush rule rm", "name", pool->rule, NULL));
}

static int remove_pool(struct hc_call *call, struct ceph *self, const struct facts *facts,
		       const struct hc_change *change)
{
	const struct fact_pool *pool = facts_pool(facts, change->name);
	int r = pool ? pool_delete(call, self, facts, change->have) : 0;

	if (!r && pool)
		r = remove_rule(call, self, facts, pool);
	return r ? r : mark_remove(call, self, &hc_ceph_pool, change->name);
}

static int apply_pool(struct hc_call *call, struct ceph *self, const struct hc_step *step)
{
	const struct hc_change *change = step->change;
	const struct fact_pool *have;
	struct facts facts;
	int r = once_begin(call, self, &facts);

	if (r)
		return r;
	switch ((enum op)step->op) {
	case CREATE:
		return create(call, self, &facts, change);
	case SET:
		have = facts_pool(&facts, change->name);
		return have ? pool_change(call, self, change->want, have) : 0;
	case DELETE:
		return remove_pool(call, self, &facts, change);
	}
	return 0;
}

static int settled(struct hc_call *call, struct ceph *self, const struct hc_step *step)
{
	struct facts facts;
	int r;

	if (step->op != CREATE)
		return 0;
	r = facts_need(call, self, &facts);
	if (!r && facts_pool(&facts, step->change->name))
		r = pool_settled(call, &facts, step->change->want);
	return r;
}

const struct noun pool_noun = {
	.type = &hc_ceph_pool,
	.read = read_pools,
	.adjust = adjust_pool,
	.plan = plan_pool,
	.apply = apply_pool,
	.settled = settled,
};
