/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What speaks against a move, by the manifests and by the node that it is to go to, which libvirt's
 * own test driver stands in for; and what a guest can be given while it runs.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <hcstate/cluster.h>
#include <libvirt/virterror.h>

#include "providers/libvirt/domain.h"
#include "providers/libvirt/hypervisor.h"
#include "providers/libvirt/migrate.h"
#include "providers/libvirt/migrate_job.h"
#include "providers/libvirt/vm.h"
#include "providers/libvirt/vm_live.h"

#define GIB (UINT64_C(1) << 30)
#define UUID "5a1e0000-0000-4000-8000-000000000100"

/* The target: who it was asked for, and whether it answers. */
static const char *asked;
static bool answers;

/* What the linker puts in the place of hypervisor_open_other(). */
int open_other(struct hc_call *call, const char *node, virConnectPtr *connect,
	       const char **why) __asm__("__wrap_hypervisor_open_other");

int open_other(struct hc_call *call, const char *node, virConnectPtr *connect, const char **why)
{
	asked = hc_strdup(call->arena, node);
	*connect = answers ? virConnectOpen("test:///default") : NULL;
	*why = "nobody listens there";
	return *connect ? 0 : -ENOTCONN;
}

/* What the target can make a machine of; NULL: it has no such machine, or cannot tell. */
static const char *capabilities;
static bool refuses;

/* In the place of virConnectGetDomainCapabilities(). */
char *get_capabilities(virConnectPtr connect, const char *emulator, const char *arch,
		       const char *machine, const char *type,
		       unsigned flags) __asm__("__wrap_virConnectGetDomainCapabilities");

char *get_capabilities(virConnectPtr connect, const char *emulator, const char *arch,
		       const char *machine, const char *type, unsigned flags)
{
	(void)emulator, (void)arch, (void)machine, (void)type, (void)flags;
	if (capabilities)
		return strdup(capabilities);
	if (refuses)
		(void)virDomainDefineXML(connect, NULL); /* an invalid argument */
	else
		free(virConnectGetSysinfo(connect, 0)); /* no error is left behind */
	return NULL;
}

struct world {
	struct hc_arena *arena;
	struct hc_set desired;
	struct hc_state live;
	struct hc_call call;
	struct hc_vm *want, *have;
	struct hc_vm_claim *claim;
	struct hc_change change;
};

static struct hc_resource *add(struct hc_set *set, const struct hc_type *type, const char *node,
			       const char *name)
{
	return hc_resource_new(set, type, node, name);
}

/* VM "vm" runs on pve1, which plans, and is asked for on pve2; its disk is in Ceph. */
static void begin(struct world *world)
{
	struct hc_resource *r;

	*world = (struct world){.arena = hc_arena_new()};
	world->desired.arena = world->live.found.arena = world->arena;
	world->call = (struct hc_call){
		.arena = world->arena,
		.node = "pve1",
		.desired = &world->desired,
		.whole = &world->desired,
		.live = &world->live,
		.diags = {.arena = world->arena},
	};
	r = add(&world->desired, &hc_vm, NULL, "vm");
	world->want = r->spec;
	world->want->node = "pve2";
	world->want->cdrom = "none";
	world->want->running = true;
	world->change.want = r;
	r = add(&world->live.found, &hc_vm, NULL, "vm");
	world->have = r->spec;
	world->have->node = "pve1";
	world->have->running = true;
	world->change.have = r;
	world->change.name = "vm";
	world->change.type = &hc_vm;
	r = add(&world->live.found, &hc_vm_claim, NULL, "vm");
	world->claim = r->spec;
	*world->claim = (struct hc_vm_claim){.node = "pve1", .epoch = 1};
	((struct hc_storage *)add(&world->desired, &hc_storage, "pve1", "vms")->spec)->type =
		HC_STORAGE_RBD;
	((struct hc_storage *)add(&world->desired, &hc_storage, "pve1", "files")->spec)->type =
		HC_STORAGE_DIR;
	((struct hc_vm_disk *)add(&world->desired, &hc_vm_disk, NULL, "vm/disk-0")->spec)->storage =
		"vms";
}

static const char *refusal(struct world *world)
{
	hc_set_sort(&world->desired);
	hc_set_sort(&world->live.found);
	return migrate_refusal(&world->call, &world->change);
}

