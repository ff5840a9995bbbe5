/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Ceph's answers, recorded from a cluster of three nodes (16.2.15; the keys are replaced) with an
 * OSD destroyed, two MDS, an erasure coded pool and flags set, and what becomes of them.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <sys/socket.h>

#include <hcstate/ceph_osd.h>
#include <hcstate/ceph_pool.h>

#include "providers/ceph/ceph.h"
#include "providers/ceph/facts_take.h"

static void take(struct hc_arena *arena, const char *name, take_function *function,
		 struct facts *facts)
{
	struct json_object *answer =
		json_object_from_file(hc_printf(arena, RECORDED "/%s.json", name));

	assert_non_null(answer);
	function(arena, answer, facts);
	(void)json_object_put(answer);
}

/* What is said of an answer that was written here. */
static void take_text_of(struct hc_arena *arena, const char *text, take_function *function,
			 struct facts *facts)
{
	struct json_object *answer = json_tokener_parse(text);

	assert_non_null(answer);
	function(arena, answer, facts);
	(void)json_object_put(answer);
}

static struct facts *recorded(struct hc_arena *arena)
{
	struct facts *facts = hc_new(arena, struct facts);

	take(arena, "quorum_status", take_quorum, facts);
	take(arena, "mgr_dump", take_mgrs, facts);
	take(arena, "crush_dump", take_crush, facts);
	take(arena, "osd_dump", take_osds, facts);
	take(arena, "osd_dump", take_pools, facts);
	take(arena, "fs_dump", take_fs, facts);
	take(arena, "status", take_status, facts);
	take(arena, "df", take_df, facts);
	take(arena, "config_dump", take_config, facts);
	take(arena, "config_key_dump", take_marks, facts);
	take(arena, "auth_ls", take_keys, facts);
	take(arena, "osd_df", take_usage, facts);
	return facts;
}

static void monitors_are_taken_with_their_address_and_quorum(void **state)
{
	struct hc_arena *arena = hc_arena_new();
	const struct facts *facts = recorded(arena);
	const struct fact_mon *mon = facts_mon(facts, "pve2");

	(void)state;
	assert_int_equal(facts->nmon, 3);
	assert_int_equal(strlen(facts->fsid), 36);
	assert_non_null(mon);
	assert_string_equal(hc_address_text(arena, &mon->address, false), "10.0.0.2");
	assert_int_equal(mon->address.prefix, 32);
	assert_true(mon->quorate);
	assert_false(mon->leader);
	assert_true(facts_mon(facts, "pve1")->leader);
	assert_null(facts_mon(facts, "pve4"));
	hc_arena_free(arena);
}

static void managers_and_metadata_servers_are_taken_with_their_role(void **state)
{
	struct hc_arena *arena = hc_arena_new();
	const struct facts *facts = recorded(arena);

	(void)state;
	assert_int_equal(facts->nmgr, 3);
	assert_string_equal(facts->mgrs[0].name, "pve1");
	assert_true(facts->mgrs[0].active);
	assert_false(facts->mgrs[1].active);
	assert_int_equal(facts->nmds, 2);
	assert_string_equal(facts->mds[0].name, "pve1");
	assert_string_equal(facts->mds[0].state, "up:active");
	assert_string_equal(facts->mds[0].fs, "cephfs");
	assert_string_equal(facts->mds[1].state, "up:standby");
	assert_string_equal(facts->mds[1].fs, "");
	hc_arena_free(arena);
}

static void a_manager_that_is_not_available_is_not_active(void **state)
{
	struct hc_arena *arena = hc_arena_new();
	struct facts facts = {0};

	(void)state;
	take_text_of(arena, "{\"available\":false,\"active_name\":\"pve1\",\"standbys\":[]}",
		     take_mgrs, &facts);
	assert_int_equal(facts.nmgr, 1); /* but it is there: who removes the last one has to know */
	assert_true(facts.mgrs[0].starting);
	assert_false(facts.mgrs[0].active);
	hc_arena_free(arena);
}

