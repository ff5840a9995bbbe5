/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the nouns of the whole cluster have in common: who does it, since when it is ours, and what
 * may go. See once.h.
 */

#include "once.h"

#include <assert.h>
#include <string.h>

#include "daemon.h"

struct hc_step *once_step(struct hc_plan *plan, struct hc_change *change, int op,
			  enum hc_impact impact, const char *verb)
{
	struct hc_step *step = hc_step(plan, change, op, impact, NULL, "%s", verb);

	step->node = NULL;
	return step;
}

void once_before_osds(struct hc_plan *plan, const struct hc_change *change)
{
	for (size_t i = 0; i < plan->n; i++) {
		struct hc_change *osd = plan->change[i];

		if (osd->type == &hc_ceph_osd && osd->action == HC_CREATE)
			hc_change_after(plan, osd, change);
	}
}

static bool answered(const struct hc_call *call)
{
	size_t n;

	(void)hc_of_type(&call->live->found, &hc_ceph_cluster, &n);
	return n > 0;
}

/* What will not be made holds nothing up here: the step itself looks what is there. */
static bool is_sure(const struct hc_change *change)
{
	const struct hc_ceph_osd *osd = change->type == &hc_ceph_osd ? change->want->spec : NULL;

	return !change->refused && !change->needs_approval && !(osd && osd->wipe);
}

void once_order(struct hc_call *call, struct hc_plan *plan, struct hc_change *change, bool osds)
{
	if (answered(call))
		return;
	for (size_t i = 0; i < plan->n; i++) {
		const struct hc_change *first = plan->change[i];

		if (first->action == HC_CREATE && is_sure(first) &&
		    (first->type == &hc_ceph_monitor || (osds && first->type == &hc_ceph_osd)))
			hc_change_after(plan, change, first);
	}
}

int once_begin(struct hc_call *call, struct ceph *self, struct facts *facts)
{
	int r = ceph_must_lead(call, self);

	return r ? r : facts_need(call, self, facts);
}

int once_claim(struct hc_call *call, struct ceph *self, const struct facts *facts,
	       const struct hc_change *change, bool exists)
{
	int r;

	if (mark_has(facts, change->type, change->name))
		return 1;
	if (exists)
		return 0;
	r = mark_set(call, self, change->type, change->name);
	return r ? r : 1;
}

void once_keep(struct hc_call *call, struct hc_change *change, bool data)
{
	const char *object = hc_change_text(call->arena, change);

	if (!change->have->made)
		change->kept = "not in the manifests, and hcstate did not make it";
	else if (data && !hc_approved(call, object))
		change->kept = hc_printf(call->arena,
					 "not in the manifests; --approve %s removes it and all "
					 "that is in it",
					 object);
}

void once_used(struct hc_call *call, struct hc_change *change, const struct hc_resource *user)
{
	const char *text = hc_resource_text(call->arena, user);

	if (once_named(call, user->type, user->name))
		change->refused = hc_printf(call->arena, "%s uses it", text);
	else
		change->kept = hc_printf(call->arena, "not in the manifests, but %s uses it", text);
}

bool once_named(const struct hc_call *call, const struct hc_type *type, const char *name)
{
	return hc_find(call->desired, type, NULL, name);
}

bool once_goes(const struct hc_call *call, const struct hc_resource *r)
{
	return r->made && !once_named(call, r->type, r->name) &&
	       hc_approved(call, hc_resource_text(call->arena, r));
}

const struct hc_resource *once_pool(const struct hc_call *call, size_t member, const char *name)
{
	size_t n;
	struct hc_resource *const *v = hc_of_type(&call->live->found, &hc_ceph_pool, &n);

	for (size_t i = 0; i < n; i++) {
		const char *const *text = (const void *)((const char *)v[i]->spec + member);

		if (*text && !strcmp(*text, name) && !once_goes(call, v[i]))
			return v[i];
	}
	return NULL;
}

void once_take(struct hc_arena *arena, struct hc_resource *r, const char *field, const char *text)
{
	int i = hc_field_index(r->type, field);
	const struct hc_field *row = &r->type->fields[i];
	const char *why;

	assert(i >= 0);
	if (!hc_value_parse(arena, row, text, (char *)r->spec + row->offset, &why))
		hc_mark(r, row->offset);
}
