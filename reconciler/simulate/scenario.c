/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A scenario's text: read whole and checked whole before anything is simulated, so that a name
 * mistyped in the last event is said at once. The manifests that its events bring are loaded first,
 * since they may have names that the others do not.
 */

#include "scenario.h"

#include <stdlib.h>
#include <string.h>

#include <reconciler/decode.h>

#include "scenario_event.h"
#include "scenario_value.h"

enum {
	QUIET_MS = 600000, /* behind the last event, where it does not say until when */
	SHORTEST_INTERVAL_MS = 100,
	MOST_ROUNDS = 20000000, /* of all nodes together: minutes, not days */
};

static int by_node(const void *name, const void *one)
{
	return strcmp(name, ((const struct scenario_node *)one)->name);
}

static int by_vm(const void *name, const void *one)
{
	return strcmp(name, ((const struct scenario_vm *)one)->name);
}

struct scenario_node *scenario_node(const struct scenario *scenario, const char *name)
{
	return scenario->nnode ? bsearch(name, scenario->nodes, scenario->nnode,
					 sizeof(*scenario->nodes), by_node)
			       : NULL;
}

struct scenario_vm *scenario_vm(const struct scenario *scenario, const char *name)
{
	return scenario->nvm
		       ? bsearch(name, scenario->vms, scenario->nvm, sizeof(*scenario->vms), by_vm)
		       : NULL;
}

static void read_profile(struct scenario_reader *reader, const struct hc_tree *tree)
{
	static const char *const words[] = {"name",       "interval",      "fence_delay", "lease",
					    "self_fence", "storage_delay", NULL};
	struct asks_profile *profile = &reader->profile;
	uint64_t *const times[] = {NULL,
				   &profile->interval,
				   &profile->fence_delay,
				   &profile->lease,
				   &profile->self_fence,
				   &profile->storage_delay};

	if (tree->type == HC_SCALAR) {
		(void)read_word(reader, "profile", tree, hc_ha_profile_words, &profile->name);
		return;
	}
	if (!read_mapping(reader, "profile", tree, "{name: fast}"))
		return;
	read_keys(reader, "profile", tree, words);
	for (size_t i = 0; words[i]; i++) {
		const struct hc_tree *value = hc_tree_get(tree, words[i]);

		if (value && times[i])
			(void)read_duration(reader, words[i], value, times[i]);
		else if (value)
			(void)read_word(reader, words[i], value, hc_ha_profile_words,
					&profile->name);
	}
}

static void read_nodes(struct scenario_reader *reader, const struct hc_tree *tree)
{
	if (!read_mapping(reader, "nodes", tree, "{pve1: on, pve2: off}"))
		return;
	for (size_t i = 0; i < tree->n; i++) {
		const char *name = read_node(reader, tree->keys[i]);
		bool on;

		if (read_switch(reader, tree->keys[i]->text, tree->values[i], &on) && name)
			scenario_node(reader->scenario, name)->off = !on;
	}
}

static void read_placement(struct scenario_reader *reader, const struct hc_tree *tree)
{
	if (!read_mapping(reader, "placement", tree, "{web1: pve1}"))
		return;
	for (size_t i = 0; i < tree->n; i++) {
		const char *vm = read_vm(reader, tree->keys[i]);
		const char *node = read_node(reader, tree->values[i]);

		if (vm && node)
			scenario_vm(reader->scenario, vm)->placed = node;
	}
}

static void say_neither(struct scenario_reader *reader, const struct hc_tree *key)
{
	struct hc_diag *diag = hc_say(reader->diags, HC_ERROR, key->place,
				      "%s is neither the VM of a HaResource nor a Node", key->text);
	const char *near = hc_nearest(key->text, reader->vms);

	if (!near)
		near = hc_nearest(key->text, reader->nodes);
	if (near)
		hc_hint(reader->diags, diag, "did you mean %s?", near);
}

/* Its keys are VMs, or nodes. */
static void read_states(struct scenario_reader *reader, const struct hc_tree *tree)
{
	struct scenario *scenario = reader->scenario;

	if (!read_mapping(reader, "states", tree, "{web1: error, pve2: fence}"))
		return;
	for (size_t i = 0; i < tree->n; i++) {
		const struct hc_tree *key = tree->keys[i], *value = tree->values[i];
		struct scenario_vm *vm = scenario_vm(scenario, key->text);
		struct scenario_node *node = scenario_node(scenario, key->text);

		if (vm)
			(void)read_word(reader, key->text, value, ha_words, &vm->is);
		else if (node)
			(void)read_word(reader, key->text, value, ha_node_words, &node->is);
		else
			say_neither(reader, key);
	}
}

