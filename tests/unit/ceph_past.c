/* SPDX-License-Identifier: Apache-2.0 */
/* A cluster that once existed is never made again. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <arpa/inet.h>

#include <hcstate/ceph_daemon.h>

#include "providers/ceph/past.h"

#define FSID "11111111-2222-3333-4444-555555555555"
#define OTHER "99999999-2222-3333-4444-555555555555"

struct world {
	struct hc_arena *arena;
	struct hc_set whole;
	struct hc_peers peers;
	struct hc_peer peer[4]; /* the last one only for those who ask for it */
	struct hc_call call;
	struct wants wants;
};

static const char *const names[] = {"pve1", "pve2", "pve3"};

/* What a node of these manifests tells. */
static const char *told(struct world *w, const char *past)
{
	struct hc_call call = w->call;

	call.told = (struct hc_map){0};
	past_tell(&call, &w->wants, past);
	return hc_map_get(&call.told, FACT_PAST);
}

static void says(struct world *w, int peer, const char *fact)
{
	hc_map_put(w->arena, &w->peer[peer].facts, FACT_PAST, fact);
}

/* Three nodes with a monitor each, all there, and none knows of anything. */
static void three(struct world *w)
{
	struct hc_resource *r;

	*w = (struct world){.arena = hc_arena_new()};
	w->whole.arena = w->arena;
	r = hc_resource_new(&w->whole, &hc_ceph_cluster, NULL, "ceph");
	((struct hc_ceph_cluster *)r->spec)->fsid = FSID;
	for (int i = 0; i < 3; i++) {
		struct hc_ceph_monitor *mon =
			hc_resource_new(&w->whole, &hc_ceph_monitor, names[i], "mon")->spec;

		mon->address = (struct hc_address){.family = AF_INET,
						   .prefix = 32,
						   .bytes = {10, 0, 0, (uint8_t)(i + 1)}};
		w->peer[i] = (struct hc_peer){.node = names[i], .nodeid = (uint32_t)i + 1};
	}
	hc_set_sort(&w->whole);
	w->peers = (struct hc_peers){.joined = true, .quorate = true, .v = w->peer, .n = 3};
	w->call = (struct hc_call){
		.arena = w->arena,
		.node = "pve1",
		.member = true,
		.diags = {.arena = w->arena},
		.desired = &w->whole,
		.whole = &w->whole,
		.peers = &w->peers,
	};
	w->wants = wants_of(&w->call);
	for (int i = 0; i < 3; i++)
		says(w, i, told(w, ""));
}

static void end(struct world *w)
{
	w->arena = hc_arena_free(w->arena);
}

static void forbidden(struct world *w, int with, const char *part)
{
	const char *text;

	assert_int_equal(past_forbids(&w->call, &w->wants), with);
	assert_int_equal(w->call.diags.n, 1);
	text = w->call.diags.v[0].text;
	if (!strstr(text, part))
		fail_msg("\"%s\" is not in \"%s\"", part, text);
}

static void when_all_are_there_and_know_of_nothing_it_may_be_made(void **state)
{
	struct world w;

	(void)state;
	three(&w);
	assert_int_equal(past_forbids(&w.call, &w.wants), 0);
	end(&w);
}

static void one_who_is_missing_is_waited_for_by_name(void **state)
{
	struct world w;

	(void)state;
	three(&w);
	w.peers.n = 2;
	forbidden(&w, -EAGAIN, "missing: pve3");
	end(&w);
}

static void who_has_not_looked_yet_is_waited_for(void **state)
{
	struct world w;

	(void)state;
	three(&w);
	w.peer[1].facts = (struct hc_map){0};
	forbidden(&w, -EAGAIN, "missing: pve2");
	end(&w);
}

static void one_piece_of_evidence_is_enough(void **state)
{
	struct world w;

	(void)state;
	three(&w);
	says(&w, 2, told(&w, "/dev/sdb carries an OSD of it"));
	forbidden(&w, -EAGAIN, "pve3 knows this cluster already (/dev/sdb carries an OSD of it)");
	end(&w);
}

static void evidence_counts_whoever_is_missing(void **state)
{
	struct world w;

	(void)state;
	three(&w);
	says(&w, 1, told(&w, "a database"));
	w.peers.n = 2;
	forbidden(&w, -EAGAIN, "pve2 knows this cluster already (a database)");
	end(&w);
}

static void evidence_on_this_very_node_counts(void **state)
{
	struct world w;

	(void)state;
	three(&w);
	says(&w, 0, told(&w, "a database"));
	forbidden(&w, -EAGAIN, "pve1 knows this cluster already");
	end(&w);
}

static void a_node_without_a_monitor_may_know_it_too(void **state)
{
	struct world w;

	(void)state;
	three(&w);
	w.peer[3] = (struct hc_peer){.node = "pve4", .nodeid = 4};
	w.peers.n = 4;
	assert_int_equal(past_forbids(&w.call, &w.wants), 0);
	says(&w, 3, "none " OTHER " 0123456789ab"); /* whose manifests are old: no evidence */
	assert_int_equal(past_forbids(&w.call, &w.wants), 0);
	says(&w, 3, told(&w, "/dev/sdb carries an OSD of it"));
	forbidden(&w, -EAGAIN, "pve4 knows this cluster already (/dev/sdb carries an OSD of it)");
	end(&w);
}

