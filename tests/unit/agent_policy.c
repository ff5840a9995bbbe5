/* SPDX-License-Identifier: Apache-2.0 */
/* What the agent may do by itself, and what it says of all else. */

#include "toy.h"

#include <hcstate/net.h>
#include <reconciler/agent/policy.h>

/* 2026-11-23 12:00 UTC, a Monday. */
enum { NOW = 1795435200, HOUR = 3600 };

static const struct hc_agent_window night_spec = {.from = "02:00",
						  .to = "04:00",
						  .time_zone = "UTC"};
static const struct hc_agent_window noon_spec = {.from = "11:00",
						 .to = "13:00",
						 .time_zone = "UTC"};
static const struct hc_agent_window lost_spec = {.from = "11:00",
						 .to = "13:00",
						 .time_zone = "No/where"};

/* A configuration that is made line by line, and a change to be judged. */
struct matter {
	struct hc_arena *arena;
	struct hc_set set;
	struct agent_config config;
	struct agent_rule rules[4];
	struct hc_agent_rule specs[4];
	struct agent_window windows[4];
	struct suspension suspended[2];
	struct suspensions suspensions;
	struct hc_strings approved;
	struct policy policy;
	struct hc_change change;
};

static void begin(struct matter *c, enum hc_action action, enum hc_impact impact)
{
	*c = (struct matter){.arena = hc_arena_new()};
	c->set.arena = c->arena;
	c->config.rules = c->rules;
	c->config.windows = c->windows;
	c->suspensions.v = c->suspended;
	c->policy = (struct policy){.config = &c->config,
				    .suspensions = &c->suspensions,
				    .approved = &c->approved,
				    .now = NOW};
	c->change = (struct hc_change){
		.action = action,
		.type = &thing_type,
		.name = "desk",
		.node = "n1",
		.want = toy_thing(&c->set, "desk", 1),
		.impact = impact,
	};
}

static void with_window(struct matter *c, const char *name, const struct hc_agent_window *spec)
{
	c->windows[c->config.nwindow++] = (struct agent_window){.name = name, .spec = spec};
}

static struct hc_agent_rule *with_rule(struct matter *c, const char *name, enum hc_agent_mode mode)
{
	struct hc_agent_rule *spec = &c->specs[c->config.nrule];

	spec->mode = mode;
	c->rules[c->config.nrule++] = (struct agent_rule){.name = name, .spec = spec};
	return spec;
}

static void with_suspension(struct matter *c, const char *selector, time_t until)
{
	c->suspended[c->suspensions.n++] = (struct suspension){.selector = selector,
							       .by = "ann",
							       .reason = "moving racks",
							       .until = until};
}

static void word(struct matter *c, struct hc_strings *strings, const char *text)
{
	hc_strings_add(c->arena, strings, text);
}

/* What is judged, whole; reason NULL: none. Ends the matter. */
static void is(struct matter *c, enum hc_hold hold, const char *reason, time_t until)
{
	struct policy_verdict verdict = {.hold = HC_HOLD_IGNORE, .reason = "x", .until = 1};

	policy_judge(&c->policy, c->arena, &c->change, &verdict);
	if (reason)
		assert_string_equal(verdict.reason ? verdict.reason : "none", reason);
	else
		assert_null(verdict.reason);
	assert_int_equal(verdict.hold, hold);
	assert_int_equal(verdict.until, until);
	c->arena = hc_arena_free(c->arena);
}

static void goes(struct matter *c)
{
	is(c, HC_GO, NULL, 0);
}

#define NIGHT_OPENS (NOW + 14 * HOUR)
#define WAITS_FOR_NIGHT "waits for the window night (opens Tue 02:00) or approval"
#define WANTS(impact) impact ": it waits for approval (hcstate approve Thing/desk@n1)"

static void small_things_are_done_at_once(void **state)
{
	struct matter c;

	(void)state;
	begin(&c, HC_UPDATE, HC_NONE);
	goes(&c);
	begin(&c, HC_REMOVE, HC_BLIP);
	goes(&c);
}

