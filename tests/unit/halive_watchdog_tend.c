/* SPDX-License-Identifier: Apache-2.0 */
/* On which nodes the watchdog runs: those with VMs that others could have. */

#include "halive_scene.h"
#include "halive_watchdog.h"

static struct world w;

static struct hc_ha_policy *policy_of(struct scene *s)
{
	return hc_resource_new(&s->whole, &hc_ha_policy, NULL, "ha")->spec;
}

/* A VM that is there for HA as that, on those nodes; pve1 looks. */
static struct scene *scene_with(enum ha_is is, const char *node, const char *target)
{
	struct scene *s = scene_new(true);
	struct ha_vm vm = {.vm = "web1", .is = is, .node = node, .target = target};
	struct hc_ha_policy *policy = policy_of(s);

	hc_ha_times(HC_HA_FAST, policy);
	policy->watchdog = DEVICE;
	policy->watchdog_timeout = 29001;
	scene_vm(s, "web1");
	scene_memory(s, &vm, 1);
	scene_ready(s);
	return s;
}

static void a_vm_that_may_run_here_is_held(void **state)
{
	static const struct {
		enum ha_is is;
		const char *node, *target;
		bool held;
	} cases[] = {
		{HA_IS_STARTED, "pve1", NULL, true},    {HA_IS_STARTED, "pve2", NULL, false},
		{HA_IS_STOPPED, "pve1", NULL, false},   {HA_IS_REQUEST_STOP, "pve1", NULL, true},
		{HA_IS_FENCE, "pve1", NULL, true},      {HA_IS_FENCE, "pve2", NULL, false},
		{HA_IS_ERROR, "pve1", NULL, true},      {HA_IS_FREEZE, "pve1", NULL, true},
		{HA_IS_MIGRATE, "pve1", "pve2", true},  {HA_IS_MIGRATE, "pve2", "pve1", true},
		{HA_IS_MIGRATE, "pve2", "pve3", false},
	};

	(void)state;
	for (size_t i = 0; i < HC_COUNT(cases); i++) {
		struct scene *s = scene_with(cases[i].is, cases[i].node, cases[i].target);

		assert_int_equal(ha_holds_vms(&s->call, s->sight), cases[i].held);
		scene_end(s);
	}
}

static void what_is_pinned_or_not_asked_for_is_not_held(void **state)
{
	struct scene *s = scene_with(HA_IS_STARTED, "pve1", NULL);

	(void)state;
	s->sight->wants.v[0].pinned = "disk-0 is here";
	assert_false(ha_holds_vms(&s->call, s->sight));
	s->sight->wants.v[0].pinned = NULL;
	s->sight->wants.n = 0; /* ignored, or its HaResource is gone */
	assert_false(ha_holds_vms(&s->call, s->sight));
	scene_end(s);
}

/* Whether it runs after that reading. */
static void expect(struct scene *s, struct watchdog *dog, bool known, bool runs)
{
	ha_tend_watchdog(&s->call, dog, s->sight, known);
	if (runs)
		world_let_it_look(&w);
	else
		world_wait(&w, &w.stops, world_number(&w, &w.starts));
	assert_int_equal(world_number(&w, &w.starts) - world_number(&w, &w.stops), runs);
}

static void it_runs_while_vms_are_here_and_longer_when_nobody_knows(void **state)
{
	struct scene *here = scene_with(HA_IS_STARTED, "pve1", NULL);
	struct scene *elsewhere = scene_with(HA_IS_STARTED, "pve2", NULL);
	struct watchdog *dog = world_watchdog(&w);

	(void)state;
	expect(elsewhere, dog, true, false);
	assert_int_equal(w.starts, 0);
	expect(here, dog, true, true);
	assert_int_equal(w.seconds, 30); /* rounded up */
	expect(elsewhere, dog, false, true);
	expect(elsewhere, dog, true, false);
	assert_true(watchdog_free(dog));
	scene_end(here);
	scene_end(elsewhere);
}

static void who_disarms_or_wants_none_has_none(void **state)
{
	struct scene *s = scene_with(HA_IS_STARTED, "pve1", NULL);
	struct watchdog *dog = world_watchdog(&w);
	struct hc_resource *policy;

	(void)state;
	expect(s, dog, true, true);
	s->sight->said.disarmed = true;
	expect(s, dog, true, false);
	s->sight->said.disarmed = false;
	expect(s, dog, true, true);
	policy = hc_find(&s->whole, &hc_ha_policy, NULL, "ha");
	((struct hc_ha_policy *)policy->spec)->watchdog = NULL;
	expect(s, dog, false, false); /* whatever is not known */
	assert_true(watchdog_free(dog));
	scene_end(s);
}

static void what_is_wrong_with_it_is_a_warning(void **state)
{
	struct scene *s = scene_with(HA_IS_STARTED, "pve1", NULL);
	struct watchdog *dog = world_watchdog(&w);

	(void)state;
	w.error = -EBUSY;
	ha_tend_watchdog(&s->call, dog, s->sight, true);
	world_wait(&w, &w.tries, 1);
	ha_tend_watchdog(&s->call, dog, s->sight, true);
	world_wait(&w, &w.tries, 2);
	s->sight->warnings.n = 0;
	ha_tend_watchdog(&s->call, dog, s->sight, true);
	assert_int_equal(s->sight->warnings.n, 1);
	assert_non_null(strstr(s->sight->warnings.v[0], "it cannot be had"));
	ha_tend_watchdog(&s->call, NULL, s->sight, true); /* a process without a loop */
	assert_true(watchdog_free(dog));
	scene_end(s);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_vm_that_may_run_here_is_held),
		cmocka_unit_test(what_is_pinned_or_not_asked_for_is_not_held),
		cmocka_unit_test(it_runs_while_vms_are_here_and_longer_when_nobody_knows),
		cmocka_unit_test(who_disarms_or_wants_none_has_none),
		cmocka_unit_test(what_is_wrong_with_it_is_a_warning),
	};

	return cmocka_run_group_tests(tests, world_setup, world_teardown);
}
