/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What HA's provider makes of a node that lacks nothing but corosync, of one that its manifests do
 * not name, and which VMs may be on this one.
 */

#include "halive_scene.h"

/* Until it has found the others again; one that is cut off is another matter. */
static void corosync_is_away_until_it_is_quorate_again(void **state)
{
	const uint32_t all[] = {1, 2, 3}, alone[] = {1};
	struct sighting seen = {0};

	(void)state;
	(void)sighting_take(&seen, true, all, 3, 10);
	assert_false(sighting_part(&seen, false));
	(void)sighting_take(&seen, false, alone, 1, 20); /* its cable */
	assert_false(sighting_part(&seen, false));
	assert_false(seen.apart);
	(void)sighting_take(&seen, true, all, 3, 30);
	(void)sighting_take(&seen, false, all, 3, 40);
	assert_true(sighting_part(&seen, true));
	assert_false(sighting_part(&seen, true));
	(void)sighting_take(&seen, false, alone, 1, 50); /* it runs again, alone yet */
	assert_false(sighting_part(&seen, false));
	assert_true(seen.apart);
	(void)sighting_take(&seen, true, all, 3, 60);
	assert_true(sighting_part(&seen, false));
	assert_false(seen.apart);
}

static struct scene *without_corosync(uint64_t ago)
{
	struct scene *s = scene_usual();

	scene_lose(s, ago);
	s->beat[2].word.apart = true;
	return s;
}

static void a_node_without_corosync_alone_is_given_the_storage_delay(void **state)
{
	struct scene *s = without_corosync(9000);

	(void)state;
	scene_ready(s);
	assert_null(scene_adjust(s, &hc_ha_resource, "web1"));
	assert_string_equal(scene_field(s->arena, scene_adjust(s, &hc_ha_node, "pve3"), "is"),
			    "unknown");
	scene_end(s);

	s = without_corosync(11000);
	scene_ready(s);
	assert_string_equal(scene_field(s->arena, scene_adjust(s, &hc_ha_resource, "web1"), "is"),
			    "fence");
	scene_end(s);
}

/* It said so last and then died: what it said is old. */
static void what_was_said_of_corosync_counts_while_it_is_fresh(void **state)
{
	struct scene *s = without_corosync(5000);

	(void)state;
	s->beat[2].heard = s->sight->began - 4000 * US;
	scene_ready(s);
	assert_string_equal(scene_field(s->arena, scene_adjust(s, &hc_ha_resource, "web1"), "is"),
			    "fence");
	scene_end(s);
}

/* It goes down in order, and its corosync with it. */
static void one_that_goes_down_is_not_waited_for(void **state)
{
	struct scene *s = without_corosync(1500);

	(void)state;
	s->beat[2].word.says = BEAT_POWERS_OFF;
	scene_ready(s);
	assert_string_equal(scene_field(s->arena, scene_adjust(s, &hc_ha_resource, "web1"), "is"),
			    "fence");
	scene_end(s);
}

/* Of a node that this one's manifests do not name: pve4, which has web1. */
static struct scene *unnamed(bool joined)
{
	struct scene *s = scene_new(true);
	const struct ha_vm web1 = scene_running("web1", "pve4");
	static struct hc_peer peers[4];
	static struct beat_entry beats[4];

	scene_vm(s, "web1");
	scene_memory(s, &web1, 1);
	scene_claim(s, "web1", "pve4", HC_CLAIM_RUNNING);
	memcpy(peers, s->peer, sizeof(s->peer));
	memcpy(beats, s->beat, sizeof(s->beat));
	peers[3] = (struct hc_peer){.node = "pve4", .nodeid = 4};
	beats[3] = (struct beat_entry){.node = "pve4", .word.seq = 5, .heard = s->sight->began};
	s->peers.v = peers;
	s->peers.n = joined ? 4 : 3;
	s->sight->beats.v = beats;
	s->sight->beats.n = 4;
	return s;
}

static void one_that_is_not_named_and_is_there_is_left_live(void **state)
{
	struct scene *s = unnamed(true);

	(void)state;
	scene_ready(s);
	assert_string_equal(scene_field(s->arena, scene_adjust(s, &hc_ha_resource, "web1"), "is"),
			    "migrate");
	assert_true(hc_strings_have(
		&s->sight->policy->warnings,
		"pve4 is there, but the manifests do not name it: its VMs move away"));
	scene_end(s);
}

/* ... and not there now, since so many ms. */
static struct scene *unnamed_and_away(bool joined, uint64_t ago)
{
	struct scene *s = unnamed(joined);
	struct ha_node *nodes = hc_alloc(s->arena, 4 * sizeof(*nodes));

	memcpy(nodes, s->sight->memory.nodes, 3 * sizeof(*nodes));
	nodes[3] = (struct ha_node){.name = "pve4", .is = HA_GONE, .lost = NOW - ago};
	s->sight->memory.nodes = nodes;
	s->sight->memory.nnode = 4;
	return s;
}

