/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What lets a node run VMs: that a libvirtd which hangs holds up nobody, what follows from the
 * manifests, which steps a difference costs.
 */

#include "../../providers/libvirt/host.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <hcstate/ceph_cluster.h>
#include <hcstate/ceph_pool.h>
#include <hcstate/cluster.h>
#include <hcstate/secret.h>

#include "../../providers/libvirt/certificates.h"
#include "../../providers/libvirt/hypervisor_dial.h"
#include "toy.h"

#define SECOND UINT64_C(1000000)

struct scene {
	struct hc_arena *arena;
	struct hc_set desired, whole;
	struct hc_state live;
	struct hc_call call;
	struct hc_plan plan;
};

static int set_up(void **state)
{
	struct scene *scene = calloc(1, sizeof(*scene));

	scene->arena = hc_arena_new();
	scene->desired.arena = scene->whole.arena = scene->plan.arena = scene->arena;
	scene->live.found.arena = scene->arena;
	scene->call = (struct hc_call){
		.arena = scene->arena,
		.node = "pve1",
		.member = true,
		.deadline = hc_now() + 60 * SECOND,
		.diags = {.arena = scene->arena},
		.desired = &scene->desired,
		.whole = &scene->whole,
		.live = &scene->live,
	};
	*state = scene;
	return 0;
}

static int tear_down(void **state)
{
	struct scene *scene = *state;

	(void)hc_arena_free(scene->arena);
	free(scene);
	return 0;
}

static void add_node(struct scene *scene, const char *name, const char *link0, const char *link1)
{
	struct hc_resource *r = hc_resource_new(&scene->whole, &hc_node, NULL, name);
	struct hc_node *node = r->spec;

	if (link0)
		hc_map_put(scene->arena, &node->links, "link0", link0);
	if (link1)
		hc_map_put(scene->arena, &node->links, "link1", link1);
	hc_set_sort(&scene->whole);
}

static void add(struct scene *scene, const struct hc_type *type, const char *name)
{
	(void)hc_resource_new(&scene->whole, type, NULL, name);
	hc_set_sort(&scene->whole);
}

static const struct hc_vm_host *derived(struct scene *scene, struct hc_resource **r)
{
	assert_int_equal(host_derive(&scene->call, &scene->desired), 0);
	hc_set_sort(&scene->desired);
	*r = hc_find(&scene->desired, &hc_vm_host, "pve1", HOST_NAME);
	return *r ? (*r)->spec : NULL;
}

/* --- reaching a libvirtd */

static void a_libvirtd_that_answers_is_connected_to(void **state)
{
	struct scene *scene = *state;
	struct dialling *dialling = dialling_new("test:///default");
	virConnectPtr connect = NULL;
	const char *why = "";

	assert_non_null(dialling);
	assert_int_equal(dialling_wait(scene->arena, dialling, hc_now() + 10 * SECOND, &connect,
				       &why),
			 0);
	assert_int_equal(virConnectIsAlive(connect), 1);
	(void)dialling_free(dialling);
	assert_int_equal(virConnectClose(connect), 0);
}

/* A socket that takes connections and says nothing. */
static int deaf(struct scene *scene, const char **uri)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	(void)snprintf(address.sun_path, sizeof(address.sun_path), "/tmp/hcstate-deaf-%d",
		       (int)getpid());
	(void)unlink(address.sun_path);
	assert_int_equal(bind(fd, (const struct sockaddr *)&address, sizeof(address)), 0);
	assert_int_equal(listen(fd, 5), 0);
	*uri = hc_printf(scene->arena, "qemu+unix:///system?socket=%s", address.sun_path);
	return fd;
}

static void one_that_hangs_is_waited_for_no_longer_than_wanted(void **state)
{
	struct scene *scene = *state;
	const char *uri, *why = NULL;
	int fd = deaf(scene, &uri);
	struct dialling *dialling = dialling_new(uri);
	uint64_t begin = hc_now();
	virConnectPtr connect = NULL;

	assert_non_null(dialling);
	assert_int_equal(dialling_wait(scene->arena, dialling, begin + SECOND / 5, &connect, &why),
			 -EAGAIN);
	assert_true(hc_now() - begin < 5 * SECOND);
	assert_null(connect);
	/* it ends later, and tells who still asks */
	(void)close(fd);
	assert_int_equal(dialling_wait(scene->arena, dialling, hc_now() + 10 * SECOND, &connect,
				       &why),
			 -ENOTCONN);
	assert_non_null(why);
	(void)dialling_free(dialling);
	(void)unlink(strstr(uri, "/tmp/"));
}

