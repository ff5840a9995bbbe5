/* SPDX-License-Identifier: Apache-2.0 */
/* What persons say to the agent: do it, hands off; and an apply that is followed to its end. */

#include <reconciler/agent/view_fact.h>

#include "agent_scene.h"

static void a_plan_is_approved_by_its_id(void **state)
{
	struct scene *scene = *state;
	struct hc_arena *arena = scene->toys->arena;
	struct heard heard;

	(void)toys_want(scene->toys, "a");
	(void)toys_want(scene->toys, "held-1");
	(void)toys_want(scene->toys, "held-2");
	(void)toys_want(scene->toys, "window");
	adopt(scene);
	(void)look(scene);
	heard = asked(scene, "{\"do\":\"approve\",\"what\":\"0123456789ab\"}");
	assert_int_equal(heard.code, 1);
	assert_true(has(heard.err, scene->agent.now->plan));
	assert_int_equal(scene->agent.approvals.n, 0);
	heard = asked(scene, hc_printf(arena, "{\"do\":\"approve\",\"what\":\"%s\"}",
				       scene->agent.now->plan));
	assert_int_equal(heard.code, 0);
	assert_string_equal(heard.out, "approved: Thing/held-1@n1\napproved: Thing/held-2@n1\n");
	assert_int_equal(scene->agent.approvals.n, 2);
	assert_string_equal(scene->agent.approvals.v[0].generation, "toys");
	assert_true(scene->agent.look);
	heard = asked(scene, "{\"do\":\"events\"}");
	assert_int_equal(heard.events, 2);
}

static void an_object_is_approved_by_its_name(void **state)
{
	static const struct {
		const char *what, *says;
	} no[] = {
		{"Thing/hled", "is it Thing/held that is meant?"},
		{"Thing/free", "Thing/free@n1 waits for no approval"},
		{"Thing/reported", "Thing/reported@n1 waits for no approval: because"},
		{"Thing/suspended", "hcstate resume first"},
		{"Thing/", "nothing is to be changed of Thing/"},
		{"", "what is to be approved?"},
	};
	struct scene *scene = *state;
	struct hc_arena *arena = scene->toys->arena;

	(void)toys_want(scene->toys, "free");
	(void)toys_want(scene->toys, "reported");
	(void)toys_want(scene->toys, "suspended");
	(void)toys_want(scene->toys, "held");
	(void)toys_want(scene->toys, "window");
	adopt(scene);
	(void)look(scene);
	for (size_t i = 0; i < HC_COUNT(no); i++) {
		struct heard heard =
			asked(scene,
			      hc_printf(arena, "{\"do\":\"approve\",\"what\":\"%s\"}", no[i].what));
		assert_true(has(heard.err, no[i].says));
		assert_true(heard.code > 0);
	}
	assert_int_equal(scene->agent.approvals.n, 0);
	assert_int_equal(asked(scene, "{\"do\":\"approve\",\"what\":\"Thing/held\"}").code, 0);
	assert_int_equal(asked(scene, "{\"do\":\"approve\",\"what\":\"Thing/window@n1\"}").code, 0);
	assert_int_equal(scene->agent.approvals.n, 2);
	assert_string_equal(scene->agent.approvals.v[0].object, "Thing/held@n1");
}

static struct hc_peer other;

static int hear_other(struct hc_call *call, void *self, struct hc_peers *peers)
{
	(void)self;
	peers->v = hc_new(call->arena, struct hc_peer);
	*peers->v = other;
	peers->n = 1;
	return 0;
}