static void what_costs_more_waits_for_a_person_where_there_is_no_window(void **state)
{
	struct matter c;

	(void)state;
	begin(&c, HC_UPDATE, HC_RESTART);
	is(&c, HC_HOLD_APPROVAL, WANTS("restart"), 0);
	begin(&c, HC_REMOVE, HC_FAILOVER);
	is(&c, HC_HOLD_APPROVAL, WANTS("failover"), 0);
	begin(&c, HC_REPLACE, HC_DATA_MOVE);
	is(&c, HC_HOLD_APPROVAL, WANTS("data-move"), 0);
}

static void what_is_not_there_yet_is_made(void **state)
{
	struct matter c;

	(void)state;
	begin(&c, HC_CREATE, HC_DATA_MOVE);
	goes(&c);
	begin(&c, HC_CREATE, HC_DATA_LOSS);
	is(&c, HC_HOLD_APPROVAL, WANTS("data-loss"), 0);
}

static void a_window_lets_it_through(void **state)
{
	static const enum hc_impact costly[] = {HC_RESTART, HC_FAILOVER, HC_DATA_MOVE};
	struct matter c;

	(void)state;
	for (size_t i = 0; i < HC_COUNT(costly); i++) {
		begin(&c, HC_UPDATE, costly[i]);
		with_window(&c, "night", &night_spec);
		is(&c, HC_HOLD_WINDOW, WAITS_FOR_NIGHT, NIGHT_OPENS);
		begin(&c, HC_UPDATE, costly[i]);
		with_window(&c, "noon", &noon_spec);
		goes(&c);
	}
}

static void the_window_that_opens_first_is_named(void **state)
{
	static const struct hc_agent_window evening = {.from = "20:00",
						       .to = "21:00",
						       .time_zone = "UTC"};
	struct matter c;

	(void)state;
	begin(&c, HC_UPDATE, HC_RESTART);
	with_window(&c, "night", &night_spec);
	with_window(&c, "evening", &evening);
	is(&c, HC_HOLD_WINDOW, "waits for the window evening (opens Mon 20:00) or approval",
	   NOW + 8 * HOUR);
	begin(&c, HC_UPDATE, HC_RESTART);
	with_window(&c, "evening", &evening);
	with_window(&c, "night", &night_spec);
	with_window(&c, "noon", &noon_spec);
	goes(&c);
}

static void a_rule_may_name_its_windows(void **state)
{
	struct matter c;

	(void)state;
	begin(&c, HC_UPDATE, HC_RESTART);
	with_window(&c, "noon", &noon_spec);
	with_window(&c, "night", &night_spec);
	word(&c, &with_rule(&c, "things", HC_AGENT_ENFORCE)->windows, "night");
	is(&c, HC_HOLD_WINDOW, WAITS_FOR_NIGHT, NIGHT_OPENS);
}

static void a_window_that_never_opens_is_none(void **state)
{
	struct matter c;

	(void)state;
	begin(&c, HC_UPDATE, HC_RESTART);
	with_window(&c, "lost", &lost_spec);
	is(&c, HC_HOLD_APPROVAL, WANTS("restart"), 0);
	begin(&c, HC_UPDATE, HC_RESTART);
	with_window(&c, "lost", &lost_spec);
	with_window(&c, "night", &night_spec);
	is(&c, HC_HOLD_WINDOW, WAITS_FOR_NIGHT, NIGHT_OPENS);
}

static void a_rule_says_what_goes_when(void **state)
{
	struct matter c;

	(void)state;
	begin(&c, HC_UPDATE, HC_BLIP);
	with_rule(&c, "none", HC_AGENT_ENFORCE);
	c.rules[0].says_at_once = true; /* an empty list: nothing is had at once */
	with_window(&c, "noon", &noon_spec);
	is(&c, HC_HOLD_APPROVAL, WANTS("blip"), 0);
	begin(&c, HC_UPDATE, HC_FAILOVER);
	word(&c, &with_rule(&c, "all", HC_AGENT_ENFORCE)->at_once, "failover");
	c.rules[0].says_at_once = true;
	goes(&c);
	begin(&c, HC_UPDATE, HC_BLIP);
	word(&c, &with_rule(&c, "at night", HC_AGENT_ENFORCE)->in_windows, "blip");
	c.rules[0].says_at_once = c.rules[0].says_in_windows = true;
	with_window(&c, "noon", &noon_spec);
	goes(&c);
	begin(&c, HC_UPDATE, HC_RESTART);
	with_rule(&c, "persons", HC_AGENT_ENFORCE);
	c.rules[0].says_in_windows = true;
	with_window(&c, "noon", &noon_spec);
	is(&c, HC_HOLD_APPROVAL, WANTS("restart"), 0);
}

