/* SPDX-License-Identifier: Apache-2.0 */
/* The answers about the cluster's daemons but OSDs, and about what the monitors keep. */

#include "facts_take.h"

#include <arpa/inet.h>
#include <string.h>

/* "10.0.0.1:3300", "[fd00::1]:3300" -> the address alone. Another text: family 0. */
static struct hc_address address_of(const char *text)
{
	struct hc_address address = {0};
	bool six = *text == '[';
	char alone[INET6_ADDRSTRLEN];
	size_t size = strcspn(text + six, six ? "]" : ":/");

	if (size >= sizeof(alone))
		return address;
	memcpy(alone, text + six, size);
	alone[size] = '\0';
	address.family = six ? AF_INET6 : AF_INET;
	address.prefix = six ? 128 : 32;
	if (inet_pton(address.family, alone, address.bytes) != 1)
		return (struct hc_address){0};
	return address;
}

static struct hc_address mon_address(struct hc_arena *arena, struct json_object *mon)
{
	size_t n;
	struct json_object *addresses = json_list(mon, "public_addrs.addrvec", &n);
	struct hc_address address = {0};

	for (size_t i = 0; i < n && !address.family; i++)
		address = address_of(
			take_text(arena, json_object_array_get_idx(addresses, i), "addr"));
	return address;
}

void take_quorum(struct hc_arena *arena, struct json_object *answer, struct facts *facts)
{
	size_t n;
	struct json_object *mons = json_list(answer, "monmap.mons", &n);
	const char *leader = take_text(arena, answer, "quorum_leader_name");

	facts->fsid = take_text(arena, answer, "monmap.fsid");
	facts->mons = hc_alloc(arena, (n + 1) * sizeof(*facts->mons));
	for (size_t i = 0; i < n; i++) {
		struct json_object *mon = json_object_array_get_idx(mons, i);
		const char *name = take_text(arena, mon, "name");

		if (*name)
			facts->mons[facts->nmon++] = (struct fact_mon){
				.name = name,
				.address = mon_address(arena, mon),
				.quorate = json_lists(answer, "quorum_names", name),
				.leader = !strcmp(name, leader),
			};
	}
}

void take_mgrs(struct hc_arena *arena, struct json_object *answer, struct facts *facts)
{
	size_t n;
	struct json_object *standbys = json_list(answer, "standbys", &n);
	const char *active = take_text(arena, answer, "active_name");
	bool available = json_flag(answer, "available", false);

	facts->mgrs = hc_alloc(arena, (n + 1) * sizeof(*facts->mgrs));
	if (*active)
		facts->mgrs[facts->nmgr++] = (struct fact_mgr){
			.name = active,
			.gid = json_number(answer, "active_gid", 0),
			.active = available,
			.starting = !available,
		};
	for (size_t i = 0; i < n; i++) {
		struct json_object *standby = json_object_array_get_idx(standbys, i);
		const char *name = take_text(arena, standby, "name");

		if (*name)
			facts->mgrs[facts->nmgr++] = (struct fact_mgr){
				.name = name,
				.gid = json_number(standby, "gid", 0),
			};
	}
}

void facts_former_manager(struct facts *facts, const char *node, uint64_t gid)
{
	for (size_t i = 0; gid && i < facts->nmgr; i++) {
		struct fact_mgr *mgr = &facts->mgrs[i];

		if (strcmp(mgr->name, node) != 0 || mgr->gid != gid)
			continue;
		mgr->former = true;
		mgr->active = mgr->starting = false;
	}
}

static void take_checks(struct hc_arena *arena, struct json_object *answer, struct facts *facts)
{
	struct json_object *checks = json_object_at(answer, "health.checks");
	struct json_object_iter it;

	if (!checks)
		return;
	json_object_object_foreachC(checks, it)
	{
		if (json_flag(it.val, "muted", false))
			continue;
		hc_strings_add(arena, &facts->checks,
			       hc_printf(arena, "%s: %s", it.key,
					 take_text(arena, it.val, "summary.message")));
	}
}

static void take_states(struct hc_arena *arena, struct json_object *answer, struct facts *facts)
{
	size_t n;
	struct json_object *states = json_list(answer, "pgmap.pgs_by_state", &n);

	for (size_t i = 0; i < n; i++) {
		struct json_object *item = json_object_array_get_idx(states, i);
		const char *state = take_text(arena, item, "state_name");
		uint32_t count = take_u32(item, "count", 0);

		/* Also while it is scrubbed it is clean; "inactive" is no state's name. */
		if (strstr(state, "active"))
			facts->pgs_active += count;
		if (strstr(state, "active+clean"))
			facts->pgs_clean += count;
	}
}

void take_status(struct hc_arena *arena, struct json_object *answer, struct facts *facts)
{
	uint64_t objects = json_number(answer, "pgmap.num_objects", 0);

	facts->health = take_text(arena, answer, "health.status");
	take_checks(arena, answer, facts);
	facts->pgs = take_u32(answer, "pgmap.num_pgs", 0);
	take_states(arena, answer, facts);
	facts->objects_degraded = json_number(answer, "pgmap.degraded_objects", 0);
	facts->objects_misplaced = json_number(answer, "pgmap.misplaced_objects", 0);
	objects = json_number(answer, "pgmap.misplaced_total", objects);
	facts->objects = json_number(answer, "pgmap.degraded_total", objects);
	facts->used = json_number(answer, "pgmap.bytes_used", 0);
	facts->total = json_number(answer, "pgmap.bytes_total", 0);
}

void take_config(struct hc_arena *arena, struct json_object *answer, struct facts *facts)
{
	size_t n;
	struct json_object *options = json_list(answer, "", &n);

	facts->options = hc_alloc(arena, (n + 1) * sizeof(*facts->options));
	for (size_t i = 0; i < n; i++) {
		struct json_object *option = json_object_array_get_idx(options, i);
		const char *section = take_text(arena, option, "section");
		const char *mask = take_text(arena, option, "mask");
		const char *name = take_text(arena, option, "name");

		if (!*section || !*name)
			continue;
		facts->options[facts->noption++] = (struct fact_option){
			.section = *mask ? hc_printf(arena, "%s/%s", section, mask) : section,
			.name = name,
			.value = take_text(arena, option, "value"),
		};
	}
}

/* What others keep there are secrets, also where Ceph answers with more than was asked for. */
void take_marks(struct hc_arena *arena, struct json_object *answer, struct facts *facts)
{
	struct json_object *marks = json_object_at(answer, "");
	struct json_object_iter it;

	if (!marks)
		return;
	json_object_object_foreachC(marks, it)
	{
		if (!strncmp(it.key, MARKS, strlen(MARKS)))
			hc_map_put(arena, &facts->marks, it.key, take_text(arena, it.val, ""));
	}
}

void take_keys(struct hc_arena *arena, struct json_object *answer, struct facts *facts)
{
	size_t n;
	struct json_object *keys = json_list(answer, "auth_dump", &n);

	facts->keys = hc_alloc(arena, (n + 1) * sizeof(*facts->keys));
	for (size_t i = 0; i < n; i++) {
		struct json_object *key = json_object_array_get_idx(keys, i);
		const char *entity = take_text(arena, key, "entity");

		if (*entity)
			facts->keys[facts->nkey++] = (struct fact_key){
				.entity = entity,
				.key = take_text(arena, key, "key"),
				.caps = json_map(arena, key, "caps"),
			};
	}
}
