/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What of a VM needs no libvirt: one value of what runs and what is defined, where a VM belongs,
 * the domain that is wanted and what it is written over, and libvirt's states by its test driver.
 * The rules of adjust and plan are cases.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <libvirt/virterror.h>

#include <hcstate/cluster.h>

#include "providers/libvirt/vm_home.h"
#include "providers/libvirt/vm_ops.h"
#include "providers/libvirt/vm_power.h"

#define UUID "11111111-2222-4333-8444-555555555555"
#define MIB (UINT64_C(1) << 20)

/* A call and what it looks at. */
struct scene {
	struct hc_arena *arena;
	struct hc_set desired, whole;
	struct hc_state live;
	struct hc_peers peers;
	struct hc_strings approved;
	struct hc_call call;
	struct vms vms;
	struct look look;
};

static int begin(void **state)
{
	struct scene *scene = calloc(1, sizeof(*scene));

	if (!scene)
		return -1;
	scene->arena = hc_arena_new();
	scene->desired.arena = scene->whole.arena = scene->live.found.arena = scene->arena;
	scene->call = (struct hc_call){
		.arena = scene->arena,
		.node = "pve1",
		.member = true,
		.diags = {.arena = scene->arena},
		.desired = &scene->desired,
		.whole = &scene->whole,
		.live = &scene->live,
		.approved = &scene->approved,
		.peers = &scene->peers,
	};
	scene->vms.read = true;
	scene->look = (struct look){.call = &scene->call, .live = &scene->live, .vms = &scene->vms};
	*state = scene;
	return 0;
}

static int end(void **state)
{
	struct scene *scene = *state;

	(void)hc_arena_free(scene->arena);
	free(scene);
	return 0;
}

static struct hc_vm a_vm(void)
{
	return (struct hc_vm){
		.id = 100,
		.uuid = UUID,
		.running = true,
		.cpus = 1,
		.max_cpus = 2,
		.memory = 256 * MIB,
		.max_memory = 512 * MIB,
		.machine = "pc-q35-7.2",
		.cpu = "qemu64",
		.cdrom = "none",
		.boot = "disk,cdrom",
		.settled = true,
	};
}

/* What is read of a domain that is defined so and runs so, while that is wanted. */
static const struct hc_resource *values_while(struct scene *scene, const struct hc_vm *want,
					      const struct hc_vm *defined,
					      const struct hc_vm *running, bool restart,
					      enum balloon_trend trend)
{
	struct domain d = {.name = "web", .uuid = UUID}, r = d;
	struct vm_here here = {
		.name = "web", .uuid = UUID, .ours = true, .active = running, .trend = trend};
	struct hc_resource *resource = hc_resource_new(&scene->live.found, &hc_vm, NULL, "web");

	if (defined) {
		d.vm = *defined;
		here.defined = &d;
	}
	if (running) {
		r.vm = *running;
		here.running = &r;
	}
	vm_read_values(scene->arena, want, &here, restart, resource);
	return resource;
}

static const struct hc_resource *values(struct scene *scene, const struct hc_vm *want,
					const struct hc_vm *defined, const struct hc_vm *running,
					bool restart)
{
	return values_while(scene, want, defined, running, restart, BALLOON_RESTS);
}

static const struct hc_vm *spec(const struct hc_resource *r)
{
	return r->spec;
}

static void of_a_live_field_that_side_counts_which_is_not_as_wanted(void **state)
{
	struct hc_vm want = a_vm(), defined = a_vm(), running = a_vm();

	running.comment = "by hand";
	assert_string_equal(spec(values(*state, &want, &defined, &running, false))->comment,
			    "by hand");
	running.comment = NULL;
	defined.comment = "by hand";
	assert_string_equal(spec(values(*state, &want, &defined, &running, false))->comment,
			    "by hand");
	want.comment = "by hand"; /* it runs without */
	assert_null(spec(values(*state, &want, &defined, &running, false))->comment);
}