static void no_rule_loses_data(void **state)
{
	struct matter c;

	(void)state;
	begin(&c, HC_REMOVE, HC_DATA_LOSS);
	word(&c, &with_rule(&c, "reckless", HC_AGENT_ENFORCE)->at_once, "data-loss");
	word(&c, &c.specs[0].in_windows, "data-loss");
	c.rules[0].says_at_once = c.rules[0].says_in_windows = true;
	with_window(&c, "noon", &noon_spec);
	is(&c, HC_HOLD_APPROVAL, WANTS("data-loss"), 0);
}

static void a_persons_yes_lets_it_through(void **state)
{
	struct matter c;

	(void)state;
	begin(&c, HC_REMOVE, HC_DATA_LOSS);
	word(&c, &c.approved, "Thing/desk@n1");
	goes(&c);
	begin(&c, HC_UPDATE, HC_RESTART);
	with_window(&c, "night", &night_spec);
	word(&c, &c.approved, "Thing/desk@n1");
	goes(&c);
	begin(&c, HC_UPDATE, HC_RESTART);
	word(&c, &c.approved, "Thing/desk");
	word(&c, &c.approved, "Thing/desk2@n1");
	is(&c, HC_HOLD_APPROVAL, WANTS("restart"), 0);
	begin(&c, HC_UPDATE, HC_RESTART);
	c.policy.approved = NULL;
	c.policy.suspensions = NULL;
	is(&c, HC_HOLD_APPROVAL, WANTS("restart"), 0);
}

/* What was looked at was less. */
static void a_yes_to_less_lets_nothing_more_through(void **state)
{
	struct matter c;
	struct approval yes = {.object = "Thing/desk@n1", .most = "restart"};
	const struct approvals approvals = {.v = &yes, .n = 1};

	(void)state;
	begin(&c, HC_REPLACE, HC_RESTART);
	word(&c, &c.approved, "Thing/desk@n1");
	c.policy.approvals = &approvals;
	goes(&c);
	begin(&c, HC_REPLACE, HC_DATA_LOSS);
	c.change.needs_approval = true; /* as the core has it */
	word(&c, &c.approved, "Thing/desk@n1");
	c.policy.approvals = &approvals;
	is(&c, HC_HOLD_APPROVAL, WANTS("data-loss"), 0);
	yes.most = "none";
	begin(&c, HC_UPDATE, HC_BLIP); /* which wants no word at all */
	word(&c, &c.approved, "Thing/desk@n1");
	c.policy.approvals = &approvals;
	goes(&c);
}

static void a_mode_stands_above_a_persons_yes(void **state)
{
	struct matter c;

	(void)state;
	begin(&c, HC_CREATE, HC_NONE);
	with_rule(&c, "watch", HC_AGENT_REPORT);
	word(&c, &c.approved, "Thing/desk@n1");
	is(&c, HC_HOLD_REPORT, "only reported (policy watch)", 0);
	begin(&c, HC_CREATE, HC_NONE);
	with_rule(&c, "theirs", HC_AGENT_IGNORE);
	word(&c, &c.approved, "Thing/desk@n1");
	is(&c, HC_HOLD_IGNORE, "ignored (policy theirs)", 0);
}

static void the_first_rule_that_fits_decides(void **state)
{
	struct matter c;

	(void)state;
	begin(&c, HC_UPDATE, HC_NONE);
	word(&c, &with_rule(&c, "parts", HC_AGENT_IGNORE)->kinds, "Part");
	word(&c, &with_rule(&c, "chairs", HC_AGENT_IGNORE)->names, "chair*");
	word(&c, &with_rule(&c, "desks", HC_AGENT_REPORT)->names, "bed");
	word(&c, &c.specs[2].names, "d?sk");
	word(&c, &c.specs[2].kinds, "Thing");
	with_rule(&c, "rest", HC_AGENT_IGNORE);
	is(&c, HC_HOLD_REPORT, "only reported (policy desks)", 0);
}

