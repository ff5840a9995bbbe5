/* SPDX-License-Identifier: Apache-2.0 */
/* Claims: which change is right, what a record may look like, and the files of a node alone. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <hcstate/file.h>

#include "providers/libvirt/claim_store.h"

#define UUID "11111111-2222-4333-8444-555555555555"

static int setup(void **state)
{
	*state = hc_arena_new();
	return 0;
}

static int teardown(void **state)
{
	hc_arena_free(*state);
	return 0;
}

static struct claim in_state(enum hc_claim_state state, const char *node)
{
	return (struct claim){.epoch = 7,
			      .nonce = "00112233445566778899aabbccddeeff",
			      .uuid = UUID,
			      .vm = "web",
			      .state = state,
			      .node = node};
}

static struct hc_strings one(struct hc_arena *arena, const char *address)
{
	struct hc_strings strings = {0};

	hc_strings_add(arena, &strings, address);
	return strings;
}

static void a_free_claim_is_taken_by_its_node_only(void **state)
{
	struct claim was = in_state(HC_CLAIM_FREE, "pve1"), next;

	assert_non_null(claim_start(*state, &was, "pve2", &next));
	assert_null(claim_start(*state, &was, "pve1", &next));
	assert_int_equal(next.state, HC_CLAIM_STARTING);
	assert_int_equal(next.epoch, 8);
}

static void the_first_claim_is_anybodys(void **state)
{
	struct claim was = {.uuid = UUID}, next;

	assert_null(claim_start(*state, &was, "pve2", &next));
	assert_int_equal(next.epoch, 1);
	assert_string_equal(next.node, "pve2");
}

static void what_another_node_has_is_not_started(void **state)
{
	static const enum hc_claim_state states[] = {HC_CLAIM_STARTING, HC_CLAIM_RUNNING,
						     HC_CLAIM_MIGRATING, HC_CLAIM_FENCING};

	for (size_t i = 0; i < HC_COUNT(states); i++) {
		struct claim was = in_state(states[i], "pve1"), next;

		was.target = states[i] == HC_CLAIM_MIGRATING ? "pve2" : NULL;
		assert_non_null(claim_start(*state, &was, "pve2", &next));
		assert_non_null(claim_admits(*state, &was, "pve2", false));
	}
}

static void an_own_crash_begins_with_a_new_epoch_and_no_clients(void **state)
{
	struct claim was = in_state(HC_CLAIM_RUNNING, "pve1"), next;

	was.addresses = one(*state, "10.0.0.1:0/1");
	assert_null(claim_start(*state, &was, "pve1", &next));
	assert_int_equal(next.epoch, 8);
	assert_int_equal(next.addresses.n, 0);
}

static void who_was_overtaken_records_nothing(void **state)
{
	struct claim was = in_state(HC_CLAIM_STARTING, "pve1"), next;
	struct hc_strings clients = one(*state, "10.0.0.1:0/1");

	assert_non_null(claim_started(*state, &was, "pve1", 6, &clients, &next));
	assert_null(claim_started(*state, &was, "pve1", 7, &clients, &next));
	assert_null(claim_fence(*state, &was, &next));
	was = next;
	assert_non_null(claim_started(*state, &was, "pve1", 8, &clients, &next));
	assert_non_null(claim_broken(*state, &was, 7, &clients, &next));
	assert_null(claim_broken(*state, &was, 8, &clients, &next));
	assert_int_equal(next.state, HC_CLAIM_FREE);
}

static void whom_it_was_broken_for_is_noted_until_they_come_back(void **state)
{
	struct claim was = in_state(HC_CLAIM_FENCING, "pve1"), next;
	struct hc_strings clients = one(*state, "10.0.0.1:0/1");

	was.addresses = clients;
	was.shut_out = one(*state, "10.0.0.3:0/3");
	assert_null(claim_broken(*state, &was, 7, &clients, &next));
	assert_int_equal(next.addresses.n, 0);
	assert_int_equal(next.shut_out.n, 2);
	assert_null(claim_start(*state, &next, "pve1", &was));
	assert_int_equal(was.shut_out.n, 2);
}

static void what_does_not_run_can_be_given_to_any_node(void **state)
{
	struct claim was = in_state(HC_CLAIM_FREE, "pve3"), next;

	assert_non_null(claim_move(*state, &was, "pve1", "pve1", &next));
	assert_null(claim_assign(*state, &was, "pve1", &next));
	assert_string_equal(next.node, "pve1");
	was.node = NULL; /* nobody's */
	assert_null(claim_move(*state, &was, "pve1", "pve1", &next));
	for (unsigned i = HC_CLAIM_STARTING; i <= HC_CLAIM_FENCING; i++) {
		was = in_state(i, "pve3");
		was.target = "pve2";
		assert_non_null(claim_assign(*state, &was, "pve1", &next));
	}
}

