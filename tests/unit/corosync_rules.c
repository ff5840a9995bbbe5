/* SPDX-License-Identifier: Apache-2.0 */
/* The rules that keep one cluster from becoming two. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "providers/corosync/rules.h"

struct world {
	struct hc_arena *arena;
	struct hc_set want;
	struct hc_state have;
	struct hc_strings approved;
	struct hc_call call;
};

static struct hc_node *node(struct hc_set *set, uint32_t id, bool member)
{
	struct hc_node *n =
		hc_resource_new(set, &hc_node, NULL, hc_printf(set->arena, "pve%u", id))->spec;

	n->id = id;
	n->quorum_votes = 1;
	n->member = member;
	hc_map_put(set->arena, &n->links, "link0", hc_printf(set->arena, "10.0.0.%u", id));
	return n;
}

static struct hc_cluster *cluster(struct hc_set *set, uint64_t version)
{
	struct hc_cluster *c = hc_resource_new(set, &hc_cluster, NULL, "lab")->spec;

	c->cluster_name = "lab";
	c->config_version = version;
	c->quorate = true;
	return c;
}

/* Three nodes at version 2 on both sides; those above `present` are gone. */
static struct world three(uint32_t present, uint32_t wanted, uint64_t version)
{
	struct world w = {.arena = hc_arena_new()};
	struct hc_corosync *corosync;

	w.want.arena = w.have.found.arena = w.arena;
	cluster(&w.want, version);
	cluster(&w.have.found, 2);
	for (uint32_t i = 1; i <= 3; i++) {
		if (i <= wanted)
			node(&w.want, i, false);
		node(&w.have.found, i, i <= present);
	}
	corosync = hc_resource_new(&w.have.found, &hc_corosync, "pve1", "corosync")->spec;
	corosync->active = true;
	return w;
}

static const char *refusal(struct world *w, bool member)
{
	struct sides sides;

	w->call = (struct hc_call){
		.arena = w->arena,
		.node = "pve1",
		.member = member,
		.desired = &w->want,
		.live = &w->have,
		.approved = &w->approved,
	};
	sides = sides_of(&w->call);
	return member ? rules_refusal(&w->call, &sides) : rules_stay(&w->call, &sides);
}

static void says(const char *text, const char *part)
{
	assert_non_null(text);
	if (!strstr(text, part))
		fail_msg("\"%s\" is not in \"%s\"", part, text);
}

static void one_of_three_may_leave(void **state)
{
	struct world w = three(3, 2, 3);

	(void)state;
	assert_null(refusal(&w, true));
	w.arena = hc_arena_free(w.arena);
}

static void two_of_three_may_not_leave_at_once(void **state)
{
	struct world w = three(3, 1, 3);

	(void)state;
	says(refusal(&w, true), "pve2 and pve3 would leave: one node at a time");
	says(refusal(&w, true), "hold 1 of 3 expected votes where 2 are needed");
	w.arena = hc_arena_free(w.arena);
}

static void who_is_away_does_not_count_as_staying(void **state)
{
	struct world w = three(1, 2, 3);

	(void)state;
	says(refusal(&w, true), "(pve1) hold 1 of 3");
	w.arena = hc_arena_free(w.arena);
}

static void an_unreachable_node_leaves_only_by_the_operators_word(void **state)
{
	struct world w = three(2, 2, 3);

	(void)state;
	says(refusal(&w, true), "--approve Node/pve3");
	hc_strings_add(w.arena, &w.approved, "Node/pve2");
	says(refusal(&w, true), "--approve Node/pve3");
	hc_strings_add(w.arena, &w.approved, "Node/pve3");
	assert_null(refusal(&w, true));
	w.arena = hc_arena_free(w.arena);
}

static void a_node_that_said_good_bye_needs_no_word(void **state)
{
	struct world w = three(2, 2, 3);

	(void)state;
	for (size_t i = 0; i < w.have.found.n; i++)
		if (!strcmp(w.have.found.v[i]->name, "pve3"))
			((struct hc_node *)w.have.found.v[i]->spec)->left = true;
	assert_null(refusal(&w, true));
	w.arena = hc_arena_free(w.arena);
}

static void another_content_needs_a_higher_version(void **state)
{
	struct world w = three(3, 2, 2);

	(void)state;
	says(refusal(&w, true), "write 3");
	w.arena = hc_arena_free(w.arena);
}

static void the_same_content_may_have_the_same_version_but_no_lower_one(void **state)
{
	struct world same = three(3, 3, 2), lower = three(3, 3, 1);

	(void)state;
	assert_null(refusal(&same, true));
	says(refusal(&lower, true), "write 2");
	same.arena = hc_arena_free(same.arena);
	lower.arena = hc_arena_free(lower.arena);
}

static void what_does_not_run_may_take_up_the_version_of_the_others(void **state)
{
	struct world w = three(0, 2, 2);

	(void)state;
	for (size_t i = 0; i < w.have.found.n; i++)
		if (w.have.found.v[i]->type == &hc_corosync)
			((struct hc_corosync *)w.have.found.v[i]->spec)->active = false;
	assert_null(refusal(&w, true));
	w.arena = hc_arena_free(w.arena);
}

static void what_does_not_run_may_not_become_a_cluster_of_its_own(void **state)
{
	struct world w = three(0, 1, 3);

	(void)state;
	for (size_t i = 0; i < w.have.found.n; i++)
		if (w.have.found.v[i]->type == &hc_corosync)
			((struct hc_corosync *)w.have.found.v[i]->spec)->active = false;
	says(refusal(&w, true), "corosync does not run here");
	w.arena = hc_arena_free(w.arena);
}