static void a_rule_needs_both_kind_and_name(void **state)
{
	struct matter c;

	(void)state;
	begin(&c, HC_UPDATE, HC_NONE);
	word(&c, &with_rule(&c, "other kind", HC_AGENT_IGNORE)->names, "desk");
	word(&c, &c.specs[0].kinds, "Part");
	word(&c, &with_rule(&c, "other name", HC_AGENT_IGNORE)->kinds, "Thing");
	word(&c, &c.specs[1].names, "des");
	goes(&c);
}

static void hands_off_stands_above_all(void **state)
{
	struct matter c;

	(void)state;
	begin(&c, HC_CREATE, HC_NONE);
	with_rule(&c, "theirs", HC_AGENT_IGNORE);
	word(&c, &c.approved, "Thing/desk@n1");
	with_suspension(&c, "Thing/de*", NOW + 2 * HOUR);
	(void)setenv("TZ", "UTC", 1);
	is(&c, HC_HOLD_SUSPENDED, "suspended by ann: moving racks (until Mon 14:00)",
	   NOW + 2 * HOUR);
	(void)unsetenv("TZ");
	begin(&c, HC_UPDATE, HC_NONE);
	with_suspension(&c, "", 0);
	is(&c, HC_HOLD_SUSPENDED, "suspended by ann: moving racks", 0);
	begin(&c, HC_UPDATE, HC_NONE);
	with_suspension(&c, "Thing/desk@n2", 0);
	goes(&c);
	begin(&c, HC_UPDATE, HC_NONE);
	with_suspension(&c, "Thing/desk@n1", 0);
	c.suspended[0].reason = NULL;
	is(&c, HC_HOLD_SUSPENDED, "suspended by ann", 0);
	begin(&c, HC_UPDATE, HC_NONE);
	with_suspension(&c, "", NOW); /* it has ended */
	goes(&c);
}

static void who_speaks_of_a_bridge_means_its_addresses(void **state)
{
	struct matter c;

	(void)state;
	begin(&c, HC_REMOVE, HC_BLIP);
	c.change.type = &hc_net_address;
	c.change.name = "vmbr0/10.0.0.1/24";
	with_suspension(&c, "Bridge/vmbr0", 0);
	is(&c, HC_HOLD_SUSPENDED, "suspended by ann: moving racks", 0);
	begin(&c, HC_REMOVE, HC_BLIP);
	c.change.type = &hc_net_address;
	c.change.name = "vmbr1/10.0.0.1/24";
	with_suspension(&c, "Bridge/vmbr0", 0);
	is(&c, HC_GO, NULL, 0);
	begin(&c, HC_UPDATE, HC_BLIP);
	c.change.type = &hc_net_address;
	c.change.name = "vmbr0/10.0.0.1/24";
	word(&c, &with_rule(&c, "bridges", HC_AGENT_REPORT)->kinds, "Bridge");
	is(&c, HC_HOLD_REPORT, "only reported (policy bridges)", 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(who_speaks_of_a_bridge_means_its_addresses),
		cmocka_unit_test(small_things_are_done_at_once),
		cmocka_unit_test(what_costs_more_waits_for_a_person_where_there_is_no_window),
		cmocka_unit_test(what_is_not_there_yet_is_made),
		cmocka_unit_test(a_window_lets_it_through),
		cmocka_unit_test(the_window_that_opens_first_is_named),
		cmocka_unit_test(a_rule_may_name_its_windows),
		cmocka_unit_test(a_window_that_never_opens_is_none),
		cmocka_unit_test(a_rule_says_what_goes_when),
		cmocka_unit_test(no_rule_loses_data),
		cmocka_unit_test(a_persons_yes_lets_it_through),
		cmocka_unit_test(a_yes_to_less_lets_nothing_more_through),
		cmocka_unit_test(a_mode_stands_above_a_persons_yes),
		cmocka_unit_test(the_first_rule_that_fits_decides),
		cmocka_unit_test(a_rule_needs_both_kind_and_name),
		cmocka_unit_test(hands_off_stands_above_all),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