static void a_guest_may_switch_when_its_new_clients_are_known(void **state)
{
	struct claim was = in_state(HC_CLAIM_RUNNING, "pve1"), moving, known, next;
	struct hc_strings clients = one(*state, "10.0.0.2:0/2");

	was.addresses = one(*state, "10.0.0.1:0/1");
	assert_non_null(claim_migrate(*state, &was, "pve1", "pve1", &moving));
	assert_null(claim_migrate(*state, &was, "pve1", "pve2", &moving));
	assert_false(moving.may_switch);
	assert_null(claim_address(*state, &moving, 8, &clients, &known));
	assert_true(known.may_switch);
	assert_int_equal(known.addresses.n, 2);
	assert_int_equal(known.arriving.n, 1);
	assert_non_null(claim_arrived(*state, &known, "pve3", &clients, &next));
	assert_null(claim_arrived(*state, &known, "pve2", &clients, &next));
	assert_string_equal(next.node, "pve2");
	assert_string_equal(next.migration.from, "pve1");
	assert_null(next.target);
}

static void nobody_arrives_after_a_recall(void **state)
{
	struct claim was = in_state(HC_CLAIM_MIGRATING, "pve1"), recalled, next;
	struct hc_strings none = {0};

	was.target = "pve2";
	assert_null(claim_recall(*state, &was, "pve1", &recalled));
	assert_non_null(claim_arrived(*state, &recalled, "pve2", &none, &next));
	assert_non_null(claim_arrived(*state, &recalled, "pve1", &none, &next));
	assert_non_null(claim_admits(*state, &recalled, "pve1", true));
	assert_null(claim_stayed(*state, &recalled, "pve1", &none, &next));
}

static void the_hook_admits_a_start_and_an_arrival_only(void **state)
{
	struct claim starting = in_state(HC_CLAIM_STARTING, "pve1");
	struct claim moving = in_state(HC_CLAIM_MIGRATING, "pve1");
	struct claim free = in_state(HC_CLAIM_FREE, "pve1"), none = {.uuid = UUID};

	moving.target = "pve2";
	assert_null(claim_admits(*state, &starting, "pve1", false));
	assert_non_null(claim_admits(*state, &starting, "pve1", true));
	assert_null(claim_admits(*state, &moving, "pve2", true));
	assert_non_null(claim_admits(*state, &moving, "pve2", false));
	assert_non_null(claim_admits(*state, &moving, "pve1", false));
	assert_non_null(claim_admits(*state, &free, "pve1", false));
	assert_non_null(claim_admits(*state, &none, "pve1", false));
}

static void a_stopped_vm_is_given_away_by_its_node(void **state)
{
	struct claim was = in_state(HC_CLAIM_FREE, "pve1"), next;

	assert_non_null(claim_move(*state, &was, "pve2", "pve2", &next));
	assert_null(claim_move(*state, &was, "pve1", "pve2", &next));
	assert_string_equal(next.node, "pve2");
	was.state = HC_CLAIM_RUNNING;
	assert_non_null(claim_move(*state, &was, "pve1", "pve2", &next));
}

static void what_is_written_reads_back(void **state)
{
	struct claim was = in_state(HC_CLAIM_MIGRATING, "pve1"), again;
	const char *text, *why;

	was.target = "pve2";
	was.asked_node = "pve1";
	was.since = 1700000000;
	was.may_switch = true;
	was.addresses = one(*state, "10.0.0.1:0/3571");
	was.arriving = one(*state, "[fd00::1]:0/3571");
	was.migration.from = "pve3";
	was.migration.to = "pve1";
	was.migration.ms = 1600;
	was.shut_out = one(*state, "10.0.0.3:0/3");
	text = claim_write(*state, &was);
	assert_int_equal(claim_read(*state, text, strlen(text), &again, &why), 0);
	assert_string_equal(text, claim_write(*state, &again));
	assert_string_equal(again.target, "pve2");
	assert_true(again.may_switch);
	assert_true(hc_strings_have(&again.shut_out, "10.0.0.3:0/3"));
	was.shut_out = one(*state, "; rm");
	text = claim_write(*state, &was);
	assert_int_equal(claim_read(*state, text, strlen(text), &again, &why), -EBADMSG);
}

/* With one text in the place of another. */
static int read_with(struct hc_arena *arena, const char *text, const char *old, const char *new)
{
	const char *at = strstr(text, old), *why = NULL;
	struct claim claim;
	const char *all;
	int r;

	assert_non_null(at);
	all = hc_printf(arena, "%.*s%s%s", (int)(at - text), text, new, at + strlen(old));
	r = claim_read(arena, all, strlen(all), &claim, &why);
	assert_true(!r == !why);
	return r;
}

