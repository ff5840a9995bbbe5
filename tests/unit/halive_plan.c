/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What HA's provider makes of what was read: which change is planned of whom and why, and what of
 * the decision others see. How it is decided is tested with the decision.
 */

#include "halive_scene.h"

static void where_nothing_changes_nothing_is_planned(void **state)
{
	struct scene *s = scene_usual();

	(void)state;
	scene_ready(s);
	assert_null(scene_adjust(s, &hc_ha_resource, "web1"));
	assert_null(scene_adjust(s, &hc_ha_node, "pve3"));
	assert_null(scene_adjust(s, &hc_ha_policy, "ha"));
	scene_end(s);
}

static void a_node_that_is_gone_is_noted(void **state)
{
	struct scene *s = scene_usual();
	struct hc_change *change;
	struct hc_plan plan = {.arena = s->arena, .node = "pve1"};

	(void)state;
	scene_lose(s, 200);
	scene_ready(s);
	change = scene_adjust(s, &hc_ha_node, "pve3");
	assert_non_null(change);
	assert_string_equal(scene_field(s->arena, change, "is"), "unknown");
	assert_true(change->decided); /* nobody changed anything */
	assert_null(scene_adjust(s, &hc_ha_resource, "web1"));
	assert_null(scene_adjust(s, &hc_ha_policy, "ha"));
	change->nafter = 1; /* it refers to something that waits for it */
	assert_int_equal(ha_plan(&s->call, change, &plan), 0);
	assert_int_equal(change->nafter, 0);
	assert_int_equal(change->nstep, 1);
	assert_null(change->steps[0]->node);
	assert_int_equal(change->impact, HC_NONE);
	scene_end(s);
}

static void a_moment_that_is_reckoned_anew_is_no_news(void **state)
{
	struct scene *s = scene_usual();

	(void)state;
	scene_lose(s, 200);
	s->sight->memory.nodes[2].is = HA_UNKNOWN;
	s->sight->memory.nodes[2].lost = NOW - 190;
	scene_ready(s);
	assert_null(scene_adjust(s, &hc_ha_policy, "ha"));
	assert_null(scene_adjust(s, &hc_ha_node, "pve3"));
	scene_end(s);
}

static void a_vm_of_a_lost_node_is_shut_out_of_it(void **state)
{
	struct scene *s = scene_usual();
	struct hc_change *change;

	(void)state;
	scene_lose(s, 1500);
	scene_ready(s);
	change = scene_adjust(s, &hc_ha_resource, "web1");
	assert_non_null(change);
	assert_string_equal(scene_field(s->arena, change, "is"), "fence");
	assert_string_equal(change->reason, "pve3 is lost");
	change = scene_adjust(s, &hc_ha_node, "pve3");
	assert_string_equal(scene_field(s->arena, change, "is"), "fence");
	scene_end(s);
}

static struct scene *fenced(enum hc_claim_state claim)
{
	struct scene *s = scene_new(true);
	struct ha_vm web1 = scene_running("web1", "pve3");

	scene_vm(s, "web1");
	web1.is = HA_IS_FENCE;
	web1.fled = "pve3";
	web1.lost = NOW - 2000;
	scene_memory(s, &web1, 1);
	s->sight->memory.nodes[2].is = HA_FENCE;
	s->sight->memory.nodes[2].lost = NOW - 2000;
	scene_claim(s, "web1", "pve3", claim);
	scene_lose(s, 2000);
	return s;
}

static void one_that_is_given_up_there_holds_up_no_other(void **state)
{
	struct scene *s = fenced(HC_CLAIM_FREE);
	struct ha_vm vms[2] = {scene_running("old", "pve3"), s->sight->memory.vms[0]};
	struct hc_change *change;

	(void)state;
	vms[0].is = HA_IS_ERROR;
	scene_vm(s, "old");
	scene_claim(s, "old", "pve3", HC_CLAIM_RUNNING);
	scene_memory(s, vms, 2);
	s->sight->memory.nodes[2].is = HA_FENCE;
	s->sight->memory.nodes[2].lost = NOW - 2000;
	scene_ready(s);
	change = scene_adjust(s, &hc_ha_resource, "web1");
	assert_non_null(change);
	assert_string_equal(scene_field(s->arena, change, "is"), "started");
	scene_end(s);
}