static void of_a_cold_field_the_definition_counts_and_the_rest_is_pending(void **state)
{
	struct hc_vm want = a_vm(), defined = a_vm(), running = a_vm();
	const struct hc_vm *is;

	defined.cpu = want.cpu = "Haswell";
	is = spec(values(*state, &want, &defined, &running, false));
	assert_string_equal(is->cpu, "Haswell");
	assert_int_equal(is->pending.n, 1);
	assert_string_equal(is->pending.v[0], "cpu");
	is = spec(values(*state, &want, &defined, &running, true)); /* it may be restarted */
	assert_string_equal(is->cpu, "qemu64");
	assert_int_equal(is->pending.n, 0);
}

static void what_it_cannot_be_given_now_waits_for_its_next_start(void **state)
{
	struct hc_vm want = a_vm(), defined = a_vm(), running = a_vm();
	const struct hc_vm *is;

	running.cpus = 2; /* none is taken away */
	is = spec(values(*state, &want, &defined, &running, false));
	assert_int_equal(is->cpus, 1);
	assert_true(hc_strings_have(&is->pending, "cpus"));
	running.cpus = 1;
	want.memory = want.max_memory = defined.memory = defined.max_memory = 1024 * MIB;
	is = spec(values(*state, &want, &defined, &running, false));
	assert_int_equal(is->memory, 1024 * MIB);
	assert_true(hc_strings_have(&is->pending, "memory"));
	assert_true(hc_strings_have(&is->pending, "max_memory"));
}

static void a_guest_without_a_balloon_is_no_difference_for_ever(void **state)
{
	struct hc_vm want = a_vm(), defined = a_vm(), running = a_vm();

	running.memory = running.max_memory;
	assert_int_equal(spec(values(*state, &want, &defined, &running, false))->memory, 256 * MIB);
	running.memory = 300 * MIB; /* it has one, and somebody turned it */
	assert_int_equal(spec(values(*state, &want, &defined, &running, false))->memory, 300 * MIB);
	defined.memory = running.memory = 512 * MIB; /* it is to be less than all */
	assert_int_equal(spec(values(*state, &want, &defined, &running, false))->memory, 512 * MIB);
}

static void the_last_pages_that_a_guest_keeps_are_no_difference(void **state)
{
	struct scene *scene = *state;
	struct hc_vm want = a_vm(), defined = a_vm(), running = a_vm();
	const struct hc_vm *is;

	running.memory = 260 * MIB;
	is = values(scene, &want, &defined, &running, false)->spec;
	assert_int_equal(is->memory, 256 * MIB);
	running.memory += 4096;
	is = values(scene, &want, &defined, &running, false)->spec;
	assert_int_equal(is->memory, running.memory);
	running.memory = 255 * MIB; /* it is to have them back */
	is = values(scene, &want, &defined, &running, false)->spec;
	assert_int_equal(is->memory, 255 * MIB);
}

/* The memory that is shown of a guest that is to have 256 MiB. */
static uint64_t shown(struct scene *scene, uint64_t has, enum balloon_trend trend)
{
	struct hc_vm want = a_vm(), running = a_vm();

	running.memory = has * MIB;
	return spec(values_while(scene, &want, &want, &running, false, trend))->memory / MIB;
}

/* A guest that boots gives back what is not to be its own, which takes it a second. */
static void what_is_on_its_way_is_no_difference(void **state)
{
	assert_int_equal(shown(*state, 511, BALLOON_GIVES), 256);
	assert_int_equal(shown(*state, 200, BALLOON_TAKES), 256);
	assert_int_equal(shown(*state, 300, BALLOON_TAKES), 300); /* somebody gives it more */
	assert_int_equal(shown(*state, 200, BALLOON_GIVES), 200); /* ... takes it away */
	assert_int_equal(shown(*state, 300, BALLOON_RESTS), 300); /* ... did */
	assert_int_equal(shown(*state, 200, BALLOON_RESTS), 200);
}

/* Of a disk and a card that are only defined, with or without a free place in what runs. */
static const struct hc_vm *with_devices(struct scene *scene, bool full)
{
	struct hc_resource *r = hc_resource_new(&scene->live.found, &hc_vm, NULL, "web");
	struct domain_disk disks[] = {{.name = "disk-1", .spec = {.bus = HC_BUS_VIRTIO}},
				      {.name = "disk-2", .spec = {.bus = HC_BUS_SCSI}}};
	struct domain_net nets[] = {{.name = "net1"}};
	struct domain running = {.vm = a_vm(), .full = full};
	struct domain defined = {.vm = a_vm(), .disks = disks, .ndisk = 2, .nets = nets, .nnet = 1};
	const struct vm_here here = {.active = true, .defined = &defined, .running = &running};
	struct hc_vm want = a_vm();

	vm_read_values(scene->arena, &want, &here, false, r);
	return r->spec;
}

