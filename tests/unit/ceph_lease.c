/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What needs no cluster of the lease, of who leads, of what the manifests want, and of a
 * connection that cannot be made. That two processes never hold the lease is the lab's to show.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <netinet/in.h>
#include <sys/socket.h>

#include <hcstate/ceph_daemon.h>
#include <hcstate/cluster.h>
#include <hcstate/net.h>

#include "providers/ceph/ceph.h"
#include "providers/ceph/lease_thread.h"
#include <ceph-client/reach.h>

#define FSID "11111111-2222-3333-4444-555555555555"

static struct hc_address address(uint8_t family, uint8_t prefix, uint8_t first, uint8_t last)
{
	struct hc_address made = {.family = family, .prefix = prefix, .bytes = {first}};

	made.bytes[family == AF_INET ? 3 : 15] = last;
	return made;
}

static void node_new(struct hc_set *set, const char *name, const char *link0)
{
	struct hc_resource *r = hc_resource_new(set, &hc_node, NULL, name);
	struct hc_node *node = r->spec;

	if (link0)
		hc_map_put(set->arena, &node->links, "link0", link0);
}

static struct hc_ceph_monitor *mon_new(struct hc_set *set, const char *node)
{
	return hc_resource_new(set, &hc_ceph_monitor, node, "mon")->spec;
}

static struct hc_ceph_cluster *cluster_new(struct hc_set *set)
{
	struct hc_ceph_cluster *cluster =
		hc_resource_new(set, &hc_ceph_cluster, NULL, "ceph")->spec;

	cluster->public_network = address(AF_INET, 24, 10, 0);
	return cluster;
}

static void net_address_new(struct hc_set *set, const char *node, const char *name,
			    struct hc_address is)
{
	struct hc_net_address *made = hc_resource_new(set, &hc_net_address, node, name)->spec;

	made->address = is;
}

static void a_monitors_address_is_its_own_its_links_or_its_nodes(void **state)
{
	struct hc_arena *arena = hc_arena_new();
	struct hc_set whole = {.arena = arena};
	struct hc_call call = {.arena = arena, .whole = &whole};
	struct wants wants;

	(void)state;
	cluster_new(&whole)->fsid = FSID;
	node_new(&whole, "a", "10.0.0.9");
	node_new(&whole, "b", "10.0.0.9");
	node_new(&whole, "c", "10.0.0.3");
	node_new(&whole, "d", "192.168.0.4");
	node_new(&whole, "e", "e.example");
	for (const char *node = "edcba"; *node; node++)
		mon_new(&whole, (char[]){*node, '\0'});
	hc_set_sort(&whole);
	((struct hc_ceph_monitor *)hc_find(&whole, &hc_ceph_monitor, "a", "mon")->spec)->address =
		address(AF_INET, 32, 10, 1);
	net_address_new(&whole, "b", "vmbr0/192.168.0.2/24", address(AF_INET, 24, 192, 2));
	net_address_new(&whole, "b", "vmbr1/10.0.0.2/24", address(AF_INET, 24, 10, 2));
	hc_set_sort(&whole);
	wants = wants_of(&call);
	assert_int_equal(wants.nmon, 5);
	assert_string_equal(wants.mons[0].node, "a");
	assert_int_equal(wants.mons[1].address.prefix, 32);
	assert_int_equal(wants.mons[3].address.family, 0);
	assert_string_equal(mon_hosts(arena, &wants), "10.0.0.1,10.0.0.2,10.0.0.3");
	hc_arena_free(arena);
}

static void an_ipv6_monitor_is_written_in_brackets(void **state)
{
	struct hc_arena *arena = hc_arena_new();
	struct hc_address six = address(AF_INET6, 128, 0xfd, 1);
	struct want_mon mon = {.node = "a", .address = six};
	struct wants wants = {.mons = &mon, .nmon = 1};

	(void)state;
	assert_string_equal(mon_hosts(arena, &wants), "[fd00::1]");
	assert_string_equal(mon_addresses(arena, &six), "[v2:[fd00::1]:3300,v1:[fd00::1]:6789]");
	six = address(AF_INET, 32, 10, 1);
	assert_string_equal(mon_addresses(arena, &six), "[v2:10.0.0.1:3300,v1:10.0.0.1:6789]");
	hc_arena_free(arena);
}

static void the_fsid_is_the_documents_or_the_made_one(void **state)
{
	struct hc_arena *arena = hc_arena_new();
	struct hc_set whole = {.arena = arena};
	struct hc_call call = {.arena = arena, .whole = &whole};
	struct hc_ceph_cluster *cluster;

	(void)state;
	assert_null(wants_of(&call).resource);
	cluster = cluster_new(&whole);
	assert_null(wants_of(&call).fsid);
	((struct hc_ceph_fsid *)hc_resource_new(&whole, &hc_ceph_fsid, NULL, "ceph")->spec)->fsid =
		"made";
	hc_set_sort(&whole);
	assert_string_equal(wants_of(&call).fsid, "made");
	cluster->fsid = FSID;
	assert_string_equal(wants_of(&call).fsid, FSID);
	hc_arena_free(arena);
}

