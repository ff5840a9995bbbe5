/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a node leaves on the blocklist for an hour only when it comes back: of VMs that were taken
 * from it, once their QEMUs are gone. The claims and the blocklist are the test's, libvirt is its
 * test driver.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <arpa/inet.h>
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "providers/libvirt/host.h"

struct scene {
	struct hc_arena *arena;
	struct hc_call call;
};

static int begin(void **state)
{
	struct scene *scene = calloc(1, sizeof(*scene));

	if (!scene)
		return -1;
	scene->arena = hc_arena_new();
	scene->call = (struct hc_call){
		.arena = scene->arena,
		.node = "pve1",
		.diags = {.arena = scene->arena},
	};
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

#define GONE "21111111-2222-4333-8444-555555555555"

static struct {
	struct claim claim;
	size_t nother; /* how many there are behind it, each as it and called v0, v1 ... */
	int dismiss;
	const char *own;    /* this node as a client */
	const char *lifted; /* each followed by a blank */
	unsigned puts;
	int put;
} ceph;

/* In the place of what asks Ceph. */
int list(const struct claim_store *store, struct hc_arena *arena, struct claim **v,
	 size_t *n) __asm__("__wrap_claim_store_list");

int list(const struct claim_store *store, struct hc_arena *arena, struct claim **v, size_t *n)
{
	(void)store;
	*n = 1 + ceph.nother;
	*v = hc_alloc(arena, *n * sizeof(**v));
	(*v)[0] = ceph.claim;
	for (size_t i = 1; i < *n; i++) {
		(*v)[i] = ceph.claim;
		(*v)[i].vm = hc_printf(arena, "v%zu", i - 1);
	}
	return 0;
}

int put(const struct claim_store *store, struct hc_arena *arena, const struct claim *was,
	struct claim *next) __asm__("__wrap_claim_store_put");

int put(const struct claim_store *store, struct hc_arena *arena, const struct claim *was,
	struct claim *next)
{
	(void)store, (void)arena;
	assert_int_equal(was->epoch, next->epoch);
	ceph.puts++;
	if (strcmp(next->vm, "web") != 0)
		return 0;
	if (!ceph.put)
		ceph.claim = *next;
	return ceph.put;
}

int shorten(struct hc_call *call, rados_t rados,
	    const struct hc_strings *addresses) __asm__("__wrap_fence_shorten");

int shorten(struct hc_call *call, rados_t rados, const struct hc_strings *addresses)
{
	(void)rados;
	for (size_t i = 0; i < addresses->n; i++)
		ceph.lifted = hc_printf(call->arena, "%s%s ", ceph.lifted, addresses->v[i]);
	return ceph.dismiss && !--ceph.dismiss ? hc_fail(call, EIO, NULL, "no") : 0;
}

char *address(struct hc_arena *arena, rados_t rados) __asm__("__wrap_client_address");

char *address(struct hc_arena *arena, rados_t rados)
{
	(void)rados;
	return hc_strdup(arena, ceph.own);
}

/* web was taken from this node and from pve3. */
static void taken_away(struct scene *scene, const char *uuid, enum hc_claim_state is,
		       const char *node)
{
	memset(&ceph, 0, sizeof(ceph));
	ceph.lifted = "";
	ceph.own = "10.0.0.1:0/4711";
	ceph.claim =
		(struct claim){.epoch = 9, .uuid = uuid, .vm = "web", .state = is, .node = node};
	hc_strings_add(scene->arena, &ceph.claim.shut_out, "10.0.0.1:0/1");
	hc_strings_add(scene->arena, &ceph.claim.shut_out, "10.0.0.11:0/1");
	hc_strings_add(scene->arena, &ceph.claim.shut_out, "10.0.0.3:0/3");
}

static int lift(struct scene *scene)
{
	const struct claim_store store = {.rados = scene};
	virConnectPtr connect = virConnectOpen("test:///default");
	struct hc_strings names = {0};
	int r;

	assert_non_null(connect);
	hc_strings_add(scene->arena, &names, "web");
	for (size_t i = 0; i < ceph.nother; i++)
		hc_strings_add(scene->arena, &names, hc_printf(scene->arena, "v%zu", i));
	r = host_lift(&scene->call, &store, connect, &names);
	(void)virConnectClose(connect);
	return r;
}

/* ... and nobody waits for that. */
static void assert_stays(struct scene *scene)
{
	scene->call.another = false;
	assert_int_equal(lift(scene), 0);
	assert_true(scene->call.another);
	assert_string_equal(ceph.lifted, "");
	assert_int_equal(ceph.puts, 0);
}

static void a_node_that_comes_back_takes_its_own_off_the_blocklist(void **state)
{
	taken_away(*state, GONE, HC_CLAIM_RUNNING, "pve2");
	assert_int_equal(lift(*state), 0);
	assert_string_equal(ceph.lifted, "10.0.0.1:0/1 ");
	assert_int_equal(ceph.claim.shut_out.n, 2);
	assert_false(hc_strings_have(&ceph.claim.shut_out, "10.0.0.1:0/1"));
	ceph.lifted = "";
	assert_int_equal(lift(*state), 0); /* nothing is left to do */
	assert_string_equal(ceph.lifted, "");
	assert_int_equal(ceph.puts, 1);
}

/* libvirt's test driver has a domain that runs. */
static const char *uuid_of_running(struct scene *scene)
{
	char *uuid = hc_alloc(scene->arena, VIR_UUID_STRING_BUFLEN);
	virConnectPtr connect = virConnectOpen("test:///default");
	virDomainPtr domain = virDomainLookupByName(connect, "test");

	assert_int_equal(virDomainGetUUIDString(domain, uuid), 0);
	(void)virDomainFree(domain);
	(void)virConnectClose(connect);
	return uuid;
}

static void not_while_its_guest_is_here(void **state)
{
	const char *uuid = uuid_of_running(*state);

	taken_away(*state, uuid, HC_CLAIM_RUNNING, "pve2");
	assert_stays(*state);
	taken_away(*state, uuid, HC_CLAIM_FENCING, "pve1");
	assert_stays(*state);
	taken_away(*state, uuid, HC_CLAIM_RUNNING, "pve1"); /* it came back: a later guest */
	assert_int_equal(lift(*state), 0);
	assert_string_equal(ceph.lifted, "10.0.0.1:0/1 ");
}

/* A process that libvirt has lost sight of. It says that it is there, and then waits to be killed.
 */
static pid_t begin_process(void)
{
	int out[2], in[2];
	char byte;
	pid_t pid;

	assert_int_equal(pipe(out), 0);
	assert_int_equal(pipe(in), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (!pid) {
		(void)dup2(in[0], STDIN_FILENO);
		(void)dup2(out[1], STDOUT_FILENO);
		(void)close(in[1]);
		(void)execlp("sh", "sh", "-c", "echo; read line; read line", "-uuid", GONE, NULL);
		_exit(1);
	}
	assert_int_equal(read(out[0], &byte, 1), 1);
	(void)close(out[0]);
	(void)close(out[1]);
	(void)close(in[0]);
	(void)dup2(in[1], STDIN_FILENO); /* open until this process ends */
	(void)close(in[1]);
	return pid;
}

static void not_while_a_process_of_it_is_here(void **state)
{
	pid_t pid = begin_process();

	taken_away(*state, GONE, HC_CLAIM_RUNNING, "pve2");
	assert_stays(*state);
	(void)kill(pid, SIGKILL);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	assert_int_equal(lift(*state), 0);
}

static void a_claim_that_changes_meanwhile_is_looked_at_again(void **state)
{
	taken_away(*state, GONE, HC_CLAIM_RUNNING, "pve2");
	ceph.put = -ECANCELED;
	assert_int_equal(lift(*state), -EAGAIN);
}

static void one_that_is_done_does_not_hide_one_that_waits(void **state)
{
	taken_away(*state, GONE, HC_CLAIM_RUNNING, "pve2");
	ceph.put = -ECANCELED;
	ceph.nother = 2;
	assert_int_equal(lift(*state), -EAGAIN);
	assert_int_equal(ceph.puts, 3);
}

static void one_that_fails_is_not_hidden_by_one_that_waits(void **state)
{
	taken_away(*state, GONE, HC_CLAIM_RUNNING, "pve2");
	ceph.put = -ECANCELED;
	ceph.dismiss = 2;
	ceph.nother = 2;
	assert_int_equal(lift(*state), -EIO);
	assert_int_equal(ceph.puts, 1);
}

/* While any VM of the cluster is started, moved or shut out that is what counts. */
static void what_is_being_started_or_moved_comes_first(void **state)
{
	struct claim v[] = {
		{.state = HC_CLAIM_RUNNING, .node = "pve1", .since = 1000},
		{.state = HC_CLAIM_FREE, .since = 10},
	};

	(void)state;
	assert_true(host_lift_can_wait(v, 2, 999));
	assert_false(host_lift_can_wait(v, 2, 1000));
	assert_false(host_lift_can_wait(v, 2, UINT64_MAX));
	v[1].state = HC_CLAIM_FENCING;
	assert_true(host_lift_can_wait(v, 2, UINT64_MAX));
	v[1].state = HC_CLAIM_STARTING;
	assert_true(host_lift_can_wait(v, 2, UINT64_MAX));
	assert_false(host_lift_can_wait(v, 1, UINT64_MAX));
}

static void what_is_due_is_of_none_that_is_to_run_here(void **state)
{
	struct claim claim = {.state = HC_CLAIM_RUNNING, .node = "pve1"};

	(void)state;
	assert_false(host_lift_is_due(&claim, "pve1", false)); /* it is to be started */
	assert_true(host_lift_is_due(&claim, "pve1", true));
	assert_false(host_lift_is_due(&claim, "pve2", true));
	assert_true(host_lift_is_due(&claim, "pve2", false)); /* it is elsewhere */
	claim.state = HC_CLAIM_STARTING;
	assert_false(host_lift_is_due(&claim, "pve1", true));
	claim.state = HC_CLAIM_FREE; /* it is off */
	assert_true(host_lift_is_due(&claim, "pve1", false));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_node_that_comes_back_takes_its_own_off_the_blocklist),
		TEST(not_while_its_guest_is_here),
		TEST(not_while_a_process_of_it_is_here),
		TEST(a_claim_that_changes_meanwhile_is_looked_at_again),
		TEST(one_that_is_done_does_not_hide_one_that_waits),
		TEST(one_that_fails_is_not_hidden_by_one_that_waits),
		TEST(what_is_being_started_or_moved_comes_first),
		TEST(what_is_due_is_of_none_that_is_to_run_here),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