static void what_has_no_place_in_what_runs_waits_for_the_next_start(void **state)
{
	const struct hc_strings *pending = &with_devices(*state, true)->pending;

	assert_int_equal(pending->n, 2);
	assert_true(hc_strings_have(pending, "disk-1"));
	assert_true(hc_strings_have(pending, "net1"));
	assert_int_equal(with_devices(*state, false)->pending.n, 0);
}

static void a_model_that_libvirt_spells_out_is_the_same(void **state)
{
	struct hc_vm want = a_vm(), defined = a_vm(), running = a_vm();

	want.cpu = defined.cpu = "host-model";
	running.cpu = "Skylake-Client-IBRS";
	assert_int_equal(spec(values(*state, &want, &defined, &running, false))->pending.n, 0);
}

static void one_that_was_undefined_while_it_runs_differs(void **state)
{
	struct hc_vm want = a_vm(), running = a_vm();
	const struct hc_resource *r = values(*state, &want, NULL, &running, false);

	assert_false(hc_has_field(r, struct hc_vm, machine));
	assert_true(hc_has_field(r, struct hc_vm, uuid));
	assert_int_equal(spec(r)->cpus, 1);
}

static void a_domain_of_others_is_shown_as_far_as_there_are_words(void **state)
{
	const struct hc_vm theirs = {.uuid = UUID, .cpus = 1, .machine = "pc-i440fx-7.2"};
	const struct hc_resource *r = values(*state, NULL, &theirs, NULL, false);

	assert_false(hc_has_field(r, struct hc_vm, id)); /* 0 is none */
	assert_false(hc_has_field(r, struct hc_vm, cdrom));
	assert_true(hc_has_field(r, struct hc_vm, kernel));
	assert_true(hc_has_field(r, struct hc_vm, machine));
}

/* ---- where it belongs ---- */

static struct hc_vm *want_vm(struct scene *scene, const char *name, const char *uuid,
			     const char *node)
{
	struct hc_resource *r = hc_resource_new(&scene->desired, &hc_vm, NULL, name);
	struct hc_vm *vm = r->spec;

	*vm = a_vm();
	vm->uuid = uuid;
	vm->node = node;
	return vm;
}

static void peer(struct scene *scene, const char *node, const char *free)
{
	struct hc_peers *peers = &scene->peers;
	struct hc_peer *v = hc_alloc(scene->arena, (peers->n + 1) * sizeof(*v));

	if (peers->n)
		memcpy(v, peers->v, peers->n * sizeof(*v));
	v[peers->n] = (struct hc_peer){.node = node, .nodeid = (uint32_t)peers->n + 1};
	if (free)
		hc_map_put(scene->arena, &v[peers->n].facts, "libvirt.free", free);
	peers->v = v;
	peers->n++;
	peers->joined = peers->quorate = true;
	(void)hc_resource_new(&scene->whole, &hc_node, NULL, node);
	hc_set_sort(&scene->whole);
}

static const char *home(struct scene *scene, const char *vm)
{
	hc_set_sort(&scene->live.found);
	return vm_home(&scene->call, vm);
}

static void it_goes_where_the_most_memory_is_counting_what_was_given_away(void **state)
{
	struct scene *scene = *state;

	peer(scene, "pve1", "600");
	peer(scene, "pve2", "700");
	peer(scene, "pve3", "0"); /* runs no VMs */
	want_vm(scene, "a", "aaaaaaaa-2222-4333-8444-555555555555", NULL);
	want_vm(scene, "b", "bbbbbbbb-2222-4333-8444-555555555555", NULL);
	want_vm(scene, "c", "cccccccc-2222-4333-8444-555555555555", "pve3");
	vm_read_claims(&scene->look);
	assert_string_equal(home(scene, "a"), "pve2");
	assert_string_equal(home(scene, "b"), "pve1"); /* 444 are left on pve2 */
	assert_string_equal(home(scene, "c"), "pve3");
}