/* The map has it as it was until the next one of that name comes. */
static void a_manager_of_before_is_none(void **state)
{
	struct hc_arena *arena = hc_arena_new();
	struct facts *facts = recorded(arena);

	(void)state;
	facts_former_manager(facts, "pve2", 4116); /* somebody else's */
	facts_former_manager(facts, "pve1", 0);
	assert_int_equal(facts_mgr(facts, "pve1")->gid, 4116);
	assert_false(facts_mgr(facts, "pve1")->former);
	assert_false(facts_mgr(facts, "pve2")->former);
	facts_former_manager(facts, "pve1", 4116);
	assert_true(facts_mgr(facts, "pve1")->former);
	assert_false(facts_mgr(facts, "pve1")->active); /* nor is it asked for its numbers */
	facts_former_manager(facts, "pve2", 4108);
	assert_true(facts_mgr(facts, "pve2")->former);
	assert_null(facts_mgr(facts, "pve4"));
	hc_arena_free(arena);
}

static void an_osd_is_taken_from_the_map_crush_and_the_manager(void **state)
{
	struct hc_arena *arena = hc_arena_new();
	const struct facts *facts = recorded(arena);
	const struct fact_osd *osd = facts_osd(facts, 2);

	(void)state;
	assert_int_equal(facts->nosd, 3);
	assert_non_null(osd);
	assert_string_equal(osd->host, "pve2");
	assert_string_equal(osd->device_class, "hdd");
	assert_true(osd->exists && osd->up && osd->in);
	assert_int_equal(osd->up_from, 10);
	assert_true(osd->weight > 0.019 && osd->weight < 0.020);
	assert_int_equal(osd->total, (uint64_t)20 << 30);
	assert_true(osd->used > 0 && osd->used < osd->total);
	assert_int_equal(osd->pgs, 241);
	assert_ptr_equal(facts_osd_uuid(facts, osd->uuid), osd);
	assert_null(facts_osd(facts, 3));
	hc_arena_free(arena);
}

static void a_destroyed_osd_keeps_its_id_and_does_not_exist(void **state)
{
	struct hc_arena *arena = hc_arena_new();
	const struct fact_osd *osd = facts_osd(recorded(arena), 1);

	(void)state;
	assert_non_null(osd);
	assert_false(osd->exists);
	assert_false(osd->up);
	assert_string_equal(osd->host, "pve3");
	hc_arena_free(arena);
}

/* Each class has shadows of the buckets, and they come first here. */
static void the_shadow_of_a_host_is_no_host(void **state)
{
	struct hc_arena *arena = hc_arena_new();
	struct facts facts = {0};

	(void)state;
	take_text_of(arena,
		     "{\"devices\":[{\"id\":0,\"name\":\"osd.0\",\"class\":\"ssd\"}],\"buckets\":["
		     "{\"id\":-1,\"name\":\"a\",\"type_name\":\"host\",\"items\":[{\"id\":0,"
		     "\"weight\":65536}]},"
		     "{\"id\":-2,\"name\":\"a~ssd\",\"type_name\":\"host\",\"items\":[{\"id\":0,"
		     "\"weight\":1}]}],\"rules\":[{\"rule_id\":3,\"rule_name\":\"fast\",\"steps\":["
		     "{\"op\":\"take\",\"item_name\":\"default~ssd\"},{\"op\":\"choose_firstn\","
		     "\"type\":\"rack\"},{\"op\":\"chooseleaf_firstn\",\"type\":\"host\"}]}]}",
		     take_crush, &facts);
	assert_int_equal(facts.nosd, 1);
	assert_string_equal(facts.osds[0].host, "a");
	assert_true(facts.osds[0].weight == 1.0);
	assert_int_equal(facts.nrule, 1);
	assert_string_equal(facts.rules[0].root, "default");
	assert_string_equal(facts.rules[0].device_class, "ssd");
	assert_string_equal(facts.rules[0].failure_domain, "rack");
	hc_arena_free(arena);
}

static void only_flags_that_a_person_sets_are_taken(void **state)
{
	struct hc_arena *arena = hc_arena_new();
	const struct facts *facts = recorded(arena);

	(void)state;
	assert_int_equal(facts->flags.n, 2); /* not sortbitwise and the like */
	assert_true(hc_strings_have(&facts->flags, "noout"));
	assert_true(hc_strings_have(&facts->flags, "pause")); /* pauserd and pausewr */
	assert_string_equal(facts->require_osd_release, "pacific");
	hc_arena_free(arena);
}

