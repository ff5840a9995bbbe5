/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What happens in a scenario. An event names a node or a resource (or neither, when it brings
 * manifests) and one thing that happens to it; more than one would leave open which comes first.
 */

#include "scenario_event.h"

#include <stdlib.h>
#include <string.h>

#include <reconciler/decode.h>

enum thing_of {
	OF_NODE,
	OF_VM,
	OF_ALL,
};

static const struct thing {
	const char *word;
	enum scenario_what what;
	enum thing_of of;
} things[] = {
	{"power", SCENARIO_POWER, OF_NODE},
	{"network", SCENARIO_NETWORK, OF_NODE},
	{"maintenance", SCENARIO_MAINTENANCE, OF_NODE},
	{"shutdown", SCENARIO_SHUTDOWN, OF_NODE},
	{"reboot", SCENARIO_REBOOT, OF_NODE},
	{"state", SCENARIO_WISH, OF_VM},
	{"migrate", SCENARIO_MIGRATE, OF_VM},
	{"relocate", SCENARIO_RELOCATE, OF_VM},
	{"delete", SCENARIO_DELETE, OF_VM},
	{"manifests", SCENARIO_MANIFESTS, OF_ALL},
};

/* The set with what it is made of, which lives on in the arena; NULL: said. */
static const struct hc_set *load(struct scenario_reader *reader, const struct hc_tree *tree)
{
	_cleanup_(hc_generation_freep) struct hc_generation *generation = NULL;
	const char *paths[] = {NULL, NULL};
	struct hc_set *whole;

	if (!read_text(reader, "manifests", tree, &paths[0]))
		return NULL;
	if (!reader->directory) {
		hc_say(reader->diags, HC_ERROR, tree->place, "manifests: there is no directory");
		return NULL;
	}
	if (*paths[0] != '/')
		paths[0] = hc_printf(reader->arena, "%s%s", reader->directory, paths[0]);
	if (!reader->registry) {
		reader->registry = hc_registry_new();
		hc_registry_load(reader->registry, NULL);
	}
	generation = hc_load(reader->registry, paths);
	hc_diags_add(reader->diags, &generation->diags);
	whole = hc_new(reader->arena, struct hc_set);
	*whole = generation->desired;
	if (generation->diags.errors) {
		hc_say(reader->diags, HC_ERROR, tree->place,
		       "manifests: those of %s cannot be used", paths[0]);
		whole = NULL;
	}
	hc_arena_adopt(reader->arena, &generation->arena);
	generation = NULL; /* it was in its own arena */
	return whole;
}

void scenario_bring(struct scenario_reader *reader, const struct hc_tree *events,
		    struct hc_strings *vms, struct hc_strings *nodes)
{
	struct scenario *scenario = reader->scenario;

	if (events->type != HC_SEQUENCE)
		return;
	scenario->events = hc_alloc(reader->arena, events->n * sizeof(*scenario->events));
	for (size_t i = 0; i < events->n; i++) {
		const struct hc_tree *tree = events->values[i]->type == HC_MAPPING
						     ? hc_tree_get(events->values[i], "manifests")
						     : NULL;
		const struct hc_set *whole = tree ? load(reader, tree) : NULL;

		if (!whole)
			continue;
		asks_names(reader->arena, whole, vms, nodes);
		scenario->events[i].asks = asks_new(reader->arena, whole, &reader->profile);
	}
}

static void read_value(struct scenario_reader *reader, const struct thing *thing,
		       const struct hc_tree *value, struct scenario_event *event)
{
	int wish = 0;

	event->what = thing->what;
	switch (thing->what) {
	case SCENARIO_POWER:
	case SCENARIO_NETWORK:
	case SCENARIO_MAINTENANCE:
		(void)read_switch(reader, thing->word, value, &event->on);
		break;
	case SCENARIO_SHUTDOWN:
	case SCENARIO_REBOOT:
	case SCENARIO_DELETE:
		(void)read_true(reader, thing->word, value);
		break;
	case SCENARIO_WISH:
		/* behind the wishes stand words that only mean one of them: enabled */
		if (read_word(reader, thing->word, value, hc_ha_wish_words, &wish))
			event->wish = wish > HC_HA_IGNORED ? HC_HA_STARTED : (enum hc_ha_wish)wish;
		break;
	case SCENARIO_MIGRATE:
	case SCENARIO_RELOCATE:
		event->to = read_node(reader, value);
		break;
	case SCENARIO_MANIFESTS: /* loaded before */
		break;
	}
}

