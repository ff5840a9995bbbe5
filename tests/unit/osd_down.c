/* SPDX-License-Identifier: Apache-2.0 */
/* The thread that marks down the OSDs of a lost node: when it is its turn, and how often. corosync,
 * Ceph and the clock are of this file. */

#include <corosync/corotypes.h>
#include <corosync/quorum.h>
#include <errno.h>
#include <semaphore.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <time.h>

#include <cmocka.h>

#include <providers/ha/osd_down_thread.h>
#include <providers/ha/osd_mark.h>

enum {
	VIEWS = 8,
};

/* What the thread meets; one at a time. */
static struct world {
	pthread_mutex_t lock;
	uint64_t now; /* us */

	quorum_callbacks_t callbacks;
	const void *context;
	struct osd_members views[VIEWS]; /* to be told; n 0: the quorum is lost */
	size_t nview, told;
	unsigned rounds; /* of the thread */

	uint64_t up_from; /* of osd.2, on pve3; 0: it is not up */
	int answers;      /* how many questions fail before one is answered */
	unsigned looks, marks;
	sem_t looked; /* for each question to Ceph */
} world;

uint64_t hc_now(void)
{
	uint64_t now;

	pthread_mutex_lock(&world.lock);
	now = world.now;
	pthread_mutex_unlock(&world.lock);
	return now;
}

/* ---- corosync */

cs_error_t quorum_initialize(quorum_handle_t *handle, quorum_callbacks_t *callbacks, uint32_t *type)
{
	*handle = 1;
	*type = QUORUM_SET;
	world.callbacks = *callbacks;
	return CS_OK;
}

cs_error_t quorum_finalize(quorum_handle_t handle)
{
	(void)handle;
	return CS_OK;
}

cs_error_t quorum_context_set(quorum_handle_t handle, const void *context)
{
	(void)handle;
	world.context = context;
	return CS_OK;
}

cs_error_t quorum_context_get(quorum_handle_t handle, const void **context)
{
	(void)handle;
	*context = world.context;
	return CS_OK;
}

cs_error_t quorum_fd_get(quorum_handle_t handle, int *fd)
{
	(void)handle;
	*fd = -1; /* it is woken otherwise */
	return CS_OK;
}

cs_error_t quorum_trackstart(quorum_handle_t handle, unsigned int flags)
{
	(void)handle, (void)flags;
	return CS_OK;
}

cs_error_t quorum_dispatch(quorum_handle_t handle, cs_dispatch_flags_t flags)
{
	struct osd_members view;
	bool any;

	(void)flags;
	pthread_mutex_lock(&world.lock);
	world.rounds++;
	pthread_mutex_unlock(&world.lock);
	do {
		pthread_mutex_lock(&world.lock);
		any = world.told < world.nview;
		if (any)
			view = world.views[world.told++];
		pthread_mutex_unlock(&world.lock);
		if (any)
			world.callbacks.quorum_notify_fn(handle, view.n > 0, 0, (uint32_t)view.n,
							 view.v);
	} while (any);
	return CS_OK;
}

/* ---- Ceph */

int osd_mark_look(rados_t rados, struct hc_arena *arena, const struct osd_nodes *nodes,
		  struct osd_found *found)
{
	int r = 0;

	assert_non_null(rados);
	*found = (struct osd_found){
		.ids = hc_alloc(arena, sizeof(*found->ids)),
		.of = hc_alloc(arena, sizeof(*found->of)),
		.up_from = hc_alloc(arena, sizeof(*found->up_from)),
	};
	found->ids[0] = 2;
	found->of[0] = "pve3";
	pthread_mutex_lock(&world.lock);
	world.looks++;
	if (world.answers && world.answers--)
		r = -ETIMEDOUT;
	found->up_from[0] = world.up_from;
	found->n = world.up_from && nodes->v[2].lost;
	pthread_mutex_unlock(&world.lock);
	(void)sem_post(&world.looked);
	return r;
}

int osd_mark_down(rados_t rados, const struct osd_found *found)
{
	assert_non_null(rados);
	assert_int_equal(found->ids[0], 2);
	pthread_mutex_lock(&world.lock);
	world.marks++;
	world.up_from = 0;
	pthread_mutex_unlock(&world.lock);
	return 0;
}

/* ---- a node, as its provider set it up */

static struct osds_down down;
static struct osd_node nodes[] = {{.name = "pve1", .id = 1},
				  {.name = "pve2", .id = 2},
				  {.name = "pve3", .id = 3}};

static int setup(void **state)
{
	(void)state;
	world = (struct world){.lock = PTHREAD_MUTEX_INITIALIZER, .now = 1000000, .up_from = 10};
	(void)sem_init(&world.looked, 0, 0);
	down = (struct osds_down){
		.lock = PTHREAD_MUTEX_INITIALIZER,
		.wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK),
		.stir = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK),
		.nodes = {.v = nodes, .n = HC_COUNT(nodes)},
		.running = {.v = {1, 2, 3}, .n = 3},
		.rados = &world,
	};
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	for (size_t i = 0; i < HC_COUNT(down.words); i++)
		free(down.words[i].text);
	(void)close(down.wake);
	(void)close(down.stir);
	return sem_destroy(&world.looked);
}