static void a_node_may_not_leave_a_majority_that_breaks_without_it(void **state)
{
	struct world w = three(2, 0, 3);

	(void)state;
	node(&w.want, 2, false);
	node(&w.want, 3, false);
	says(refusal(&w, false), "(pve2) hold 1 of 3");
	w.arena = hc_arena_free(w.arena);
}

static void a_minority_does_not_hold_its_node(void **state)
{
	struct world w = three(1, 0, 3);

	(void)state;
	node(&w.want, 2, false);
	node(&w.want, 3, false);
	for (size_t i = 0; i < w.have.found.n; i++)
		if (w.have.found.v[i]->type == &hc_cluster)
			((struct hc_cluster *)w.have.found.v[i]->spec)->quorate = false;
	assert_null(refusal(&w, false));
	w.arena = hc_arena_free(w.arena);
}

static struct hc_corosync *corosync(struct world *w)
{
	for (size_t i = 0; i < w->have.found.n; i++)
		if (w->have.found.v[i]->type == &hc_corosync)
			return w->have.found.v[i]->spec;
	return NULL;
}

static void a_member_that_is_called_by_a_wrong_name_stays(void **state)
{
	struct world w = three(3, 0, 2);

	(void)state;
	node(&w.want, 2, false);
	node(&w.want, 3, false);
	corosync(&w)->node_name = "pve3";
	says(refusal(&w, false), "this machine is pve3");
	corosync(&w)->active = false;
	says(refusal(&w, false), "this machine is pve3");
	corosync(&w)->node_name = "pve1";
	assert_null(refusal(&w, false));
	w.arena = hc_arena_free(w.arena);
}

static void nothing_is_done_in_the_name_of_another_member(void **state)
{
	struct world w = three(3, 3, 2);

	(void)state;
	corosync(&w)->node_name = "pve3";
	says(refusal(&w, true), "this machine is pve3");
	corosync(&w)->node_name = "old"; /* a node that gets another name */
	assert_null(refusal(&w, true));
	w.arena = hc_arena_free(w.arena);
}

static void who_cannot_tell_its_name_stays(void **state)
{
	struct world w = three(0, 0, 2);

	(void)state;
	node(&w.want, 2, false);
	corosync(&w)->active = false;
	assert_null(refusal(&w, false)); /* its file has a node of its name */
	for (size_t i = 0; i < w.have.found.n; i++)
		if (!strcmp(w.have.found.v[i]->name, "pve1"))
			w.have.found.v[i]->name = "pve9";
	says(refusal(&w, false), "which node this machine is");
	w.arena = hc_arena_free(w.arena);
}

static void another_authkey_needs_a_version_that_is_not_loaded_yet(void **state)
{
	struct world same = three(3, 3, 2), newer = three(3, 3, 3);
	struct sides sides;

	(void)state;
	(void)refusal(&same, true);
	sides = sides_of(&same.call);
	says(rules_key(&same.call, &sides), "write 3");
	corosync(&same)->active = false; /* it will start with the new key */
	sides = sides_of(&same.call);
	assert_null(rules_key(&same.call, &sides));
	(void)refusal(&newer, true);
	sides = sides_of(&newer.call);
	assert_null(rules_key(&newer.call, &sides));
	same.arena = hc_arena_free(same.arena);
	newer.arena = hc_arena_free(newer.arena);
}

static void a_moved_address_needs_a_restart_and_a_new_node_does_not(void **state)
{
	struct world grown = three(3, 3, 3), moved = three(3, 2, 3);
	struct sides sides;

	(void)state;
	node(&grown.want, 4, false);
	(void)refusal(&grown, true);
	sides = sides_of(&grown.call);
	assert_null(rules_restart(grown.arena, &sides));
	assert_false(rules_votes_change(&sides));

	hc_map_put(moved.arena, &node(&moved.want, 3, false)->links, "link0", "10.0.0.33");
	(void)refusal(&moved, true);
	sides = sides_of(&moved.call);
	says(rules_restart(moved.arena, &sides), "another address of pve3 on link0");
	grown.arena = hc_arena_free(grown.arena);
	moved.arena = hc_arena_free(moved.arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_of_three_may_leave),
		cmocka_unit_test(two_of_three_may_not_leave_at_once),
		cmocka_unit_test(who_is_away_does_not_count_as_staying),
		cmocka_unit_test(an_unreachable_node_leaves_only_by_the_operators_word),
		cmocka_unit_test(a_node_that_said_good_bye_needs_no_word),
		cmocka_unit_test(another_content_needs_a_higher_version),
		cmocka_unit_test(the_same_content_may_have_the_same_version_but_no_lower_one),
		cmocka_unit_test(what_does_not_run_may_take_up_the_version_of_the_others),
		cmocka_unit_test(what_does_not_run_may_not_become_a_cluster_of_its_own),
		cmocka_unit_test(a_node_may_not_leave_a_majority_that_breaks_without_it),
		cmocka_unit_test(a_minority_does_not_hold_its_node),
		cmocka_unit_test(a_member_that_is_called_by_a_wrong_name_stays),
		cmocka_unit_test(nothing_is_done_in_the_name_of_another_member),
		cmocka_unit_test(who_cannot_tell_its_name_stays),
		cmocka_unit_test(another_authkey_needs_a_version_that_is_not_loaded_yet),
		cmocka_unit_test(a_moved_address_needs_a_restart_and_a_new_node_does_not),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
