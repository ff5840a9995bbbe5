/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * A small cluster for the tests of HA's decision: three nodes that are there, a group, VMs, and
 * what was decided so far. Each round is a second later. A test says what changes and what must
 * follow.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "reconciler/ha/ha.h"

enum {
	SCENE_VMS = 12,
	SCENE_NODES = 4,
	GIB = 1 << 30,
};

struct scene {
	struct hc_arena *arena;
	struct ha_wants wants;
	struct ha_seen seen;
	struct ha_memory memory;
	struct ha_decision decision;

	const char *names[SCENE_NODES];
	struct ha_seen_node nodes[SCENE_NODES];
	struct ha_want want[SCENE_VMS];
	struct ha_seen_vm vms[SCENE_VMS];
	struct ha_asked asked[8];
	struct ha_member members[SCENE_NODES];
	struct ha_group group;
};

static inline struct ha_seen_node *node(struct scene *s, const char *name)
{
	for (size_t i = 0; i < s->seen.nnode; i++)
		if (!strcmp(s->nodes[i].name, name))
			return &s->nodes[i];
	fail_msg("no node %s", name);
	return NULL;
}

static inline struct ha_want *want(struct scene *s, const char *vm)
{
	for (size_t i = 0; i < s->wants.n; i++)
		if (!strcmp(s->want[i].vm, vm))
			return &s->want[i];
	fail_msg("no VM %s", vm);
	return NULL;
}

static inline struct ha_seen_vm *seen(struct scene *s, const char *vm)
{
	for (size_t i = 0; i < s->seen.nvm; i++)
		if (!strcmp(s->vms[i].vm, vm))
			return &s->vms[i];
	fail_msg("no VM %s is seen", vm);
	return NULL;
}

static inline struct ha_vm *vm(struct scene *s, const char *name)
{
	struct ha_vm *found = ha_find_vm(&s->memory, name);

	if (!found)
		fail_msg("%s is not in the memory", name);
	return found;
}

static inline int scene_new(void **state)
{
	struct scene *s = calloc(1, sizeof(*s));

	s->arena = hc_arena_new();
	s->wants.policy = (struct ha_policy){.times = {.interval = 1000,
						       .fence_delay = 2000,
						       .lease = 5000,
						       .self_fence = 5000,
						       .storage_delay = 10000}};
	s->wants.v = s->want;
	s->wants.nodes = s->names;
	s->seen = (struct ha_seen){.now = 1000000,
				   .nodes = s->nodes,
				   .vms = s->vms,
				   .asked = s->asked};
	for (size_t i = 0; i < 3; i++) {
		s->names[i] = hc_printf(s->arena, "n%zu", i + 1);
		s->nodes[i] =
			(struct ha_seen_node){.name = s->names[i], .member = true, .storage = true};
	}
	s->wants.nnode = s->seen.nnode = 3;
	s->group = (struct ha_group){.name = "group", .v = s->members};
	*state = s;
	return 0;
}

static inline int scene_free(void **state)
{
	struct scene *s = *state;

	(void)hc_arena_free(s->arena);
	free(s);
	return 0;
}

/* VMs are added in the order of their names. */
static inline void add(struct scene *s, const char *name, const char *on)
{
	s->want[s->wants.n++] =
		(struct ha_want){.vm = name, .max_restart = 1, .max_relocate = 1, .memory = GIB};
	s->vms[s->seen.nvm++] = (struct ha_seen_vm){.vm = name, .on = on};
}

/* "n1:1 n2:3": the group's nodes; in it are all VMs that are there */
static inline void group(struct scene *s, const char *text)
{
	char *copy = hc_strdup(s->arena, text), *save = NULL;

	s->group.n = 0;
	for (char *word = strtok_r(copy, " ", &save); word; word = strtok_r(NULL, " ", &save)) {
		char *colon = strchr(word, ':');

		if (colon)
			*colon = '\0';
		s->members[s->group.n++] =
			(struct ha_member){.node = word,
					   .priority =
						   colon ? (uint32_t)strtoul(colon + 1, NULL, 10)
							 : 0};
	}
	for (size_t i = 0; i < s->wants.n; i++)
		s->want[i].group = &s->group;
}

static inline void away(struct scene *s, const char *name)
{
	struct ha_seen_node *one = node(s, name);

	one->member = one->storage = false;
	one->lost = s->seen.now;
}

static inline void back(struct scene *s, const char *name)
{
	struct ha_seen_node *one = node(s, name);

	one->member = one->storage = true;
	one->lost = 0;
}

static inline void ask(struct scene *s, const char *name, enum ha_word word, const char *to)
{
	s->asked[s->seen.nasked++] = (struct ha_asked){.vm = name, .word = word, .node = to};
}

/* What became of the VM's order. */
static inline void answer(struct scene *s, const char *name, enum ha_answer what)
{
	struct ha_seen_vm *one = seen(s, name);
	const struct ha_vm *is = vm(s, name);

	one->order = is->order;
	one->answer = what;
	one->why = what == HA_FAILED ? "it would not" : NULL;
	if (what != HA_DONE)
		return;
	one->on = is->is == HA_IS_REQUEST_STOP || is->is == HA_IS_STOPPED ? NULL
		  : is->target                                            ? is->target
									  : is->node;
}

/* A round a second later; words that are taken are gone after it. */
static inline void next(struct scene *s)
{
	size_t kept = 0;

	s->seen.now += 1000;
	ha_decide(s->arena, &s->wants, &s->seen, &s->memory, &s->decision);
	s->memory = s->decision.memory;
	for (size_t i = 0; i < s->seen.nasked; i++)
		if (!s->decision.taken[i])
			s->asked[kept++] = s->asked[i];
	s->seen.nasked = kept;
}

static inline void rounds(struct scene *s, int n)
{
	while (n-- > 0)
		next(s);
}

/* Every order is carried out at once, for so many rounds. */
static inline void obey(struct scene *s, int n)
{
	while (n-- > 0) {
		for (size_t i = 0; i < s->wants.n; i++)
			if (ha_find_vm(&s->memory, s->want[i].vm))
				answer(s, s->want[i].vm, HA_DONE);
		next(s);
	}
}

static inline bool warned(const struct scene *s, const char *text)
{
	for (size_t i = 0; i < s->decision.nwarning; i++)
		if (strstr(s->decision.warnings[i].text, text))
			return true;
	return false;
}

#define is_now(s, name, state, where)                                                              \
	do {                                                                                       \
		assert_string_equal(ha_words[vm(s, name)->is], ha_words[state]);                   \
		assert_string_equal(vm(s, name)->node, where);                                     \
	} while (0)
#define goes_to(s, name, state, to)                                                                \
	do {                                                                                       \
		assert_string_equal(ha_words[vm(s, name)->is], ha_words[state]);                   \
		assert_non_null(vm(s, name)->target);                                              \
		assert_string_equal(vm(s, name)->target, to);                                      \
	} while (0)
#define node_is(s, name, state)                                                                    \
	assert_string_equal(ha_node_words[ha_find_node(&(s)->memory, name)->is],                   \
			    ha_node_words[state])

#define scene_test(f) cmocka_unit_test_setup_teardown(f, scene_new, scene_free)

/* vm1 on n1, as it is after a while. */
static inline struct scene *settled(void **state)
{
	struct scene *s = *state;

	add(s, "vm1", "n1");
	obey(s, 3);
	is_now(s, "vm1", HA_IS_STARTED, "n1");
	return s;
}
