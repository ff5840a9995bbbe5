/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Writing a decision: into records that are a fake's, which changes them in between and loses
 * answers.
 */

#include "halive_scene.h"

struct fake {
	struct hc_arena *arena;
	struct record state, words;
	int error;       /* what the next write of the state gives instead */
	unsigned writes; /* of the state */
	uint64_t slow;   /* ms that each reading takes */
	uint64_t passed; /* ... since the test began */
};

static struct record *record_of(struct fake *fake, const char *name)
{
	return strcmp(name, RECORD_STATE) ? &fake->words : &fake->state;
}

static int fake_read(void *arg, struct hc_arena *arena, const char *name, struct record *record)
{
	struct fake *fake = arg;

	(void)arena;
	fake->passed += fake->slow;
	*record = *record_of(arg, name);
	return record->epoch ? 0 : -ENOENT;
}

static int fake_write(void *arg, const char *name, const struct record *was,
		      const struct record *next)
{
	struct fake *fake = arg;
	struct record *record = record_of(fake, name);

	if (record == &fake->state && fake->error)
		return fake->error;
	if (was->epoch != record->epoch || strcmp(was->nonce, record->nonce) != 0)
		return -ECANCELED;
	*record = *next;
	record->text = hc_strdup(fake->arena, next->text);
	fake->writes += record == &fake->state;
	return 0;
}

static struct scene *lost_node(struct fake *fake)
{
	struct scene *s = scene_new(true);
	const struct ha_vm web1 = {
		.vm = "web1", .is = HA_IS_STARTED, .node = "pve3", .since = NOW - 9, .order = 3};
	const uint32_t ids[] = {1, 2};

	scene_vm(s, "web1");
	scene_memory(s, &web1, 1);
	scene_claim(s, "web1", "pve3", HC_CLAIM_RUNNING);
	(void)sighting_take(&s->sight->view, true, ids, 2, s->sight->began - 5000 * US);
	scene_ready(s);
	*fake = (struct fake){.arena = s->arena, .state = s->sight->state};
	return s;
}

static void fake_look(void *arg, struct hc_call *call, struct sight *now)
{
	(void)call;
	*now = *(const struct sight *)arg;
}

/* As its threads know it when it is about to write. */
static int write_seeing(struct scene *s, struct fake *fake, struct sight *now)
{
	const struct record_store store = {.read = fake_read, .write = fake_write, .arg = fake};
	const struct ha_witness witness = {.look = fake_look, .arg = now};

	return ha_write(&s->call, s->sight, &witness, &store);
}

static int write_through(struct scene *s, struct fake *fake)
{
	return write_seeing(s, fake, s->sight);
}

static enum ha_is kept(const struct fake *fake, const char *vm)
{
	struct ha_memory memory;
	const char *why;

	assert_int_equal(ha_memory_read(fake->arena, fake->state.text, fake->state.size, &memory,
					&why),
			 0);
	return ha_find_vm(&memory, vm)->is;
}

static void what_is_decided_is_written_and_told(void **state)
{
	struct fake fake;
	struct scene *s = lost_node(&fake);

	(void)state;
	assert_int_equal(write_through(s, &fake), 0);
	assert_int_equal(fake.writes, 1);
	assert_int_equal(fake.state.epoch, 8);
	assert_int_equal(kept(&fake, "web1"), HA_IS_FENCE);
	assert_string_equal(hc_map_get(&s->call.told, FACT_EPOCH), "8");
	scene_end(s);
}

static void a_record_that_changed_since_it_was_read_is_looked_at_again(void **state)
{
	struct fake fake;
	struct scene *s = lost_node(&fake);

	(void)state;
	fake.state.epoch = 8;
	assert_int_equal(write_through(s, &fake), -EAGAIN);
	assert_int_equal(fake.writes, 0);
	scene_end(s);
}

static void who_comes_second_looks_again(void **state)
{
	struct fake fake;
	struct scene *s = lost_node(&fake);

	(void)state;
	fake.error = -ECANCELED;
	assert_int_equal(write_through(s, &fake), -EAGAIN);
	fake.error = -ETIMEDOUT;
	assert_int_equal(write_through(s, &fake), -EAGAIN);
	fake.error = -EIO;
	assert_int_equal(write_through(s, &fake), -EIO);
	assert_null(hc_map_get(&s->call.told, FACT_EPOCH));
	scene_end(s);
}