static void what_is_in_ceph_moves(void **state)
{
	struct world world;

	(void)state;
	begin(&world);
	assert_null(refusal(&world));
	assert_true(migrate_is_due(&world.call, "vm"));
	hc_arena_free(world.arena);
}

static void a_file_in_the_drive_is_named(void **state)
{
	struct world world;

	(void)state;
	begin(&world);
	world.want->cdrom = "/var/x.iso";
	assert_string_equal(refusal(&world),
			    "it cannot move to pve2: its cdrom /var/x.iso is a file of pve1: "
			    "cdrom: none ejects it and frees the way");
	assert_false(migrate_is_due(&world.call, "vm"));
	hc_arena_free(world.arena);
}

static void a_disk_in_a_directory_ties(void **state)
{
	struct world world;

	(void)state;
	begin(&world);
	((struct hc_vm_disk *)add(&world.desired, &hc_vm_disk, NULL, "vm/disk-1")->spec)->storage =
		"files";
	assert_string_equal(refusal(&world),
			    "it cannot move to pve2: its disk-1 is a file of pve1, in "
			    "Storage/files: only what is in Ceph moves");
	hc_arena_free(world.arena);
}

static void a_disk_of_another_vm_does_not(void **state)
{
	struct world world;

	(void)state;
	begin(&world);
	((struct hc_vm_disk *)add(&world.desired, &hc_vm_disk, NULL, "vm2/disk-0")->spec)->storage =
		"files";
	assert_null(refusal(&world));
	hc_arena_free(world.arena);
}

static void a_seed_in_a_directory_ties(void **state)
{
	struct world world;

	(void)state;
	begin(&world);
	((struct hc_vm_cloud_init *)add(&world.desired, &hc_vm_cloud_init, NULL, "vm/cloud-init")
		 ->spec)
		->storage = "files";
	assert_non_null(strstr(refusal(&world), "cloud_init"));
	hc_arena_free(world.arena);
}

static void who_is_no_member_is_not_moved_to(void **state)
{
	struct hc_resource *r;
	struct world world;

	(void)state;
	begin(&world);
	r = add(&world.live.found, &hc_node, NULL, "pve2");
	hc_set_field(r, struct hc_node, member);
	assert_non_null(strstr(refusal(&world), "pve2 is not a member"));
	((struct hc_node *)hc_find(&world.live.found, &hc_node, NULL, "pve2")->spec)->member = true;
	assert_null(refusal(&world));
	hc_arena_free(world.arena);
}

static void obstacles_count_for_what_runs(void **state)
{
	struct world world;

	(void)state;
	begin(&world);
	hc_strings_add(world.arena, &world.have->obstacles, "b");
	hc_strings_add(world.arena, &world.have->obstacles, "a");
	assert_string_equal(refusal(&world), "it cannot move to pve2: a; b");
	world.have->running = false;
	assert_null(refusal(&world));
	hc_arena_free(world.arena);
}

static void one_that_was_moved_by_hand_is_not_due(void **state)
{
	struct world world;

	(void)state;
	begin(&world);
	(void)refusal(&world);
	world.claim->asked_node = "pve2"; /* it was there, and somebody moved it here */
	assert_false(migrate_is_due(&world.call, "vm"));
	world.claim->asked_node = "pve3";
	assert_true(migrate_is_due(&world.call, "vm"));
	world.claim->node = "pve2";
	assert_false(migrate_is_due(&world.call, "vm"));
	hc_arena_free(world.arena);
}

static struct hc_strings look_while(struct hc_arena *arena, const struct domain *domain,
				    enum hc_claim_state state)
{
	struct hc_call call = {.arena = arena, .node = "pve1", .diags = {.arena = arena}};
	struct claim claim = {.epoch = 1, .uuid = domain->uuid, .state = state, .node = "pve1"};
	struct vms vms = {.claims = &claim, .nclaim = 1};
	const struct look look = {.call = &call, .vms = &vms};
	struct hc_strings obstacles = {0};

	assert_int_equal(migrate_look(&look, domain, "pve2", &obstacles), 0);
	assert_string_equal(asked, "pve2");
	return obstacles;
}

