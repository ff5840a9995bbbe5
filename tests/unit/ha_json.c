/* SPDX-License-Identifier: Apache-2.0 */
/* HA's two records as text: nothing is lost on the way, and what is not ours is not believed. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <string.h>

#include <hcstate/file.h>

#include <reconciler/ha/memory_json.h>
#include <reconciler/ha/words.h>

static int setup(void **state)
{
	*state = hc_arena_new();
	return 0;
}

static int teardown(void **state)
{
	(void)hc_arena_free(*state);
	return 0;
}

static struct ha_memory memory_of(struct hc_arena *arena, const char *text)
{
	struct ha_memory memory;
	const char *why;

	if (ha_memory_read(arena, text, strlen(text), &memory, &why))
		fail_msg("%s", why);
	assert_null(why);
	return memory;
}

static struct ha_said said_of(struct hc_arena *arena, const char *text)
{
	struct ha_said said;
	const char *why;

	if (ha_said_read(arena, text, strlen(text), &said, &why))
		fail_msg("%s", why);
	return said;
}

static char *recorded(struct hc_arena *arena, const char *name)
{
	char *text;
	size_t size;

	assert_int_equal(hc_file_read(arena, hc_printf(arena, "%s/%s", RECORDED, name), 1 << 20,
				      &text, &size),
			 0);
	return text;
}

static void every_field_of_the_memory_is_kept(void **state)
{
	const char *failed[] = {"pve2", "pve1", "pve2"};
	struct ha_node node = {.name = "pve1", .is = HA_FENCE, .since = 1, .lost = 2};
	struct ha_vm vm = {.vm = "web",
			   .is = HA_IS_RELOCATE,
			   .node = "pve1",
			   .target = "pve2",
			   .since = 3,
			   .order = 4,
			   .restarts = 5,
			   .failed = {3, failed},
			   .home = "pve3",
			   .stays = 6,
			   .fled = "pve4",
			   .lost = 7,
			   .fenced = 8,
			   .recovered = 9,
			   .runs = 10};
	const struct ha_memory was = {.nodes = &node, .nnode = 1, .vms = &vm, .nvm = 1};
	const struct ha_memory is = memory_of(*state, ha_memory_write(*state, &was));

	assert_int_equal(is.nnode, 1);
	assert_int_equal(is.nvm, 1);
	assert_string_equal(is.nodes->name, "pve1");
	assert_int_equal(is.nodes->is, HA_FENCE);
	assert_int_equal(is.nodes->since, 1);
	assert_int_equal(is.nodes->lost, 2);
	assert_string_equal(is.vms->vm, "web");
	assert_int_equal(is.vms->is, HA_IS_RELOCATE);
	assert_string_equal(is.vms->node, "pve1");
	assert_string_equal(is.vms->target, "pve2");
	assert_int_equal(is.vms->since, 3);
	assert_int_equal(is.vms->order, 4);
	assert_int_equal(is.vms->restarts, 5);
	assert_int_equal(is.vms->failed.n, 3);
	for (size_t i = 0; i < 3; i++)
		assert_string_equal(is.vms->failed.v[i], failed[i]);
	assert_string_equal(is.vms->home, "pve3");
	assert_int_equal(is.vms->stays, 6);
	assert_string_equal(is.vms->fled, "pve4");
	assert_int_equal(is.vms->lost, 7);
	assert_int_equal(is.vms->fenced, 8);
	assert_int_equal(is.vms->recovered, 9);
	assert_int_equal(is.vms->runs, 10);
}

static void what_was_recorded_reads_and_writes_the_same(void **state)
{
	char *memory = recorded(*state, "memory.json"), *words = recorded(*state, "words.json");
	const struct ha_memory m = memory_of(*state, memory);
	const struct ha_said s = said_of(*state, words);

	assert_string_equal(ha_memory_write(*state, &m), memory);
	assert_string_equal(ha_said_write(*state, &s), words);
}

static void each_state_has_its_word(void **state)
{
	struct ha_vm vm = {.vm = "web", .node = "pve1"};
	struct ha_node node = {.name = "pve1"};
	struct ha_memory was = {.nodes = &node, .nnode = 1, .vms = &vm, .nvm = 1}, is;

	for (unsigned i = 0; i <= HA_IS_ERROR; i++) {
		vm.is = i;
		vm.target = i == HA_IS_MIGRATE || i == HA_IS_RELOCATE ? "pve2" : NULL;
		node.is = i <= HA_GONE ? i : HA_ONLINE;
		is = memory_of(*state, ha_memory_write(*state, &was));
		assert_int_equal(is.vms->is, i);
		assert_int_equal(is.nodes->is, node.is);
	}
}

static void no_text_is_nothing_yet(void **state)
{
	const struct ha_memory memory = memory_of(*state, "");
	const struct ha_said said = said_of(*state, "");

	assert_int_equal(memory.nnode + memory.nvm, 0);
	assert_int_equal(said.maintenance.n + said.nasked + said.disarmed, 0);
}

#define VM(more)                                                                                   \
	"{\"version\":1,\"vms\":[{\"vm\":\"a\",\"is\":\"started\",\"node\":\"p\"" more "}]}"

static void a_memory_that_is_not_ours_is_none(void **state)
{
	static const struct {
		const char *text, *why;
	} wrong[] = {
		{"[]", "it is no JSON object"},
		{"{\"version\":1}x", "it is no JSON object"},
		{"{\"version\":1,}", "it is no JSON object"},
		{"{}", "its version is not one that this hcstate knows"},
		{"{\"version\":2}", "its version is not one that this hcstate knows"},
		{"{\"version\":\"1\"}", "its version is not one that this hcstate knows"},
		{"{\"version\":1,\"vms\":{}}", "its vms is none"},
		{"{\"version\":1,\"vms\":[7]}", "its vms is none"},
		{"{\"version\":1,\"vms\":[{}]}", "its vm is none"},
		{"{\"version\":1,\"nodes\":[{\"name\":\"a/b\",\"is\":\"online\"}]}",
		 "its name is none"},
		{"{\"version\":1,\"nodes\":[{\"name\":\"a\\u0000\",\"is\":\"online\"}]}",
		 "its name is none"},
		{"{\"version\":1,\"nodes\":[{\"name\":\"\",\"is\":\"online\"}]}",
		 "its name is none"},
		{"{\"version\":1,\"nodes\":[{\"name\":\"a\",\"is\":\"well\"}]}", "its is is none"},
		{"{\"version\":1,\"nodes\":[{\"name\":\"b\",\"is\":\"online\"},"
		 "{\"name\":\"a\",\"is\":\"online\"}]}",
		 "its order of nodes is none"},
		{"{\"version\":1,\"vms\":[{\"vm\":\"a\",\"is\":\"started\",\"node\":\"p\"},"
		 "{\"vm\":\"a\",\"is\":\"started\",\"node\":\"p\"}]}",
		 "its order of VMs is none"},
		{VM(",\"order\":-1"), "its order is none"},
		{VM(",\"order\":1.5"), "its order is none"},
		{VM(",\"order\":9223372036854775807"), "its order is none"},
		{VM(",\"order\":18446744073709551616"), "its order is none"},
		{VM(",\"restarts\":1000001"), "its restarts is none"},
		{VM(",\"target\":\"q\""), "its target is none"},
		{VM(",\"is\":\"migrate\""), "its target is none"},
		{VM(",\"target\":null,\"is\":\"migrate\""), "its target is none"},
		{VM(",\"failed\":\"q\""), "its failed is none"},
		{VM(",\"failed\":[1]"), "its failed is none"},
		{VM(",\"failover\":7"), "its failover is none"},
		{VM(",\"failover\":{\"from\":\"a b\"}"), "its from is none"},
		{VM(",\"failover\":{\"lost\":\"now\"}"), "its lost is none"},
		{"{\"version\":1,\"vms\":[{\"vm\":\"a\",\"is\":\"started\"}]}", "its node is none"},
		{"{\"version\":1,\"a\":[[[[[[[[[1]]]]]]]]]}", "it is no JSON object"},
	};

	for (size_t i = 0; i < HC_COUNT(wrong); i++) {
		struct ha_memory memory;
		const char *why;

		assert_int_equal(ha_memory_read(*state, wrong[i].text, strlen(wrong[i].text),
						&memory, &why),
				 -EBADMSG);
		assert_string_equal(why, wrong[i].why);
		assert_int_equal(memory.nnode + memory.nvm, 0);
	}
}

static void what_stands_behind_a_nul_is_seen(void **state)
{
	static const char text[] = "{\"version\":1}\0{}";
	struct ha_memory memory;
	const char *why;

	assert_int_equal(ha_memory_read(*state, text, strlen(text), &memory, &why), 0);
	assert_int_equal(ha_memory_read(*state, text, sizeof(text) - 1, &memory, &why), -EBADMSG);
}

/* As many as there may be, and one more. */
static void there_are_only_so_many_vms(void **state)
{
	struct ha_vm *v = hc_alloc(*state, (HA_MOST_VMS + 1) * sizeof(*v));
	struct ha_memory was = {.vms = v}, is;
	const char *why, *text;

	for (size_t i = 0; i <= HA_MOST_VMS; i++)
		v[i] = (struct ha_vm){.vm = hc_printf(*state, "vm-%05zu", i), .node = "pve1"};
	was.nvm = HA_MOST_VMS;
	assert_int_equal(memory_of(*state, ha_memory_write(*state, &was)).nvm, HA_MOST_VMS);
	was.nvm++;
	text = ha_memory_write(*state, &was);
	assert_int_equal(ha_memory_read(*state, text, strlen(text), &is, &why), -EBADMSG);
}

