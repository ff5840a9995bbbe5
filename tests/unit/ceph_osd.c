/* SPDX-License-Identifier: Apache-2.0 */
/* Which OSD is which document's, and when one may be given up. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "providers/ceph/osd.h"

#define FSID "aaaaaaaa-bbbb-4ccc-8ddd-eeeeeeeeeeee"
#define A "aaaa0000-0000-4000-8000-000000000000"
#define B "bbbb0000-0000-4000-8000-000000000000"

/* pve1, with what its documents name, what the cluster has and what its disks say. */
struct world {
	struct hc_arena *arena;
	struct hc_set want;
	struct fact_osd osds[4];
	struct facts facts;
	struct label labels[4];
	size_t nlabel;
	struct hc_call call;
	struct look look;
	struct osd_rows rows;
};

static int setup(void **state)
{
	static struct world w;

	w = (struct world){.arena = hc_arena_new()};
	w.want.arena = w.arena;
	w.facts.fsid = FSID;
	w.facts.osds = w.osds;
	*state = &w;
	return 0;
}

static int teardown(void **state)
{
	struct world *w = *state;

	w->arena = hc_arena_free(w->arena);
	return 0;
}

static void document(struct world *w, const char *name)
{
	struct hc_resource *r = hc_resource_new(&w->want, &hc_ceph_osd, "pve1", name);

	((struct hc_ceph_osd *)r->spec)->device = hc_printf(w->arena, "/dev/none/%s", name);
	hc_set_field(r, struct hc_ceph_osd, device);
}

static struct fact_osd *known(struct world *w, const char *uuid, const char *host, uint32_t up_from)
{
	struct fact_osd *osd = &w->osds[w->facts.nosd];

	*osd = (struct fact_osd){
		.id = (uint32_t)w->facts.nosd++,
		.uuid = uuid,
		.host = host,
		.device_class = "",
		.exists = true,
		.up_from = up_from,
	};
	return osd;
}

static void mark(struct world *w, const char *uuid, const char *value)
{
	hc_map_put(w->arena, &w->facts.marks, hc_printf(w->arena, "hcstate/osd/%s", uuid), value);
}

static void disk(struct world *w, const char *uuid, const char *fsid, bool ready)
{
	w->labels[w->nlabel++] = (struct label){.path = "/dev/none/disk",
						.osd_uuid = uuid,
						.fsid = fsid,
						.ready = ready,
						.data = true};
}

static const struct osd_row *match(struct world *w, size_t n)
{
	hc_set_sort(&w->want);
	w->call = (struct hc_call){.arena = w->arena, .node = "pve1", .desired = &w->want};
	w->look = (struct look){.call = &w->call, .facts = &w->facts};
	osd_match(&w->look, w->labels, w->nlabel, &w->rows);
	assert_int_equal(w->rows.n, n);
	return w->rows.v;
}

static void a_mark_says_whose_it_is(void **state)
{
	struct world *w = *state;
	const struct osd_row *row;

	document(w, "sdb");
	known(w, A, "pve1", 10);
	mark(w, A, "pve1/sdb");
	row = match(w, 1);
	assert_string_equal(row->name, "sdb");
	assert_non_null(row->want);
	assert_true(row->marked);
	assert_null(row->label);
}

static void its_disk_is_found_under_any_name(void **state)
{
	struct world *w = *state;

	document(w, "sdb");
	known(w, A, "pve1", 10);
	mark(w, A, "pve1/sdb");
	disk(w, B, FSID, true);
	disk(w, A, FSID, true);
	assert_ptr_equal(match(w, 1)->label, &w->labels[1]);
}

static void a_disk_of_another_cluster_does_not_carry_it(void **state)
{
	struct world *w = *state;

	document(w, "sdb");
	known(w, A, "pve1", 10);
	mark(w, A, "pve1/sdb");
	disk(w, A, "ffffffff-bbbb-4ccc-8ddd-eeeeeeeeeeee", true);
	assert_null(match(w, 1)->label);
}

static void one_that_was_only_begun_is_still_to_be_made(void **state)
{
	struct world *w = *state;

	document(w, "sdb");
	known(w, A, "", 0);
	mark(w, A, "pve1/sdb");
	disk(w, A, FSID, false);
	(void)match(w, 0);
}

static void one_that_is_made_but_never_was_up_is_there(void **state)
{
	struct world *w = *state;

	document(w, "sdb");
	known(w, A, "", 0);
	mark(w, A, "pve1/sdb");
	disk(w, A, FSID, true);
	assert_string_equal(match(w, 1)->name, "sdb");
}

static void one_that_was_begun_and_is_not_wanted_any_more_has_to_go(void **state)
{
	struct world *w = *state;
	const struct osd_row *row;

	known(w, A, "", 0);
	mark(w, A, "pve1/sdb");
	row = match(w, 1);
	assert_string_equal(row->name, "sdb");
	assert_string_equal(row->node, "pve1");
	assert_null(row->want);
}

static void a_purged_ones_remains_are_seen(void **state)
{
	struct world *w = *state;
	const struct osd_row *row;

	mark(w, A, "gone pve1/sdb");
	row = match(w, 1);
	assert_string_equal(row->name, "sdb");
	assert_null(row->fact);
	assert_string_equal(row->uuid, A);
}

static void a_purged_ones_remains_do_not_hide_that_a_new_one_is_wanted(void **state)
{
	struct world *w = *state;

	document(w, "sdb");
	mark(w, A, "gone pve1/sdb");
	(void)match(w, 0);
}

