/* SPDX-License-Identifier: Apache-2.0 */
/* From manifests to what a decision is asked: profiles, groups in each of their forms, what ties a
 * VM to its node. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include <reconciler/ha/ha.h>
#include <reconciler/load.h>

#define DOCUMENT(kind, name, spec)                                                                 \
	"---\napiVersion: hcstate/v1\nkind: " kind "\nmetadata: {name: " name "}\nspec: " spec "\n"
#define NODE(n) DOCUMENT("Node", "pve" n, "{id: " n ", links: {link0: 10.0.0." n "}}")
#define NODES NODE("1") NODE("2") NODE("3")
#define VM(name, id, more) DOCUMENT("VirtualMachine", name, "{id: " id ", memory: 64M" more "}")
#define GROUP(nodes) DOCUMENT("HaGroup", "some", "{nodes: " nodes "}")
#define RESOURCE(name, spec) DOCUMENT("HaResource", name, spec)
#define DIRECTORY DOCUMENT("Storage", "local", "{type: dir, path: /var/lib/vms}")

struct world {
	struct hc_registry *registry;
	struct hc_generation *generation;
	struct ha_wants wants;
};

static int setup(void **state)
{
	struct world *w = calloc(1, sizeof(*w));

	assert_non_null(w);
	w->registry = hc_registry_new();
	*state = w;
	return 0;
}

static int teardown(void **state)
{
	struct world *w = *state;

	(void)hc_generation_free(w->generation);
	(void)hc_registry_free(w->registry);
	free(w);
	return 0;
}

/* What the manifests say, right or wrong. */
static void read_manifests(struct world *w, const char *text)
{
	struct hc_arena *arena = hc_arena_new();
	struct hc_source **sources = hc_alloc(arena, sizeof(*sources));

	sources[0] = hc_new(arena, struct hc_source);
	*sources[0] = (struct hc_source){"ha.yaml", text, strlen(text)};
	(void)hc_generation_free(w->generation);
	w->generation = hc_load_texts(w->registry, &arena, "ha.yaml", sources, 1, NULL, NULL);
}

static const struct ha_wants *wants_of(struct world *w, const char *text)
{
	read_manifests(w, text);
	if (w->generation->diags.errors)
		hc_diags_print(&w->generation->diags, stderr);
	assert_int_equal(w->generation->diags.errors, 0);
	ha_wants(w->generation->arena, &w->generation->desired, &w->wants);
	return &w->wants;
}

static void assert_said(struct world *w, const char *text)
{
	const struct hc_diags *diags = &w->generation->diags;
	bool said = false;

	for (size_t i = 0; i < diags->n; i++)
		said |= strstr(diags->v[i].text, text) != NULL;
	if (!said)
		hc_diags_print(&w->generation->diags, stderr);
	assert_true(said);
}

static void without_a_policy_all_is_fast(void **state)
{
	const struct ha_wants *wants = wants_of(*state, NODES);

	assert_int_equal(wants->policy.times.interval, 1000);
	assert_int_equal(wants->policy.times.fence_delay, 1000);
	assert_int_equal(wants->policy.times.lease, 5000);
	assert_int_equal(wants->policy.times.self_fence, 5000);
	assert_int_equal(wants->policy.times.storage_delay, 10000);
	assert_int_equal(wants->policy.shutdown, HC_HA_CONDITIONAL);
	assert_int_equal(wants->policy.spread, HC_HA_COUNT);
	assert_int_equal(wants->n, 0);
	assert_int_equal(wants->nnode, 3);
	assert_string_equal(wants->nodes[2], "pve3");
}

static void the_reference_has_the_times_that_its_users_know(void **state)
{
	const struct ha_wants *wants =
		wants_of(*state, DOCUMENT("HaPolicy", "p", "{profile: reference}"));

	assert_int_equal(wants->policy.times.interval, 10000);
	assert_int_equal(wants->policy.times.fence_delay, 60000);
	assert_int_equal(wants->policy.times.lease, 120000);
	assert_int_equal(wants->policy.times.self_fence, 60000);
	assert_int_equal(wants->policy.times.storage_delay, 120000);
}

static void a_time_that_is_written_stands_before_its_profile(void **state)
{
	const struct ha_wants *wants =
		wants_of(*state, DOCUMENT("HaPolicy", "p",
					  "{profile: reference, fence_delay: 30s, lease: 90000, "
					  "shutdown_policy: migrate, spread: room}"));

	assert_int_equal(wants->policy.times.fence_delay, 30000);
	assert_int_equal(wants->policy.times.lease, 90000);
	assert_int_equal(wants->policy.times.self_fence, 60000);
	assert_int_equal(wants->policy.shutdown, HC_HA_MIGRATE);
	assert_int_equal(wants->policy.spread, HC_HA_ROOM);
}

