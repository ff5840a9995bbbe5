/* SPDX-License-Identifier: Apache-2.0 */
/* Which node: a row for each rule, and the rounds in which a VM goes there. */

#include "ha_scene.h"

struct row {
	const char *says;
	const char *group; /* "n1:1 n2:3"; NULL: none */
	bool restricted, nofailback;
	const char *on;     /* where the VM is */
	const char *away;   /* this node is not there, since long */
	const char *home;   /* where it came from because of maintenance */
	const char *crowd;  /* two other VMs are here */
	const char *crowd2; /* ... and two more here */
	const char *right;  /* where it is to be; as `on`: it stays */
};

static const struct row rows[] = {
	{"without a group it stays", NULL, .on = "n3", .right = "n3"},
	{"without a group nothing moves for balance", NULL, .on = "n3", .crowd = "n3",
	 .right = "n3"},
	{"the highest priority counts", "n1:1 n2:3 n3:2", .on = "n1", .right = "n2"},
	{"a node that is away does not count", "n1:1 n2:3 n3:2", .on = "n1", .away = "n2",
	 .right = "n3"},
	{"on a node of the class it stays", "n1:2 n2:2 n3:1", .on = "n2", .crowd = "n2",
	 .right = "n2"},
	{"into the class: the fewest", "n1:2 n2:2", .on = "n3", .crowd = "n1", .right = "n2"},
	{"into the class: of equals the first name", "n1:2 n2:2", .on = "n3", .right = "n1"},
	{"into the class: of equals the first name, crowded alike", "n1:2 n2:2", .on = "n3",
	 .crowd = "n1", .crowd2 = "n2", .right = "n1"},
	{"priorities are 0 where none is written", "n1 n2", .on = "n3", .right = "n1"},
	{"the group's nodes come before the others", "n2", .on = "n1", .right = "n2"},
	{"unrestricted: others when the group's are away", "n2", .on = "n1", .away = "n2",
	 .right = "n1"},
	{"restricted: nowhere when the group's are away, so it stays", "n2", .restricted = true,
	 .on = "n1", .away = "n2", .right = "n1"},
	{"restricted: off a node that is none of it", "n2 n3", .restricted = true, .on = "n1",
	 .crowd = "n2", .right = "n3"},
	{"nofailback: stays on a node of lower priority", "n1:1 n2:3", .nofailback = true,
	 .on = "n1", .right = "n1"},
	{"nofailback, unrestricted: stays on any node", "n2:3", .nofailback = true, .on = "n1",
	 .right = "n1"},
	{"nofailback, restricted: not on a node that is none of it", "n2:3", .restricted = true,
	 .nofailback = true, .on = "n1", .right = "n2"},
	{"it goes home", "n1 n2 n3", .on = "n1", .home = "n3", .right = "n3"},
	{"home is not of the class", "n1:2 n2:2 n3:1", .on = "n1", .home = "n3", .right = "n1"},
	{"home is away", "n1 n2 n3", .on = "n1", .home = "n3", .away = "n3", .right = "n1"},
	{"without a group it goes home", NULL, .on = "n1", .home = "n2", .right = "n2"},
	{"nofailback comes before home", "n1 n2", .nofailback = true, .on = "n1", .home = "n2",
	 .right = "n1"},
};

/* All are where they are and do not move; but for vm1, whose rules are then set. */
static void lay_out(struct scene *s, const struct row *row)
{
	const char *first = row->crowd ? row->crowd : NULL;

	add(s, "vm1", row->on);
	for (size_t i = 0; first && i < 2; i++)
		add(s, i ? "vm3" : "vm2", row->crowd);
	for (size_t i = 0; row->crowd2 && i < 2; i++)
		add(s, i ? "vm5" : "vm4", row->crowd2);
	obey(s, 2);
	if (row->away) {
		away(s, row->away);
		node(s, row->away)->shut_out = true;
		obey(s, 5);
	}
	vm(s, "vm1")->home = row->home;
	s->group.restricted = row->restricted;
	s->group.nofailback = row->nofailback;
	if (row->group) {
		group(s, row->group);
		for (size_t i = 1; i < s->wants.n; i++)
			s->want[i].group = NULL;
	}
}

