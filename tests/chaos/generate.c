/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A random scenario: three to five nodes, a few VMs and groups, and a time in which anything
 * happens. It ends with all nodes on, connected and in use, and then with quiet, so that what must
 * be so at rest can be looked at.
 */

#include "chaos.h"

#include <inttypes.h>
#include <stdio.h>

enum {
	SHUTDOWN_LASTS_S = 370, /* the longest wait of a node that goes down, and its reboot */
	QUIET_ROUNDS = 90,
};

struct generator {
	struct chance chance;
	uint32_t nnode, nvm, ngroup;
	uint32_t interval_s; /* of a round */
	uint32_t events_s;   /* how long things happen */
	FILE *out;
};

uint32_t chance_below(struct chance *chance, uint32_t n)
{
	uint64_t z = chance->state += UINT64_C(0x9e3779b97f4a7c15);

	z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
	return n ? (uint32_t)((z ^ (z >> 31)) >> 32) % n : 0;
}

static uint32_t below(struct generator *g, uint32_t n)
{
	return chance_below(&g->chance, n);
}

static bool one_in(struct generator *g, uint32_t n)
{
	return below(g, n) == 0;
}

static const char *pick(struct generator *g, const char *const *words, uint32_t n)
{
	return words[below(g, n)];
}

static void head(struct generator *g, const char *kind, const char *prefix, uint32_t number)
{
	fprintf(g->out,
		"---\napiVersion: hcstate/v1\nkind: %s\nmetadata: {name: %s%u}\nspec: ", kind,
		prefix, number);
}

static void write_group(struct generator *g, uint32_t number)
{
	bool any = false;

	head(g, "HaGroup", "group", number);
	fputs("{nodes: {", g->out);
	for (uint32_t i = 1; i <= g->nnode; i++) {
		if (one_in(g, 3) && (any || i < g->nnode))
			continue;
		fprintf(g->out, "%spve%u: %u", any ? ", " : "", i, below(g, 3));
		any = true;
	}
	fprintf(g->out, "}, restricted: %s, nofailback: %s}\n", one_in(g, 3) ? "true" : "false",
		one_in(g, 4) ? "true" : "false");
}

static void write_policy(struct generator *g)
{
	static const char *const policies[] = {"conditional", "freeze", "failover", "migrate"};

	head(g, "HaPolicy", "ha", 0);
	fprintf(g->out, "{profile: %s, shutdown_policy: %s}\n",
		g->interval_s == 1 ? "fast" : "reference", pick(g, policies, 4));
}

static void write_vm(struct generator *g, uint32_t i)
{
	head(g, "VirtualMachine", "vm", i);
	fprintf(g->out, "{id: %u, node: pve%u, memory: 1G}\n", 100 + i, 1 + below(g, g->nnode));
	head(g, "HaResource", "vm", i);
	fprintf(g->out, "{vm: vm%u, max_restart: %u, max_relocate: %u", i, below(g, 3),
		below(g, 3));
	if (g->ngroup && !one_in(g, 3))
		fprintf(g->out, ", group: group%u", below(g, g->ngroup));
	if (one_in(g, 6))
		fprintf(g->out, ", state: %s", one_in(g, 2) ? "stopped" : "disabled");
	fputs("}\n", g->out);
}

static void write_manifests(struct generator *g)
{
	for (uint32_t i = 1; i <= g->nnode; i++) {
		head(g, "Node", "pve", i);
		fprintf(g->out, "{id: %u, links: {link0: 10.0.0.%u}}\n", i, i);
	}
	write_policy(g);
	for (uint32_t i = 0; i < g->ngroup; i++)
		write_group(g, i);
	for (uint32_t i = 0; i < g->nvm; i++)
		write_vm(g, i);
}

static void write_behaviour(struct generator *g)
{
	fputs("behaviour:\n", g->out);
	for (uint32_t i = 0; i < g->nvm; i++) {
		fprintf(g->out, "  vm%u: {start_fails: %u, migrate_fails: %u", i,
			one_in(g, 4) ? below(g, 4) : 0, one_in(g, 4) ? below(g, 3) : 0);
		if (one_in(g, 6))
			fprintf(g->out, ", fails_on: [pve%u]", 1 + below(g, g->nnode));
		if (one_in(g, 12))
			fputs(", stop_fails: true", g->out);
		fputs("}\n", g->out);
	}
}