static void a_pool_is_taken_with_its_options_and_its_rule_by_name(void **state)
{
	struct hc_arena *arena = hc_arena_new();
	const struct facts *facts = recorded(arena);
	const struct fact_pool *pool = facts_pool(facts, "stockage_ceph");

	(void)state;
	assert_non_null(pool);
	assert_int_equal(pool->size, 3);
	assert_int_equal(pool->min_size, 2);
	assert_int_equal(pool->pg_num_target, 128);
	assert_int_equal(pool->pg_num_min, 16);
	assert_string_equal(pool->autoscale, "on");
	assert_string_equal(pool->rule, "replicated_rule");
	assert_string_equal(pool->erasure_profile, "");
	assert_string_equal(pool->application, "rbd");
	assert_string_equal(pool->target_size_ratio, "0.2");
	assert_string_equal(pool->compression_mode, "passive");
	assert_string_equal(pool->compression_algorithm, "");
	assert_int_equal(pool->quota_objects, 1000);
	assert_int_equal(pool->objects, 7);
	assert_true(pool->used && pool->available);
	pool = facts_pool(facts, "ecp");
	assert_string_equal(pool->erasure_profile, "ec21");
	assert_string_equal(pool->application, "");
	hc_arena_free(arena);
}

static void profiles_and_file_systems_are_taken(void **state)
{
	struct hc_arena *arena = hc_arena_new();
	const struct facts *facts = recorded(arena);

	(void)state;
	assert_int_equal(facts->nprofile, 2);
	assert_string_equal(facts->profiles[1].name, "ec21");
	assert_string_equal(hc_map_get(&facts->profiles[1].values, "crush-failure-domain"), "osd");
	assert_ptr_equal(facts_profile(facts, "ec21"), &facts->profiles[1]);
	assert_int_equal(facts_number(&facts->profiles[1], "k"), 2);
	assert_int_equal(facts->nfs, 1);
	assert_string_equal(facts->fs[0].name, "cephfs");
	assert_string_equal(facts->fs[0].metadata_pool, "fsm");
	assert_true(hc_strings_have(&facts->fs[0].data_pools, "fsd"));
	assert_int_equal(facts->fs[0].active, 1);
	assert_false(facts->fs[0].standby_replay);
	hc_arena_free(arena);
}

static void health_is_taken_without_what_is_muted(void **state)
{
	struct hc_arena *arena = hc_arena_new();
	const struct facts *facts = recorded(arena);
	struct facts other = {0};

	(void)state;
	assert_string_equal(facts->health, "HEALTH_WARN");
	assert_true(hc_strings_have(&facts->checks, "OSD_DOWN: 1 osds down"));
	assert_int_equal(facts->pgs, 241);
	assert_int_equal(facts->pgs_active, 241);
	assert_int_equal(facts->pgs_clean, 0);
	assert_int_equal(facts->total, (uint64_t)60 << 30);
	take_text_of(arena,
		     "{\"health\":{\"checks\":{\"A\":{\"summary\":{\"message\":\"x\"},\"muted\":"
		     "true},\"B\":{\"summary\":{\"message\":\"y\"},\"muted\":false}}},\"pgmap\":{"
		     "\"pgs_by_state\":[{\"state_name\":\"active+clean+scrubbing\",\"count\":2},"
		     "{\"state_name\":\"activating\",\"count\":3}]}}",
		     take_status, &other);
	assert_int_equal(other.checks.n, 1);
	assert_string_equal(other.checks.v[0], "B: y");
	assert_int_equal(other.pgs_clean, 2);
	assert_int_equal(other.pgs_active, 2);
	hc_arena_free(arena);
}

static void recovery_is_said_in_placement_groups_and_percent(void **state)
{
	struct hc_arena *arena = hc_arena_new();
	struct facts facts = {.pgs = 33, .pgs_clean = 12};

	(void)state;
	assert_string_equal(facts_recovery(arena, recorded(arena)),
			    "0 of 241 placement groups are active+clean, 33 % of the objects to be "
			    "copied");
	assert_string_equal(facts_recovery(arena, &facts),
			    "12 of 33 placement groups are active+clean");
	facts.objects = 100000;
	facts.objects_misplaced = 1;
	assert_string_equal(facts_recovery(arena, &facts),
			    "12 of 33 placement groups are active+clean, 1 % of the objects to be "
			    "copied");
	hc_arena_free(arena);
}

static void a_number_of_a_profile_that_does_not_fit_is_none(void **state)
{
	struct hc_arena *arena = hc_arena_new();
	struct fact_profile profile = {.name = "wide"};

	(void)state;
	hc_map_put(arena, &profile.values, "k", "4294967298");
	hc_map_put(arena, &profile.values, "m", "-1");
	hc_map_put(arena, &profile.values, "l", "99999999999999999999999");
	assert_int_equal(facts_number(&profile, "k"), 0);
	assert_int_equal(facts_number(&profile, "m"), 0);
	assert_int_equal(facts_number(&profile, "l"), 0);
	assert_int_equal(facts_number(&profile, "w"), 0);
	hc_arena_free(arena);
}