/* One that hangs since before the cluster was there, and one that was started since. */
static void of_two_processes_on_a_node_both_are_heard(void **state)
{
	struct world w;

	(void)state;
	three(&w);
	w.peer[3] = (struct hc_peer){.node = "pve3", .nodeid = 3, .pid = 9};
	w.peers.n = 4;
	says(&w, 3, told(&w, "a database"));
	forbidden(&w, -EAGAIN, "pve3 knows this cluster already (a database)");
	end(&w);
}

static void of_two_processes_on_a_node_one_that_has_not_looked_does_not_count(void **state)
{
	struct world w;

	(void)state;
	three(&w);
	w.peer[3] = w.peer[2];
	w.peer[2] = (struct hc_peer){.node = "pve3", .nodeid = 3};
	w.peers.n = 4;
	assert_int_equal(past_forbids(&w.call, &w.wants), 0);
	end(&w);
}

static void a_node_with_another_fsid_makes_it_fail(void **state)
{
	struct world w;

	(void)state;
	three(&w);
	says(&w, 1, "none " OTHER " 0123456789ab");
	forbidden(&w, -EINVAL, "the manifests of pve2 have another fsid: " OTHER);
	end(&w);
}

static void the_past_of_another_cluster_makes_it_fail(void **state)
{
	struct world w;

	(void)state;
	three(&w);
	says(&w, 1, "past " OTHER " it was there");
	forbidden(&w, -EINVAL, "another fsid");
	end(&w);
}

static void a_node_that_wants_other_monitors_is_waited_for(void **state)
{
	struct world w;

	(void)state;
	three(&w);
	says(&w, 2, "none " FSID " 0123456789ab");
	forbidden(&w, -EAGAIN, "the manifests of pve3 ask for other monitors");
	end(&w);
}

static void nonsense_is_no_permission(void **state)
{
	static const char *const texts[] = {"",    "none",       "past",      " ",
					    "yes", "none " FSID, "past " FSID};
	struct world w;

	(void)state;
	for (size_t i = 0; i < HC_COUNT(texts); i++) {
		three(&w);
		says(&w, 1, texts[i]);
		assert_int_not_equal(past_forbids(&w.call, &w.wants), 0);
		end(&w);
	}
}

static void without_quorum_nothing_is_made(void **state)
{
	struct world w;

	(void)state;
	three(&w);
	w.peers.quorate = false;
	forbidden(&w, -EAGAIN, "not quorate");
	end(&w);
}

static void alone_nothing_is_made(void **state)
{
	struct world w;

	(void)state;
	three(&w);
	w.peers.joined = false;
	forbidden(&w, -EAGAIN, "corosync does not run here");
	end(&w);
}

static void without_an_fsid_nothing_is_made_or_told(void **state)
{
	struct world w;

	(void)state;
	three(&w);
	w.wants.fsid = NULL;
	assert_null(told(&w, ""));
	forbidden(&w, -ENOENT, "no fsid");
	end(&w);
}

static void a_note_is_the_past(void **state)
{
	char dir[] = "/tmp/hcstate-past-XXXXXX";
	const char *past;
	struct world w;

	(void)state;
	three(&w);
	assert_non_null(mkdtemp(dir));
	assert_int_equal(setenv("HCSTATE_STATE", dir, 1), 0);
	assert_false(past_noted(&w.wants));
	assert_int_equal(past_note(&w.call, &w.wants), 0);
	assert_int_equal(past_note(&w.call, &w.wants), 0);
	assert_true(past_noted(&w.wants));
	assert_int_equal(past_read(&w.call, &w.wants, &past), 0);
	assert_non_null(strstr(past, dir));
	assert_non_null(strstr(told(&w, past), "past " FSID " /tmp/"));
	w.wants.fsid = OTHER; /* it speaks of the one cluster alone */
	assert_false(past_noted(&w.wants));
	assert_int_equal(unlink(hc_printf(w.arena, "%s/ceph-" FSID, dir)), 0);
	assert_int_equal(rmdir(dir), 0);
	end(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(when_all_are_there_and_know_of_nothing_it_may_be_made),
		cmocka_unit_test(one_who_is_missing_is_waited_for_by_name),
		cmocka_unit_test(who_has_not_looked_yet_is_waited_for),
		cmocka_unit_test(one_piece_of_evidence_is_enough),
		cmocka_unit_test(evidence_counts_whoever_is_missing),
		cmocka_unit_test(evidence_on_this_very_node_counts),
		cmocka_unit_test(a_node_without_a_monitor_may_know_it_too),
		cmocka_unit_test(of_two_processes_on_a_node_both_are_heard),
		cmocka_unit_test(of_two_processes_on_a_node_one_that_has_not_looked_does_not_count),
		cmocka_unit_test(a_node_with_another_fsid_makes_it_fail),
		cmocka_unit_test(the_past_of_another_cluster_makes_it_fail),
		cmocka_unit_test(a_node_that_wants_other_monitors_is_waited_for),
		cmocka_unit_test(nonsense_is_no_permission),
		cmocka_unit_test(without_quorum_nothing_is_made),
		cmocka_unit_test(alone_nothing_is_made),
		cmocka_unit_test(without_an_fsid_nothing_is_made_or_told),
		cmocka_unit_test(a_note_is_the_past),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