/* A delay of nothing is asked for, not left out. */
static void a_time_may_be_nothing(void **state)
{
	const struct ha_wants *wants =
		wants_of(*state, DOCUMENT("HaPolicy", "p", "{fence_delay: 0}"));

	assert_int_equal(wants->policy.times.fence_delay, 0);
}

static void a_group_is_understood_in_each_form(void **state)
{
	static const struct {
		const char *nodes;
		uint32_t priority[3];
		size_t n;
	} forms[] = {
		{"{pve1: 1, pve2: 2, pve3: 3}", {1, 2, 3}, 3},
		{"{pve3: 3, pve1: {priority: 1}, pve2: {}}", {1, 0, 3}, 3},
		{"[pve2, pve1]", {0, 0}, 2},
		{"[{node: pve2, priority: 7}, pve1]", {0, 7}, 2},
		{"[{node: pve1}]", {0}, 1},
	};

	for (size_t i = 0; i < HC_COUNT(forms); i++) {
		char text[2048];
		const struct ha_group *group;

		(void)snprintf(
			text, sizeof(text), "%s%s%s",
			NODES VM("web", "100", "") RESOURCE(
				"r", "{vm: web, group: some}") "---\napiVersion: hcstate/v1\nkind: "
							       "HaGroup\nmetadata: "
							       "{name: some}\nspec: {nofailback: "
							       "true, nodes: ",
			forms[i].nodes, "}\n");
		group = wants_of(*state, text)->v[0].group;
		assert_non_null(group);
		assert_string_equal(group->name, "some");
		assert_true(group->nofailback);
		assert_false(group->restricted);
		assert_int_equal(group->n, forms[i].n);
		for (size_t k = 0; k < group->n; k++) {
			char node[] = {'p', 'v', 'e', (char)('1' + (int)k), '\0'};

			assert_string_equal(group->v[k].node, node);
			assert_int_equal(group->v[k].priority, forms[i].priority[k]);
		}
	}
}

static void a_group_in_no_form_says_what_is_wrong(void **state)
{
	static const struct {
		const char *text, *said;
	} wrong[] = {
		{NODES GROUP("{pve1:1}"), "pve1:1 has no value"},
		{NODES GROUP("{pve1: {node: pve2}}"), "its node is pve1 already"},
		{NODES GROUP("[{priority: 1}]"), "HaGroupNode needs node, which names it"},
		{NODES GROUP("[pve1, pve1]"), "pve1 is written twice"},
		{NODES GROUP("{pve4: 1}"), "there is no Node pve4"},
		{NODES GROUP("{pve1: high}"), "priority: \"high\" is not a whole number"},
		{NODES GROUP("{}"), "nodes: 0 items, below 1"},
		{NODES GROUP("[[pve1]]"), "a list where one HaGroupNode is wanted"},
		{NODES GROUP("pve1"), "nodes wants a mapping, this is a text"},
		{NODES DOCUMENT("HaGroup", "some", "{}"), "HaGroup needs nodes"},
	};

	for (size_t i = 0; i < HC_COUNT(wrong); i++) {
		read_manifests(*state, wrong[i].text);
		assert_true(((struct world *)*state)->generation->diags.errors);
		assert_said(*state, wrong[i].said);
	}
}

static void wants_are_sorted_by_vm_and_who_is_ignored_is_none(void **state)
{
	const struct ha_wants *wants =
		wants_of(*state,
			 NODES VM("b", "101", ", node: pve2") VM("a", "100", "") VM("c", "102", "")
				 RESOURCE("1", "{vm: b, max_restart: 3, max_relocate: 0}")
					 RESOURCE("2", "{vm: a, state: disabled}")
						 RESOURCE("3", "{vm: c, state: ignored}"));

	assert_int_equal(wants->n, 2);
	assert_string_equal(wants->v[0].vm, "a");
	assert_int_equal(wants->v[0].wish, HC_HA_DISABLED);
	assert_int_equal(wants->v[0].max_restart, 1);
	assert_int_equal(wants->v[0].max_relocate, 1);
	assert_null(wants->v[0].node);
	assert_null(wants->v[0].group);
	assert_string_equal(wants->v[1].vm, "b");
	assert_int_equal(wants->v[1].wish, HC_HA_STARTED);
	assert_int_equal(wants->v[1].max_restart, 3);
	assert_int_equal(wants->v[1].max_relocate, 0);
	assert_int_equal(wants->v[1].memory, 64 << 20);
	assert_string_equal(wants->v[1].node, "pve2");
	assert_null(wants->v[1].pinned);
	assert_ptr_equal(ha_find_want(wants, "b"), &wants->v[1]);
	assert_null(ha_find_want(wants, "c"));
}