static void write_start(struct generator *g)
{
	fputs("nodes: {", g->out);
	for (uint32_t i = 1; i <= g->nnode; i++)
		fprintf(g->out, "%spve%u: %s", i > 1 ? ", " : "", i, one_in(g, 8) ? "off" : "on");
	fputs("}\nplacement: {", g->out);
	for (uint32_t i = 0, n = 0; i < g->nvm; i++)
		if (!one_in(g, 3))
			fprintf(g->out, "%svm%u: pve%u", n++ ? ", " : "", i,
				1 + below(g, g->nnode));
	fputs("}\n", g->out);
}

/* Times that somebody may come upon; none of them may make two writers. */
static void write_times(struct generator *g)
{
	fprintf(g->out, "profile: {lease: %us, self_fence: %us, fence_delay: %us}\n",
		1 + below(g, 8) * g->interval_s, below(g, 12) * g->interval_s,
		below(g, 6) * g->interval_s);
}

/* In the middle of something. Not in recovery: the fence that was before is not told. */
static void write_states(struct generator *g)
{
	static const char *const states[] = {"error",   "stopped", "fence",       "freeze",
					     "migrate", "started", "request_stop"};
	static const char *const nodes[] = {"unknown", "maintenance", "fence", "online"};

	fprintf(g->out, "states: {vm%u: %s, pve%u: %s}\n", below(g, g->nvm), pick(g, states, 7),
		1 + below(g, g->nnode), pick(g, nodes, 4));
}

static void write_node_event(struct generator *g)
{
	static const char *const things[] = {"power: off",      "power: off",   "power: on",
					     "network: off",    "network: off", "network: on",
					     "shutdown: true",  "reboot: true", "maintenance: on",
					     "maintenance: off"};

	fprintf(g->out, "node: pve%u, %s}\n", 1 + below(g, g->nnode), pick(g, things, 10));
}

static void write_vm_event(struct generator *g)
{
	static const char *const states[] = {"started", "started", "stopped", "disabled",
					     "ignored"};
	uint32_t vm = below(g, g->nvm);

	if (one_in(g, 2))
		fprintf(g->out, "resource: vm%u, state: %s}\n", vm, pick(g, states, 5));
	else if (one_in(g, 10))
		fprintf(g->out, "resource: vm%u, delete: true}\n", vm);
	else
		fprintf(g->out, "resource: vm%u, %s: pve%u}\n", vm,
			one_in(g, 2) ? "migrate" : "relocate", 1 + below(g, g->nnode));
}

/* Everything that a node can lack, given back. */
static void write_healing(struct generator *g, uint32_t at_s, const char *what)
{
	for (uint32_t i = 1; i <= g->nnode; i++)
		fprintf(g->out, "- {at: %us, node: pve%u, %s}\n", at_s, i, what);
}

static void write_scenario(struct generator *g)
{
	uint32_t n = 1 + below(g, 14), whole = g->events_s + SHUTDOWN_LASTS_S;

	write_start(g);
	write_behaviour(g);
	if (one_in(g, 4))
		write_times(g);
	if (one_in(g, 4))
		write_states(g);
	fputs("events:\n", g->out);
	for (uint32_t i = 0; i < n; i++) {
		fprintf(g->out, "- {at: %u.%us, ", below(g, g->events_s), below(g, 10));
		if (one_in(g, 3))
			write_vm_event(g);
		else
			write_node_event(g);
	}
	write_healing(g, g->events_s, "network: on");
	write_healing(g, g->events_s, "maintenance: off");
	write_healing(g, whole, "power: on");
	fprintf(g->out, "until: %us\n", whole + QUIET_ROUNDS * g->interval_s);
}

static char *written(struct hc_arena *arena, struct generator *g, void (*write)(struct generator *))
{
	_cleanup_(hc_freep) char *text = NULL;
	size_t size;

	g->out = open_memstream(&text, &size);
	if (!g->out)
		abort();
	write(g);
	if (fclose(g->out))
		abort();
	return hc_strdup(arena, text);
}

void chaos_generate(struct hc_arena *arena, uint64_t seed, struct chaos_story *story)
{
	struct generator g = {.chance = {seed}};

	g.nnode = 3 + below(&g, 3);
	g.nvm = 1 + below(&g, 6);
	g.ngroup = below(&g, 3);
	g.interval_s = one_in(&g, 2) ? 1 : 10;
	g.events_s = 60 * g.interval_s;
	story->manifests = written(arena, &g, write_manifests);
	story->scenario = written(arena, &g, write_scenario);
}