static void one_that_is_not_there_says_so(void **state)
{
	struct scene *scene = *state;
	struct dialling *dialling = dialling_new("qemu+unix:///system?socket=/nowhere/sock");
	virConnectPtr connect = NULL;
	const char *why = NULL;

	assert_int_equal(dialling_wait(scene->arena, dialling, hc_now() + 10 * SECOND, &connect,
				       &why),
			 -ENOTCONN);
	assert_non_null(strstr(why, "/nowhere/sock"));
	(void)dialling_free(dialling);
}

static void who_lets_go_leaves_nothing_behind(void **state)
{
	(void)state;
	for (int i = 0; i < 20; i++)
		(void)dialling_free(dialling_new("test:///default"));
}

static void a_port_is_open_or_not(void **state)
{
	struct sockaddr_in address = {.sin_family = AF_INET};
	socklen_t size = sizeof(address);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	uint16_t port;

	(void)state;
	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	assert_int_equal(bind(fd, (const struct sockaddr *)&address, sizeof(address)), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &size), 0);
	port = ntohs(address.sin_port);
	assert_false(dialling_reach("127.0.0.1", port, hc_now() + SECOND));
	assert_int_equal(listen(fd, 1), 0);
	assert_true(dialling_reach("127.0.0.1", port, hc_now() + SECOND));
	(void)close(fd);
	assert_false(dialling_reach("no address", port, hc_now() + SECOND));
}

static void another_node_is_reached_by_its_lowest_link(void **state)
{
	struct scene *scene = *state;

	add_node(scene, "pve2", "192.168.4.202", "10.0.0.2");
	add_node(scene, "pve3", NULL, "fd00::3");
	add_node(scene, "pve4", NULL, NULL);
	assert_string_equal(hypervisor_uri(&scene->call, "pve2"),
			    "qemu+tls://192.168.4.202/system");
	assert_string_equal(hypervisor_address(&scene->call, "pve2"), "192.168.4.202");
	assert_string_equal(hypervisor_uri(&scene->call, "pve3"), "qemu+tls://[fd00::3]/system");
	assert_null(hypervisor_uri(&scene->call, "pve4"));
	assert_null(hypervisor_uri(&scene->call, "pve5"));
}

/* --- what follows from the manifests */

static void without_vms_there_is_no_host(void **state)
{
	struct scene *scene = *state;
	struct hc_resource *r;

	add_node(scene, "pve1", "192.168.4.201", NULL);
	add(scene, &hc_ceph_pool, "pool");
	assert_null(derived(scene, &r));
}

static void a_vm_needs_a_host_on_every_member(void **state)
{
	struct scene *scene = *state;
	struct hc_resource *r;

	add_node(scene, "pve1", "192.168.4.201", NULL);
	add_node(scene, "pve2", "192.168.4.202", NULL);
	add(scene, &hc_vm, "vm");
	assert_true(derived(scene, &r)->tls);
	assert_true(hc_has_field(r, struct hc_vm_host, certificates));
	scene->desired.n = 0;
	scene->call.member = false;
	assert_null(derived(scene, &r));
}

static void a_pool_that_is_a_storage_needs_one_too(void **state)
{
	struct scene *scene = *state;
	struct hc_resource *r;
	struct hc_ceph_pool *pool;

	add_node(scene, "pve1", "192.168.4.201", NULL);
	pool = hc_resource_new(&scene->whole, &hc_ceph_pool, NULL, "pool")->spec;
	pool->storage = true;
	hc_set_sort(&scene->whole);
	assert_non_null(derived(scene, &r));
}

