/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What VmDisk and VmNet show of a domain that is described twice, as it runs and as it is defined,
 * so that half a change is always seen as one that is to be ended; and of files that no VM has.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <hcstate/file.h>

#include "providers/libvirt/vm.h"
#include "providers/libvirt/volume_mark.h"

#define SIZE 4096
#define UUID "5a1e0000-0000-4000-8000-000000000100"

struct world {
	struct hc_arena *arena;
	char directory[32];
	struct hc_set desired;
	struct hc_state live;
	struct hc_call call;
	struct domain_disk disks[1];
	struct domain_net defined_net, running_net;
	struct domain defined, running;
	struct vm_here here;
	struct vms vms;
	struct look look;
};

static int put(const char *path)
{
	static const char zeros[SIZE];

	return hc_file_write(path, 0600, zeros, SIZE);
}

/* A VM that runs, with disk-0, a file, and net0, in both of its descriptions. */
static int begin(void **state)
{
	struct hc_arena *arena = hc_arena_new();
	struct world *world = hc_new(arena, struct world);
	struct hc_storage *storage;
	struct hc_resource *r;

	*world = (struct world){.arena = arena, .directory = "/tmp/hcstate-disk-XXXXXX"};
	*state = world;
	if (!mkdtemp(world->directory))
		return -1;
	world->desired.arena = world->live.found.arena = world->arena;
	world->call = (struct hc_call){
		.arena = world->arena,
		.node = "pve1",
		.desired = &world->desired,
		.whole = &world->desired,
		.diags = {.arena = world->arena},
	};
	r = hc_resource_new(&world->desired, &hc_storage, "pve1", "files");
	storage = r->spec;
	storage->type = HC_STORAGE_DIR;
	storage->path = world->directory;
	world->disks[0] = (struct domain_disk){
		.name = "disk-0",
		.source = {.kind = DOMAIN_FILE,
			   .path = hc_printf(world->arena, "%s/vm-100-disk-0", world->directory)},
	};
	world->defined_net = (struct domain_net){.name = "net0", .spec = {.bridge = "vmbr1"}};
	world->running_net = world->defined_net;
	world->defined = (struct domain){.name = "vm",
					 .disks = world->disks,
					 .ndisk = 1,
					 .nets = &world->defined_net,
					 .nnet = 1};
	world->running = world->defined;
	world->running.nets = &world->running_net;
	world->here = (struct vm_here){.name = "vm",
				       .uuid = UUID,
				       .ours = true,
				       .active = true,
				       .defined = &world->defined,
				       .running = &world->running};
	world->vms = (struct vms){.read = true, .here = &world->here, .nhere = 1};
	world->look = (struct look){.call = &world->call, .live = &world->live, .vms = &world->vms};
	return put(world->disks[0].source.path);
}

static int end(void **state)
{
	struct world *world = *state;

	(void)hc_file_clear(world->directory);
	hc_arena_free(world->arena);
	return 0;
}

static void want(struct world *world, const struct hc_type *type, const char *name)
{
	(void)hc_resource_new(&world->desired, type, NULL, name);
}

static const struct hc_resource *disk(struct world *world)
{
	hc_set_sort(&world->desired);
	assert_int_equal(disk_noun.read(&world->look), 0);
	assert_null(hc_why_unknown(&world->live, &hc_vm_disk));
	hc_set_sort(&world->live.found);
	return hc_find(&world->live.found, &hc_vm_disk, NULL, "vm/disk-0");
}

static bool attached(struct world *world)
{
	const struct hc_resource *r = disk(world);

	assert_non_null(r);
	return ((const struct hc_vm_disk *)r->spec)->attached;
}

static void a_disk_has_its_size_and_storage(void **state)
{
	const struct hc_vm_disk *spec;
	struct world *world = *state;

	spec = disk(world)->spec;
	assert_int_equal(spec->size, SIZE);
	assert_string_equal(spec->storage, "files");
	assert_string_equal(spec->source, world->disks[0].source.path);
	assert_true(spec->attached);
}

static void one_whose_data_is_gone_has_no_size(void **state)
{
	struct world *world = *state;

	(void)remove(world->disks[0].source.path);
	assert_false(hc_has_field(disk(world), struct hc_vm_disk, size));
}

static void a_wanted_disk_is_attached_when_both_have_it(void **state)
{
	struct world *world = *state;

	want(world, &hc_vm_disk, "vm/disk-0");
	assert_true(attached(world));
}

static void a_wanted_disk_that_only_runs_is_not_attached(void **state)
{
	struct world *world = *state;

	want(world, &hc_vm_disk, "vm/disk-0");
	world->defined.ndisk = 0;
	assert_false(attached(world));
}

static void a_wanted_disk_that_is_only_defined_is_not_attached(void **state)
{
	struct world *world = *state;

	want(world, &hc_vm_disk, "vm/disk-0");
	world->running.ndisk = 0;
	assert_false(attached(world));
}

static void of_a_vm_that_is_off_the_definition_counts(void **state)
{
	struct world *world = *state;

	want(world, &hc_vm_disk, "vm/disk-0");
	world->here.running = NULL;
	world->here.active = false;
	assert_true(attached(world));
}

static void one_that_is_not_wanted_is_attached_as_long_as_either_has_it(void **state)
{
	struct world *world = *state;

	world->defined.ndisk = 0;
	assert_true(attached(world));
}

static void other_peoples_domains_show_nothing(void **state)
{
	struct world *world = *state;

	world->here.ours = false;
	assert_null(disk(world));
}