static void stir(void)
{
	assert_int_equal(eventfd_write(down.stir, 1), 0);
}

static void begin(uint32_t me)
{
	down.me = me;
	world.views[world.nview++] = (struct osd_members){.v = {1, 2, 3}, .n = 3};
	assert_int_equal(pthread_create(&down.thread, NULL, osds_down_run, &down), 0);
}

static void see(struct osd_members view)
{
	pthread_mutex_lock(&world.lock);
	assert_true(world.nview < VIEWS);
	world.views[world.nview++] = view;
	pthread_mutex_unlock(&world.lock);
	stir();
}

static void lose_pve3(void)
{
	see((struct osd_members){.v = {1, 2}, .n = 2});
}

static void pass(uint64_t us)
{
	pthread_mutex_lock(&world.lock);
	world.now += us;
	pthread_mutex_unlock(&world.lock);
	stir();
}

static void await_look(void)
{
	struct timespec until;

	(void)clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec += 10;
	assert_int_equal(sem_timedwait(&world.looked, &until), 0);
}

/* The thread may not have got to what it waits for yet: so time passes until it looks. */
static void pass_until_look(uint64_t us)
{
	struct timespec until;

	do {
		pass(us);
		(void)clock_gettime(CLOCK_REALTIME, &until);
		until.tv_nsec += 20000000;
		until.tv_sec += until.tv_nsec / 1000000000;
		until.tv_nsec %= 1000000000;
	} while (sem_timedwait(&world.looked, &until));
}

static unsigned rounds(void)
{
	unsigned n;

	pthread_mutex_lock(&world.lock);
	n = world.rounds;
	pthread_mutex_unlock(&world.lock);
	return n;
}

/* Until it has done what there is to do now. */
static void settle(void)
{
	unsigned before = rounds();

	while (rounds() < before + 2) { /* the second one's begin is the first one's end */
		stir();
		(void)usleep(1000);
	}
}

/* After this nothing happens any more. */
static void end(void)
{
	settle();
	pthread_mutex_lock(&down.lock);
	down.stop = true;
	pthread_mutex_unlock(&down.lock);
	stir();
	assert_int_equal(pthread_join(down.thread, NULL), 0);
}

/* ---- */

static void the_first_marks_at_once_and_once(void **state)
{
	(void)state;
	begin(1);
	lose_pve3();
	await_look();
	settle();
	pass(5000000);
	lose_pve3();
	end();
	assert_int_equal(world.marks, 1);
	assert_int_equal(world.looks, 1);
	assert_string_equal(down.words[0].text, "osd.2 of pve3 marked down");
}

static void it_is_tried_until_ceph_answers(void **state)
{
	(void)state;
	world.answers = 2;
	begin(1);
	lose_pve3();
	await_look();
	pass_until_look(300000);
	pass_until_look(300000);
	pass(300000);
	end();
	assert_int_equal(world.looks, 3);
	assert_int_equal(world.marks, 1);
}

static void after_a_minute_nobody_tries_any_more(void **state)
{
	(void)state;
	world.answers = 1000;
	begin(1);
	lose_pve3();
	await_look();
	settle();
	pass(60000000);
	end();
	assert_int_equal(world.looks, 1);
	assert_int_equal(world.marks, 0);
}

/* The second notes at once what is up, and looks again a second later. */
static void the_second_does_what_the_first_did_not(void **state)
{
	(void)state;
	begin(2);
	lose_pve3();
	await_look();
	pass_until_look(1000000);
	end();
	assert_int_equal(world.marks, 1);
}

static void the_second_leaves_alone_what_came_back(void **state)
{
	(void)state;
	begin(2);
	lose_pve3();
	await_look();
	pthread_mutex_lock(&world.lock);
	world.up_from = 12; /* it was marked down, and is alive */
	pthread_mutex_unlock(&world.lock);
	pass_until_look(1000000);
	end();
	assert_int_equal(world.marks, 0);
}

static void a_node_that_is_back_is_not_lost(void **state)
{
	(void)state;
	world.answers = 1;
	begin(1);
	lose_pve3();
	await_look();
	see((struct osd_members){.v = {1, 2, 3}, .n = 3});
	settle();
	pass(300000);
	end();
	assert_int_equal(world.looks, 1);
}

static void without_quorum_nothing_is_done(void **state)
{
	(void)state;
	world.answers = 1;
	begin(1);
	lose_pve3();
	await_look();
	see((struct osd_members){.n = 0});
	settle();
	pass(1000000);
	end();
	assert_int_equal(world.looks, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(the_first_marks_at_once_and_once, setup, teardown),
		cmocka_unit_test_setup_teardown(it_is_tried_until_ceph_answers, setup, teardown),
		cmocka_unit_test_setup_teardown(after_a_minute_nobody_tries_any_more, setup,
						teardown),
		cmocka_unit_test_setup_teardown(the_second_does_what_the_first_did_not, setup,
						teardown),
		cmocka_unit_test_setup_teardown(the_second_leaves_alone_what_came_back, setup,
						teardown),
		cmocka_unit_test_setup_teardown(a_node_that_is_back_is_not_lost, setup, teardown),
		cmocka_unit_test_setup_teardown(without_quorum_nothing_is_done, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