static void while_a_node_has_not_told_nobody_knows(void **state)
{
	struct scene *scene = *state;

	peer(scene, "pve1", "600");
	peer(scene, "pve2", NULL);
	want_vm(scene, "a", UUID, NULL);
	vm_read_claims(&scene->look);
	assert_null(home(scene, "a"));
	assert_non_null(strstr(vm_unplaced(&scene->call), "pve2"));
}

static void of_two_equal_nodes_it_is_the_same_on_both(void **state)
{
	struct scene *scene = *state;

	peer(scene, "pve2", "700");
	peer(scene, "pve1", "700");
	want_vm(scene, "a", UUID, NULL);
	vm_read_claims(&scene->look);
	assert_string_equal(home(scene, "a"), "pve1");
}

static void without_quorum_nobody_knows(void **state)
{
	struct scene *scene = *state;

	peer(scene, "pve1", "600");
	peer(scene, "pve2", "700");
	scene->peers.quorate = false;
	want_vm(scene, "a", UUID, NULL);
	vm_read_claims(&scene->look);
	assert_null(home(scene, "a"));
	assert_false(vm_is_home(&scene->call, "a"));
}

static void the_only_node_is_where_it_goes(void **state)
{
	struct scene *scene = *state;

	(void)hc_resource_new(&scene->whole, &hc_node, NULL, "pve1");
	want_vm(scene, "a", UUID, NULL);
	vm_read_claims(&scene->look);
	assert_true(vm_is_home(&scene->call, "a"));
}

static void the_claim_counts_more_than_the_manifest(void **state)
{
	struct scene *scene = *state;
	struct claim claims[] = {
		{.epoch = 3, .uuid = UUID, .vm = "web", .state = HC_CLAIM_FREE, .node = "pve2"},
		/* of a VM that had this name once */
		{.epoch = 9,
		 .uuid = "99999999-2222-4333-8444-555555555555",
		 .vm = "web",
		 .state = HC_CLAIM_RUNNING,
		 .node = "pve3"},
	};

	peer(scene, "pve1", "600");
	peer(scene, "pve2", "100");
	want_vm(scene, "web", UUID, "pve1");
	scene->vms.claims = claims;
	scene->vms.nclaim = HC_COUNT(claims);
	vm_read_claims(&scene->look);
	assert_string_equal(home(scene, "web"), "pve2");
	assert_int_equal(scene->live.found.n, 1);
}

#define OTHER "99999999-2222-4333-8444-555555555555"

static const struct hc_vm_claim *claim_of(struct scene *scene, const char *name)
{
	const struct hc_resource *r;

	hc_set_sort(&scene->live.found);
	r = hc_find(&scene->live.found, &hc_vm_claim, NULL, name);
	return r ? r->spec : NULL;
}

/* "web" was removed from the manifests, made anew and removed again. */
static void two_claims_of_one_name_are_two(void **state)
{
	struct scene *scene = *state;
	struct claim claims[] = {
		{.epoch = 3, .uuid = UUID, .vm = "web", .node = "pve2"},
		{.epoch = 9, .uuid = OTHER, .vm = "web", .node = "pve3"},
	};
	struct vm_here here = {.name = "web", .uuid = OTHER, .ours = true};

	scene->vms.claims = claims;
	scene->vms.nclaim = HC_COUNT(claims);
	vm_read_claims(&scene->look);
	assert_null(claim_of(scene, "web"));
	assert_int_equal(claim_of(scene, UUID)->epoch, 3);
	assert_int_equal(claim_of(scene, OTHER)->epoch, 9);
	/* the one whose domain is here has the name */
	scene->live.found.n = 0;
	scene->vms.here = &here;
	scene->vms.nhere = 1;
	vm_read_claims(&scene->look);
	assert_int_equal(claim_of(scene, "web")->epoch, 9);
	assert_int_equal(claim_of(scene, UUID)->epoch, 3);
	assert_int_equal(scene->live.found.n, 2);
}

