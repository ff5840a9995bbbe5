/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The steps of managers and metadata servers, each harmless to take again. The key is Ceph's: it is
 * made by asking for it, and who asks again gets the same one.
 */

#include "keyed_step.h"

#include <string.h>

char *keyed_directory(struct hc_arena *arena, const struct keyed *keyed, const char *node)
{
	return hc_printf(arena, "/var/lib/ceph/%s/ceph-%s", keyed->kind, node);
}

char *keyed_keyring(struct hc_arena *arena, const struct keyed *keyed, const char *node)
{
	return hc_printf(arena, "%s/keyring", keyed_directory(arena, keyed, node));
}

enum hc_keyring keyed_verdict(const struct hc_resource *r, const struct keyed *keyed)
{
	return *(const unsigned *)((const char *)r->spec + keyed->keyring);
}

static struct json_object *with_caps(const char *prefix, const char *entity,
				     const char *const *caps)
{
	struct json_object *object = command(prefix, "entity", entity, NULL);
	struct json_object *list = json_object_new_array();

	for (size_t i = 0; caps[i]; i++)
		json_object_array_add(list, json_object_new_string(caps[i]));
	json_object_object_add(object, "caps", list);
	return object;
}

/* One that exists with other caps is refused: then they are set first. */
static int get_or_create(struct hc_call *call, struct ceph *self, const struct keyed *keyed,
			 const char *entity, struct ask *key)
{
	int r;

	*key = (struct ask){
		.command = with_caps("auth get-or-create", entity, keyed->caps),
		.quiet = true,
	};
	r = daemon_ask(call, self, key);
	if (r || key->code != -EINVAL)
		return r;
	ask_done(key);
	r = tell_mon(call, self->connection, with_caps("auth caps", entity, keyed->caps));
	if (r)
		return r;
	*key = (struct ask){.command = with_caps("auth get-or-create", entity, keyed->caps)};
	return daemon_ask(call, self, key);
}

static int put_key(struct hc_call *call, const struct keyed *keyed, const char *entity,
		   struct json_object *answer)
{
	struct json_object *first = json_object_is_type(answer, json_type_array)
					    ? json_object_array_get_idx(answer, 0)
					    : NULL;
	struct json_object *key = first ? json_object_object_get(first, "key") : NULL;
	struct keyring ring = {.entity = entity, .caps = ""};
	uid_t user;
	gid_t group;
	int r = daemon_user(call, &user, &group);

	if (!json_object_is_type(key, json_type_string))
		return hc_fail(call, EBADMSG, NULL, "Ceph gives no key for %s", entity);
	ring.key = json_object_get_string(key);
	ring.size = (size_t)json_object_get_string_len(key);
	if (!r)
		r = daemon_directory(call, keyed_directory(call->arena, keyed, call->node));
	return r ? r
		 : keyring_write(call, keyed_keyring(call->arena, keyed, call->node), &ring, 1,
				 user, group);
}

static int write_key(struct hc_call *call, struct ceph *self, const struct keyed *keyed)
{
	const char *entity = hc_printf(call->arena, "%s.%s", keyed->kind, call->node);
	struct ask key;
	int r = get_or_create(call, self, keyed, entity, &key);

	if (!r && key.code)
		r = hc_fail(call, -key.code, NULL, "Ceph refuses a key for %s: %s", entity,
			    key.words);
	if (!r)
		r = put_key(call, keyed, entity, key.json);
	ask_done(&key);
	return r;
}

static int ask_facts(struct hc_call *call, struct ceph *self, struct facts *facts)
{
	int r = facts_read(call, self, facts);

	return !r && facts->why ? hc_wait(call, "%s", facts->why) : r;
}

static int await_joined(struct hc_call *call, struct ceph *self, const struct keyed *keyed)
{
	struct facts facts = {0};
	int r = ask_facts(call, self, &facts);

	if (r || keyed->role_of(call->arena, &facts, call->node))
		return r;
	return hc_wait(call, "the cluster does not know %s.%s yet", keyed->kind, call->node);
}