static void a_file_of_its_node_pins_a_vm(void **state)
{
	static const struct {
		const char *text, *why;
	} pinned[] = {
		{VM("web", "100", ", disks: {disk-0: {storage: local, size: 1G}}"), "disk-0"},
		{VM("web", "100", ", cdrom: /srv/a.iso"), "cdrom /srv/a.iso"},
		{VM("web", "100", ", firmware: uefi"), "uefi"},
		{VM("web", "100", ", cloud_init: {storage: local}"), "cloud_init"},
	};

	for (size_t i = 0; i < HC_COUNT(pinned); i++) {
		char text[2048];
		const struct ha_want *want;

		/* the disk of another, whose name begins alike, is not its own */
		(void)snprintf(text, sizeof(text), "%s%s",
			       NODES DIRECTORY RESOURCE("r", "{vm: web}") RESOURCE("s", "{vm: we}")
				       VM("we", "101", ""),
			       pinned[i].text);
		want = ha_find_want(wants_of(*state, text), "web");
		assert_non_null(want);
		assert_non_null(want->pinned);
		assert_non_null(strstr(want->pinned, pinned[i].why));
		assert_said(*state, "VirtualMachine/web is not recoverable elsewhere");
		assert_null(ha_find_want(&((struct world *)*state)->wants, "we")->pinned);
	}
}

static void what_is_asked_twice_or_cannot_be_is_said(void **state)
{
	static const struct {
		const char *text, *said;
	} wrong[] = {
		{DOCUMENT("HaPolicy", "p", "{}") DOCUMENT("HaPolicy", "q", "{}"),
		 "a second HaPolicy: there is HaPolicy/p already"},
		{DOCUMENT("HaPolicy", "p", "{lease: 10s, interval: 10s}"),
		 "lease 10000 ms is below twice the interval of 10000 ms"},
		{VM("web", "100", "") RESOURCE("a", "{vm: web}") RESOURCE("b", "{vm: web}"),
		 "VirtualMachine/web is under HA already, by HaResource/a"},
		{RESOURCE("a", "{vm: web}"), "there is no VirtualMachine web"},
		{RESOURCE("a", "{}"), "HaResource needs vm"},
		{VM("web", "100", "") RESOURCE("a", "{vm: web, group: none}"),
		 "there is no HaGroup none"},
		{VM("web", "100", ", running: false") RESOURCE("a", "{vm: web}"),
		 "VirtualMachine/web has running: false, and is started all the same"},
		{NODES VM("web", "100", ", node: pve1") RESOURCE("a", "{vm: web, group: some}")
			 DOCUMENT("HaGroup", "some", "{nodes: [pve2], restricted: true}"),
		 "HaGroup/some is restricted and does not have pve1"},
	};

	for (size_t i = 0; i < HC_COUNT(wrong); i++) {
		read_manifests(*state, wrong[i].text);
		assert_said(*state, wrong[i].said);
	}
}

/* One of a live state may have been told without them. */
static void a_policy_without_its_times_has_those_of_its_profile(void **state)
{
	struct world *w = *state;
	struct hc_ha_policy *policy;

	read_manifests(w, NODES);
	policy = hc_resource_new(&w->generation->desired, &hc_ha_policy, NULL, "ha")->spec;
	policy->profile = HC_HA_REFERENCE;
	hc_set_sort(&w->generation->desired);
	ha_wants(w->generation->arena, &w->generation->desired, &w->wants);
	assert_int_equal(w->wants.policy.times.interval, 10000);
	assert_int_equal(w->wants.policy.times.fence_delay, 60000);
}

static void enabled_is_another_word_for_started(void **state)
{
	const struct ha_wants *wants =
		wants_of(*state, VM("web", "100", "") RESOURCE("a", "{vm: web, state: enabled}"));

	assert_int_equal(wants->v[0].wish, HC_HA_STARTED);
}

/* Warnings are for what is asked for. */
static void what_is_ignored_is_not_warned_of(void **state)
{
	read_manifests(*state, VM("web", "100", ", running: false, firmware: uefi")
				       RESOURCE("a", "{vm: web, state: ignored}"));
	assert_int_equal(((struct world *)*state)->generation->diags.n, 0);
	read_manifests(*state, NODES VM("web", "100", ", node: pve1, running: false") GROUP(
				       "[pve2]") RESOURCE("a", "{vm: web, group: some, state: "
							       "stopped}"));
	assert_int_equal(((struct world *)*state)->generation->diags.n, 0);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	static const struct CMUnitTest tests[] = {
		TEST(without_a_policy_all_is_fast),
		TEST(the_reference_has_the_times_that_its_users_know),
		TEST(a_time_that_is_written_stands_before_its_profile),
		TEST(a_time_may_be_nothing),
		TEST(a_group_is_understood_in_each_form),
		TEST(a_group_in_no_form_says_what_is_wrong),
		TEST(wants_are_sorted_by_vm_and_who_is_ignored_is_none),
		TEST(a_file_of_its_node_pins_a_vm),
		TEST(what_is_asked_twice_or_cannot_be_is_said),
		TEST(a_policy_without_its_times_has_those_of_its_profile),
		TEST(enabled_is_another_word_for_started),
		TEST(what_is_ignored_is_not_warned_of),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
