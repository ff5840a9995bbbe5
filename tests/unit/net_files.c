/* SPDX-License-Identifier: Apache-2.0 */
/* The texts the provider net reads and writes: boot files and /etc/network/interfaces. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include <hcstate/file.h>
#include <providers/net/boot.h>
#include <providers/net/ifupdown.h>

struct state {
	struct hc_call call;
	struct hc_set desired;
	char directory[32];
};

static int begin(void **state)
{
	struct state *s = calloc(1, sizeof(*s));

	assert_non_null(s);
	s->call.arena = s->desired.arena = s->call.diags.arena = hc_arena_new();
	s->call.node = "pve1";
	s->call.desired = &s->desired;
	strcpy(s->directory, "/tmp/hcstate-unit-XXXXXX");
	assert_non_null(mkdtemp(s->directory));
	*state = s;
	return 0;
}

static int end(void **state)
{
	static const char *const names[] = {"interfaces", "interfaces.hcstate-orig", "included",
					    ".included.hcstate-orig", ""};
	struct state *s = *state;

	for (size_t i = 0; i < HC_COUNT(names); i++)
		(void)remove(hc_printf(s->call.arena, "%s/%s", s->directory, names[i]));
	(void)hc_arena_free(s->call.arena);
	free(s);
	return 0;
}

static const char *path(struct state *s, const char *name)
{
	return hc_printf(s->call.arena, "%s/%s", s->directory, name);
}

static void put(struct state *s, const char *name, const char *text)
{
	assert_int_equal(hc_file_write(path(s, name), 0644, text, strlen(text)), 0);
}

static const char *get(struct state *s, const char *name)
{
	char *text;
	size_t size;

	if (hc_file_read(s->call.arena, path(s, name), 65536, &text, &size))
		return NULL;
	return text;
}

static const char *place(struct state *s, const char *link)
{
	struct hc_map places = {0};

	assert_int_equal(ifupdown_read(&s->call, path(s, "interfaces"), &places), 0);
	return hc_map_get(&places, link);
}

static void a_stanza_is_found_with_its_line_also_in_included_files(void **state)
{
	struct state *s = *state;

	put(s, "interfaces",
	    "auto lo\niface lo inet loopback\n\nsource incl*\n"
	    "iface br0 inet static\n\taddress 10.0.0.1/24\n");
	put(s, "included",
	    "# a NIC\niface eth0:1 \\\n inet static\n address 10.1.0.1/24\n"
	    "iface eth0 inet6 auto\n");
	assert_string_equal(place(s, "br0"), path(s, "interfaces:5"));
	assert_string_equal(place(s, "eth0"),
			    hc_printf(s->call.arena, "%s, %s", path(s, "included:2"),
				      path(s, "included:5")));
	assert_null(place(s, "eth1"));
}

static void manual_without_options_configures_nothing(void **state)
{
	struct state *s = *state;

	put(s, "interfaces", "iface eth0 inet manual\n\niface eth1 inet manual\n mtu 9000\n");
	assert_null(place(s, "eth0"));
	assert_string_equal(place(s, "eth1"), path(s, "interfaces:3"));
}

static void a_line_goes_on_after_a_backslash(void **state)
{
	struct state *s = *state;

	put(s, "interfaces", "auto lo\n\niface \\\n eth0 inet \\\n static\n address 10.1.0.1/24\n");
	assert_string_equal(place(s, "eth0"), path(s, "interfaces:3"));
	assert_int_equal(ifupdown_adopt(&s->call, path(s, "interfaces"), "eth0"), 0);
	assert_string_equal(get(s, "interfaces"),
			    "auto lo\n\n# hcstate: iface \\\n# hcstate:  eth0 inet \\\n"
			    "# hcstate:  static\n# hcstate:  address 10.1.0.1/24\n");
}

static void a_link_in_a_bridge_a_bond_or_under_a_vlan_is_configured(void **state)
{
	struct state *s = *state;

	put(s, "interfaces",
	    "iface br0 inet manual\n bridge_ports eth0 \\\n  eth1\n"
	    "iface br1 inet manual\n bridge-ports none\n"
	    "iface bond0 inet manual\n bond-slaves eth2\n"
	    "iface v5 inet manual\n vlan-raw-device eth3\n");
	assert_string_equal(place(s, "eth0"), path(s, "interfaces:2"));
	assert_string_equal(place(s, "eth1"), path(s, "interfaces:2"));
	assert_string_equal(place(s, "eth2"), path(s, "interfaces:7"));
	assert_string_equal(place(s, "eth3"), path(s, "interfaces:9"));
	assert_null(place(s, "none"));
	assert_int_equal(ifupdown_adopt(&s->call, path(s, "interfaces"), "eth0"), 0);
	assert_null(place(s, "eth0"));
	assert_string_equal(place(s, "eth1"), path(s, "interfaces:2"));
}

static void a_missing_file_configures_nothing(void **state)
{
	struct state *s = *state;

	assert_null(place(s, "eth0"));
}

static void taking_over_leaves_the_others_and_keeps_the_old_file_once(void **state)
{
	static const char before[] = "auto lo eth0\nallow-hotplug eth0\niface lo inet loopback\n"
				     "iface eth0 inet dhcp\n  metric 5\niface eth1 inet dhcp\n";
	struct state *s = *state;

	put(s, "interfaces", before);
	assert_int_equal(ifupdown_adopt(&s->call, path(s, "interfaces"), "eth0"), 0);
	assert_string_equal(get(s, "interfaces"),
			    "auto lo\n# hcstate: auto lo eth0\n# hcstate: allow-hotplug eth0\n"
			    "iface lo inet loopback\n# hcstate: iface eth0 inet dhcp\n"
			    "# hcstate:   metric 5\niface eth1 inet dhcp\n");
	assert_string_equal(get(s, "interfaces.hcstate-orig"), before);
	assert_null(place(s, "eth0"));
	assert_int_equal(ifupdown_adopt(&s->call, path(s, "interfaces"), "eth1"), 0);
	assert_string_equal(get(s, "interfaces.hcstate-orig"), before);
}

static void the_old_included_file_is_kept_where_no_pattern_finds_it(void **state)
{
	struct state *s = *state;

	put(s, "interfaces", "source included*\n");
	put(s, "included", "iface eth0 inet dhcp\n");
	assert_int_equal(ifupdown_adopt(&s->call, path(s, "interfaces"), "eth0"), 0);
	assert_null(place(s, "eth0"));
	assert_string_equal(get(s, ".included.hcstate-orig"), "iface eth0 inet dhcp\n");
	assert_string_equal(get(s, "interfaces"), "source included*\n");
}

static void files_that_include_themselves_are_an_error(void **state)
{
	struct state *s = *state;
	struct hc_map places = {0};

	put(s, "interfaces", "source interfaces\n");
	assert_int_equal(ifupdown_read(&s->call, path(s, "interfaces"), &places), -ELOOP);
}

static void a_file_name_tells_whose_it_is(void **state)
{
	struct state *s = *state;
	struct hc_arena *arena = s->call.arena;

	assert_string_equal(boot_name(arena, "vmbr0/enp0s3", "network"),
			    "10-hcstate-vmbr0:enp0s3.network");
	assert_string_equal(boot_resource(arena, "10-hcstate-vmbr0:enp0s3.network", "network"),
			    "vmbr0/enp0s3");
	assert_string_equal(boot_resource(arena, "10-hcstate-a-b.netdev", "netdev"), "a-b");
	assert_null(boot_resource(arena, "10-hcstate-a-b.netdev", "network"));
	assert_null(boot_resource(arena, "10-other.network", "network"));
	assert_null(boot_resource(arena, "10-hcstate-.network", "network"));
}

static void the_mac_of_a_bridge_is_written_and_read_without_a_difference(void **state)
{
	struct state *s = *state;
	const struct hc_mac mac = {{0x52, 0x54, 0, 0, 0, 1}}, other = {{0x52, 0x54, 0, 0, 0, 2}};
	struct hc_resource *r = hc_resource_new(&s->desired, &hc_bridge, "pve1", "br0");
	const char *wanted, *written;

	wanted = networkd_netdev(&s->call, r);
	written = networkd_with_mac(s->call.arena, wanted, &mac);
	assert_non_null(strstr(written, "\nMACAddress=52:54:00:00:00:01\n"));
	assert_string_equal(networkd_without_mac(s->call.arena, written, &mac), wanted);
	assert_string_not_equal(networkd_without_mac(s->call.arena, written, &other), wanted);
}

static void a_new_bridge_always_gets_the_same_local_mac(void **state)
{
	struct state *s = *state;
	struct hc_resource *r = hc_resource_new(&s->desired, &hc_bridge, "pve1", "br0");
	struct hc_resource *q = hc_resource_new(&s->desired, &hc_bridge, "pve2", "br0");
	struct hc_mac a = bridge_mac(&s->call, r), b = bridge_mac(&s->call, r);
	struct hc_mac c = bridge_mac(&s->call, q);

	assert_memory_equal(&a, &b, sizeof(a));
	assert_memory_not_equal(&a, &c, sizeof(a));
	assert_int_equal(a.bytes[0] & 3, 2);
}

static void add_child(struct state *s, const struct hc_type *type, const char *name,
		      const struct hc_address *address)
{
	struct hc_resource *r = hc_resource_new(&s->desired, type, "pve1", name);

	if (type == &hc_net_address) {
		((struct hc_net_address *)r->spec)->address = *address;
		hc_set_field(r, struct hc_net_address, address);
	} else {
		((struct hc_route *)r->spec)->via = *address;
		hc_set_field(r, struct hc_route, via);
		type->finish(s->call.arena, r);
	}
}

static void a_network_file_has_the_addresses_and_routes_of_its_link_only(void **state)
{
	struct state *s = *state;
	const struct hc_address four = {AF_INET, 24, {10, 0, 0, 1}};
	const struct hc_address six = {AF_INET6, 64, {0xfd, 1}};
	const struct hc_address via = {AF_INET, 32, {10, 0, 0, 254}};
	struct hc_resource *r = hc_resource_new(&s->desired, &hc_bridge, "pve1", "br1");
	const char *text;

	add_child(s, &hc_net_address, "br1/10.0.0.1/24", &four);
	add_child(s, &hc_net_address, "br1/fd01::/64", &six);
	add_child(s, &hc_net_address, "br10/10.0.0.1/24", &four);
	add_child(s, &hc_route, "br1/0.0.0.0/0", &via);
	hc_set_sort(&s->desired);
	text = networkd_bridge(&s->call, r);
	assert_non_null(strstr(text, "\nAddress=10.0.0.1/24\n"));
	assert_null(strstr(strstr(text, "\nAddress=10") + 1, "\nAddress=10"));
	assert_non_null(strstr(text, "[Address]\nAddress=fd01::/64\n"));
	assert_non_null(strstr(text, "[Route]\nDestination=0.0.0.0/0\nGateway=10.0.0.254\n"));
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, begin, end)
	const struct CMUnitTest tests[] = {
		TEST(a_stanza_is_found_with_its_line_also_in_included_files),
		TEST(manual_without_options_configures_nothing),
		TEST(a_line_goes_on_after_a_backslash),
		TEST(a_link_in_a_bridge_a_bond_or_under_a_vlan_is_configured),
		TEST(a_missing_file_configures_nothing),
		TEST(taking_over_leaves_the_others_and_keeps_the_old_file_once),
		TEST(the_old_included_file_is_kept_where_no_pattern_finds_it),
		TEST(files_that_include_themselves_are_an_error),
		TEST(a_file_name_tells_whose_it_is),
		TEST(the_mac_of_a_bridge_is_written_and_read_without_a_difference),
		TEST(a_new_bridge_always_gets_the_same_local_mac),
		TEST(a_network_file_has_the_addresses_and_routes_of_its_link_only),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
