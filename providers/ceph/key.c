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

#include "once.h"
#include "key_seal.h"

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

/* Adds the caps as Ceph's commands take them: a list of daemon type and caps in turn. */
static struct json_object *with_caps(struct json_object *command, const struct hc_map *caps)
{
	struct json_object *list = json_object_new_array();

	for (size_t i = 0; i < caps->n; i++) {
		(void)json_object_array_add(list, json_object_new_string(caps->v[i].key));
		(void)json_object_array_add(list, json_object_new_string(caps->v[i].value));
	}
	json_object_object_add(command, "caps", list);
	return command;
}

static int set_caps(struct hc_call *call, struct ceph *self, const struct hc_resource *want)
{
	const struct hc_ceph_key *key = want->spec;

	return tell_mon(call, self->connection,
			with_caps(command("auth caps", "entity", want->name, NULL), &key->caps));
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

/* The answer holds the key, which nobody here wants to know. */
static int let_ceph_make(struct hc_call *call, struct ceph *self, const struct hc_resource *want)
{
	const struct hc_ceph_key *key = want->spec;

	return tell_mon(call, self->connection,
			with_caps(command("auth get-or-create", "entity", want->name, NULL),
				  &key->caps));
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
		      : let_ceph_make(call, self, change->want);
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
			r = tell_mon(call, self->connection,
				     command("auth rm", "entity", change->name, NULL));
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