static void read_manner(struct scenario_reader *reader, struct scenario_vm *vm, const char *word,
			const struct hc_tree *value)
{
	if (!strcmp(word, "start_fails")) {
		(void)read_number(reader, word, value, &vm->start_fails);
	} else if (!strcmp(word, "migrate_fails")) {
		(void)read_number(reader, word, value, &vm->migrate_fails);
	} else if (!strcmp(word, "stop_fails")) {
		(void)read_switch(reader, word, value, &vm->stop_fails);
	} else if (strcmp(word, "fails_on") != 0) {
		return; /* said before */
	} else if (value->type != HC_SEQUENCE) {
		hc_say(reader->diags, HC_ERROR, value->place,
		       "fails_on wants a list such as [pve1], this is %s", hc_tree_what(value));
	} else {
		for (size_t i = 0; i < value->n; i++) {
			const char *node = read_node(reader, value->values[i]);

			if (node)
				hc_strings_add(reader->arena, &vm->fails_on, node);
		}
	}
}

static void read_behaviour(struct scenario_reader *reader, const struct hc_tree *tree)
{
	static const char *const words[] = {"start_fails", "fails_on", "migrate_fails",
					    "stop_fails", NULL};

	if (!read_mapping(reader, "behaviour", tree, "{web1: {start_fails: 2}}"))
		return;
	for (size_t i = 0; i < tree->n; i++) {
		const struct hc_tree *one = tree->values[i];
		const char *vm = read_vm(reader, tree->keys[i]);

		if (!read_mapping(reader, tree->keys[i]->text, one, "{start_fails: 2}"))
			continue;
		read_keys(reader, "behaviour", one, words);
		if (!vm)
			continue;
		for (size_t k = 0; k < one->n; k++)
			read_manner(reader, scenario_vm(reader->scenario, vm), one->keys[k]->text,
				    one->values[k]);
	}
}

static void read_until(struct scenario_reader *reader, const struct hc_tree *tree)
{
	struct scenario *scenario = reader->scenario;
	uint64_t last = scenario->nevent ? scenario->events[scenario->nevent - 1].at : 0;

	scenario->until = last + QUIET_MS;
	if (!tree || !read_duration(reader, "until", tree, &scenario->until))
		return;
	if (scenario->until < last)
		hc_say(reader->diags, HC_WARNING, tree->place,
		       "until: the last event is at %g s, so it never comes", (double)last / 1000);
}

/* What would run for hours is a mistake. */
static void check_rounds(struct scenario_reader *reader, const struct asks *asks,
			 struct hc_place place)
{
	uint64_t interval = asks->wants.policy.times.interval;
	const struct scenario *scenario = reader->scenario;

	if (interval < SHORTEST_INTERVAL_MS)
		hc_say(reader->diags, HC_ERROR, place,
		       "interval: %g s is below 0.1 s, the least it can be",
		       (double)interval / 1000);
	else if (scenario->until / interval * scenario->nnode > MOST_ROUNDS)
		hc_hint(reader->diags,
			hc_say(reader->diags, HC_ERROR, place,
			       "this takes more than %d rounds of the nodes", MOST_ROUNDS),
			"give an earlier until, or a longer interval");
}

static void check_all_rounds(struct scenario_reader *reader, struct hc_place place)
{
	const struct scenario *scenario = reader->scenario;

	check_rounds(reader, scenario->asks, place);
	for (size_t i = 0; i < scenario->nevent; i++)
		if (scenario->events[i].asks)
			check_rounds(reader, scenario->events[i].asks, place);
}

/* The names as a list that NULL ends. */
static const char *const *listed(struct hc_arena *arena, const struct hc_strings *names)
{
	const char **list = hc_alloc(arena, (names->n + 1) * sizeof(*list));

	for (size_t i = 0; i < names->n; i++)
		list[i] = names->v[i];
	return list;
}