static void an_answer_of_an_earlier_life_is_none(void **state)
{
	struct scene *s = scene_new(true);
	struct hc_change *change;

	(void)state;
	scene_vm(s, "web1");
	scene_memory(s, NULL, 0);
	hc_map_put(s->arena, &s->peer[0].facts, "ha.web1", "1 failed no such image");
	hc_map_put(s->arena, &s->peer[1].facts, "ha.web1", "4 done");
	hc_map_put(s->arena, &s->peer[2].facts, "ha.web1", "9223372036854775806 done");
	scene_ready(s);
	change = scene_adjust(s, &hc_ha_resource, "web1");
	assert_non_null(change);
	assert_int_equal(((const struct hc_ha_resource *)change->want->spec)->order, 5);
	scene_end(s);
}

static void nothing_is_brought_to_where_hcstate_was_stopped(void **state)
{
	struct scene *s = fenced(HC_CLAIM_FREE);
	struct hc_change *change;

	(void)state;
	s->call.node = "pve2"; /* which is not stopped for having said so before */
	s->beat[0].word.says = s->beat[1].word.says = BEAT_STOPPED;
	scene_ready(s);
	change = scene_adjust(s, &hc_ha_resource, "web1");
	assert_non_null(change);
	assert_string_equal(scene_field(s->arena, change, "place"), "pve2");
	scene_end(s);
}

static void it_is_recovered_when_its_claim_is_free(void **state)
{
	struct scene *s = fenced(HC_CLAIM_FREE);
	struct hc_change *change;

	(void)state;
	scene_ready(s);
	change = scene_adjust(s, &hc_ha_resource, "web1");
	assert_non_null(change);
	assert_string_equal(scene_field(s->arena, change, "is"), "started");
	assert_string_equal(scene_field(s->arena, change, "place"), "pve1");
	assert_string_equal(change->reason, "pve3 is lost, and shut out");
	scene_end(s);
}

static void it_is_not_recovered_while_its_claim_is_held(void **state)
{
	static const enum hc_claim_state states[] = {HC_CLAIM_STARTING, HC_CLAIM_RUNNING,
						     HC_CLAIM_MIGRATING, HC_CLAIM_FENCING};

	(void)state;
	for (size_t i = 0; i < HC_COUNT(states); i++) {
		struct scene *s = fenced(states[i]);

		scene_ready(s);
		assert_null(scene_adjust(s, &hc_ha_resource, "web1"));
		scene_end(s);
	}
}

static void a_migration_to_the_lost_node_is_no_proof_either(void **state)
{
	struct scene *s = fenced(HC_CLAIM_FREE);
	struct hc_vm_claim *claim;

	(void)state;
	claim = (struct hc_vm_claim *)hc_find(&s->live.found, &hc_vm_claim, NULL, "web1")->spec;
	*claim =
		(struct hc_vm_claim){.node = "pve2", .target = "pve3", .state = HC_CLAIM_MIGRATING};
	scene_ready(s);
	assert_null(scene_adjust(s, &hc_ha_resource, "web1"));
	scene_end(s);
}

static void what_is_being_taken_from_another_is_no_proof_either(void **state)
{
	struct scene *s = fenced(HC_CLAIM_FENCING);

	(void)state;
	((struct hc_vm_claim *)hc_find(&s->live.found, &hc_vm_claim, NULL, "web1")->spec)->node =
		"pve2";
	scene_ready(s);
	assert_null(scene_adjust(s, &hc_ha_resource, "web1"));
	scene_end(s);
}

static void claims_that_are_not_known_prove_nothing(void **state)
{
	struct scene *s = fenced(HC_CLAIM_FREE);

	(void)state;
	s->live.found.n = 0;
	hc_unknown(&s->live, &hc_vm_claim, "libvirtd hangs");
	scene_ready(s);
	assert_null(scene_adjust(s, &hc_ha_resource, "web1"));
	scene_end(s);
}

static void a_new_vm_waits_for_the_claims_to_be_known(void **state)
{
	struct scene *s = scene_usual();

	(void)state;
	scene_vm(s, "web2");
	hc_unknown(&s->live, &hc_vm_claim, "it is still being read");
	scene_ready(s);
	assert_null(scene_adjust(s, &hc_ha_resource, "web2"));
	/* then its provider has come */
	s->live.nunknown = 0;
	scene_claim(s, "web2", "pve2", HC_CLAIM_RUNNING);
	assert_string_equal(scene_field(s->arena, scene_adjust(s, &hc_ha_resource, "web2"),
					"place"),
			    "pve2");
	scene_end(s);
}