static void one_node_alone_listens_for_nobody(void **state)
{
	struct scene *scene = *state;
	struct hc_resource *r;

	add_node(scene, "pve1", "192.168.4.201", NULL);
	add(scene, &hc_vm, "vm");
	assert_true(derived(scene, &r)->hook);
	assert_false(hc_has_field(r, struct hc_vm_host, tls));
	assert_false(hc_has_field(r, struct hc_vm_host, certificates));
}

/* --- changes */

static void add_value(struct scene *scene, const char *name)
{
	add(scene, &hc_secret_value, name);
}

static struct hc_change *change_of(struct scene *scene, struct hc_vm_host *have)
{
	struct hc_change *change = hc_new(scene->arena, struct hc_change);
	struct hc_resource *want, *live;

	change->action = have ? HC_UPDATE : HC_CREATE;
	change->type = &hc_vm_host;
	change->name = HOST_NAME;
	change->node = "pve1";
	(void)derived(scene, &want);
	change->want = want;
	if (have) {
		live = hc_resource_new(&scene->live.found, &hc_vm_host, "pve1", HOST_NAME);
		memcpy(live->spec, have, sizeof(*have));
		change->have = live;
	}
	return change;
}

static void differs(struct hc_change *change, const char *field)
{
	change->differs |= UINT64_C(1) << hc_field_index(&hc_vm_host, field);
}

static void prepare(struct scene *scene)
{
	add_node(scene, "pve1", "192.168.4.201", NULL);
	add_node(scene, "pve2", "192.168.4.202", NULL);
	add(scene, &hc_vm, "vm");
	add_value(scene, "libvirt/ca.crt");
	add_value(scene, "libvirt/pve1.crt");
}

static void without_certificates_it_is_refused(void **state)
{
	struct scene *scene = *state;
	struct hc_change *change;

	prepare(scene);
	change = change_of(scene, NULL);
	assert_int_equal(host_noun.adjust(&scene->call, change), 0);
	assert_non_null(strstr(change->refused, "no pve1.key"));
	change->refused = NULL;
	add_value(scene, "libvirt/pve1.key");
	assert_int_equal(host_noun.adjust(&scene->call, change), 0);
	assert_null(change->refused);
}

static void with_a_certificate_of_other_addresses_too(void **state)
{
	struct scene *scene = *state;
	struct hc_vm_host have = {.flaw = "it does not name 192.168.4.201"};
	struct hc_change *change;

	prepare(scene);
	add_value(scene, "libvirt/pve1.key");
	change = change_of(scene, &have);
	assert_int_equal(host_noun.adjust(&scene->call, change), 0);
	assert_non_null(strstr(change->refused, "does not name 192.168.4.201"));
	assert_non_null(strstr(change->refused, "rotate libvirt/pve1.key"));
}

static void what_is_not_asked_for_stays(void **state)
{
	struct scene *scene = *state;
	struct hc_change change = {.action = HC_REMOVE, .type = &hc_vm_host};

	assert_int_equal(host_noun.adjust(&scene->call, &change), 0);
	assert_non_null(change.kept);
}

/* Exactly these, in this order. */
static void assert_steps(const struct hc_change *change, const int *ops, size_t n)
{
	assert_int_equal(change->nstep, n);
	for (size_t i = 0; i < n; i++)
		assert_int_equal(change->steps[i]->op, ops[i]);
}

static void a_new_host_gets_everything(void **state)
{
	const int ops[] = {HOST_MASK, HOST_STAY, HOST_CERTIFICATES, HOST_INSTALL_HOOK, HOST_START};
	struct scene *scene = *state;
	struct hc_change *change;

	prepare(scene);
	change = change_of(scene, NULL);
	assert_int_equal(host_noun.plan(&scene->call, change, &scene->plan), 0);
	assert_steps(change, ops, HC_COUNT(ops));
	assert_int_equal(change->steps[4]->impact, HC_NONE);
}

static void a_hook_that_libvirtd_did_not_see_restarts_it(void **state)
{
	const int ops[] = {HOST_INSTALL_HOOK, HOST_START};
	struct scene *scene = *state;
	struct hc_vm_host have = {.active = true};
	struct hc_change *change;

	prepare(scene);
	change = change_of(scene, &have);
	differs(change, "hook");
	assert_int_equal(host_noun.plan(&scene->call, change, &scene->plan), 0);
	assert_steps(change, ops, HC_COUNT(ops));
	assert_int_equal(change->steps[1]->impact, HC_BLIP);
	assert_string_equal(change->steps[1]->verb, "restart libvirtd");
}

