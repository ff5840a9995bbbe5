/* SPDX-License-Identifier: Apache-2.0 */
/* corosync.conf: what is rendered, parsed and read back is the same cluster. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "providers/corosync/conf.h"
#include "providers/corosync/keys.h"

static struct hc_resource *cluster(struct hc_set *set, uint64_t version)
{
	struct hc_resource *r = hc_resource_new(set, &hc_cluster, NULL, "lab");
	struct hc_cluster *c = r->spec;

	c->cluster_name = "lab";
	c->config_version = version;
	c->crypto_cipher = HC_CIPHER_AES256;
	c->crypto_hash = HC_HASH_SHA256;
	c->token = 1000;
	return r;
}

static void node(struct hc_set *set, const char *name, uint32_t id, const char *address)
{
	struct hc_resource *r = hc_resource_new(set, &hc_node, NULL, name);
	struct hc_node *n = r->spec;

	n->id = id;
	n->quorum_votes = 1;
	hc_map_put(set->arena, &n->links, "link1", address);
}

static void lab(struct hc_set *set, struct hc_arena *arena)
{
	struct hc_cluster_link *link;

	*set = (struct hc_set){.arena = arena};
	(void)cluster(set, 7);
	node(set, "pve2", 2, "fd00::2");
	node(set, "pve1", 10, "10.0.0.1");
	link = hc_resource_new(set, &hc_cluster_link, NULL, "lab/1")->spec;
	link->number = 1;
	link->knet_link_priority = 20;
	link->mcastport = 5500;
}

static void what_is_rendered_is_read_back_the_same(void **state)
{
	_cleanup_(hc_arena_freep) struct hc_arena *arena = hc_arena_new();
	struct hc_set want, have = {.arena = arena};
	struct hc_map keys = {0};
	struct parts parts;
	const char *text;

	(void)state;
	lab(&want, arena);
	parts = parts_of(arena, &want, "pve1");
	text = conf_render(arena, &parts, 7, NULL);
	assert_true(conf_is_ours(text));
	conf_parse(arena, text, &keys);
	keys_resources(&keys, "lab", &have);
	parts = parts_of(arena, &have, "pve1");
	assert_int_equal(parts.nnode, 2);
	assert_int_equal(parts.nlink, 1);
	assert_string_equal(conf_render(arena, &parts, 7, NULL), text);
}

static void nodes_are_in_the_order_of_their_ids(void **state)
{
	_cleanup_(hc_arena_freep) struct hc_arena *arena = hc_arena_new();
	struct hc_set set;
	struct parts parts;
	const char *text;

	(void)state;
	lab(&set, arena);
	parts = parts_of(arena, &set, "pve1");
	text = conf_render(arena, &parts, 7, NULL);
	assert_true(strstr(text, "nodeid: 2\n") < strstr(text, "nodeid: 10\n"));
}

static void the_link_number_may_be_the_last_line_of_its_section(void **state)
{
	_cleanup_(hc_arena_freep) struct hc_arena *arena = hc_arena_new();
	struct hc_map keys = {0};

	(void)state;
	conf_parse(arena, "totem {\ninterface {\nmcastport: 5500\nlinknumber: 3\n}\n}\n", &keys);
	assert_string_equal(hc_map_get(&keys, "totem.interface.3.mcastport"), "5500");
}

static void comments_and_nonsense_are_left_out(void **state)
{
	_cleanup_(hc_arena_freep) struct hc_arena *arena = hc_arena_new();
	struct hc_map keys = {0};

	(void)state;
	conf_parse(arena,
		   "}\n}\n# totem {\ntotem {\n\t# token: 1\n  token :  5 \nnonsense\n"
		   "a {\nb {\nc {\nd {\ne {\nf {\ng {\nh {\ntoken: 9\n",
		   &keys);
	assert_int_equal(keys.n, 1);
	assert_string_equal(hc_map_get(&keys, "totem.token"), "5");
}

static void a_foreign_word_is_no_value(void **state)
{
	_cleanup_(hc_arena_freep) struct hc_arena *arena = hc_arena_new();
	struct hc_set set = {.arena = arena};
	struct hc_map keys = {0};

	(void)state;
	conf_parse(arena, "totem {\n transport: udpu\n}\n", &keys);
	keys_resources(&keys, NULL, &set);
	assert_int_equal(set.n, 1);
	assert_false(hc_has_field(set.v[0], struct hc_cluster, transport));
	assert_true(hc_has_field(set.v[0], struct hc_cluster, link_mode));
	assert_false(set.v[0]->made);
}

static void a_file_says_whose_it_is_and_agrees_with_those_of_the_others(void **state)
{
	_cleanup_(hc_arena_freep) struct hc_arena *arena = hc_arena_new();
	struct hc_set set;
	struct parts parts;
	const char *one, *other, *newer;

	(void)state;
	lab(&set, arena);
	parts = parts_of(arena, &set, "pve1");
	one = conf_render(arena, &parts, 7, "pve1");
	other = conf_render(arena, &parts, 7, "pve2");
	newer = conf_render(arena, &parts, 8, "pve1");
	assert_true(conf_is_ours(one));
	assert_string_equal(conf_owner(arena, one), "pve1");
	assert_string_not_equal(one, other);
	assert_string_equal(conf_digest(arena, one), conf_digest(arena, other));
	assert_string_not_equal(conf_digest(arena, one), conf_digest(arena, newer));
	assert_null(conf_owner(arena, conf_render(arena, &parts, 7, NULL)));
	assert_null(conf_owner(arena, "# This is the file of node pve1\n"));
	assert_null(conf_owner(arena, ""));
}

static void pings_lag_when_they_are_not_half_the_token_in_force(void **state)
{
	_cleanup_(hc_arena_freep) struct hc_arena *arena = hc_arena_new();
	struct hc_map keys = {0};

	(void)state;
	assert_false(keys_pings_lag(&keys)); /* it does not run */
	hc_map_put(arena, &keys, "runtime.config.totem.token", "1651");
	hc_map_put(arena, &keys, "runtime.config.totem.interface.0.knet_ping_timeout", "825");
	hc_map_put(arena, &keys, "runtime.config.totem.interface.0.knet_ping_interval", "412");
	assert_false(keys_pings_lag(&keys));
	hc_map_put(arena, &keys, "runtime.config.totem.interface.1.knet_ping_timeout", "1825");
	assert_true(keys_pings_lag(&keys));
}

static void the_first_difference_is_told_with_its_line(void **state)
{
	_cleanup_(hc_arena_freep) struct hc_arena *arena = hc_arena_new();

	(void)state;
	assert_string_equal(conf_difference(arena, "a\nb: 1\nc\n", "a\nb: 2\nc\n"),
			    "line 2: b: 1 -> b: 2");
	assert_string_equal(conf_difference(arena, "a\n", "a\nb\n"), "line 2: (end) -> b");
	assert_string_equal(conf_difference(arena, "", "a\n"), "line 1: (end) -> a");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_rendered_is_read_back_the_same),
		cmocka_unit_test(nodes_are_in_the_order_of_their_ids),
		cmocka_unit_test(the_link_number_may_be_the_last_line_of_its_section),
		cmocka_unit_test(comments_and_nonsense_are_left_out),
		cmocka_unit_test(a_foreign_word_is_no_value),
		cmocka_unit_test(a_file_says_whose_it_is_and_agrees_with_those_of_the_others),
		cmocka_unit_test(pings_lag_when_they_are_not_half_the_token_in_force),
		cmocka_unit_test(the_first_difference_is_told_with_its_line),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