static bool is_in_map(const struct keyed *keyed, const struct facts *facts, const char *node)
{
	const char *name;

	for (size_t i = 0; (name = keyed->name_at(facts, i)); i++)
		if (!strcmp(name, node))
			return true;
	return false;
}

/* How many are at their work, or ready for it, beside that node's; *coming: how many are about to.
 */
static size_t others(struct hc_arena *arena, const struct keyed *keyed, const struct facts *facts,
		     const char *node, size_t *coming)
{
	size_t n = 0;
	const char *name;

	*coming = 0;
	for (size_t i = 0; (name = keyed->name_at(facts, i)); i++) {
		if (!strcmp(name, node))
			continue;
		if (keyed->role_of(arena, facts, name))
			n++;
		else
			*coming += keyed->starting && keyed->starting(facts, name);
	}
	return n;
}

/* The gate, looked at once more right before it goes. */
static int may_go(struct hc_call *call, const struct keyed *keyed, const struct facts *facts,
		  const char *node)
{
	size_t left, coming, needed = keyed->needed_now(facts);
	const char *why;

	if (!is_in_map(keyed, facts, node))
		return 0;
	left = others(call->arena, keyed, facts, node, &coming);
	if (left < needed && left + coming >= needed)
		return hc_wait(call, "another %s has to be ready first", keyed->word);
	why = keyed_gate(call->arena, keyed, left, needed);
	return *why ? hc_fail(call, EBUSY, NULL, "%s", why) : 0;
}

static int stop(struct hc_call *call, struct ceph *self, const struct keyed *keyed,
		const char *node)
{
	struct facts facts = {0};
	int r = daemon_turn(call, keyed->type);

	if (!r)
		r = ask_facts(call, self, &facts);
	if (!r)
		r = may_go(call, keyed, &facts, node);
	if (r && r != -EAGAIN)
		daemon_turn_over(call, keyed->type);
	return r ? r : daemon_stop(call, daemon_unit(call->arena, keyed->kind, node));
}

/* The maps keep one that was stopped, or whose node is no more, for half a minute or for ever. */
static int leave_map(struct hc_call *call, struct ceph *self, const struct keyed *keyed,
		     const char *node)
{
	bool mds = keyed->type == &hc_ceph_mds;
	struct facts facts = {0};
	int r = ask_facts(call, self, &facts);

	if (!r && strcmp(node, call->node) != 0)
		r = may_go(call, keyed, &facts, node);
	if (r || !is_in_map(keyed, &facts, node))
		return r;
	return tell_mon(call, self->connection,
			command(mds ? "mds fail" : "mgr fail", mds ? "role_or_gid" : "who", node,
				NULL));
}

static int forget(struct hc_call *call, struct ceph *self, const struct keyed *keyed,
		  const char *node)
{
	int r = strcmp(node, call->node) != 0 ? ceph_must_lead(call, self) : 0;

	if (!r)
		r = leave_map(call, self, keyed, node);
	return r ? r
		 : tell_mon(call, self->connection,
			    command("auth rm", "entity",
				    hc_printf(call->arena, "%s.%s", keyed->kind, node), NULL));
}

int keyed_apply(struct hc_call *call, struct ceph *self, const struct keyed *keyed,
		const struct hc_step *step)
{
	const char *node = step->change->node;
	const char *unit = daemon_unit(call->arena, keyed->kind, node);

	switch ((enum keyed_op)step->op) {
	case KEYED_KEY:
		return write_key(call, self, keyed);
	case KEYED_ENABLE:
		return hc_unit_enable(call, unit);
	case KEYED_START:
		return daemon_start(call, unit);
	case KEYED_RESTART:
		return hc_unit_restart_alone(call, unit);
	case KEYED_AWAIT:
		return await_joined(call, self, keyed);
	case KEYED_STOP:
		return stop(call, self, keyed, node);
	case KEYED_FORGET:
		return forget(call, self, keyed, node);
	case KEYED_CLEAR:
		daemon_turn_over(call, keyed->type);
		return daemon_clear(call, keyed_directory(call->arena, keyed, node));
	}
	return -EINVAL;
}