/* What the others see need not be what the leader decides. */
static void only_the_leader_tells_what_is_decided(void **state)
{
	static const struct hc_type *const types[] = {&hc_ha_resource, &hc_ha_node};
	static const char *const names[] = {"web1", "pve3"};

	(void)state;
	for (size_t i = 0; i < HC_COUNT(types); i++) {
		struct scene *s = scene_usual();
		const struct hc_change *change;

		scene_lose(s, 60000);
		scene_ready(s);
		change = scene_adjust(s, types[i], names[i]);
		assert_non_null(change);
		assert_true(change->decided);
		assert_false(change->decided_away);
		s->sight->leader = "pve2";
		change = scene_adjust(s, types[i], names[i]);
		assert_non_null(change); /* it is to be seen, and waited for */
		assert_true(change->decided);
		assert_true(change->decided_away);
		scene_end(s);
	}
}

static void who_cannot_tell_decides_nothing(void **state)
{
	struct scene *s = scene_usual();
	struct hc_change change;

	(void)state;
	scene_lose(s, 60000);
	s->sight->waits = "this node is not in a quorate part of the cluster";
	scene_ready(s);
	assert_null(scene_adjust(s, &hc_ha_resource, "web1"));
	change = (struct hc_change){
		.action = HC_UPDATE,
		.type = &hc_ha_resource,
		.want = hc_find(&s->desired, &hc_ha_resource, NULL, "web1"),
		.have = hc_find(&s->live.found, &hc_ha_resource, NULL, "web1"),
		.differs = UINT64_C(1) << hc_field_index(&hc_ha_resource, "settled"),
	};
	assert_int_equal(ha_adjust(&s->call, &change), 0);
	assert_string_equal(change.unsure, s->sight->waits);
	scene_end(s);
}

static void a_killed_agent_costs_its_node_the_storage_delay(void **state)
{
	struct scene *s = scene_usual();

	(void)state;
	s->beat[2].heard = s->sight->began - 9000 * US;
	scene_ready(s);
	assert_non_null(scene_adjust(s, &hc_ha_node, "pve3")); /* unknown */
	assert_null(scene_adjust(s, &hc_ha_resource, "web1"));
	scene_end(s);

	s = scene_usual();
	s->beat[2].heard = s->sight->began - 11000 * US;
	scene_ready(s);
	assert_string_equal(scene_field(s->arena, scene_adjust(s, &hc_ha_resource, "web1"), "is"),
			    "fence");
	scene_end(s);
}

static void who_waits_for_the_storage_knows_nothing_new_of_others(void **state)
{
	struct scene *s = scene_usual();

	(void)state;
	for (size_t i = 0; i < 3; i++)
		s->beat[i].heard = s->sight->began - 11000 * US;
	s->sight->beats.last = s->sight->began - 10500 * US;
	scene_ready(s);
	for (size_t i = 0; i < 3; i++)
		assert_null(scene_adjust(s, &hc_ha_node, scene_nodes[i]));
	scene_end(s);
}

static void an_agent_that_was_stopped_loses_nothing(void **state)
{
	struct scene *s = scene_usual();

	(void)state;
	s->beat[2].heard = s->sight->began - 600000 * US;
	s->beat[2].word.says = BEAT_STOPPED;
	scene_ready(s);
	assert_null(scene_adjust(s, &hc_ha_node, "pve3"));
	scene_end(s);

	s = scene_usual(); /* ... until its node goes as well */
	s->beat[2].word.says = BEAT_STOPPED;
	scene_lose(s, 1500);
	scene_ready(s);
	assert_non_null(scene_adjust(s, &hc_ha_resource, "web1"));
	scene_end(s);
}

static void a_document_that_is_gone_is_noted_by_the_policy(void **state)
{
	struct scene *s = scene_new(true);
	const struct ha_vm vms[] = {scene_running("web1", "pve3"), scene_running("web2", "pve2")};

	(void)state;
	scene_vm(s, "web1");
	scene_memory(s, vms, 2);
	scene_claim(s, "web1", "pve3", HC_CLAIM_RUNNING);
	scene_ready(s);
	assert_null(scene_adjust(s, &hc_ha_resource, "web1"));
	assert_non_null(scene_adjust(s, &hc_ha_policy, "ha"));
	scene_end(s);
}

