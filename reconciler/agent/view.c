/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is known of the other nodes. What they told is kept as JSON that was built anew from it
 * (view_read.c), so what is shown later has nothing in it that was not looked at. Who is silent now
 * keeps what was heard of it last; one that the manifests do not name any more goes after an hour.
 */

#include "view.h"

#include <json-c/json.h>
#include <string.h>

#include <reconciler/json.h>

#include "view_fact.h"

enum {
	FORGET_S = 3600,
	MOST_NODES = 256, /* more are not listened to */
};

struct heard {
	char *node;
	struct fact {
		char *text; /* as it was told */
		struct json_object *is;
	} status, plan;
	uint64_t when; /* seconds of CLOCK_REALTIME */
	bool present;
};

struct view {
	struct heard *v;
	size_t n, room;
	struct json_object *status, *plan; /* this node's own */
};

struct view *view_new(void)
{
	struct view *view = calloc(1, sizeof(*view));

	if (!view)
		abort(); /* memory has run out */
	return view;
}

static void clear(struct fact *fact)
{
	free(fact->text);
	json_object_put(fact->is);
	*fact = (struct fact){0};
}

struct view *view_free(struct view *view)
{
	if (!view)
		return NULL;
	for (size_t i = 0; i < view->n; i++) {
		clear(&view->v[i].status);
		clear(&view->v[i].plan);
		free(view->v[i].node);
	}
	json_object_put(view->status);
	json_object_put(view->plan);
	free(view->v);
	free(view);
	return NULL;
}

static void tell(struct hc_engine *engine, const char *key, struct json_object *fact)
{
	hc_engine_tell(engine, key, fact_text(fact));
}

void view_tell(struct view *view, struct hc_engine *engine, const struct hc_cycle *cycle,
	       const struct hc_status *status, const char *generation)
{
	json_object_put(view->status);
	json_object_put(view->plan);
	view->status = fact_status(status, generation);
	view->plan = fact_plan(cycle);
	tell(engine, FACT_STATUS, view->status);
	tell(engine, FACT_PLAN, view->plan);
}

/* NULL: there are too many. */
static struct heard *heard_of(struct view *view, const char *node)
{
	for (size_t i = 0; i < view->n; i++)
		if (!strcmp(view->v[i].node, node))
			return &view->v[i];
	if (view->n == MOST_NODES)
		return NULL;
	if (view->n == view->room) {
		view->room = view->room ? 2 * view->room : 8;
		view->v = reallocarray(view->v, view->room, sizeof(*view->v));
		if (!view->v)
			abort();
	}
	view->v[view->n] = (struct heard){.node = hc_own(node)};
	return &view->v[view->n++];
}

static void take(struct fact *fact, const char *text, struct json_object *(*read)(const char *))
{
	if (fact->text && !strcmp(fact->text, text))
		return;
	clear(fact);
	fact->text = hc_own(text);
	fact->is = read(text);
}

static void hear(struct view *view, const struct hc_peer *peer, uint64_t now_s)
{
	const char *status = hc_map_get(&peer->facts, FACT_STATUS);
	const char *plan = hc_map_get(&peer->facts, FACT_PLAN);
	struct heard *heard = status && peer->node ? heard_of(view, peer->node) : NULL;

	if (!heard)
		return; /* it is no agent */
	take(&heard->status, status, fact_read_status);
	if (plan)
		take(&heard->plan, plan, fact_read_plan);
	heard->when = now_s;
	heard->present = true;
}

void view_hear(struct view *view, struct hc_engine *engine, uint64_t now_s)
{
	_cleanup_(hc_arena_freep) struct hc_arena *arena = hc_arena_new();
	const struct hc_peers *peers = hc_engine_hear(engine, arena);

	for (size_t i = 0; i < view->n; i++)
		view->v[i].present = false;
	for (size_t i = 0; i < peers->n; i++)
		hear(view, &peers->v[i], now_s);
}

static void add_facts(struct json_object *one, struct json_object *status, struct json_object *plan)
{
	if (status) { /* else it told nothing that can be read */
		json_object_object_foreach(status, key, value)
		{
			json_object_object_add(one, key, json_object_get(value));
		}
	}
	json_object_object_add(one, "plan", json_object_get(plan));
}

static struct json_object *node_json(const struct view *view, const char *node, const char *own,
				     uint64_t now_s)
{
	struct json_object *one = json_object_new_object();
	bool is_own = !strcmp(node, own);

	json_object_object_add(one, "node", hc_json_string(node));
	json_object_object_add(one, "own", json_object_new_boolean(is_own));
	for (size_t i = 0; !is_own && i < view->n; i++) {
		const struct heard *heard = &view->v[i];

		if (strcmp(heard->node, node) != 0)
			continue;
		json_object_object_add(one, "present", json_object_new_boolean(heard->present));
		json_object_object_add(one, "heard", hc_json_time(heard->when));
		json_object_object_add(one, "age",
				       json_object_new_uint64(
					       now_s > heard->when ? now_s - heard->when : 0));
		add_facts(one, heard->status.is, heard->plan.is);
	}
	if (is_own)
		add_facts(one, view->status, view->plan);
	return one;
}

static bool is_worth_showing(const struct heard *heard, uint64_t now_s)
{
	return heard->present || now_s < heard->when || now_s - heard->when < FORGET_S;
}

struct json_object *view_json(const struct view *view, const struct hc_generation *generation,
			      const char *own, uint64_t now_s)
{
	_cleanup_(hc_arena_freep) struct hc_arena *arena = hc_arena_new();
	struct json_object *all = json_object_new_array();
	struct hc_strings names = {0};

	for (size_t i = 0; generation && i < generation->nodes.n; i++)
		hc_strings_add(arena, &names, generation->nodes.v[i]);
	for (size_t i = 0; i < view->n; i++)
		if (is_worth_showing(&view->v[i], now_s))
			hc_strings_add(arena, &names, view->v[i].node);
	hc_strings_add(arena, &names, own);
	for (size_t i = 0; i < names.n; i++)
		json_object_array_add(all, node_json(view, names.v[i], own, now_s));
	return all;
}