static void a_domain_is_mine_until_a_claim_says_otherwise(void **state)
{
	struct scene *scene = *state;
	struct claim claim = {.epoch = 1, .uuid = UUID, .state = HC_CLAIM_FREE, .node = "pve2"};
	struct vm_here here = {.name = "web", .uuid = UUID, .ours = true};

	assert_true(vms_mine(&scene->call, &scene->vms, &here));
	scene->vms.claims = &claim;
	scene->vms.nclaim = 1;
	assert_false(vms_mine(&scene->call, &scene->vms, &here));
	claim.node = "pve1";
	assert_true(vms_mine(&scene->call, &scene->vms, &here));
	here.ours = false;
	assert_false(vms_mine(&scene->call, &scene->vms, &here));
}

/* ---- the domain ---- */

static void want_disk(struct scene *scene, const char *name, const char *storage)
{
	struct hc_vm_disk *disk = hc_resource_new(&scene->desired, &hc_vm_disk, NULL, name)->spec;

	disk->storage = storage;
	disk->size = MIB;
}

static void want_storage(struct scene *scene)
{
	struct hc_resource *r = hc_resource_new(&scene->desired, &hc_storage, "pve1", "vms");
	struct hc_storage *storage = r->spec;

	storage->type = HC_STORAGE_DIR;
	storage->path = "/var/lib/vms";
	hc_set_field(r, struct hc_storage, type);
	hc_set_field(r, struct hc_storage, path);
}

static void a_domain_has_all_that_is_nested_in_it_and_a_drive(void **state)
{
	struct scene *scene = *state;
	struct domain domain;

	want_storage(scene);
	want_vm(scene, "web", UUID, "pve1")->cdrom = "/srv/a.iso";
	want_vm(scene, "web-2", "22222222-2222-4333-8444-555555555555", "pve1");
	want_disk(scene, "web/disk-0", "vms");
	want_disk(scene, "web-2/disk-0", "vms");
	want_disk(scene, "web-2/disk-1", "vms");
	((struct hc_vm_net *)hc_resource_new(&scene->desired, &hc_vm_net, NULL, "web/net0")->spec)
		->bridge = "vmbr0";
	hc_set_sort(&scene->desired);
	assert_int_equal(vm_domain(&scene->call, "web", &domain), 0);
	assert_int_equal(domain.ndisk, 2);
	assert_int_equal(domain.nnet, 1);
	assert_string_equal(vm_domain_disk(&domain, "disk-0")->source.path,
			    "/var/lib/vms/vm-100-disk-0");
	assert_string_equal(vm_domain_disk(&domain, "cdrom")->source.path, "/srv/a.iso");
	assert_string_equal(vm_domain_net(&domain, "net0")->spec.bridge, "vmbr0");
	assert_null(vm_domain_disk(&domain, "disk-1"));
	assert_true(domain.ours);
}

static void a_domain_in_a_storage_that_is_not_there_is_an_error(void **state)
{
	struct scene *scene = *state;
	struct domain domain;

	want_vm(scene, "web", UUID, "pve1");
	want_disk(scene, "web/disk-0", "vms");
	hc_set_sort(&scene->desired);
	assert_int_equal(vm_domain(&scene->call, "web", &domain), -ENOENT);
	assert_non_null(strstr(scene->call.diags.v[0].text, "Storage vms"));
}

static bool has(const struct domain *domain, const char *name)
{
	return vm_domain_disk(domain, name) || vm_domain_net(domain, name);
}

static void a_definition_keeps_what_it_has_and_gets_what_was_named(void **state)
{
	struct scene *scene = *state;
	struct domain_disk wanted[] = {{.name = "disk-0", .spec = {.cache = HC_CACHE_WRITEBACK}},
				       {.name = "disk-1"},
				       {.name = "disk-2"},
				       {.name = "cdrom", .cdrom = true}};
	struct domain_disk had[] = {{.name = "disk-0"}, {.name = "disk-7"}, {.name = NULL}};
	struct domain_net nets[] = {{.name = "net0"}, {.name = "net1"}}, old[] = {{.name = "net0"}};
	const struct domain was = {
		.vm = {.machine = "pc-q35-7.2"}, .disks = had, .ndisk = 3, .nets = old, .nnet = 1};
	struct domain want = {.vm = {.machine = "q35", .boot = "disk"},
			      .disks = wanted,
			      .ndisk = 4,
			      .nets = nets,
			      .nnet = 2};

	vm_merge(scene->arena, &want, &was, "disk-2");
	assert_int_equal(want.ndisk, 5); /* disk-0, disk-2, cdrom; disk-7 and somebody else's */
	assert_int_equal(vm_domain_disk(&want, "disk-0")->spec.cache, HC_CACHE_WRITEBACK);
	assert_false(has(&want, "disk-1"));
	assert_true(has(&want, "disk-2"));
	assert_true(has(&want, "disk-7"));
	assert_true(has(&want, "cdrom"));
	assert_int_equal(want.nnet, 1);
	assert_string_equal(want.vm.machine, "pc-q35-7.2");
}