static void words_that_are_not_ours_are_none(void **state)
{
	static const struct {
		const char *text, *why;
	} wrong[] = {
		{"{\"version\":1}", "its disarmed is none"},
		{"{\"version\":1,\"disarmed\":1}", "its disarmed is none"},
		{"{\"version\":1,\"disarmed\":false,\"maintenance\":[\"a\\n\"]}",
		 "its maintenance is none"},
		{"{\"version\":1,\"disarmed\":false,\"asked\":[{\"vm\":\"a\",\"word\":\"start\","
		 "\"node\":\"p\"}]}",
		 "its word is none"},
		{"{\"version\":1,\"disarmed\":false,\"asked\":[{\"vm\":\"a\",\"word\":\"migrate\"}]"
		 "}",
		 "its node is none"},
	};

	for (size_t i = 0; i < HC_COUNT(wrong); i++) {
		struct ha_said said;
		const char *why;

		assert_int_equal(ha_said_read(*state, wrong[i].text, strlen(wrong[i].text), &said,
					      &why),
				 -EBADMSG);
		assert_string_equal(why, wrong[i].why);
	}
}

static void maintenance_is_said_once(void **state)
{
	struct ha_said said = {0};

	assert_true(ha_said_maintenance(*state, &said, "pve2", true));
	assert_false(ha_said_maintenance(*state, &said, "pve2", true));
	assert_true(ha_said_maintenance(*state, &said, "pve1", true));
	assert_string_equal(said.maintenance.v[0], "pve1");
	assert_false(ha_said_maintenance(*state, &said, "pve3", false));
	assert_true(ha_said_maintenance(*state, &said, "pve1", false));
	assert_int_equal(said.maintenance.n, 1);
	assert_string_equal(said.maintenance.v[0], "pve2");
	assert_true(ha_said_disarmed(&said, true));
	assert_false(ha_said_disarmed(&said, true));
	assert_true(said.disarmed);
}

