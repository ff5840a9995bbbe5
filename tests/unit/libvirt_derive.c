/* SPDX-License-Identifier: Apache-2.0 */
/* What follows from a VM's documents: who it is for ever, and what nobody wrote. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <hcstate/ceph_cluster.h>
#include <hcstate/cluster.h>

#include "providers/libvirt/nouns.h"

struct world {
	struct hc_call call;
	struct hc_set set;
	struct hc_resource *vm, *disk, *net;
};

static struct hc_resource *child(struct world *w, const struct hc_type *type, const char *name)
{
	struct hc_resource *r = hc_resource_new(&w->set, type, NULL, name);

	r->parent = w->vm;
	return r;
}

static int setup(void **state)
{
	struct hc_arena *arena = hc_arena_new();
	struct world *w = hc_new(arena, struct world);
	struct hc_vm *vm;

	w->call.arena = w->call.diags.arena = w->set.arena = arena;
	w->vm = hc_resource_new(&w->set, &hc_vm, NULL, "my.web");
	vm = w->vm->spec;
	vm->cpus = 2;
	vm->memory = 512 << 20;
	w->disk = child(w, &hc_vm_disk, "my.web/disk-3");
	((struct hc_vm_disk *)w->disk->spec)->storage = "vms";
	w->net = child(w, &hc_vm_net, "my.web/net0");
	*state = w;
	return 0;
}

static int teardown(void **state)
{
	struct world *w = *state;

	hc_arena_free(w->call.arena);
	return 0;
}

static void derive(struct world *w)
{
	hc_set_sort(&w->set);
	assert_int_equal(vm_derive(&w->call, &w->set), 0);
}

static const struct hc_vm *vm_of(const struct world *w)
{
	return w->vm->spec;
}

static struct hc_ceph_cluster *add_ceph(struct world *w)
{
	return hc_resource_new(&w->set, &hc_ceph_cluster, NULL, "ceph")->spec;
}

/* These very bytes: another algorithm would make strangers of all VMs that there are. */
static void a_vm_is_the_same_for_ever(void **state)
{
	struct world *w = *state;
	const struct hc_vm_net *net = w->net->spec;
	const uint8_t mac[] = {0x02, 0x9b, 0x48, 0x91, 0xbd, 0x9c};

	add_ceph(w)->fsid = "95b2e390-bca0-4ea3-b3bf-aaf941bfc6c0";
	derive(w);
	assert_string_equal(vm_of(w)->uuid, "af3b9295-d3a4-84da-b708-59c7e9abde6f");
	assert_memory_equal(net->mac.bytes, mac, sizeof(mac));
	assert_true(hc_has_field(w->vm, struct hc_vm, uuid));
	assert_true(hc_has_field(w->net, struct hc_vm_net, mac));
}

static void another_cluster_has_others(void **state)
{
	struct world *w = *state;
	struct hc_ceph_cluster *ceph = add_ceph(w);
	const char *first;

	ceph->fsid = "95b2e390-bca0-4ea3-b3bf-aaf941bfc6c0";
	derive(w);
	first = vm_of(w)->uuid;
	((struct hc_vm *)w->vm->spec)->uuid = NULL;
	ceph->fsid = "95b2e390-bca0-4ea3-b3bf-aaf941bfc6c1";
	derive(w);
	assert_string_not_equal(first, vm_of(w)->uuid);
}

/* Else it would be another one as soon as there is an fsid. */
static void without_an_fsid_nobody_is_anybody(void **state)
{
	struct world *w = *state;

	(void)add_ceph(w);
	derive(w);
	assert_null(vm_of(w)->uuid);
	assert_false(hc_has_field(w->vm, struct hc_vm, uuid));
	assert_false(hc_has_field(w->net, struct hc_vm_net, mac));
}

static void an_fsid_that_was_made_counts(void **state)
{
	struct world *w = *state;
	struct hc_ceph_fsid *fsid = hc_resource_new(&w->set, &hc_ceph_fsid, NULL, "ceph")->spec;

	fsid->fsid = "95b2e390-bca0-4ea3-b3bf-aaf941bfc6c0";
	(void)add_ceph(w);
	derive(w);
	assert_string_equal(vm_of(w)->uuid, "af3b9295-d3a4-84da-b708-59c7e9abde6f");
}