static void a_row_of_the_rules_holds(const struct row *row)
{
	struct scene *s;

	(void)scene_new((void **)&s);
	lay_out(s, row);
	obey(s, 1);
	if (!strcmp(row->on, row->right)
		    ? vm(s, "vm1")->is != HA_IS_STARTED
		    : !vm(s, "vm1")->target || strcmp(vm(s, "vm1")->target, row->right) != 0)
		fail_msg("%s: it is %s on %s, to %s", row->says, ha_words[vm(s, "vm1")->is],
			 vm(s, "vm1")->node,
			 vm(s, "vm1")->target ? vm(s, "vm1")->target : "nowhere");
	obey(s, 3);
	is_now(s, "vm1", HA_IS_STARTED, row->right);
	(void)scene_free((void **)&s);
}

static void each_rule_gives_the_right_node(void **state)
{
	(void)state;
	for (size_t i = 0; i < HC_COUNT(rows); i++)
		a_row_of_the_rules_holds(&rows[i]);
}

static void it_fails_back_live_when_its_node_returns(void **state)
{
	struct scene *s = *state;

	add(s, "vm1", "n3");
	group(s, "n1:1 n2:2 n3:3");
	obey(s, 2);
	away(s, "n3");
	node(s, "n3")->shut_out = true;
	obey(s, 5);
	is_now(s, "vm1", HA_IS_STARTED, "n2");
	back(s, "n3");
	obey(s, 1);
	goes_to(s, "vm1", HA_IS_MIGRATE, "n3");
	obey(s, 1);
	is_now(s, "vm1", HA_IS_STARTED, "n3");
}

static void those_that_move_count_on_both_sides(void **state)
{
	struct scene *s = *state;

	/* vm1 and vm2 leave n3 in the same round: the second sees where the first goes */
	add(s, "vm1", "n3");
	add(s, "vm2", "n3");
	add(s, "vm3", "n3");
	obey(s, 2);
	group(s, "n1 n2");
	obey(s, 1);
	goes_to(s, "vm1", HA_IS_MIGRATE, "n1");
	goes_to(s, "vm2", HA_IS_MIGRATE, "n2");
	goes_to(s, "vm3", HA_IS_MIGRATE, "n1");
}

static void what_is_off_does_not_count(void **state)
{
	struct scene *s = *state;

	add(s, "vm1", "n3");
	add(s, "vm2", "n1");
	add(s, "vm3", "n1");
	add(s, "vm4", "n2");
	want(s, "vm2")->wish = want(s, "vm3")->wish = HC_HA_STOPPED;
	obey(s, 3);
	is_now(s, "vm2", HA_IS_STOPPED, "n1");
	group(s, "n1 n2");
	obey(s, 1);
	goes_to(s, "vm1", HA_IS_MIGRATE, "n1");
}

static void with_spread_room_the_roomiest_node_is_taken_and_filled(void **state)
{
	struct scene *s = *state;
	static const uint64_t gib = GIB;

	s->wants.policy.spread = HC_HA_ROOM;
	add(s, "vm1", "n3");
	add(s, "vm2", "n3");
	add(s, "vm3", "n3");
	obey(s, 2);
	group(s, "n1 n2");
	node(s, "n1")->room = 5 * gib / 2;
	node(s, "n2")->room = 4 * gib;
	next(s);
	goes_to(s, "vm1", HA_IS_MIGRATE, "n2");
	goes_to(s, "vm2", HA_IS_MIGRATE, "n2");
	goes_to(s, "vm3", HA_IS_MIGRATE, "n1");
}

static void a_new_one_is_taken_where_it_is_and_moves_later(void **state)
{
	struct scene *s = *state;

	add(s, "vm1", "n1");
	group(s, "n2:1");
	next(s);
	is_now(s, "vm1", HA_IS_STARTED, "n1");
	next(s);
	goes_to(s, "vm1", HA_IS_MIGRATE, "n2");
}