/* A file that hcstate made for a disk of that VM, and that no VM has. */
static void leave(struct world *world, const char *owner, bool whole)
{
	const struct volume volume = {.type = HC_STORAGE_DIR,
				      .pool = world->directory,
				      .name = "vm-100-disk-1"};
	int r = whole ? volume_mark_made(world->arena, NULL, &volume, owner)
		      : volume_mark(world->arena, NULL, &volume, owner);

	assert_int_equal(r, 0);
	assert_int_equal(put(volume_text(world->arena, &volume)), 0);
}

static const struct hc_resource *look(struct world *world, const char *name)
{
	(void)disk(world);
	return hc_find(&world->live.found, &hc_vm_disk, NULL, name);
}

static void a_file_that_no_vm_has_is_told_of(void **state)
{
	struct world *world = *state;
	const struct hc_vm_disk *spec;
	const struct hc_resource *r;

	leave(world, "vm/disk-1", true);
	r = look(world, "vm/disk-1");
	assert_non_null(r);
	assert_true(r->made);
	spec = r->spec;
	assert_false(spec->attached);
	assert_int_equal(spec->size, SIZE);
	assert_string_equal(spec->storage, "files");
	assert_string_equal(spec->source,
			    hc_printf(world->arena, "%s/vm-100-disk-1", world->directory));
}

static void one_that_a_vm_has_is_told_of_once(void **state)
{
	struct world *world = *state;

	leave(world, "vm/disk-0", true);
	assert_true(attached(world));
	assert_int_equal(world->live.found.n, 1);
}

static void what_is_no_disk_s_file_is_left_alone(void **state)
{
	struct world *world = *state;

	leave(world, "vm/cloud-init", true);
	assert_int_equal(put(hc_printf(world->arena, "%s/vm-100-disk-7", world->directory)), 0);
	(void)look(world, "vm/disk-0");
	assert_int_equal(world->live.found.n, 1);
}

static void a_wanted_file_that_was_whole_and_is_gone_is_lost(void **state)
{
	struct world *world = *state;
	const struct hc_resource *r;

	leave(world, "vm/disk-1", true);
	assert_int_equal(remove(hc_printf(world->arena, "%s/vm-100-disk-1", world->directory)), 0);
	assert_null(look(world, "vm/disk-1"));
	want(world, &hc_vm_disk, "vm/disk-1");
	world->live.found.n = 0;
	r = look(world, "vm/disk-1");
	assert_non_null(r);
	assert_false(hc_has_field(r, struct hc_vm_disk, size));
}

/* The VM is on another node now; but the file is here. */
static void a_file_of_another_node_s_vm_is_still_here(void **state)
{
	struct claim claim = {.vm = "gone", .node = "pve2"};
	struct world *world = *state;

	world->vms.claims = &claim;
	world->vms.nclaim = 1;
	leave(world, "gone/disk-1", true);
	assert_non_null(look(world, "gone/disk-1"));
	want(world, &hc_vm_disk, "gone/disk-1");
	world->live.found.n = 0;
	assert_null(look(world, "gone/disk-1"));
}

static const struct hc_resource *net(struct world *world)
{
	hc_set_sort(&world->desired);
	assert_int_equal(net_noun.read(&world->look), 0);
	hc_set_sort(&world->live.found);
	return hc_find(&world->live.found, &hc_vm_net, NULL, "vm/net0");
}

static const char *bridge(struct world *world)
{
	const struct hc_resource *r = net(world);

	assert_non_null(r);
	return ((const struct hc_vm_net *)r->spec)->bridge;
}

static struct hc_vm_net *want_net(struct world *world)
{
	want(world, &hc_vm_net, "vm/net0");
	return world->desired.v[world->desired.n - 1]->spec;
}

static void a_wanted_card_that_one_side_lacks_is_not_there(void **state)
{
	struct world *world = *state;

	(void)want_net(world);
	world->running.nnet = 0;
	assert_null(net(world));
	world->running.nnet = 1;
	world->defined.nnet = 0;
	assert_null(net(world));
}

static void one_that_is_not_wanted_is_there_as_long_as_either_has_it(void **state)
{
	struct world *world = *state;

	world->defined.nnet = 0;
	assert_non_null(net(world));
}

static void what_runs_shows_where_it_is_not_as_wanted(void **state)
{
	struct world *world = *state;

	want_net(world)->bridge = "vmbr1";
	world->running_net.spec.bridge = "vmbr0";
	assert_string_equal(bridge(world), "vmbr0");
}

static void what_is_defined_shows_where_what_runs_is_as_wanted(void **state)
{
	struct world *world = *state;

	want_net(world)->bridge = "vmbr1";
	world->defined_net.spec.bridge = "vmbr0";
	assert_string_equal(bridge(world), "vmbr0");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_disk_has_its_size_and_storage),
		TEST(one_whose_data_is_gone_has_no_size),
		TEST(a_wanted_disk_is_attached_when_both_have_it),
		TEST(a_wanted_disk_that_only_runs_is_not_attached),
		TEST(a_wanted_disk_that_is_only_defined_is_not_attached),
		TEST(of_a_vm_that_is_off_the_definition_counts),
		TEST(one_that_is_not_wanted_is_attached_as_long_as_either_has_it),
		TEST(other_peoples_domains_show_nothing),
		TEST(a_file_that_no_vm_has_is_told_of),
		TEST(one_that_a_vm_has_is_told_of_once),
		TEST(what_is_no_disk_s_file_is_left_alone),
		TEST(a_wanted_file_that_was_whole_and_is_gone_is_lost),
		TEST(a_file_of_another_node_s_vm_is_still_here),
		TEST(a_wanted_card_that_one_side_lacks_is_not_there),
		TEST(one_that_is_not_wanted_is_there_as_long_as_either_has_it),
		TEST(what_runs_shows_where_it_is_not_as_wanted),
		TEST(what_is_defined_shows_where_what_runs_is_as_wanted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
