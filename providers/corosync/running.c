/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the running corosync says, from its own services: settings from cmap, votes from quorum and
 * votequorum, links from cfg. All of it is read in one go by one thread (ask.c).
 *
 * The keys that are read are those which somebody set (totem., quorum., nodelist.) and, of
 * runtime., the totem times that are really in force.
 */

#include "running.h"

#include <corosync/cfg.h>
#include <corosync/cmap.h>
#include <corosync/corotypes.h>
#include <corosync/quorum.h>
#include <corosync/votequorum.h>
#include <hcstate/thread.h>
#include <inttypes.h>
#include <string.h>

#include "keys.h"

static void cmap_close(cmap_handle_t *handle)
{
	if (*handle)
		(void)HC_COROSYNC(cmap_finalize(*handle)); /* the connection goes either way */
}

static void cfg_close(corosync_cfg_handle_t *handle)
{
	if (*handle)
		(void)HC_COROSYNC(corosync_cfg_finalize(*handle));
}

static void quorum_close(quorum_handle_t *handle)
{
	if (*handle)
		(void)HC_COROSYNC(quorum_finalize(*handle));
}

static void votequorum_close(votequorum_handle_t *handle)
{
	if (*handle)
		(void)HC_COROSYNC(votequorum_finalize(*handle));
}

static int failed(struct hc_arena *arena, const char **why, const char *what, cs_error_t error)
{
	*why = hc_printf(arena, "corosync's %s: %s", what, cs_strerror(error));
	return -EIO;
}

/* NULL: a type that no key of ours has. */
static const char *value_text(struct hc_arena *arena, cmap_handle_t handle, const char *key,
			      cmap_value_types_t type)
{
	union {
		uint8_t u8;
		uint16_t u16;
		uint32_t u32;
		int32_t i32;
		uint64_t u64;
	} v;
	_cleanup_(hc_freep) char *text = NULL;

	if (type == CMAP_VALUETYPE_STRING && cmap_get_string(handle, key, &text) == CS_OK)
		return hc_strdup(arena, text);
	if (type == CMAP_VALUETYPE_UINT8 && cmap_get_uint8(handle, key, &v.u8) == CS_OK)
		return hc_printf(arena, "%u", v.u8);
	if (type == CMAP_VALUETYPE_UINT16 && cmap_get_uint16(handle, key, &v.u16) == CS_OK)
		return hc_printf(arena, "%u", v.u16);
	if (type == CMAP_VALUETYPE_UINT32 && cmap_get_uint32(handle, key, &v.u32) == CS_OK)
		return hc_printf(arena, "%" PRIu32, v.u32);
	if (type == CMAP_VALUETYPE_INT32 && cmap_get_int32(handle, key, &v.i32) == CS_OK)
		return hc_printf(arena, "%" PRId32, v.i32);
	if (type == CMAP_VALUETYPE_UINT64 && cmap_get_uint64(handle, key, &v.u64) == CS_OK)
		return hc_printf(arena, "%" PRIu64, v.u64);
	return NULL;
}

static int read_keys(struct hc_arena *arena, cmap_handle_t handle, const char *prefix,
		     struct hc_map *keys)
{
	char key[CMAP_KEYNAME_MAXLEN + 1];
	cmap_value_types_t type;
	cmap_iter_handle_t iter;
	cs_error_t r = cmap_iter_init(handle, prefix, &iter);
	size_t size;

	if (r != CS_OK)
		return r;
	while ((r = cmap_iter_next(handle, iter, key, &size, &type)) == CS_OK) {
		const char *value = value_text(arena, handle, key, type);

		if (value)
			hc_map_put(arena, keys, key, value);
	}
	(void)cmap_iter_finalize(handle, iter); /* goes with the connection at the latest */
	return r == CS_ERR_NO_SECTIONS ? (int)CS_OK : (int)r;
}

static int read_map(struct hc_arena *arena, struct running *running, const char **why)
{
	static const char *const prefixes[] = {"totem.",           "quorum.",
					       "nodelist.",        "runtime.config.totem.",
					       "runtime.members.", NOTE_PREFIX};
	_cleanup_(cmap_close) cmap_handle_t handle = 0;
	cs_error_t r = HC_COROSYNC(cmap_initialize(&handle));

	if (r != CS_OK) {
		handle = 0;
		return failed(arena, why, "cmap", r);
	}
	for (size_t i = 0; r == CS_OK && i < HC_COUNT(prefixes); i++)
		r = read_keys(arena, handle, prefixes[i], &running->keys);
	return r == CS_OK ? 0 : failed(arena, why, "cmap", r);
}

/* Whether it said good-bye, and has not joined again since. */
static bool has_left(struct hc_arena *arena, const struct hc_map *keys, uint32_t id)
{
	const char *note = hc_map_get(keys, hc_printf(arena, NOTE_PREFIX "%u", id));
	const char *joined =
		hc_map_get(keys, hc_printf(arena, "runtime.members.%u.join_count", id));

	return note && joined && !strcmp(note, joined);
}

static void list_nodes(struct hc_arena *arena, struct running *running)
{
	running->nodes = hc_alloc(arena, (running->keys.n + 1) * sizeof(*running->nodes));
	for (size_t i = 0; i < running->keys.n; i++) {
		const struct hc_pair *pair = &running->keys.v[i];
		uint32_t position, id;
		const char *rest;

		if (!keys_index(pair->key, "nodelist.node.", &position, &rest) ||
		    strcmp(rest, ".nodeid"))
			continue;
		id = (uint32_t)keys_number(&running->keys, pair->key, 0);
		running->nodes[running->n++] = (struct running_node){
			.id = id,
			.left = has_left(arena, &running->keys, id),
		};
	}
}