static void a_record_that_is_not_ours_is_not_written_over(void **state)
{
	struct fake fake;
	struct scene *s = lost_node(&fake);

	(void)state;
	fake.state.text = "{}";
	fake.state.size = 2;
	assert_int_equal(write_through(s, &fake), -EBADMSG);
	assert_int_equal(fake.writes, 0);
	scene_end(s);
}

static void words_that_were_taken_are_taken_away(void **state)
{
	struct fake fake;
	struct scene *s = lost_node(&fake);
	const uint32_t ids[] = {1, 2, 3};
	struct ha_asked asked[] = {{"web1", HA_MIGRATE_TO, "pve2"}, {"web9", HA_MIGRATE_TO, "x"}};
	const struct ha_said said = {.asked = asked, .nasked = 2};
	struct ha_said left;
	const char *why;

	(void)state;
	(void)sighting_take(&s->sight->view, true, ids, 3, s->sight->began);
	fake.words = (struct record){.epoch = 4, .nonce = "four"};
	fake.words.text = ha_said_write(s->arena, &said);
	fake.words.size = strlen(fake.words.text);
	assert_int_equal(write_through(s, &fake), 0);
	assert_int_equal(kept(&fake, "web1"), HA_IS_MIGRATE);
	assert_int_equal(fake.words.epoch, 5);
	assert_int_equal(ha_said_read(s->arena, fake.words.text, fake.words.size, &left, &why), 0);
	for (size_t i = 0; i < left.nasked; i++)
		assert_string_not_equal(left.asked[i].vm, "web1");
	scene_end(s);
}

static void without_a_change_nothing_is_written(void **state)
{
	struct fake fake;
	struct scene *s = lost_node(&fake);
	const uint32_t ids[] = {1, 2, 3};

	(void)state;
	(void)sighting_take(&s->sight->view, true, ids, 3, s->sight->began);
	assert_int_equal(write_through(s, &fake), 0);
	assert_int_equal(fake.writes, 0);
	assert_null(hc_map_get(&s->call.told, FACT_EPOCH));
	scene_end(s);
}

static void a_node_that_came_back_meanwhile_is_not_fenced(void **state)
{
	struct fake fake;
	struct scene *s = lost_node(&fake);
	const uint32_t ids[] = {1, 2, 3};
	struct sight now = *s->sight;

	(void)state;
	now.began += 3000 * US;
	(void)sighting_take(&now.view, true, ids, 3, now.began);
	assert_int_equal(write_seeing(s, &fake, &now), -EAGAIN);
	assert_int_equal(fake.writes, 0);
	scene_end(s);
}

struct passing {
	struct fake *fake;
	const struct sight *sight;
};

/* pve3 is back since two seconds after it was decided. */
static void look_later(void *arg, struct hc_call *call, struct sight *now)
{
	const struct passing *passing = arg;
	const uint32_t ids[] = {1, 2, 3};
	uint64_t passed = passing->fake->passed;

	(void)call;
	*now = *passing->sight;
	now->began += passed * US;
	if (passed >= 2000)
		(void)sighting_take(&now->view, true, ids, 3, passing->sight->began + 2000 * US);
}

/* Just when a node was lost, Ceph takes its time. */
static void one_that_came_back_while_the_records_were_read_is_not_fenced(void **state)
{
	struct fake fake;
	struct scene *s = lost_node(&fake);
	const struct record_store store = {.read = fake_read, .write = fake_write, .arg = &fake};
	struct passing passing = {.fake = &fake, .sight = s->sight};
	const struct ha_witness witness = {.look = look_later, .arg = &passing};

	(void)state;
	fake.slow = 1500;
	assert_int_equal(ha_write(&s->call, s->sight, &witness, &store), -EAGAIN);
	assert_int_equal(fake.passed, 3000);
	assert_int_equal(fake.writes, 0);
	fake.passed = 0;
	fake.slow = 0;
	assert_int_equal(ha_write(&s->call, s->sight, &witness, &store), 0);
	assert_int_equal(kept(&fake, "web1"), HA_IS_FENCE);
	scene_end(s);
}

static void a_node_that_went_meanwhile_is_given_nothing(void **state)
{
	struct fake fake;
	struct scene *s = lost_node(&fake);
	const uint32_t ids[] = {1};
	struct sight now = *s->sight;

	(void)state;
	(void)sighting_take(&now.view, true, ids, 1, now.began + 1);
	assert_int_equal(write_seeing(s, &fake, &now), -EAGAIN);
	assert_int_equal(fake.writes, 0);
	scene_end(s);
}