static void what_another_node_would_do_is_said_there(void **state)
{
	struct scene *scene = *state;
	struct hc_provider meets = toys_provider;
	struct heard heard;
	int fd;

	meets.hear = hear_other;
	other = (struct hc_peer){.node = "n2"};
	hc_map_put(scene->toys->arena, &other.facts, FACT_STATUS, "{\"converged\":false}");
	hc_map_put(scene->toys->arena, &other.facts, FACT_PLAN,
		   "{\"changes\":[{\"object\":\"Thing/far@n2\",\"action\":\"create\"}]}");
	adopt(scene);
	(void)look(scene);
	scene->agent.engine->slots[0].provider = &meets;
	heard = asked(scene, "{\"do\":\"approve\",\"what\":\"Thing/far\"}");
	assert_true(has(heard.err, "Thing/far is for node n2 to change"));
	assert_int_equal(heard.code, 1);
	fd = ask(scene, "{\"do\":\"plan\",\"cluster\":true}");
	(void)look(scene);
	assert_true(has(hear(scene, fd).out, "\nnode n2\n+ Thing/far@n2"));
	(void)close(fd);
	fd = ask(scene, "{\"do\":\"plan\"}");
	(void)look(scene);
	assert_null(strstr(hear(scene, fd).out, "n2"));
	(void)close(fd);
	scene->agent.engine->slots[0].provider = &toys_provider;
}

static void an_apply_is_followed_to_its_end(void **state)
{
	struct scene *scene = *state;
	struct heard heard;
	int fd;

	(void)toys_want(scene->toys, "a");
	adopt(scene);
	fd = ask(scene, "{\"do\":\"apply\",\"timeout_us\":60000000}");
	mend(scene);
	heard = hear(scene, fd);
	assert_int_equal(heard.code, -1);
	assert_true(has(heard.out, "+ Thing/a@n1  size 1  none\n"));
	assert_true(has(heard.err, "Thing/a@n1: create: done\n"));
	mend(scene);
	heard = hear(scene, fd);
	assert_int_equal(heard.code, 0);
	assert_string_equal(heard.out, "n1: converged\n");
	assert_int_equal(scene->hurries, 1);
	(void)close(fd);
}

static void an_apply_does_not_end_with_a_look_from_before(void **state)
{
	struct scene *scene = *state;
	int fd;

	adopt(scene);
	mend(scene);
	fd = ask(scene, "{\"do\":\"apply\"}");
	requests_looked(scene->agent.requests, true);
	assert_int_equal(hear(scene, fd).code, -1);
	mend(scene);
	assert_int_equal(hear(scene, fd).code, 0);
	(void)close(fd);
}

static void an_apply_takes_approvals_and_says_what_is_left(void **state)
{
	struct scene *scene = *state;
	struct heard heard;
	int fd;

	(void)toys_want(scene->toys, "held-1");
	(void)toys_want(scene->toys, "held-2");
	adopt(scene);
	fd = ask(scene, "{\"do\":\"apply\",\"approved\":[\"Thing/held-1\"]}");
	assert_int_equal(scene->agent.approvals.n, 0);
	mend(scene); /* they are taken with the look at what the manifests say by now */
	assert_int_equal(scene->agent.approvals.n, 1);
	assert_true(scene->agent.look);
	mend(scene);
	assert_int_equal(hear(scene, fd).code, -1);
	mend(scene);
	heard = hear(scene, fd);
	assert_int_equal(heard.code, 1);
	assert_true(has(heard.out, "n1: not converged\n"));
	assert_true(has(heard.err, "hcstate: Thing/held-2@n1: waiting: because\n"));
	assert_string_equal(scene->toys->log, "create held-1;");
	(void)close(fd);
}

/* Who edits and says yes at once says it to what he wrote. */
static void an_approval_is_of_what_the_edit_makes(void **state)
{
	struct scene *scene = *state;
	struct agent *agent = &scene->agent;
	int fd;

	(void)toys_want(scene->toys, "held-1");
	adopt(scene);
	(void)look(scene);
	fd = ask(scene, "{\"do\":\"apply\",\"approved\":[\"Thing/held-1\"]}");
	requests_looked(agent->requests, true); /* of a look that was under way */
	assert_int_equal(agent->approvals.n, 0);
	agent->generation->id = "edited";
	mend(scene);
	assert_int_equal(agent->approvals.n, 1);
	assert_string_equal(agent->approvals.v[0].generation, "edited");
	mend(scene);
	mend(scene);
	assert_int_equal(hear(scene, fd).code, 0);
	assert_string_equal(scene->toys->log, "create held-1;");
	(void)close(fd);
}