/* Only what took time is put off: manifests or a network that are mended meanwhile count at once.
 */
static void what_fails_at_once_is_tried_again_at_once(void **state)
{
	struct hc_arena *arena = hc_arena_new();
	struct hc_set whole = {.arena = arena};
	struct hc_call call = {
		.arena = arena,
		.whole = &whole,
		.deadline = hc_now() + 60000000,
		.diags = {.arena = arena},
	};
	struct ceph ceph = {.connection = connection_new()};
	struct facts facts;

	(void)state;
	facts_read(&call, &ceph, &facts);
	assert_string_equal(facts.why, "the manifests have no CephCluster");
	assert_int_equal(call.diags.n, 0);
	(void)cluster_new(&whole);
	facts_read(&call, &ceph, &facts);
	assert_string_equal(facts.why,
			    "the CephCluster has no fsid: hcstate secrets init makes one");
	(void)connection_free(ceph.connection);
	hc_arena_free(arena);
}

static struct wants one_monitor(struct want_mon *mon)
{
	*mon = (struct want_mon){.node = "a", .address = address(AF_INET, 32, 127, 87)};
	return (struct wants){.mons = mon, .nmon = 1};
}

static void nobody_listens_where_no_monitor_is(void **state)
{
	struct want_mon mon;
	struct wants wants = one_monitor(&mon), none = {0};
	struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons(6789)};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), yes = 1;

	(void)state;
	memcpy(&at.sin_addr, mon.address.bytes, sizeof(at.sin_addr));
	assert_false(reach(&none));
	assert_false(reach(&wants));
	assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes)), 0);
	assert_int_equal(bind(fd, (const struct sockaddr *)&at, sizeof(at)), 0);
	assert_false(reach(&wants));
	assert_int_equal(listen(fd, 8), 0);
	assert_true(reach(&wants));
	(void)close(fd);
	assert_false(reach(&wants));
}

static void no_time_left_is_no_question(void **state)
{
	struct hc_arena *arena = hc_arena_new();
	struct hc_set whole = {.arena = arena};
	struct hc_call call = {.arena = arena, .whole = &whole, .diags = {.arena = arena}};
	struct connection *connection = connection_new();

	(void)state;
	assert_int_equal(tell_mon(&call, connection, command("osd set", "key", "noout", NULL)),
			 -ENOTCONN);
	assert_string_equal(call.diags.v[0].text, "no time was left to ask for osd set");
	(void)connection_free(connection);
	hc_arena_free(arena);
}

static void set_state(struct lease *lease, enum lease_state to, uint64_t until)
{
	pthread_mutex_lock(&lease->lock);
	lease->state = to;
	lease->until = until;
	lease->epoch = 7;
	pthread_mutex_unlock(&lease->lock);
}

static void a_lease_that_has_ended_is_not_ours_whatever_its_thread_does(void **state)
{
	struct hc_arena *arena = hc_arena_new();
	struct lease *lease = lease_new("a");
	const char *holder;
	uint64_t epoch;

	(void)state;
	assert_int_equal(lease_state(lease, arena, &holder, &epoch), LEASE_NONE);
	set_state(lease, LEASE_OURS, lease_now() + 60000000);
	assert_int_equal(lease_state(lease, arena, &holder, &epoch), LEASE_OURS);
	assert_int_equal(epoch, 7);
	set_state(lease, LEASE_OURS, lease_now());
	assert_int_equal(lease_state(lease, arena, &holder, &epoch), LEASE_OTHERS);
	assert_string_equal(holder, "");
	(void)lease_free(lease);
	hc_arena_free(arena);
}

static void a_pool_that_is_gone_leaves_it_to_the_group(void **state)
{
	struct hc_arena *arena = hc_arena_new();
	struct hc_set whole = {.arena = arena};
	struct hc_call call = {.arena = arena, .whole = &whole};
	struct lease *lease = lease_new("a");
	struct facts facts = {.fsid = FSID};
	const char *holder;
	uint64_t epoch;

	(void)state;
	set_state(lease, LEASE_OTHERS, 0);
	facts.why = "nobody answers";
	lease_look(lease, &call, NULL, &facts);
	assert_int_equal(lease_state(lease, arena, &holder, &epoch), LEASE_OTHERS);
	facts.why = NULL;
	pthread_mutex_lock(&lease->lock);
	lease->address.key = strdup("key");
	lease->address.fsid = strdup(FSID);
	lease->address.hosts = strdup(""); /* nowhere: there is nothing to connect to */
	pthread_mutex_unlock(&lease->lock);
	lease_look(lease, &call, NULL, &facts);
	assert_int_equal(lease_state(lease, arena, &holder, &epoch), LEASE_NONE);
	(void)lease_free(lease);
	hc_arena_free(arena);
}