static void options_keys_and_marks_are_taken(void **state)
{
	struct hc_arena *arena = hc_arena_new();
	const struct facts *facts = recorded(arena);
	const struct fact_key *key = facts_key(facts, "client.libvirt");

	(void)state;
	assert_string_equal(facts_option(facts, "osd/class:hdd", "osd_max_backfills"), "2");
	assert_null(facts_option(facts, "osd", "osd_max_backfills"));
	assert_non_null(key);
	assert_string_equal(hc_map_get(&key->caps, "osd"), "profile rbd pool=stockage_ceph");
	assert_int_equal(strlen(key->key), 40);
	assert_int_equal(facts->marks.n, 2);
	assert_true(mark_has(facts, &hc_ceph_pool, "x"));
	assert_false(mark_has(facts, &hc_ceph_pool, "xx"));
	assert_false(mark_has(facts, &hc_ceph_osd, "x"));
	hc_arena_free(arena);
}

/* Every answer may be anything. */
static void nonsense_is_nothing(void **state)
{
	static take_function *const takes[] = {
		take_quorum, take_mgrs, take_crush,  take_osds,  take_pools, take_fs,
		take_status, take_df,   take_config, take_marks, take_keys,  take_usage,
	};
	static const char *const texts[] = {
		"[]",
		"{}",
		"[[1,null,{}]]",
		"{\"osds\":[{\"osd\":-1},{\"osd\":4294967296},7]}",
		"{\"pools\":[{\"pool_name\":\"\"},null],\"auth_dump\":[null,{\"entity\":5}]}",
		"{\"monmap\":{\"mons\":[{\"name\":4}]},\"filesystems\":[{\"mdsmap\":[]},null]}",
	};

	(void)state;
	for (size_t i = 0; i < HC_COUNT(texts); i++) {
		struct hc_arena *arena = hc_arena_new();
		struct facts facts = {0};

		for (size_t k = 0; k < HC_COUNT(takes); k++)
			take_text_of(arena, texts[i], takes[k], &facts);
		assert_int_equal(facts.nosd + facts.npool + facts.nmon + facts.nkey, 0);
		assert_int_equal(facts.noption + facts.nfs + facts.nmds + facts.marks.n, 0);
		hc_arena_free(arena);
	}
}

static void an_ipv6_monitor_has_an_address(void **state)
{
	struct hc_arena *arena = hc_arena_new();
	struct facts facts = {0};

	(void)state;
	take_text_of(arena,
		     "{\"monmap\":{\"mons\":[{\"name\":\"a\",\"public_addrs\":{\"addrvec\":[{"
		     "\"type\":\"v2\",\"addr\":\"[fd00::1]:3300\"}]}},{\"name\":\"b\","
		     "\"public_addrs\":{\"addrvec\":[{\"addr\":\"nowhere\"}]}}]}}",
		     take_quorum, &facts);
	assert_string_equal(hc_address_text(arena, &facts.mons[0].address, false), "fd00::1");
	assert_int_equal(facts.mons[1].address.family, 0);
	hc_arena_free(arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(monitors_are_taken_with_their_address_and_quorum),
		cmocka_unit_test(managers_and_metadata_servers_are_taken_with_their_role),
		cmocka_unit_test(a_manager_that_is_not_available_is_not_active),
		cmocka_unit_test(a_manager_of_before_is_none),
		cmocka_unit_test(an_osd_is_taken_from_the_map_crush_and_the_manager),
		cmocka_unit_test(a_destroyed_osd_keeps_its_id_and_does_not_exist),
		cmocka_unit_test(the_shadow_of_a_host_is_no_host),
		cmocka_unit_test(only_flags_that_a_person_sets_are_taken),
		cmocka_unit_test(a_pool_is_taken_with_its_options_and_its_rule_by_name),
		cmocka_unit_test(profiles_and_file_systems_are_taken),
		cmocka_unit_test(health_is_taken_without_what_is_muted),
		cmocka_unit_test(recovery_is_said_in_placement_groups_and_percent),
		cmocka_unit_test(a_number_of_a_profile_that_does_not_fit_is_none),
		cmocka_unit_test(options_keys_and_marks_are_taken),
		cmocka_unit_test(nonsense_is_nothing),
		cmocka_unit_test(an_ipv6_monitor_has_an_address),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
