/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What VmDisk and VmNet show of a domain that is described twice, as it runs and as it is defined,
 * so that half a change is always seen as one that is to be ended.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "providers/libvirt/vm.h"

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

/* A VM that runs, with disk-0, a file, and net0, in both of its descriptions. */
static void begin(struct world *world)
{
	struct hc_storage *storage;
	struct hc_resource *r;
	FILE *file;

	*world = (struct world){.arena = hc_arena_new(), .directory = "/tmp/hcstate-disk-XXXXXX"};
	assert_non_null(mkdtemp(world->directory));
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
	file = fopen(world->disks[0].source.path, "w");
	assert_non_null(file);
	assert_int_equal(ftruncate(fileno(file), SIZE), 0);
	(void)fclose(file);
}

static void end(struct world *world)
{
	(void)remove(world->disks[0].source.path);
	assert_int_equal(rmdir(world->directory), 0);
	hc_arena_free(world->arena);
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
	struct world world;

	(void)state;
	begin(&world);
	spec = disk(&world)->spec;
	assert_int_equal(spec->size, SIZE);
	assert_string_equal(spec->storage, "files");
	assert_string_equal(spec->source, world.disks[0].source.path);
	assert_true(spec->attached);
	end(&world);
}

static void one_whose_data_is_gone_has_no_size(void **state)
{
	struct world world;

	(void)state;
	begin(&world);
	(void)remove(world.disks[0].source.path);
	assert_false(hc_has_field(disk(&world), struct hc_vm_disk, size));
	end(&world);
}

static void a_wanted_disk_is_attached_when_both_have_it(void **state)
{
	struct world world;

	(void)state;
	begin(&world);
	want(&world, &hc_vm_disk, "vm/disk-0");
	assert_true(attached(&world));
	end(&world);
}

static void a_wanted_disk_that_only_runs_is_not_attached(void **state)
{
	struct world world;

	(void)state;
	begin(&world);
	want(&world, &hc_vm_disk, "vm/disk-0");
	world.defined.ndisk = 0;
	assert_false(attached(&world));
	end(&world);
}

static void a_wanted_disk_that_is_only_defined_is_not_attached(void **state)
{
	struct world world;

	(void)state;
	begin(&world);
	want(&world, &hc_vm_disk, "vm/disk-0");
	world.running.ndisk = 0;
	assert_false(attached(&world));
	end(&world);
}

static void of_a_vm_that_is_off_the_definition_counts(void **state)
{
	struct world world;

	(void)state;
	begin(&world);
	want(&world, &hc_vm_disk, "vm/disk-0");
	world.here.running = NULL;
	world.here.active = false;
	assert_true(attached(&world));
	end(&world);
}

static void one_that_is_not_wanted_is_attached_as_long_as_either_has_it(void **state)
{
	struct world world;

	(void)state;
	begin(&world);
	world.defined.ndisk = 0;
	assert_true(attached(&world));
	end(&world);
}

static void other_peoples_domains_show_nothing(void **state)
{
	struct world world;

	(void)state;
	begin(&world);
	world.here.ours = false;
	assert_null(disk(&world));
	end(&world);
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
	struct world world;

	(void)state;
	begin(&world);
	(void)want_net(&world);
	world.running.nnet = 0;
	assert_null(net(&world));
	world.running.nnet = 1;
	world.defined.nnet = 0;
	assert_null(net(&world));
	end(&world);
}

static void one_that_is_not_wanted_is_there_as_long_as_either_has_it(void **state)
{
	struct world world;

	(void)state;
	begin(&world);
	world.defined.nnet = 0;
	assert_non_null(net(&world));
	end(&world);
}

static void what_runs_shows_where_it_is_not_as_wanted(void **state)
{
	struct world world;

	(void)state;
	begin(&world);
	want_net(&world)->bridge = "vmbr1";
	world.running_net.spec.bridge = "vmbr0";
	assert_string_equal(bridge(&world), "vmbr0");
	end(&world);
}

static void what_is_defined_shows_where_what_runs_is_as_wanted(void **state)
{
	struct world world;

	(void)state;
	begin(&world);
	want_net(&world)->bridge = "vmbr1";
	world.defined_net.spec.bridge = "vmbr0";
	assert_string_equal(bridge(&world), "vmbr0");
	end(&world);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_disk_has_its_size_and_storage),
		cmocka_unit_test(one_whose_data_is_gone_has_no_size),
		cmocka_unit_test(a_wanted_disk_is_attached_when_both_have_it),
		cmocka_unit_test(a_wanted_disk_that_only_runs_is_not_attached),
		cmocka_unit_test(a_wanted_disk_that_is_only_defined_is_not_attached),
		cmocka_unit_test(of_a_vm_that_is_off_the_definition_counts),
		cmocka_unit_test(one_that_is_not_wanted_is_attached_as_long_as_either_has_it),
		cmocka_unit_test(other_peoples_domains_show_nothing),
		cmocka_unit_test(a_wanted_card_that_one_side_lacks_is_not_there),
		cmocka_unit_test(one_that_is_not_wanted_is_there_as_long_as_either_has_it),
		cmocka_unit_test(what_runs_shows_where_it_is_not_as_wanted),
		cmocka_unit_test(what_is_defined_shows_where_what_runs_is_as_wanted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