static void only_the_nodes_of_an_order_answer_it(void **state)
{
	struct scene *s = scene_usual();

	(void)state;
	hc_map_put(s->arena, &s->peer[1].facts, "ha.web1", "3 failed not mine");
	hc_map_put(s->arena, &s->peer[2].facts, "ha.web1", "3 failed no such image");
	scene_ready(s);
	assert_int_equal(s->sight->answers[0].answer, HA_FAILED);
	assert_string_equal(s->sight->answers[0].why, "no such image");
	assert_int_equal(s->sight->answers[0].order, 3);
	scene_end(s);
}

static void why_it_failed_is_the_reason(void **state)
{
	struct scene *s = scene_usual();
	struct hc_change *change;

	(void)state;
	hc_map_put(s->arena, &s->peer[2].facts, "ha.web1", "3 failed no such image");
	scene_ready(s);
	change = scene_adjust(s, &hc_ha_resource, "web1");
	assert_non_null(change);
	assert_string_equal(scene_field(s->arena, change, "order"), "4");
	assert_string_equal(change->reason, "it could not be started on pve3: no such image");
	scene_end(s);
}

static void an_answer_that_is_none_or_to_another_order_is_not_heard(void **state)
{
	static const char *const bad[] = {"",        "2 done",  "4 done", "done",
					  "3 doing", "3 done3", "x done", "3"};

	(void)state;
	for (size_t i = 0; i < HC_COUNT(bad); i++) {
		struct scene *s = scene_usual();

		hc_map_put(s->arena, &s->peer[2].facts, "ha.web1", bad[i]);
		scene_ready(s);
		assert_int_equal(s->sight->answers[0].answer, HA_NO_ANSWER);
		scene_end(s);
	}
}

static const struct hc_ha_resource *shown(const struct scene *s, const char *name)
{
	return hc_find(&s->live.found, &hc_ha_resource, NULL, name)->spec;
}

static void others_see_what_was_decided(void **state)
{
	struct scene *s = scene_new(true);
	struct ha_vm web1 = scene_running("web1", "pve3");
	const struct hc_ha_resource *live;

	(void)state;
	scene_vm(s, "web1");
	web1.is = HA_IS_MIGRATE;
	web1.target = "pve2";
	web1.restarts = 1;
	web1.failed = (struct hc_strings){.n = 1, .v = (const char *[]){"pve1"}};
	web1.fled = "pve1";
	web1.lost = NOW - 60000;
	web1.fenced = NOW - 58500;
	web1.recovered = NOW - 58000;
	scene_memory(s, &web1, 1);
	s->sight->policy = NULL;
	scene_ready(s);
	live = shown(s, "web1");
	assert_string_equal(live->is, "migrate");
	assert_string_equal(live->place, "pve3");
	assert_string_equal(live->target, "pve2");
	assert_true(live->live && live->runs);
	assert_int_equal(live->order, 3);
	assert_string_equal(live->attempts, "1 restart, failed on pve1");
	assert_non_null(
		strstr(live->last_failover, "from pve1, shut out after 1.5 s, placed after 2.0 s"));
	assert_string_equal(s->sight->policy->leader, "pve1");
	scene_end(s);
}

static void a_node_that_goes_down_stops_its_own(void **state)
{
	struct scene *s = scene_new(true);
	const struct ha_vm vms[] = {scene_running("web1", "pve1"), scene_running("web2", "pve2")};

	(void)state;
	scene_vm(s, "web1");
	scene_vm(s, "web2");
	scene_memory(s, vms, 2);
	s->sight->leaving = HA_POWERS_OFF;
	scene_ready(s);
	assert_false(shown(s, "web1")->runs);
	assert_true(shown(s, "web2")->runs);
	scene_end(s);
}