/* Else what is done for the whole cluster would wait while the first OSDs come up. */
static void a_pool_that_no_osd_serves_is_not_waited_for(void **state)
{
	struct hc_arena *arena = hc_arena_new();
	struct hc_set whole = {.arena = arena};
	struct hc_call call = {.arena = arena, .whole = &whole};
	struct lease *lease = lease_new("a");
	struct fact_osd osds[] = {{.id = 0, .up = true}, {.id = 1}};
	struct fact_pool pool = {.name = "hcstate", .min_size = 2};
	struct fact_key key = {.entity = "client.hcstate", .key = "AA=="};
	struct facts facts = {
		.fsid = FSID,
		.osds = osds,
		.nosd = 2,
		.pools = &pool,
		.npool = 1,
		.keys = &key,
		.nkey = 1,
	};
	const char *holder;
	uint64_t epoch;

	(void)state;
	cluster_new(&whole)->fsid = FSID;
	mon_new(&whole, "a")->address = address(AF_INET, 32, 127, 1);
	hc_set_sort(&whole);
	lease_look(lease, &call, NULL, &facts);
	assert_int_equal(lease_state(lease, arena, &holder, &epoch), LEASE_NONE);
	osds[1].up = true;
	lease_look(lease, &call, NULL, &facts);
	assert_int_equal(lease_state(lease, arena, &holder, &epoch), LEASE_OTHERS);
	assert_string_equal(holder, "");
	(void)lease_free(lease);
	hc_arena_free(arena);
}

static void without_a_lease_the_groups_first_leads(void **state)
{
	struct hc_arena *arena = hc_arena_new();
	struct hc_peer peer[] = {{.node = "a", .nodeid = 1}, {.node = "b", .nodeid = 2}};
	struct hc_peers peers = {.joined = true, .quorate = true, .v = peer, .n = 2};
	struct hc_call call = {
		.arena = arena,
		.node = "b",
		.peers = &peers,
		.diags = {.arena = arena},
	};
	struct ceph ceph = {0};

	(void)state;
	assert_int_equal(ceph_must_lead(&call, &ceph), -EAGAIN);
	assert_string_equal(call.diags.v[0].text, "a's hcstate does it");
	call.node = "a";
	assert_int_equal(ceph_must_lead(&call, &ceph), 0);

	ceph.lease = lease_new("a");
	set_state(ceph.lease, LEASE_OTHERS, 0);
	assert_int_equal(ceph_must_lead(&call, &ceph),
			 -EAGAIN); /* although it is the group's first */
	(void)lease_free(ceph.lease);
	hc_arena_free(arena);
}

/* The group's first is cut off from the pool, and the others are not. */
static void who_sees_no_lease_does_not_lead_beside_who_holds_it(void **state)
{
	struct hc_arena *arena = hc_arena_new();
	struct hc_peer peer[] = {{.node = "a", .nodeid = 1}, {.node = "b", .nodeid = 2}};
	struct hc_peers peers = {.joined = true, .quorate = true, .v = peer, .n = 2};
	struct hc_set whole = {.arena = arena};
	struct hc_call call = {
		.arena = arena,
		.node = "b",
		.whole = &whole,
		.peers = &peers,
		.diags = {.arena = arena},
	};
	struct facts facts = {.why = "no monitor answers"};
	struct ceph ceph = {.lease = lease_new("b")};

	(void)state;
	set_state(ceph.lease, LEASE_OURS, lease_now() + 60000000);
	lease_look(ceph.lease, &call, &ceph, &facts);
	peer[1].facts = call.told;
	call.node = "a";
	set_state(ceph.lease, LEASE_NONE, 0);
	assert_int_equal(ceph_must_lead(&call, &ceph), -EAGAIN);
	assert_string_equal(call.diags.v[0].text, "b's hcstate does it");

	call.node = "b"; /* it was lost */
	call.told = (struct hc_map){0};
	lease_look(ceph.lease, &call, &ceph, &facts);
	peer[1].facts = call.told;
	call.node = "a";
	assert_int_equal(ceph_must_lead(&call, &ceph), 0);
	(void)lease_free(ceph.lease);
	hc_arena_free(arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_monitors_address_is_its_own_its_links_or_its_nodes),
		cmocka_unit_test(an_ipv6_monitor_is_written_in_brackets),
		cmocka_unit_test(the_fsid_is_the_documents_or_the_made_one),
		cmocka_unit_test(what_fails_at_once_is_tried_again_at_once),
		cmocka_unit_test(nobody_listens_where_no_monitor_is),
		cmocka_unit_test(no_time_left_is_no_question),
		cmocka_unit_test(a_lease_that_has_ended_is_not_ours_whatever_its_thread_does),
		cmocka_unit_test(a_pool_that_is_gone_leaves_it_to_the_group),
		cmocka_unit_test(a_pool_that_no_osd_serves_is_not_waited_for),
		cmocka_unit_test(without_a_lease_the_groups_first_leads),
		cmocka_unit_test(who_sees_no_lease_does_not_lead_beside_who_holds_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
