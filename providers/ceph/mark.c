/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What hcstate made, noted where all nodes see it and where it goes with the cluster: in the
 * monitors' config-key store. The note is there before the thing is, and goes after it: a kill in
 * between leaves a note of nothing, never a thing of ours that nobody knows to be ours. A note of
 * nothing that nobody asks for either is swept: whoever made that by hand later would find it ours.
 */

#include "ceph.h"

#include <string.h>

#include "once.h"
#include "option_name.h"

#define MADE MARKS "made/"

bool mark_has(const struct facts *facts, const struct hc_type *type, const char *name)
{
	const size_t made = strlen(MADE), kind = strlen(type->name);

	for (size_t i = 0; i < facts->marks.n; i++) {
		const char *key = facts->marks.v[i].key;

		if (!strncmp(key, MADE, made) && !strncmp(key + made, type->name, kind) &&
		    key[made + kind] == '/' && !strcmp(key + made + kind + 1, name))
			return true;
	}
	return false;
}

static const char *key_of(struct hc_arena *arena, const struct hc_type *type, const char *name)
{
	return hc_printf(arena, MADE "%s/%s", type->name, name);
}

int mark_set(struct hc_call *call, struct ceph *self, const struct hc_type *type, const char *name)
{
	return tell_mon(call, self->connection,
			command("config-key set", "key", key_of(call->arena, type, name), "val",
				call->node, NULL));
}

/* One that is not there is removed as well: Ceph says yes to that. */
int mark_remove(struct hc_call *call, struct ceph *self, const struct hc_type *type,
		const char *name)
{
	return tell_mon(call, self->connection,
			command("config-key rm", "key", key_of(call->arena, type, name), NULL));
}

static bool is_option(struct hc_arena *arena, const struct facts *facts, const char *name)
{
	struct option_name option = option_name(arena, name);

	return facts_option(facts, option.section, option.option);
}

/* Of a kind that this version does not mark nothing is known. */
static bool is_of_nothing(const struct hc_call *call, const struct facts *facts, const char *mark)
{
	const char *name = strchr(mark, '/');
	const struct {
		const struct hc_type *type;
		bool there;
	} kinds[] = {
		{&hc_ceph_config, name && is_option(call->arena, facts, name + 1)},
		{&hc_ceph_pool, name && facts_pool(facts, name + 1)},
		{&hc_ceph_rule, name && facts_rule(facts, name + 1)},
		{&hc_ceph_profile, name && facts_profile(facts, name + 1)},
		{&hc_ceph_fs, name && facts_fs(facts, name + 1)},
		{&hc_ceph_key, name && facts_key(facts, name + 1)},
	};

	for (size_t i = 0; name && i < HC_COUNT(kinds); i++)
		if (!strncmp(mark, kinds[i].type->name, (size_t)(name - mark)) &&
		    !kinds[i].type->name[name - mark])
			return !kinds[i].there && !once_named(call, kinds[i].type, name + 1);
	return false;
}

struct hc_strings mark_stale(const struct hc_call *call, const struct facts *facts)
{
	struct hc_strings stale = {0};

	for (size_t i = 0; i < facts->marks.n; i++) {
		const char *key = facts->marks.v[i].key;

		if (!strncmp(key, MADE, strlen(MADE)) &&
		    is_of_nothing(call, facts, key + strlen(MADE)))
			hc_strings_add(call->arena, &stale, key + strlen(MADE));
	}
	return stale;
}

int mark_sweep(struct hc_call *call, struct ceph *self, const struct facts *facts)
{
	const struct hc_strings stale = mark_stale(call, facts);
	int r = 0;

	for (size_t i = 0; !r && i < stale.n; i++)
		r = tell_mon(call, self->connection,
			     command("config-key rm", "key",
				     hc_printf(call->arena, MADE "%s", stale.v[i]), NULL));
	return r;
}