static void masking_restarts_nothing(void **state)
{
	const int ops[] = {HOST_MASK};
	struct scene *scene = *state;
	struct hc_vm_host have = {.active = true};
	struct hc_change *change;

	prepare(scene);
	change = change_of(scene, &have);
	differs(change, "guests_masked");
	assert_int_equal(host_noun.plan(&scene->call, change, &scene->plan), 0);
	assert_steps(change, ops, HC_COUNT(ops));
}

static void vms_come_after_their_host(void **state)
{
	struct scene *scene = *state;
	struct hc_change vm = {.action = HC_CREATE, .type = &hc_vm, .name = "vm"};
	struct hc_change node = {.action = HC_CREATE, .type = &hc_node, .name = "pve1"};
	struct hc_change *all[] = {&node, &vm};
	struct hc_change *change;

	prepare(scene);
	change = change_of(scene, NULL);
	scene->plan.change = all;
	scene->plan.n = HC_COUNT(all);
	assert_int_equal(host_noun.plan(&scene->call, change, &scene->plan), 0);
	assert_int_equal(vm.nafter, 1);
	assert_ptr_equal(vm.after[0], change);
	assert_int_equal(node.nafter, 0);
}

/* What the blocklist has of the past is in nobody's way. */
static void vms_do_not_wait_for_the_blocklist(void **state)
{
	struct scene *scene = *state;
	struct hc_vm_host have = {.active = true};
	struct hc_change vm = {.action = HC_CREATE, .type = &hc_vm, .name = "vm"};
	struct hc_change *all[] = {&vm};
	struct hc_change *change;

	prepare(scene);
	change = change_of(scene, &have);
	scene->plan.change = all;
	scene->plan.n = HC_COUNT(all);
	differs(change, "shut_out");
	assert_int_equal(host_noun.plan(&scene->call, change, &scene->plan), 0);
	assert_int_equal(change->nstep, 1);
	assert_int_equal(vm.nafter, 0);
}

static void a_migration_is_not_cut_off(void **state)
{
	struct scene *scene = *state;
	struct hc_vm_host have = {.active = true};
	struct hc_vm_claim *claim;
	struct hc_step step = {.op = HOST_START};

	prepare(scene);
	step.change = change_of(scene, &have);
	claim = hc_resource_new(&scene->live.found, &hc_vm_claim, NULL, "vm")->spec;
	hc_set_sort(&scene->live.found);
	claim->state = HC_CLAIM_MIGRATING;
	claim->node = "pve2";
	claim->target = "pve1";
	assert_int_equal(host_noun.apply(&scene->call, NULL, &step), -EAGAIN);
	assert_non_null(strstr(scene->call.diags.v[0].text, "VirtualMachine/vm"));
}

static void what_is_no_certificate_is_not_taken(void **state)
{
	struct scene *scene = *state;

	assert_non_null(certificate_check(scene->arena, (const uint8_t *)"x", 1, "pve1"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define T(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
		T(a_libvirtd_that_answers_is_connected_to),
		T(one_that_hangs_is_waited_for_no_longer_than_wanted),
		T(one_that_is_not_there_says_so),
		T(who_lets_go_leaves_nothing_behind),
		T(a_port_is_open_or_not),
		T(another_node_is_reached_by_its_lowest_link),
		T(without_vms_there_is_no_host),
		T(a_vm_needs_a_host_on_every_member),
		T(a_pool_that_is_a_storage_needs_one_too),
		T(one_node_alone_listens_for_nobody),
		T(without_certificates_it_is_refused),
		T(with_a_certificate_of_other_addresses_too),
		T(what_is_not_asked_for_stays),
		T(a_new_host_gets_everything),
		T(a_hook_that_libvirtd_did_not_see_restarts_it),
		T(masking_restarts_nothing),
		T(vms_come_after_their_host),
		T(vms_do_not_wait_for_the_blocklist),
		T(a_migration_is_not_cut_off),
		T(what_is_no_certificate_is_not_taken),
#undef T
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