static void the_last_word_about_a_vm_stands(void **state)
{
	struct ha_said said = said_of(*state, recorded(*state, "words.json"));
	const struct ha_asked again = {"web", HA_MIGRATE_TO, "pve3"};

	assert_int_equal(ha_said_ask(*state, &said, &again), 0);
	assert_int_equal(said.nasked, 2);
	assert_string_equal(said.asked[0].vm, "db");
	assert_string_equal(said.asked[1].vm, "web");
	assert_string_equal(said.asked[1].node, "pve3");
	assert_int_equal(said.asked[1].word, HA_MIGRATE_TO);
}

static void only_so_many_words_wait(void **state)
{
	struct ha_said said = {0};
	struct ha_asked asked = {"vm", HA_MIGRATE_TO, "pve1"};

	for (size_t i = 0; i < HA_MOST_ASKED; i++) {
		asked.vm = hc_printf(*state, "vm-%zu", i);
		assert_int_equal(ha_said_ask(*state, &said, &asked), 0);
	}
	assert_int_equal(ha_said_ask(*state, &said, &asked), 0); /* in the place of itself */
	asked.vm = "one-more";
	assert_int_equal(ha_said_ask(*state, &said, &asked), -ENOSPC);
	assert_int_equal(said.nasked, HA_MOST_ASKED);
	assert_int_equal(said_of(*state, ha_said_write(*state, &said)).nasked, HA_MOST_ASKED);
}

/* A person may have changed a word while it was decided: the new one stays. */
static void what_was_taken_goes_and_nothing_else(void **state)
{
	const struct ha_said was = said_of(*state, recorded(*state, "words.json"));
	struct ha_said said = said_of(*state, recorded(*state, "words.json"));
	const bool taken[HA_MOST_ASKED] = {true, false};
	const bool both[HA_MOST_ASKED] = {true, true};
	const struct ha_asked again = {"db", HA_MIGRATE_TO, "pve3"};

	assert_true(ha_said_take(&said, was.asked, was.nasked, taken));
	assert_int_equal(said.nasked, 1);
	assert_string_equal(said.asked[0].vm, "db");
	assert_false(ha_said_take(&said, was.asked, was.nasked, taken));
	assert_int_equal(ha_said_ask(*state, &said, &again), 0);
	assert_false(ha_said_take(&said, was.asked, was.nasked, both));
	assert_int_equal(said.nasked, 1);
	assert_int_equal(was.nasked, 2);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	static const struct CMUnitTest tests[] = {
		TEST(every_field_of_the_memory_is_kept),
		TEST(what_was_recorded_reads_and_writes_the_same),
		TEST(each_state_has_its_word),
		TEST(no_text_is_nothing_yet),
		TEST(a_memory_that_is_not_ours_is_none),
		TEST(what_stands_behind_a_nul_is_seen),
		TEST(there_are_only_so_many_vms),
		TEST(words_that_are_not_ours_are_none),
		TEST(maintenance_is_said_once),
		TEST(the_last_word_about_a_vm_stands),
		TEST(only_so_many_words_wait),
		TEST(what_was_taken_goes_and_nothing_else),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