/* ... also when that has to be fetched first. */
static void an_approval_waits_for_the_fetch(void **state)
{
	struct scene *scene = *state;
	struct agent *agent = &scene->agent;
	int fd;

	(void)toys_want(scene->toys, "held-1");
	adopt(scene);
	scene->source.state.kind = "git";
	fd = ask(scene, "{\"do\":\"apply\",\"approved\":[\"Thing/held-1\"]}");
	assert_int_equal(scene->hurries, 1);
	for (int i = 0; i < 3; i++) {
		mend(scene);
		assert_true(sd_event_run(agent->event, UINT64_C(5000000)) > 0);
		assert_int_equal(agent->approvals.n, 0);
	}
	agent->generation->id = "pushed";
	scene->source.state.answers++;
	assert_true(sd_event_run(agent->event, UINT64_C(5000000)) > 0);
	assert_true(agent->look);
	mend(scene);
	assert_string_equal(agent->approvals.v[0].generation, "pushed");
	mend(scene);
	mend(scene);
	assert_int_equal(hear(scene, fd).code, 0);
	(void)close(fd);
}

static void an_apply_that_is_out_of_time_says_whether_waiting_helps(void **state)
{
	struct scene *scene = *state;
	struct heard heard;
	int fd;

	(void)toys_want(scene->toys, "waits");
	adopt(scene);
	mend(scene);
	mend(scene);
	fd = ask(scene, "{\"do\":\"apply\",\"timeout_us\":1}");
	while ((heard = hear(scene, fd)).code < 0 && !*heard.out)
		assert_true(sd_event_run(scene->agent.event, UINT64_C(5000000)) > 0);
	assert_int_equal(heard.code, 75);
	assert_true(has(heard.err, "better weather"));
	(void)close(fd);
}

static void a_suspension_is_kept_until_it_is_ended(void **state)
{
	struct scene *scene = *state;
	struct agent *agent = &scene->agent;

	adopt(scene);
	assert_true(has(asked(scene, "{\"do\":\"suspend\",\"until\":5}").err, "is over already"));
	assert_int_equal(agent->suspensions.n, 0);
	assert_int_equal(asked(scene, "{\"do\":\"suspend\",\"selector\":\"a b/\"}").code, 64);
	assert_int_equal(asked(scene, "{\"do\":\"suspend\",\"selector\":\"Thing/\"}").code, 64);
	assert_int_equal(asked(scene, "{\"do\":\"suspend\",\"selector\":\"Thingy/a\"}").code, 64);
	assert_int_equal(asked(scene, "{\"do\":\"suspend\",\"until\":32503680000}").code, 0);
	assert_int_equal(agent->suspensions.n, 1);
	assert_int_equal(agent->suspensions.v[0].until, 32503680000);
	assert_true(agent->look);
	assert_int_equal(asked(scene, "{\"do\":\"resume\",\"selector\":\"Thing\"}").code, 1);
	agent->suspensions_lost = true;
	assert_int_equal(asked(scene, "{\"do\":\"resume\"}").code, 0);
	assert_false(agent->suspensions_lost);
	assert_int_equal(agent->suspensions.n, 0);
	assert_int_equal(asked(scene, "{\"do\":\"events\"}").events, 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(a_plan_is_approved_by_its_id),
		CASE(an_object_is_approved_by_its_name),
		CASE(what_another_node_would_do_is_said_there),
		CASE(an_apply_is_followed_to_its_end),
		CASE(an_apply_does_not_end_with_a_look_from_before),
		CASE(an_apply_takes_approvals_and_says_what_is_left),
		CASE(an_approval_is_of_what_the_edit_makes),
		CASE(an_approval_waits_for_the_fetch),
		CASE(an_apply_that_is_out_of_time_says_whether_waiting_helps),
		CASE(a_suspension_is_kept_until_it_is_ended),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
