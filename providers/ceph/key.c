/* SPDX-License-Identifier: Apache-2.0 */
/*
 * CephKey: a client's key and caps. Only clients that the manifests name, or that hcstate made, are
 * looked at: Ceph has many others for itself.
 *
 * A key that is sealed in a Secret is the same again after it was lost; it goes to Ceph in a key
 * ring as a command's input, and never leaves guarded memory otherwise. What becomes part of a
 * resource is the verdict, not the key.
 */

#include <sodium.h>
#include <string.h>

#include "entity.h"
#include "key_seal.h"
#include "once.h"

enum op {
	CREATE,
	CAPS,
	IMPORT,
	DELETE,
};

/* What the manifests say of the client, or NULL. */
static const struct hc_resource *wanted(const struct hc_call *call, const char *entity)
{
	return hc_find(call->desired, &hc_ceph_key, NULL, entity);
}

static void judge(const struct look *look, struct hc_resource *r, const struct fact_key *fact,
		  const struct hc_resource *want)
{
	const struct hc_ceph_key *asked = want ? want->spec : NULL;
	struct hc_ceph_key *key = r->spec;
	enum hc_keyring match;

	if (!asked || !asked->key)
		return;
	key->key = asked->key;
	hc_set_field(r, struct hc_ceph_key, key);
	if (key_judge(look->call, asked->key, fact->key, &match)) {
		key->match = HC_KEYRING_RIGHT; /* nobody can tell: nothing is changed for that */
	} else {
		key->match = match;
	}
	hc_set_field(r, struct hc_ceph_key, match);
}

static int read_keys(const struct look *look)
{
	for (size_t i = 0; i < look->facts->nkey; i++) {
		const struct fact_key *fact = &look->facts->keys[i];
		const struct hc_resource *want = wanted(look->call, fact->entity);
		bool made = mark_has(look->facts, &hc_ceph_key, fact->entity);
		struct hc_resource *r;
		struct hc_ceph_key *key;

		if (!want && !made)
			continue;
		r = hc_resource_new(&look->live->found, &hc_ceph_key, NULL, fact->entity);
		key = r->spec;
		key->caps = fact->caps;
		hc_set_field(r, struct hc_ceph_key, caps);
		judge(look, r, fact, want);
		r->made = made;
	}
	return 0;
}

static int adjust_key(struct hc_call *call, struct hc_change *change)
{
	if (change->action == HC_REMOVE)
		once_keep(call, change, false);
	return 0;
}

static int plan_key(struct hc_call *call, struct hc_change *change, struct hc_plan *plan)
{
	if (change->action == HC_REMOVE) {
		(void)once_step(plan, change, DELETE, HC_BLIP, "take the key from Ceph");
		return 0;
	}
	if (!change->have) {
		once_order(call, plan, change, false);
		(void)once_step(plan, change, CREATE, HC_NONE, "give Ceph the key");
		return 0;
	}
	if (hc_differs(change, struct hc_ceph_key, match))
		(void)once_step(plan, change, IMPORT, HC_BLIP, "give Ceph the sealed key");
	else
		(void)once_step(plan, change, CAPS, HC_NONE, "set the caps");
	return 0;
}

/* As Ceph's commands take them. */
static const char *const *caps_of(struct hc_arena *arena, const struct hc_resource *want)
{
	const struct hc_ceph_key *key = want->spec;
	const char **list = hc_alloc(arena, (2 * key->caps.n + 1) * sizeof(*list));

	for (size_t i = 0; i < key->caps.n; i++) {
		list[2 * i] = key->caps.v[i].key;
		list[2 * i + 1] = key->caps.v[i].value;
	}
	return list;
}

static int set_caps(struct hc_call *call, struct ceph *self, const struct hc_resource *want)
{
	return entity_set_caps(call, self, want->name, caps_of(call->arena, want));
}

/* Key and caps become so in one go, whatever was there. */
static int import(struct hc_call *call, struct ceph *self, const struct hc_resource *want)
{
	struct ask question = {.command = command("auth import", NULL), .deaf = true};
	char *ring;
	int r = key_ring(call, want, &ring);

	if (r) {
		ask_done(&question);
		return r;
	}
	question.input = ring;
	question.input_size = strlen(ring);
	r = ask(call, self->connection, &question);
	ask_done(&question);
	sodium_free(ring);
	return r;
}

static int create(struct hc_call *call, struct ceph *self, const struct facts *facts,
		  const struct hc_change *change)
{
	const struct hc_ceph_key *key = change->want->spec;
	bool exists = facts_key(facts, change->name);
	int r = once_claim(call, self, facts, change, exists);

	if (r <= 0)
		return r;
	if (key->key)
		return import(call, self, change->want);
	return exists ? set_caps(call, self, change->want)
		      : entity_make(call, self, change->name, caps_of(call->arena, change->want));
}

static int apply_key(struct hc_call *call, struct ceph *self, const struct hc_step *step)
{
	const struct hc_change *change = step->change;
	struct facts facts;
	int r = once_begin(call, self, &facts);

	if (r)
		return r;
	switch ((enum op)step->op) {
	case CREATE:
		return create(call, self, &facts, change);
	case CAPS:
		return set_caps(call, self, change->want);
	case IMPORT:
		return import(call, self, change->want);
	case DELETE:
		if (facts_key(&facts, change->name))
			r = entity_remove(call, self, change->name);
		return r ? r : mark_remove(call, self, &hc_ceph_key, change->name);
	}
	return 0;
}

const struct noun key_noun = {
	.type = &hc_ceph_key,
	.read = read_keys,
	.adjust = adjust_key,
	.plan = plan_key,
	.apply = apply_key,
};