static void a_node_that_says_that_it_only_lacks_corosync_is_not_fenced(void **state)
{
	struct fake fake;
	struct scene *s = lost_node(&fake);
	struct sight now = *s->sight;
	struct beat_entry heard[3];

	(void)state;
	memcpy(heard, s->beat, sizeof(heard));
	heard[2].word.apart = true;
	now.beats.v = heard;
	assert_int_equal(write_seeing(s, &fake, &now), -EAGAIN);
	assert_int_equal(fake.writes, 0);
	scene_end(s);
}

/* It is a member again, and its last beat does not know that yet. */
static void what_a_member_says_of_corosync_is_no_news(void **state)
{
	struct fake fake;
	struct scene *s = lost_node(&fake);
	struct sight now = *s->sight;
	struct beat_entry heard[3];

	(void)state;
	memcpy(heard, s->beat, sizeof(heard));
	heard[1].word.apart = true;
	now.beats.v = heard;
	assert_int_equal(write_seeing(s, &fake, &now), 0);
	scene_end(s);
}

static void who_has_lost_the_quorum_meanwhile_decides_nothing(void **state)
{
	struct fake fake;
	struct scene *s = lost_node(&fake);
	struct sight now = *s->sight;

	(void)state;
	now.view.quorate = false;
	assert_int_equal(write_seeing(s, &fake, &now), -EAGAIN);
	assert_int_equal(fake.writes, 0);
	scene_end(s);
}

/* Its beats stop a while after it: that is nothing new, and must not cost time. */
static void a_lost_node_that_falls_silent_is_no_news(void **state)
{
	struct fake fake;
	struct scene *s = lost_node(&fake);
	struct sight now = *s->sight;
	struct beat_entry heard[3];

	(void)state;
	memcpy(heard, s->beat, sizeof(heard));
	heard[2].heard -= 4000 * US;
	now.beats.v = heard;
	assert_int_equal(write_seeing(s, &fake, &now), 0);
	assert_int_equal(kept(&fake, "web1"), HA_IS_FENCE);
	scene_end(s);
}

extern const struct hc_provider hcstate_provider;

/* As a process that only looks. */
static void read_it(struct scene *s)
{
	void *self = NULL;
	int watch = -1;

	s->live.found.n = 0;
	s->call.dry = true;
	assert_int_equal(hcstate_provider.open(&s->call, &self, &watch), 0);
	assert_int_equal(hcstate_provider.read(&s->call, self, &s->live), 0);
	hcstate_provider.close(self);
}

static void without_ceph_nothing_is_known(void **state)
{
	struct fake fake;
	struct scene *s = lost_node(&fake);

	(void)state;
	read_it(s);
	assert_int_equal(s->live.found.n, 0);
	assert_string_equal(hc_why_unknown(&s->live, &hc_ha_resource),
			    "the manifests have no CephCluster");
	assert_non_null(hc_why_unknown(&s->live, &hc_ha_policy));
	assert_non_null(hc_why_unknown(&s->live, &hc_ha_node));
	scene_end(s);
}

static void where_nothing_is_under_ha_nothing_is_asked(void **state)
{
	struct scene *s = scene_new(true);

	(void)state;
	scene_memory(s, NULL, 0);
	scene_ready(s);
	read_it(s);
	assert_int_equal(s->live.nunknown, 0);
	assert_int_equal(s->live.found.n, 0);
	scene_end(s);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_decided_is_written_and_told),
		cmocka_unit_test(a_record_that_changed_since_it_was_read_is_looked_at_again),
		cmocka_unit_test(who_comes_second_looks_again),
		cmocka_unit_test(a_record_that_is_not_ours_is_not_written_over),
		cmocka_unit_test(words_that_were_taken_are_taken_away),
		cmocka_unit_test(a_node_that_came_back_meanwhile_is_not_fenced),
		cmocka_unit_test(one_that_came_back_while_the_records_were_read_is_not_fenced),
		cmocka_unit_test(a_node_that_went_meanwhile_is_given_nothing),
		cmocka_unit_test(a_node_that_says_that_it_only_lacks_corosync_is_not_fenced),
		cmocka_unit_test(what_a_member_says_of_corosync_is_no_news),
		cmocka_unit_test(who_has_lost_the_quorum_meanwhile_decides_nothing),
		cmocka_unit_test(a_lost_node_that_falls_silent_is_no_news),
		cmocka_unit_test(without_ceph_nothing_is_known),
		cmocka_unit_test(where_nothing_is_under_ha_nothing_is_asked),
		cmocka_unit_test(without_a_change_nothing_is_written),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
