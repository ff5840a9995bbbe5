/* SPDX-License-Identifier: Apache-2.0 */
/* What LVM tells of the volumes of OSDs. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <json-c/json.h>

#include "providers/ceph/volume.h"

#define UUID "5f1c7e1a-4e9a-4a4b-8b9e-6e4e6f0f7a11"

struct answer {
	struct hc_arena *arena;
	struct volume *v;
	size_t n;
};

static int setup(void **state)
{
	static struct answer a;

	a = (struct answer){.arena = hc_arena_new()};
	*state = &a;
	return 0;
}

static int teardown(void **state)
{
	struct answer *a = *state;

	a->arena = hc_arena_free(a->arena);
	return 0;
}

static void take(struct answer *a, struct json_object *json)
{
	assert_non_null(json);
	volume_take(a->arena, json, &a->v, &a->n);
	json_object_put(json);
}

static const struct volume *one(struct answer *a, const char *name, const char *tags)
{
	const char *row = "{\"report\":[{\"pv\":[{\"pv_name\":\"/dev/sdb\",\"vg_name\":\"ceph-1\","
			  "\"lv_name\":\"%s\",\"lv_tags\":\"%s\"}]}]}";

	a->n = 0;
	a->v = NULL;
	take(a, json_tokener_parse(hc_printf(a->arena, row, name, tags)));
	assert_int_equal(a->n, 1);
	return a->v;
}

/* As LVM 2.03.16 answers, with the volumes of ceph-volume 16.2. */
static void volumes_are_as_pvs_lists_them(void **state)
{
	struct answer *a = *state;

	take(a, json_object_from_file(RECORDED "/pvs.json"));
	assert_int_equal(a->n, 6);
	assert_string_equal(a->v[0].disk, "/dev/vdb");
	assert_int_equal(a->v[0].part, VOLUME_DATA);
	assert_string_equal(a->v[0].osd_uuid, UUID);
	assert_string_equal(a->v[0].fsid, "797d1bb9-db05-4919-bfd9-fc4c0fa6099a");
	assert_int_equal(a->v[0].id, 7);
	assert_true(a->v[0].encrypted);
	assert_true(a->v[0].tagged);
	assert_string_equal(a->v[1].group, "");
	assert_string_equal(a->v[1].name, "");
	assert_int_equal(a->v[2].part, VOLUME_DB);
	assert_string_equal(a->v[2].osd_uuid, UUID);
	assert_int_equal(a->v[2].free, 8585740288);
	assert_int_equal(a->v[2].size, 2147483648);
	assert_null(a->v[5].osd_uuid);
	assert_string_equal(a->v[5].group, "pve");
}

/* ceph-volume was cut short before it could write the tags. */
static void a_name_tells_whose_it_is_before_there_are_tags(void **state)
{
	struct answer *a = *state;

	take(a, json_object_from_file(RECORDED "/pvs.json"));
	assert_string_equal(a->v[4].osd_uuid, "6a2d8f2b-5fab-4b5c-9caf-7f5f7a1a8b22");
	assert_int_equal(a->v[4].part, VOLUME_DATA);
	assert_false(a->v[4].tagged);
	assert_int_equal(a->v[4].id, UINT32_MAX);
	assert_null(one(a, "osd-block-x", "")->osd_uuid);
}

static void what_is_no_uuid_is_of_no_osd(void **state)
{
	struct answer *a = *state;

	assert_null(one(a, "x", "ceph.type=block,ceph.osd_fsid=--destroy")->osd_uuid);
	assert_null(one(a, "x", "ceph.type=block,ceph.osd_fsid=null,ceph.osd_id=null")->osd_uuid);
	assert_null(one(a, "x", "ceph.type=lockbox,ceph.osd_fsid=" UUID)->osd_uuid);
	assert_null(one(a, "x", "ceph.osd_fsid=" UUID)->osd_uuid);
	assert_int_equal(one(a, "x", "ceph.type=db,ceph.osd_id=-1,ceph.osd_fsid=" UUID)->id,
			 UINT32_MAX);
}

static void a_tag_is_not_found_inside_another(void **state)
{
	struct answer *a = *state;

	assert_false(one(a, "x", "ceph.type=block,ceph.osd_fsid=" UUID ",x.ceph.encrypted=1")
			     ->encrypted);
	assert_false(
		one(a, "x", "ceph.type=block,ceph.osd_fsid=" UUID ",ceph.encrypted_1")->encrypted);
	assert_string_equal(one(a, "x",
				"ceph.type=block,ceph.osd_fsid=" UUID
				",ceph.cluster_fsid=ceph.cluster_fsid=" UUID)
				    ->fsid,
			    "");
}

static void another_kind_of_answer_is_none(void **state)
{
	struct answer *a = *state;

	take(a, json_tokener_parse("{\"report\":[{\"pv\":{}},3,{\"pv\":[null,7]}]}"));
	take(a, json_tokener_parse("[]"));
	assert_int_equal(a->n, 0);
}

#define test(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		test(volumes_are_as_pvs_lists_them),
		test(a_name_tells_whose_it_is_before_there_are_tags),
		test(what_is_no_uuid_is_of_no_osd),
		test(a_tag_is_not_found_inside_another),
		test(another_kind_of_answer_is_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