static struct hc_strings look(struct hc_arena *arena, const struct domain *domain)
{
	return look_while(arena, domain, HC_CLAIM_RUNNING);
}

static void a_target_that_does_not_answer_is_an_obstacle(void **state)
{
	const struct domain domain = {.name = "vm", .uuid = UUID};
	struct hc_arena *arena = hc_arena_new();
	struct hc_strings obstacles;

	(void)state;
	answers = false;
	obstacles = look(arena, &domain);
	assert_int_equal(obstacles.n, 1);
	assert_string_equal(obstacles.v[0], "pve2: nobody listens there");
	hc_arena_free(arena);
}

/* The test driver has the interface eth1. */
static void a_bridge_that_is_missing_there_is_named(void **state)
{
	struct domain_net nets[] = {{.name = "net0", .spec = {.bridge = "eth1"}},
				    {.name = "net1", .spec = {.bridge = "vmbr9"}}};
	struct domain domain = {.name = "vm", .uuid = UUID, .nets = nets, .nnet = 1};
	struct hc_arena *arena = hc_arena_new();
	struct hc_strings obstacles;

	(void)state;
	answers = true;
	assert_int_equal(look(arena, &domain).n, 0);
	domain.nnet = 2;
	obstacles = look(arena, &domain);
	assert_int_equal(obstacles.n, 1);
	assert_string_equal(obstacles.v[0], "pve2 has no bridge vmbr9");
	hc_arena_free(arena);
}

/* The test driver has a domain called test. */
#define FIRMWARE(...) "<os><enum name='firmware'>" __VA_ARGS__ "</enum></os>"
#define MODELS                                                                                     \
	"<cpu><mode name='host-model'><model>Haswell</model></mode>"                               \
	"<mode name='custom'><model usable='yes'>qemu64</model><model>EPYC</model></mode></cpu>"
#define ALL(text) "<domainCapabilities>" text "</domainCapabilities>"

static void a_target_without_its_firmware_is_an_obstacle(void **state)
{
	struct domain domain = {.name = "vm", .uuid = UUID};
	struct hc_arena *arena = hc_arena_new();
	struct hc_strings obstacles;

	(void)state;
	answers = true;
	capabilities = ALL(FIRMWARE("<value>bios</value>"));
	assert_int_equal(look(arena, &domain).n, 0);
	domain.vm.firmware = HC_FIRMWARE_UEFI;
	obstacles = look(arena, &domain);
	assert_int_equal(obstacles.n, 1);
	assert_non_null(strstr(obstacles.v[0], "pve2 has no firmware for uefi: package ovmf"));
	capabilities = ALL(FIRMWARE("<value>bios</value><value>efi</value>"));
	assert_int_equal(look(arena, &domain).n, 0);
	hc_arena_free(arena);
}

static void a_processor_that_it_does_not_know_is_an_obstacle(void **state)
{
	struct domain domain = {.name = "vm", .uuid = UUID, .vm = {.cpu = "Haswell"}};
	struct hc_arena *arena = hc_arena_new();
	struct hc_strings obstacles;

	(void)state;
	answers = true;
	capabilities = ALL(MODELS);
	obstacles = look(arena, &domain);
	assert_int_equal(obstacles.n, 1);
	assert_string_equal(obstacles.v[0], "pve2 knows no processor Haswell");
	domain.vm.cpu = "qemu64";
	assert_int_equal(look(arena, &domain).n, 0);
	domain.vm.cpu = "host-passthrough";
	assert_int_equal(look(arena, &domain).n, 0);
	hc_arena_free(arena);
}

static void a_machine_that_it_does_not_have_is_an_obstacle(void **state)
{
	struct domain domain = {.name = "vm", .uuid = UUID, .vm = {.machine = "pc-q35-99.0"}};
	struct hc_arena *arena = hc_arena_new();
	struct hc_strings obstacles;

	(void)state;
	answers = true;
	capabilities = NULL;
	refuses = true;
	obstacles = look(arena, &domain);
	assert_int_equal(obstacles.n, 1);
	assert_non_null(strstr(obstacles.v[0], "pve2 cannot run it: "));
	refuses = false;
	assert_int_equal(look(arena, &domain).n, 0);
	hc_arena_free(arena);
}