static void take_names(struct scenario_reader *reader, const struct hc_strings *vms,
		       const struct hc_strings *nodes)
{
	struct scenario *scenario = reader->scenario;

	reader->vms = listed(reader->arena, vms);
	reader->nodes = listed(reader->arena, nodes);
	scenario->vms = hc_alloc(reader->arena, vms->n * sizeof(*scenario->vms));
	for (; scenario->nvm < vms->n; scenario->nvm++)
		scenario->vms[scenario->nvm] =
			(struct scenario_vm){.name = vms->v[scenario->nvm], .is = -1};
	scenario->nodes = hc_alloc(reader->arena, nodes->n * sizeof(*scenario->nodes));
	for (; scenario->nnode < nodes->n; scenario->nnode++)
		scenario->nodes[scenario->nnode] =
			(struct scenario_node){.name = nodes->v[scenario->nnode], .is = -1};
}

static void read_parts(struct scenario_reader *reader, const struct hc_tree *tree,
		       const struct hc_set *whole)
{
	static const char *const words[] = {"nodes", "placement", "states", "behaviour", NULL};
	void (*const readers[])(struct scenario_reader *,
				const struct hc_tree *) = {read_nodes, read_placement, read_states,
							   read_behaviour};
	const struct hc_tree *profile = hc_tree_get(tree, "profile");
	const struct hc_tree *events = hc_tree_get(tree, "events");
	struct hc_strings vms = {0}, nodes = {0};
	struct asks *asks;

	asks_names(reader->arena, whole, &vms, &nodes);
	if (profile)
		read_profile(reader, profile);
	if (events)
		scenario_bring(reader, events, &vms, &nodes);
	take_names(reader, &vms, &nodes);
	asks = asks_new(reader->arena, whole, &reader->profile);
	asks_begin_by_rules(asks);
	reader->scenario->asks = asks;
	for (size_t i = 0; words[i]; i++) {
		const struct hc_tree *part = hc_tree_get(tree, words[i]);

		if (part)
			readers[i](reader, part);
	}
	if (events)
		scenario_read_events(reader, events);
	read_until(reader, hc_tree_get(tree, "until"));
	check_all_rounds(reader, tree->place);
}

/* The one document, or NULL. */
static const struct hc_tree *only_document(struct scenario_reader *reader,
					   const struct hc_source *source)
{
	struct hc_place place = {.source = source, .line = 1, .column = 1};
	struct hc_tree **documents = NULL;
	size_t n = 0;

	if (!hc_tree_read(reader->arena, source, reader->diags, &documents, &n))
		return NULL;
	if (n == 1)
		return documents[0];
	hc_say(reader->diags, HC_ERROR, n ? documents[1]->place : place,
	       n ? "a scenario is one document, this is another"
		 : "there is no scenario in this file");
	return NULL;
}

struct scenario *scenario_read(struct hc_arena *arena, const struct hc_source *source,
			       const char *directory, const struct hc_set *whole,
			       struct hc_diags *diags)
{
	static const char *const words[] = {"profile",   "nodes",  "placement", "states",
					    "behaviour", "events", "until",     NULL};
	struct scenario_reader reader = {
		.arena = arena,
		.diags = diags,
		.directory = directory,
		.profile = {-1, ASKS_UNSAID, ASKS_UNSAID, ASKS_UNSAID, ASKS_UNSAID, ASKS_UNSAID},
		.scenario = hc_new(arena, struct scenario),
	};
	size_t errors = diags->errors;
	const struct hc_tree *tree = only_document(&reader, source);

	if (tree && read_mapping(&reader, "a scenario", tree, "{events: [], until: 900s}")) {
		read_keys(&reader, "a scenario", tree, words);
		read_parts(&reader, tree, whole);
	}
	hc_registry_freep(&reader.registry);
	return diags->errors > errors ? NULL : reader.scenario;
}

struct scenario *scenario_load(struct hc_arena *arena, const char *path, const struct hc_set *whole,
			       struct hc_diags *diags)
{
	struct hc_source **sources = NULL;
	size_t n = 0, room = 0, errors = diags->errors;
	const char *slash = strrchr(path, '/');
	const char *directory = slash ? hc_strndup(arena, path, (size_t)(slash - path + 1)) : "";

	hc_source_find(arena, path, diags, &sources, &n, &room);
	if (diags->errors > errors)
		return NULL;
	if (n != 1) {
		struct hc_source *none = hc_new(arena, struct hc_source);

		none->path = hc_strdup(arena, path);
		hc_say(diags, HC_ERROR, (struct hc_place){.source = none},
		       "a scenario is one file");
		return NULL;
	}
	return scenario_read(arena, sources[0], directory, whole, diags);
}