/* ---- states ---- */

static void silence(void *data, virErrorPtr error)
{
	(void)data, (void)error;
}

static void what_stands_still_does_not_run_and_is_not_gone(void **state)
{
	virConnectPtr connect = virConnectOpen("test:///default");
	virDomainPtr domain;
	enum protocol_guest guest = GUEST_ARRIVING;
	int r;

	(void)state;
	virSetErrorFunc(NULL, silence);
	assert_non_null(connect);
	domain = virDomainLookupByName(connect, "test");
	assert_non_null(domain);
	assert_int_equal(vm_guest(domain, &guest), 0);
	assert_int_equal(guest, GUEST_RUNS);
	assert_int_equal(virDomainSuspend(domain), 0);
	assert_int_equal(vm_guest(domain, &guest), 0);
	assert_int_equal(guest, GUEST_PAUSED);
	assert_int_equal(virDomainDestroy(domain), 0);
	assert_int_equal(vm_guest(domain, &guest), 0);
	assert_int_equal(guest, GUEST_GONE);
	r = virDomainUndefine(domain);
	assert_int_equal(r, 0);
	assert_int_equal(vm_guest(domain, &guest), 0); /* no such domain: gone too */
	assert_int_equal(guest, GUEST_GONE);
	(void)virDomainFree(domain);
	(void)virConnectClose(connect);
	assert_int_equal(vm_guest(NULL, &guest), 0);
	assert_int_equal(guest, GUEST_GONE);
}

static void what_libvirt_does_not_tell_is_not_gone(void **state)
{
	char bytes[256] = {0}; /* no domain: libvirt refuses it */
	enum protocol_guest guest;

	(void)state;
	virSetErrorFunc(NULL, silence);
	assert_int_equal(vm_guest((virDomainPtr)(void *)bytes, &guest), -EIO);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, begin, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(of_a_live_field_that_side_counts_which_is_not_as_wanted),
		TEST(of_a_cold_field_the_definition_counts_and_the_rest_is_pending),
		TEST(what_it_cannot_be_given_now_waits_for_its_next_start),
		TEST(a_guest_without_a_balloon_is_no_difference_for_ever),
		TEST(what_is_on_its_way_is_no_difference),
		TEST(the_last_pages_that_a_guest_keeps_are_no_difference),
		TEST(what_has_no_place_in_what_runs_waits_for_the_next_start),
		TEST(a_model_that_libvirt_spells_out_is_the_same),
		TEST(one_that_was_undefined_while_it_runs_differs),
		TEST(a_domain_of_others_is_shown_as_far_as_there_are_words),
		TEST(it_goes_where_the_most_memory_is_counting_what_was_given_away),
		TEST(while_a_node_has_not_told_nobody_knows),
		TEST(of_two_equal_nodes_it_is_the_same_on_both),
		TEST(without_quorum_nobody_knows),
		TEST(the_only_node_is_where_it_goes),
		TEST(the_claim_counts_more_than_the_manifest),
		TEST(two_claims_of_one_name_are_two),
		TEST(a_domain_is_mine_until_a_claim_says_otherwise),
		TEST(a_domain_has_all_that_is_nested_in_it_and_a_drive),
		TEST(a_domain_in_a_storage_that_is_not_there_is_an_error),
		TEST(a_definition_keeps_what_it_has_and_gets_what_was_named),
		TEST(what_stands_still_does_not_run_and_is_not_gone),
		TEST(what_libvirt_does_not_tell_is_not_gone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