static void one_that_was_about_to_be_purged_is_still_lost(void **state)
{
	struct world *w = *state;

	document(w, "sdb");
	known(w, A, "pve1", 10);
	mark(w, A, "gone pve1/sdb");
	assert_non_null(match(w, 1)->want);
}

static void what_nobody_marked_goes_by_its_number(void **state)
{
	struct world *w = *state;
	const struct osd_row *row;

	document(w, "sdb");
	known(w, A, "pve1", 10);
	known(w, B, "pve2", 10);
	row = match(w, 2);
	assert_string_equal(row[0].name, "osd.0");
	assert_false(row[0].marked);
	assert_string_equal(row[1].name, "osd.1");
	assert_string_equal(row[1].node, "pve2");
}

static void two_of_one_name_stay_two(void **state)
{
	struct world *w = *state;
	const struct osd_row *row;

	document(w, "sdb");
	known(w, A, "pve1", 10);
	known(w, B, "pve1", 20);
	mark(w, A, "gone pve1/sdb");
	mark(w, B, "pve1/sdb");
	row = match(w, 2);
	assert_string_equal(row[0].name, "sdb");
	assert_string_equal(row[1].name, "osd.1");
}

static void a_lost_one_is_given_up_only_when_nothing_is_lost_with_it(void **state)
{
	struct world *w = *state;

	assert_null(osd_gate_lost(w->arena, "no figures", true));
	assert_null(osd_gate_lost(w->arena, "", false));
	assert_non_null(osd_gate_lost(w->arena, "no figures", false));
	assert_non_null(osd_gate_lost(w->arena, NULL, false));
}

/* 10 placement groups: so many of that state, the others are well */
static uint32_t settling(const char *state, uint64_t count, const char *ok_to_stop)
{
	struct osd_pgs pgs = {.all = 10};

	osd_pgs_add(&pgs, "active+undersized+degraded", 10 - count);
	osd_pgs_add(&pgs, state, count);
	return osd_settling(&pgs, ok_to_stop);
}

static void what_passes_by_itself_is_told_from_what_stays(void **state)
{
	(void)state;
	assert_int_equal(settling("peering", 3, "3 would become offline"), 3);
	assert_int_equal(settling("remapped+peering", 3, "3 would become offline"), 3);
	assert_int_equal(settling("activating+undersized", 2, ""), 2);
	assert_int_equal(settling("stale+active+clean", 4, ""), 4);
	/* of the last copy */
	assert_int_equal(settling("stale+active+clean", 4, "4 would become offline"), 0);
	assert_int_equal(settling("down+peering", 3, "3 would become offline"), 0);
	assert_int_equal(settling("incomplete", 1, "1 would become offline"), 0);
	assert_int_equal(settling("undersized+degraded+peered", 1, "1 would become offline"), 0);
	assert_int_equal(settling("active+recovery_unfound+degraded", 1, ""), 0);
	/* none: what remains is for the gate */
	assert_int_equal(settling("active+clean", 1, ""), 0);
	assert_int_equal(settling("active+clean", 1, "all would become offline"), 0);
}

/* It takes all of it: down, not running, on no disk, a blank one in its place. */
static void a_disk_counts_as_lost_only_when_everything_says_so(void **state)
{
	struct world *w = *state;
	struct hc_ceph_device device = {.content = HC_CEPH_BLANK, .what = "nothing"};
	const struct label broken = {.path = "/dev/sdc", .unreadable = true};
	struct osd_sight sight = {.path = "/dev/sdb", .device = &device};

	assert_null(osd_not_lost(w->arena, &sight));
	sight.up = true;
	assert_string_equal(osd_not_lost(w->arena, &sight), "Ceph still has it up");
	sight.up = false;
	sight.runs = true;
	assert_string_equal(osd_not_lost(w->arena, &sight), "its daemon runs");
	sight.runs = false;
	sight.broken = &broken;
	assert_string_equal(osd_not_lost(w->arena, &sight),
			    "/dev/sdc cannot be read and may be it");
	sight.broken = NULL;
	for (unsigned content = HC_CEPH_OURS; content <= HC_CEPH_BEGUN; content++) {
		device.content = content;
		assert_non_null(osd_not_lost(w->arena, &sight));
	}
}

static void what_is_no_mark_is_none(void **state)
{
	struct world *w = *state;
	struct osd_mark *marks;

	mark(w, A, "pve1");
	mark(w, B, "gone /");
	hc_map_put(w->arena, &w->facts.marks, "hcstate/made/CephPool/osd", "pve1/sdb");
	assert_int_equal(osd_marks(w->arena, &w->facts, &marks), 0);
}

#define test(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		test(a_mark_says_whose_it_is),
		test(its_disk_is_found_under_any_name),
		test(a_disk_of_another_cluster_does_not_carry_it),
		test(one_that_was_only_begun_is_still_to_be_made),
		test(one_that_is_made_but_never_was_up_is_there),
		test(one_that_was_begun_and_is_not_wanted_any_more_has_to_go),
		test(a_purged_ones_remains_are_seen),
		test(a_purged_ones_remains_do_not_hide_that_a_new_one_is_wanted),
		test(one_that_was_about_to_be_purged_is_still_lost),
		test(what_nobody_marked_goes_by_its_number),
		test(two_of_one_name_stay_two),
		test(a_lost_one_is_given_up_only_when_nothing_is_lost_with_it),
		test(what_passes_by_itself_is_told_from_what_stays),
		test(a_disk_counts_as_lost_only_when_everything_says_so),
		test(what_is_no_mark_is_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