/* Whether web1 is given up there; ends the scene. */
static bool is_fenced(struct scene *s)
{
	const struct hc_change *change;
	const char *is;
	bool fenced;

	scene_ready(s);
	change = scene_adjust(s, &hc_ha_resource, "web1");
	is = change ? scene_field(s->arena, change, "is") : NULL;
	fenced = is && !strcmp(is, "fence");
	scene_end(s);
	return fenced;
}

static void one_that_is_not_named_and_is_silent_is_lost(void **state)
{
	struct scene *s = unnamed_and_away(true, 1500);

	(void)state;
	s->sight->beats.v[3].heard -= 4000 * US;
	assert_true(is_fenced(s));
	s = unnamed_and_away(false, 1500); /* it never had a beat */
	s->sight->beats.n = 3;
	assert_true(is_fenced(s));
	s = unnamed_and_away(false, 1500); /* it goes down */
	s->sight->beats.v[3].word.says = BEAT_POWERS_OFF;
	assert_true(is_fenced(s));
}

/* Its agent is started anew, by its package or by a person: its VMs run meanwhile. */
static void one_that_is_not_named_and_whose_hcstate_is_away_is_given_the_storage_delay(void **state)
{
	(void)state;
	for (uint64_t ago = 1500; ago <= 10500; ago += 9000) {
		bool late = ago > 10000;
		struct scene *s = unnamed_and_away(false, ago);

		assert_int_equal(is_fenced(s), late);
		for (int joined = 0; joined < 2; joined++) {
			s = unnamed_and_away(joined, ago);
			s->sight->beats.v[3].word.says = BEAT_STOPPED;
			s->sight->beats.v[3].heard -= 4000 * US;
			assert_int_equal(is_fenced(s), late);
		}
		s = unnamed_and_away(false, ago); /* its corosync is away */
		s->sight->beats.v[3].word.apart = true;
		assert_int_equal(is_fenced(s), late);
	}
}

static void only_what_may_be_here_is_guarded(void **state)
{
	struct scene *s = scene_usual();
	const struct ha_vm vms[] = {
		scene_running("here", "pve1"),
		{.vm = "comes", .is = HA_IS_MIGRATE, .node = "pve2", .target = "pve1"},
		{.vm = "goes", .is = HA_IS_MIGRATE, .node = "pve1", .target = "pve2"},
		scene_running("elsewhere", "pve2"),
	};
	const struct ha_memory memory = {.vms = (struct ha_vm[]){vms[1], vms[3], vms[2], vms[0]},
					 .nvm = 4};

	(void)state;
	assert_true(ha_may_be_here(&s->call, &memory, "here"));
	assert_true(ha_may_be_here(&s->call, &memory, "comes"));
	assert_true(ha_may_be_here(&s->call, &memory, "goes"));
	assert_true(ha_may_be_here(&s->call, &memory, "new"));
	assert_false(ha_may_be_here(&s->call, &memory, "elsewhere"));
	assert_true(ha_may_be_here(&s->call, NULL, "elsewhere"));
	scene_end(s);
}

/* It was on its way to any of the others when its node was lost, and may have arrived; which of
 * them it was is not kept. */
static void what_is_nowhere_may_be_here(void **state)
{
	struct scene *s = scene_usual();
	struct ha_vm web1 = scene_running("web1", "pve3");
	const struct ha_memory memory = {.vms = &web1, .nvm = 1};
	static const enum ha_is nowhere[] = {HA_IS_FENCE, HA_IS_RECOVERY};

	(void)state;
	assert_false(ha_is_to_be_guarded(&s->call, &memory, "web1"));
	for (size_t i = 0; i < HC_COUNT(nowhere); i++) {
		web1.is = nowhere[i];
		assert_true(ha_is_to_be_guarded(&s->call, &memory, "web1"));
		assert_false(ha_may_be_here(&s->call, &memory, "web1")); /* no watchdog for that */
	}
	assert_true(ha_is_to_be_guarded(&s->call, &memory, "new"));
	assert_true(ha_is_to_be_guarded(&s->call, NULL, "web1"));
	web1 = scene_running("web1", "pve1");
	assert_true(ha_is_to_be_guarded(&s->call, &memory, "web1"));
	scene_end(s);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(corosync_is_away_until_it_is_quorate_again),
		cmocka_unit_test(a_node_without_corosync_alone_is_given_the_storage_delay),
		cmocka_unit_test(what_was_said_of_corosync_counts_while_it_is_fresh),
		cmocka_unit_test(one_that_goes_down_is_not_waited_for),
		cmocka_unit_test(one_that_is_not_named_and_is_there_is_left_live),
		cmocka_unit_test(one_that_is_not_named_and_is_silent_is_lost),
		cmocka_unit_test(
			one_that_is_not_named_and_whose_hcstate_is_away_is_given_the_storage_delay),
		cmocka_unit_test(only_what_may_be_here_is_guarded),
		cmocka_unit_test(what_is_nowhere_may_be_here),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