static void without_ceph_the_cluster_names_them(void **state)
{
	struct world *w = *state;
	const char *alone;

	derive(w);
	alone = vm_of(w)->uuid;
	assert_non_null(alone);
	((struct hc_vm *)w->vm->spec)->uuid = NULL;
	((struct hc_cluster *)hc_resource_new(&w->set, &hc_cluster, NULL, "c")->spec)
		->cluster_name = "lab";
	derive(w);
	assert_string_not_equal(alone, vm_of(w)->uuid);
}

static void what_is_written_stays(void **state)
{
	struct world *w = *state;
	struct hc_vm_net *net = w->net->spec;
	struct hc_vm *vm = w->vm->spec;

	vm->uuid = "11111111-2222-3333-4444-555555555555";
	vm->max_cpus = 8;
	vm->max_memory = UINT64_C(4) << 30;
	hc_set_field(w->vm, struct hc_vm, max_cpus);
	hc_set_field(w->vm, struct hc_vm, max_memory);
	net->mac.bytes[5] = 9;
	hc_set_field(w->net, struct hc_vm_net, mac);
	derive(w);
	assert_string_equal(vm->uuid, "11111111-2222-3333-4444-555555555555");
	assert_int_equal(vm->max_cpus, 8);
	assert_int_equal(vm->max_memory, UINT64_C(4) << 30);
	assert_int_equal(net->mac.bytes[0], 0);
	assert_int_equal(net->mac.bytes[5], 9);
}

static void what_nobody_wrote_is_compared_too(void **state)
{
	struct world *w = *state;

	derive(w);
	assert_int_equal(vm_of(w)->max_cpus, 2);
	assert_int_equal(vm_of(w)->max_memory, 512 << 20);
	assert_true(hc_has_field(w->vm, struct hc_vm, max_cpus));
	assert_true(hc_has_field(w->vm, struct hc_vm, max_memory));
	assert_true(vm_of(w)->settled && hc_has_field(w->vm, struct hc_vm, settled));
	assert_true(((const struct hc_vm_disk *)w->disk->spec)->attached);
	assert_true(hc_has_field(w->disk, struct hc_vm_disk, attached));
}

static void a_seed_has_a_name_and_a_place(void **state)
{
	struct world *w = *state;
	struct hc_resource *r = child(w, &hc_vm_cloud_init, "my.web/cloud-init");
	const struct hc_vm_cloud_init *seed = r->spec;

	((struct hc_vm_disk *)child(w, &hc_vm_disk, "my.web/disk-10")->spec)->storage = "other";
	((struct hc_vm_disk *)child(w, &hc_vm_disk, "my.web/disk-4")->spec)->storage = "third";
	derive(w);
	assert_int_equal(w->call.diags.n, 0);
	assert_string_equal(seed->hostname, "my-web");
	assert_string_equal(seed->storage, "vms");
	assert_non_null(seed->seed);
	assert_true(hc_has_field(r, struct hc_vm_cloud_init, seed));
}

static void a_seed_without_a_place_is_an_error(void **state)
{
	struct world *w = *state;

	(void)child(w, &hc_vm_cloud_init, "my.web/cloud-init");
	w->disk->parent = NULL; /* another VM's */
	derive(w);
	assert_int_equal(w->call.diags.errors, 1);
	assert_non_null(strstr(w->call.diags.v[0].text, "needs a storage"));
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_vm_is_the_same_for_ever),           TEST(another_cluster_has_others),
		TEST(without_an_fsid_nobody_is_anybody),   TEST(an_fsid_that_was_made_counts),
		TEST(without_ceph_the_cluster_names_them), TEST(what_is_written_stays),
		TEST(what_nobody_wrote_is_compared_too),   TEST(a_seed_has_a_name_and_a_place),
		TEST(a_seed_without_a_place_is_an_error),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