static void a_new_one_that_nobody_has_goes_where_it_is_written_or_right(void **state)
{
	struct scene *s = *state;

	add(s, "vm1", NULL);
	add(s, "vm2", NULL);
	add(s, "vm3", NULL);
	group(s, "n2:1");
	want(s, "vm1")->node = "n3";
	away(s, "n1");
	want(s, "vm3")->node = "n1";
	next(s);
	is_now(s, "vm1", HA_IS_STARTED, "n3");
	is_now(s, "vm2", HA_IS_STARTED, "n2");
	is_now(s, "vm3", HA_IS_STARTED, "n2");
}

static void a_new_one_without_a_fit_node_waits_for_one(void **state)
{
	struct scene *s = *state;

	add(s, "vm1", NULL);
	group(s, "n2:1");
	s->group.restricted = true;
	away(s, "n2");
	rounds(s, 3);
	assert_null(ha_find_vm(&s->memory, "vm1"));
	assert_true(warned(s, "no node fit"));
	back(s, "n2");
	next(s);
	is_now(s, "vm1", HA_IS_STARTED, "n2");
}

static void a_new_pinned_one_waits_for_the_node_of_its_document(void **state)
{
	struct scene *s = *state;

	add(s, "vm1", NULL);
	want(s, "vm1")->node = "n3";
	want(s, "vm1")->pinned = "its disk is there";
	away(s, "n3");
	next(s);
	is_now(s, "vm1", HA_IS_STARTED, "n3");
}

static void each_counts_once_before_and_after_its_turn(void **state)
{
	struct scene *s = *state;

	add(s, "vm1", "n1");
	add(s, "vm2", "n3");
	add(s, "vm3", "n2");
	obey(s, 2);
	group(s, "n1 n2");
	next(s);
	goes_to(s, "vm2", HA_IS_MIGRATE, "n1");
}

static void an_answer_of_an_earlier_life_is_none(void **state)
{
	struct scene *s = *state;

	add(s, "vm1", "n1");
	s->vms[0].order = 7;
	s->vms[0].answer = HA_FAILED;
	next(s);
	assert_int_equal(vm(s, "vm1")->order, 8);
	rounds(s, 5);
	is_now(s, "vm1", HA_IS_STARTED, "n1");
}

static void what_is_no_longer_asked_for_is_dropped_in_any_state(void **state)
{
	struct scene *s = *state;

	for (int is = HA_IS_STOPPED; is <= HA_IS_ERROR; is++) {
		s->wants.n = s->seen.nvm = 0;
		s->memory = (struct ha_memory){0};
		add(s, "vm1", "n1");
		next(s);
		vm(s, "vm1")->is = (enum ha_is)is;
		vm(s, "vm1")->target = is == HA_IS_MIGRATE || is == HA_IS_RELOCATE ? "n2" : NULL;
		s->wants.n = 0;
		next(s);
		assert_int_equal(s->memory.nvm, 0);
		assert_int_equal(s->memory.nnode, 3);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_rule_gives_the_right_node),
		scene_test(it_fails_back_live_when_its_node_returns),
		scene_test(those_that_move_count_on_both_sides),
		scene_test(what_is_off_does_not_count),
		scene_test(with_spread_room_the_roomiest_node_is_taken_and_filled),
		scene_test(a_new_one_is_taken_where_it_is_and_moves_later),
		scene_test(a_new_one_that_nobody_has_goes_where_it_is_written_or_right),
		scene_test(a_new_one_without_a_fit_node_waits_for_one),
		scene_test(an_answer_of_an_earlier_life_is_none),
		scene_test(what_is_no_longer_asked_for_is_dropped_in_any_state),
		scene_test(a_new_pinned_one_waits_for_the_node_of_its_document),
		scene_test(each_counts_once_before_and_after_its_turn),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