static void what_is_not_exactly_a_claim_is_none(void **state)
{
	struct claim was = in_state(HC_CLAIM_RUNNING, "pve1");
	const char *text;

	was.addresses = one(*state, "10.0.0.1:0/3571");
	text = claim_write(*state, &was);
	assert_int_equal(read_with(*state, text, "web", "web2"), 0);
	assert_int_equal(read_with(*state, text, "web", "w\\u001b[2J"), -EBADMSG);
	assert_int_equal(read_with(*state, text, "\"epoch\":7", "\"epoch\":0"), -EBADMSG);
	assert_int_equal(read_with(*state, text, "\"epoch\":7", "\"epoch\":-1"), -EBADMSG);
	assert_int_equal(read_with(*state, text, "\"epoch\":7", "\"epoch\":9223372036854775807"),
			 -EBADMSG);
	assert_int_equal(read_with(*state, text, "running", "walking"), -EBADMSG);
	assert_int_equal(read_with(*state, text, "running", "migrating"), -EBADMSG);
	assert_int_equal(read_with(*state, text, "\"node\":\"pve1\"", "\"nod\":\"pve1\""),
			 -EBADMSG);
	assert_int_equal(read_with(*state, text, "10.0.0.1:0/3571", "; rm"), -EBADMSG);
	assert_int_equal(read_with(*state, text, "00112233", "0011223"), -EBADMSG);
	assert_int_equal(read_with(*state, text, UUID, "../../etc"), -EBADMSG);
	assert_int_equal(read_with(*state, text, "\"format_version\":1", "\"format_version\":2"),
			 -EBADMSG);
	assert_int_equal(read_with(*state, text, "}", "} {}"), -EBADMSG);
}

static void of_two_who_began_alike_one_writes(void **state)
{
	char directory[] = "/tmp/hcstate-claims-XXXXXX";
	const struct claim_store store = {0};
	struct claim was, a, b, *v;
	size_t n;

	assert_non_null(mkdtemp(directory));
	assert_int_equal(setenv("HCSTATE_STATE", directory, 1), 0);
	assert_int_equal(claim_store_list(&store, *state, &v, &n), 0);
	assert_int_equal(n, 0);
	assert_int_equal(claim_store_get(&store, *state, UUID, &was), 0);
	assert_int_equal(was.epoch, 0);
	assert_null(claim_start(*state, &was, "pve1", &a));
	assert_null(claim_start(*state, &was, "pve2", &b));
	a.vm = b.vm = "web";
	assert_int_equal(claim_store_put(&store, *state, &was, &a), 0);
	assert_int_equal(claim_store_put(&store, *state, &was, &b), -ECANCELED);
	assert_int_equal(claim_store_get(&store, *state, UUID, &was), 0);
	assert_string_equal(was.node, "pve1");
	/* what nobody could read again is not written */
	assert_null(claim_stop(*state, &was, "pve1", &b));
	b.node = "pve 2";
	assert_int_equal(claim_store_put(&store, *state, &was, &b), -EINVAL);
	assert_int_equal(claim_store_get(&store, *state, UUID, &was), 0);
	assert_string_equal(was.node, "pve1");
	assert_int_equal(claim_store_remove(&store, *state, &b), -ECANCELED);
	assert_int_equal(claim_store_remove(&store, *state, &was), 0);
	assert_int_equal(claim_store_get(&store, *state, UUID, &was), 0);
	assert_int_equal(was.epoch, 0);
	assert_int_equal(hc_file_clear(directory), 0);
}

static void a_claim_that_cannot_be_read_is_nobodys(void **state)
{
	char directory[] = "/tmp/hcstate-claims-XXXXXX";
	const struct claim_store store = {0};
	struct claim claim, *v;
	size_t n;

	assert_non_null(mkdtemp(directory));
	assert_int_equal(setenv("HCSTATE_STATE", directory, 1), 0);
	assert_int_equal(hc_file_write(hc_printf(*state, "%s/claims/" UUID, directory), 0600, "{}",
				       2),
			 0);
	assert_int_equal(claim_store_list(&store, *state, &v, &n), 0);
	assert_int_equal(n, 1);
	assert_non_null(v[0].why);
	assert_int_equal(v[0].state, HC_CLAIM_FENCING);
	assert_int_equal(claim_store_get(&store, *state, UUID, &claim), 0);
	assert_non_null(claim_admits(*state, &claim, "pve1", false));
	assert_int_equal(hc_file_clear(directory), 0);
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(a_free_claim_is_taken_by_its_node_only),
		CASE(the_first_claim_is_anybodys),
		CASE(what_another_node_has_is_not_started),
		CASE(an_own_crash_begins_with_a_new_epoch_and_no_clients),
		CASE(who_was_overtaken_records_nothing),
		CASE(whom_it_was_broken_for_is_noted_until_they_come_back),
		CASE(what_does_not_run_can_be_given_to_any_node),
		CASE(a_guest_may_switch_when_its_new_clients_are_known),
		CASE(nobody_arrives_after_a_recall),
		CASE(the_hook_admits_a_start_and_an_arrival_only),
		CASE(a_stopped_vm_is_given_away_by_its_node),
		CASE(what_is_written_reads_back),
		CASE(what_is_not_exactly_a_claim_is_none),
		CASE(of_two_who_began_alike_one_writes),
		CASE(a_claim_that_cannot_be_read_is_nobodys),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
