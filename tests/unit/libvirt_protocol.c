/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Single steps of a claim's protocol, in a world that stands still: what is noted of whom, and what
 * becomes of a guest that stands still. That two never write, whoever dies when, is tests/model's.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "providers/libvirt/protocol.h"

#define UUID "11111111-2222-4333-8444-555555555555"
#define DEAD "10.0.0.1:0/1"
#define NEW "10.0.0.1:0/2"

struct world {
	struct hc_arena *arena;
	struct hc_call call;
	struct protocol protocol; /* of pve1 */
	struct claim claim;
	enum protocol_guest here, there;
	bool silent;            /* the other node does not answer */
	const char *opens;      /* whom a start brings; NULL: nobody */
	struct hc_strings open; /* who has the disks open */
	struct hc_strings blocked;
};

static struct world *world_of(const struct protocol *p)
{
	return p->arg;
}

static int get(const struct protocol *p, struct claim *claim)
{
	*claim = world_of(p)->claim;
	return 0;
}

static int put(const struct protocol *p, const struct claim *was, struct claim *next)
{
	assert_int_equal(was->epoch, world_of(p)->claim.epoch);
	world_of(p)->claim = *next;
	return 0;
}

static int guest(const struct protocol *p, enum protocol_guest *is)
{
	*is = world_of(p)->here;
	return 0;
}

static int there(const struct protocol *p, const char *node, enum protocol_guest *is)
{
	assert_string_equal(node, "pve2");
	*is = world_of(p)->there;
	return world_of(p)->silent ? -ENOTCONN : 0;
}

static int moving(const struct protocol *p, bool *is)
{
	(void)p;
	*is = false;
	return 0;
}

static int clients(const struct protocol *p, const struct hc_strings *except,
		   struct protocol_clients *found)
{
	const struct world *world = world_of(p);

	found->all = false;
	for (size_t i = 0; i < world->open.n; i++) {
		if (hc_strings_have(&world->blocked, world->open.v[i]))
			continue;
		hc_strings_add(p->call->arena, &found->open, world->open.v[i]);
		found->all |= !hc_strings_have(except, world->open.v[i]);
	}
	return 0;
}

static int block(const struct protocol *p, const struct hc_strings *addresses)
{
	for (size_t i = 0; i < addresses->n; i++)
		hc_strings_add(p->call->arena, &world_of(p)->blocked, addresses->v[i]);
	return 0;
}

static int create_paused(const struct protocol *p)
{
	world_of(p)->here = GUEST_PAUSED;
	hc_strings_add(p->call->arena, &world_of(p)->open, world_of(p)->opens);
	return 0;
}

static int resume(const struct protocol *p)
{
	world_of(p)->here = GUEST_RUNS;
	return 0;
}

static int destroy(const struct protocol *p)
{
	world_of(p)->here = GUEST_GONE;
	return 0;
}

static const struct protocol_ops ops = {
	.get = get,
	.put = put,
	.guest = guest,
	.there = there,
	.moving = moving,
	.clients = clients,
	.block = block,
	.create_paused = create_paused,
	.resume = resume,
	.destroy = destroy,
};

static int begin(void **state)
{
	struct world *world = calloc(1, sizeof(*world));

	if (!world)
		return -1;
	world->arena = hc_arena_new();
	world->call = (struct hc_call){.arena = world->arena,
				       .node = "pve1",
				       .diags = {.arena = world->arena}};
	world->protocol = (struct protocol){.call = &world->call,
					    .ops = &ops,
					    .arg = world,
					    .node = "pve1",
					    .vm = "web",
					    .uuid = UUID};
	world->opens = NEW;
	world->claim = (struct claim){
		.epoch = 7, .uuid = UUID, .vm = "web", .state = HC_CLAIM_RUNNING, .node = "pve1"};
	hc_strings_add(world->arena, &world->claim.addresses, DEAD);
	*state = world;
	return 0;
}

static int end(void **state)
{
	struct world *world = *state;

	(void)hc_arena_free(world->arena);
	free(world);
	return 0;
}

/* Else its entry would stay on the blocklist for ten years. */
static void who_died_here_is_noted_when_it_is_started_anew(void **state)
{
	struct world *world = *state;

	assert_int_equal(protocol_start(&world->protocol), 0);
	assert_true(hc_strings_have(&world->blocked, DEAD));
	assert_int_equal(world->claim.state, HC_CLAIM_RUNNING);
	assert_int_equal(world->claim.shut_out.n, 1);
	assert_string_equal(world->claim.shut_out.v[0], DEAD);
	assert_int_equal(world->claim.addresses.n, 1);
	assert_string_equal(world->claim.addresses.v[0], NEW);
}

static void who_died_here_is_noted_when_the_claim_becomes_free(void **state)
{
	struct world *world = *state;

	hc_strings_add(world->arena, &world->open, DEAD);
	assert_int_equal(protocol_stopped(&world->protocol), 0);
	assert_true(hc_strings_have(&world->blocked, DEAD));
	assert_int_equal(world->claim.state, HC_CLAIM_FREE);
	assert_int_equal(world->claim.shut_out.n, 1);
	assert_string_equal(world->claim.shut_out.v[0], DEAD);
}

static void who_went_in_order_is_not_shut_out(void **state)
{
	struct world *world = *state;

	assert_int_equal(protocol_stopped(&world->protocol), 0);
	assert_int_equal(world->claim.state, HC_CLAIM_FREE);
	assert_int_equal(world->blocked.n, 0);
	assert_int_equal(world->claim.shut_out.n, 0);
}

/* It came from pve2, and stands still here. */
static void has_come(struct world *world)
{
	world->here = GUEST_PAUSED;
	world->claim.state = HC_CLAIM_MIGRATING;
	world->claim.node = "pve2";
	world->claim.target = "pve1";
	world->claim.may_switch = true;
	hc_strings_add(world->arena, &world->claim.arriving, NEW);
	hc_strings_add(world->arena, &world->open, NEW);
}

static void one_that_was_suspended_where_it_arrived_has_arrived(void **state)
{
	struct world *world = *state;

	has_come(world);
	assert_int_equal(protocol_settle(&world->protocol), 0);
	assert_int_equal(world->claim.state, HC_CLAIM_RUNNING);
	assert_string_equal(world->claim.node, "pve1");
	assert_true(hc_strings_have(&world->claim.addresses, NEW));
	assert_int_equal(world->here, GUEST_PAUSED);
}

static void not_while_it_may_be_where_it_was(void **state)
{
	struct world *world = *state;

	has_come(world);
	world->there = GUEST_RUNS;
	assert_int_equal(protocol_settle(&world->protocol), -EAGAIN);
	world->there = GUEST_PAUSED;
	assert_int_equal(protocol_settle(&world->protocol), -EAGAIN);
	world->there = GUEST_GONE;
	world->silent = true;
	assert_int_equal(protocol_settle(&world->protocol), -EAGAIN);
	world->silent = false;
	world->here = GUEST_ARRIVING;
	assert_int_equal(protocol_settle(&world->protocol), -EAGAIN);
	assert_int_equal(world->claim.state, HC_CLAIM_MIGRATING);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(who_died_here_is_noted_when_it_is_started_anew),
		TEST(who_died_here_is_noted_when_the_claim_becomes_free),
		TEST(who_went_in_order_is_not_shut_out),
		TEST(one_that_was_suspended_where_it_arrived_has_arrived),
		TEST(not_while_it_may_be_where_it_was),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