static int read_quorate(struct hc_arena *arena, struct running *running, const char **why)
{
	_cleanup_(quorum_close) quorum_handle_t handle = 0;
	quorum_callbacks_t none = {0};
	uint32_t type;
	int quorate = 0;
	cs_error_t r = HC_COROSYNC(quorum_initialize(&handle, &none, &type));

	if (r != CS_OK) {
		handle = 0;
		return failed(arena, why, "quorum", r);
	}
	r = quorum_getquorate(handle, &quorate);
	running->quorate = quorate;
	return r == CS_OK ? 0 : failed(arena, why, "quorum", r);
}

static int read_votes(struct hc_arena *arena, struct running *running, const char **why)
{
	_cleanup_(votequorum_close) votequorum_handle_t handle = 0;
	votequorum_callbacks_t none = {0};
	struct votequorum_info info = {0};
	cs_error_t r = HC_COROSYNC(votequorum_initialize(&handle, &none));

	if (r != CS_OK) {
		handle = 0;
		return failed(arena, why, "votequorum", r);
	}
	r = votequorum_getinfo(handle, running->local, &info);
	if (r != CS_OK)
		return failed(arena, why, "votequorum", r);
	running->expected_votes = info.highest_expected;
	running->total_votes = info.total_votes;
	running->quorum = info.quorum;
	for (size_t i = 0; i < running->n; i++) {
		struct running_node *node = &running->nodes[i];

		/* of a node that was never seen it says CS_ERR_NOT_EXIST */
		node->member = votequorum_getinfo(handle, node->id, &info) == CS_OK &&
			       info.node_state == VOTEQUORUM_NODESTATE_MEMBER;
		node->left &= !node->member;
	}
	return 0;
}

static void read_links(struct hc_arena *arena, corosync_cfg_handle_t handle,
		       struct running_node *node)
{
	struct corosync_cfg_node_status_v1 status = {0};

	if (corosync_cfg_node_status_get(handle, node->id, CFG_NODE_STATUS_V1, &status) != CS_OK)
		return; /* only for status: the rest is worth having without it */
	for (uint32_t i = 0; i < CFG_MAX_LINKS; i++)
		if (status.link_status[i].enabled)
			node->links[node->nlink++] = (struct running_link){
				.number = i,
				.address = hc_strdup(arena, status.link_status[i].dst_ipaddr),
				.connected = status.link_status[i].connected,
			};
}

static int read_cfg(struct hc_arena *arena, struct running *running, const char **why)
{
	_cleanup_(cfg_close) corosync_cfg_handle_t handle = 0;
	const corosync_cfg_callbacks_t none = {0};
	cs_error_t r = HC_COROSYNC(corosync_cfg_initialize(&handle, &none));

	if (r != CS_OK) {
		handle = 0;
		return failed(arena, why, "cfg", r);
	}
	r = corosync_cfg_local_get(handle, &running->local);
	for (size_t i = 0; r == CS_OK && i < running->n; i++)
		read_links(arena, handle, &running->nodes[i]);
	return r == CS_OK ? 0 : failed(arena, why, "cfg", r);
}

static int question_read(struct hc_arena *arena, void *answer, const char **why)
{
	struct running *running = answer;
	int r = read_map(arena, running, why);

	if (r)
		return r;
	list_nodes(arena, running);
	r = read_cfg(arena, running, why);
	if (!r)
		r = read_quorate(arena, running, why);
	return r ? r : read_votes(arena, running, why);
}

int running_read(struct hc_call *call, struct asker *asker, struct running *running,
		 const char **why)
{
	return ask(call, asker, question_read, running, sizeof(*running), why);
}

static int question_reload(struct hc_arena *arena, void *answer, const char **why)
{
	_cleanup_(cfg_close) corosync_cfg_handle_t handle = 0;
	const corosync_cfg_callbacks_t none = {0};
	cs_error_t r = HC_COROSYNC(corosync_cfg_initialize(&handle, &none));

	(void)answer;
	if (r != CS_OK) {
		handle = 0;
		return failed(arena, why, "cfg", r);
	}
	r = corosync_cfg_reload_config(handle);
	return r == CS_OK ? 0 : failed(arena, why, "reload of its configuration", r);
}

int running_reload(struct hc_call *call, struct asker *asker, const char **why)
{
	char nothing = 0;

	return ask(call, asker, question_reload, &nothing, sizeof(nothing), why);
}

const struct running_node *running_find(const struct running *running, uint32_t id)
{
	for (size_t i = 0; i < running->n; i++)
		if (running->nodes[i].id == id)
			return &running->nodes[i];
	return NULL;
}

const char *running_name(struct hc_arena *arena, const struct running *running, uint32_t id)
{
	const struct hc_map *keys = &running->keys;
	const char *name = NULL;

	for (size_t i = 0; i < keys->n; i++) {
		uint32_t position;
		const char *rest;

		if (keys_index(keys->v[i].key, "nodelist.node.", &position, &rest) &&
		    !strcmp(rest, ".nodeid") && keys_number(keys, keys->v[i].key, 0) == id)
			name = hc_map_get(keys,
					  hc_printf(arena, "nodelist.node.%u.name", position));
	}
	return name ? name : hc_printf(arena, "node%u", id);
}