/* The one thing that happens, or NULL. */
static const struct thing *find_thing(struct scenario_reader *reader, const struct hc_tree *tree)
{
	const struct thing *found = NULL;

	for (size_t i = 0; i < HC_COUNT(things); i++) {
		if (!hc_tree_get(tree, things[i].word))
			continue;
		if (found) {
			hc_hint(reader->diags,
				hc_say(reader->diags, HC_ERROR, tree->place,
				       "%s and %s in one event", found->word, things[i].word),
				"write two events; those of one instant run in their order");
			return NULL;
		}
		found = &things[i];
	}
	if (!found)
		hc_say(reader->diags, HC_ERROR, tree->place,
		       "this event says nothing that happens");
	return found;
}

/* Whom it happens to. */
static void read_whom(struct scenario_reader *reader, const struct hc_tree *tree,
		      const struct thing *thing, struct scenario_event *event)
{
	static const char *const needs[] = {"node", "resource", NULL};
	const struct hc_tree *node = hc_tree_get(tree, "node");
	const struct hc_tree *vm = hc_tree_get(tree, "resource");
	const struct hc_tree *other = thing->of == OF_NODE ? vm
				      : thing->of == OF_VM ? node
							   : (node ? node : vm);
	const struct hc_tree *own = thing->of == OF_NODE ? node : vm;

	if (other)
		hc_say(reader->diags, HC_ERROR, other->place, "%s is not of a %s", thing->word,
		       other == node ? "node" : "resource");
	else if (thing->of != OF_ALL && !own)
		hc_say(reader->diags, HC_ERROR, tree->place, "%s wants a %s beside it", thing->word,
		       needs[thing->of]);
	if (node)
		event->node = read_node(reader, node);
	if (vm)
		event->vm = read_vm(reader, vm);
}

static void read_event(struct scenario_reader *reader, const struct hc_tree *tree,
		       struct scenario_event *event)
{
	static const char *const words[] = {"at",        "node",        "resource", "power",
					    "network",   "maintenance", "shutdown", "reboot",
					    "state",     "migrate",     "relocate", "delete",
					    "manifests", NULL};
	const struct hc_tree *at;
	const struct thing *thing;

	if (!read_mapping(reader, "an event", tree, "{at: 100s, node: pve3, power: off}"))
		return;
	read_keys(reader, "an event", tree, words);
	at = hc_tree_get(tree, "at");
	if (at)
		(void)read_duration(reader, "at", at, &event->at);
	else
		hc_say(reader->diags, HC_ERROR, tree->place,
		       "this event does not say at what time");
	thing = find_thing(reader, tree);
	if (!thing)
		return;
	read_whom(reader, tree, thing, event);
	read_value(reader, thing, hc_tree_get(tree, thing->word), event);
}

static int by_time(const void *a, const void *b)
{
	const struct scenario_event *x = a, *y = b;

	if (x->at != y->at)
		return x->at < y->at ? -1 : 1;
	return x->number < y->number ? -1 : x->number > y->number;
}

void scenario_read_events(struct scenario_reader *reader, const struct hc_tree *events)
{
	struct scenario *scenario = reader->scenario;

	if (events->type != HC_SEQUENCE) {
		hc_say(reader->diags, HC_ERROR, events->place,
		       "events wants a list such as [{at: 100s, node: pve3, power: off}], this is "
		       "%s",
		       hc_tree_what(events));
		return;
	}
	for (size_t i = 0; i < events->n; i++) {
		scenario->events[i].number = i;
		read_event(reader, events->values[i], &scenario->events[i]);
	}
	scenario->nevent = events->n;
	if (events->n)
		qsort(scenario->events, events->n, sizeof(*scenario->events), by_time);
}