static void the_leader_is_who_has_the_lease_and_is_heard_of(void **state)
{
	struct scene *s = scene_usual();
	const struct beats *beats = &s->sight->beats;

	(void)state;
	scene_ready(s);
	assert_string_equal(ha_leader(&s->call, beats), "pve1");
	hc_map_put(s->arena, &s->peer[1].facts, "ceph.lease", "held");
	assert_string_equal(ha_leader(&s->call, beats), "pve2");
	s->beat[1].heard = 1; /* it hangs: the first of the others */
	assert_string_equal(ha_leader(&s->call, beats), "pve1");
	hc_map_put(s->arena, &s->peer[2].facts, "ceph.lease", "held");
	assert_string_equal(ha_leader(&s->call, beats), "pve3");
	hc_map_put(s->arena, &s->peer[2].facts, "libvirt.free", "0"); /* its libvirtd is dead */
	assert_string_equal(ha_leader(&s->call, beats), "pve1");
	hc_map_put(s->arena, &s->peer[0].facts, "libvirt.free", "0");
	assert_string_equal(ha_leader(&s->call, beats), "pve3"); /* better than nobody */
	s->peers.quorate = false;
	assert_null(ha_leader(&s->call, beats));
	scene_end(s);
}

static void a_cluster_of_one_leads_itself(void **state)
{
	struct scene *s = scene_new(false);

	(void)state;
	s->peers = (struct hc_peers){.joined = false};
	assert_string_equal(ha_leader(&s->call, &s->sight->beats), "pve1");
	scene_end(s);
}

static void warnings_are_shown_with_the_policy(void **state)
{
	struct scene *s = scene_usual();

	(void)state;
	s->sight->said.disarmed = true;
	scene_ready(s);
	(void)scene_adjust(s, &hc_ha_policy, "ha");
	assert_true(hc_strings_have(&s->sight->policy->warnings, "HA is disarmed"));
	scene_end(s);
}

static void a_delay_that_runs_has_the_clock_set(void **state)
{
	struct scene *s = scene_usual();

	(void)state;
	scene_ready(s);
	assert_int_equal(ha_due(s->sight), 0);
	s->sight->memory.nodes[2].lost = NOW - 400;
	assert_int_equal(ha_due(s->sight), 600);
	s->sight->memory.nodes[2].lost = NOW - 4000;
	assert_int_equal(ha_due(s->sight), 6000);
	s->sight->memory.nodes[2].lost = NOW - 40000;
	assert_int_equal(ha_due(s->sight), 0);
	scene_end(s);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(where_nothing_changes_nothing_is_planned),
		cmocka_unit_test(a_node_that_is_gone_is_noted),
		cmocka_unit_test(a_moment_that_is_reckoned_anew_is_no_news),
		cmocka_unit_test(a_vm_of_a_lost_node_is_shut_out_of_it),
		cmocka_unit_test(it_is_recovered_when_its_claim_is_free),
		cmocka_unit_test(an_answer_of_an_earlier_life_is_none),
		cmocka_unit_test(nothing_is_brought_to_where_hcstate_was_stopped),
		cmocka_unit_test(one_that_is_given_up_there_holds_up_no_other),
		cmocka_unit_test(it_is_not_recovered_while_its_claim_is_held),
		cmocka_unit_test(a_migration_to_the_lost_node_is_no_proof_either),
		cmocka_unit_test(what_is_being_taken_from_another_is_no_proof_either),
		cmocka_unit_test(claims_that_are_not_known_prove_nothing),
		cmocka_unit_test(a_new_vm_waits_for_the_claims_to_be_known),
		cmocka_unit_test(only_the_leader_tells_what_is_decided),
		cmocka_unit_test(who_cannot_tell_decides_nothing),
		cmocka_unit_test(a_killed_agent_costs_its_node_the_storage_delay),
		cmocka_unit_test(who_waits_for_the_storage_knows_nothing_new_of_others),
		cmocka_unit_test(an_agent_that_was_stopped_loses_nothing),
		cmocka_unit_test(a_document_that_is_gone_is_noted_by_the_policy),
		cmocka_unit_test(only_the_nodes_of_an_order_answer_it),
		cmocka_unit_test(why_it_failed_is_the_reason),
		cmocka_unit_test(an_answer_that_is_none_or_to_another_order_is_not_heard),
		cmocka_unit_test(others_see_what_was_decided),
		cmocka_unit_test(a_node_that_goes_down_stops_its_own),
		cmocka_unit_test(the_leader_is_who_has_the_lease_and_is_heard_of),
		cmocka_unit_test(a_cluster_of_one_leads_itself),
		cmocka_unit_test(warnings_are_shown_with_the_policy),
		cmocka_unit_test(a_delay_that_runs_has_the_clock_set),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