static void another_domain_of_that_name_is_an_obstacle(void **state)
{
	struct domain domain = {.name = "test", .uuid = UUID};
	struct hc_arena *arena = hc_arena_new();
	struct hc_strings obstacles;
	virConnectPtr connect;
	virDomainPtr test;
	char uuid[VIR_UUID_STRING_BUFLEN];

	(void)state;
	answers = true;
	obstacles = look(arena, &domain);
	assert_int_equal(obstacles.n, 1);
	assert_non_null(strstr(obstacles.v[0], "pve2 has another domain of that name"));
	connect = virConnectOpen("test:///default");
	test = virDomainLookupByName(connect, "test");
	assert_int_equal(virDomainGetUUIDString(test, uuid), 0);
	domain.uuid = uuid;
	obstacles = look(arena, &domain);
	assert_int_equal(obstacles.n, 1);
	assert_string_equal(obstacles.v[0], "pve2 runs a domain of that name and uuid already");
	assert_int_equal(look_while(arena, &domain, HC_CLAIM_MIGRATING).n, 0); /* it is our own */
	domain.name = "vm";
	obstacles = look(arena, &domain);
	assert_int_equal(obstacles.n, 1);
	assert_string_equal(obstacles.v[0], "pve2 has its uuid under the name test");
	(void)virDomainFree(test);
	(void)virConnectClose(connect);
	hc_arena_free(arena);
}

static bool can(const struct hc_vm *want, const struct hc_vm *running, size_t field)
{
	return vm_live_can(want, running, field);
}

static void a_guest_takes_what_was_promised_to_it(void **state)
{
	const struct hc_vm running = {.cpus = 2,
				      .max_cpus = 4,
				      .memory = GIB,
				      .max_memory = 2 * GIB};
	struct hc_vm want = running;

	(void)state;
	want.cpus = 4;
	want.memory = 2 * GIB;
	assert_true(can(&want, &running, offsetof(struct hc_vm, cpus)));
	assert_true(can(&want, &running, offsetof(struct hc_vm, memory)));
	want.memory = GIB / 2;
	assert_true(can(&want, &running, offsetof(struct hc_vm, memory)));
	assert_true(can(&want, &running, offsetof(struct hc_vm, cdrom)));
	assert_true(can(&want, &running, offsetof(struct hc_vm, comment)));
}

static void and_nothing_beyond(void **state)
{
	const struct hc_vm running = {.cpus = 2,
				      .max_cpus = 4,
				      .memory = GIB,
				      .max_memory = 2 * GIB};
	struct hc_vm want = running;

	(void)state;
	want.cpus = 5;
	want.memory = 2 * GIB + 1024;
	assert_false(can(&want, &running, offsetof(struct hc_vm, cpus)));
	assert_false(can(&want, &running, offsetof(struct hc_vm, memory)));
	want.cpus = 1; /* a guest does not give one back */
	assert_false(can(&want, &running, offsetof(struct hc_vm, cpus)));
	assert_false(can(&want, &running, offsetof(struct hc_vm, machine)));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_in_ceph_moves),
		cmocka_unit_test(a_file_in_the_drive_is_named),
		cmocka_unit_test(a_disk_in_a_directory_ties),
		cmocka_unit_test(a_disk_of_another_vm_does_not),
		cmocka_unit_test(a_seed_in_a_directory_ties),
		cmocka_unit_test(who_is_no_member_is_not_moved_to),
		cmocka_unit_test(obstacles_count_for_what_runs),
		cmocka_unit_test(one_that_was_moved_by_hand_is_not_due),
		cmocka_unit_test(a_target_that_does_not_answer_is_an_obstacle),
		cmocka_unit_test(a_bridge_that_is_missing_there_is_named),
		cmocka_unit_test(a_target_without_its_firmware_is_an_obstacle),
		cmocka_unit_test(a_processor_that_it_does_not_know_is_an_obstacle),
		cmocka_unit_test(a_machine_that_it_does_not_have_is_an_obstacle),
		cmocka_unit_test(another_domain_of_that_name_is_an_obstacle),
		cmocka_unit_test(a_guest_takes_what_was_promised_to_it),
		cmocka_unit_test(and_nothing_beyond),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
