/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How running hcstate processes meet: corosync's closed process group "hcstate". This is the side
 * of those who tell and hear; a thread (line.c) does what has to do with corosync.
 *
 * The lock guards what the two share. It is never held while corosync is asked, so a hung corosync
 * holds up nobody but the thread.
 */

#include "group.h"

#include <hcstate/thread.h>
#include <string.h>
#include <sys/eventfd.h>
#include <time.h>

#include "line.h"

enum {
	JOIN_S = 2,
};

static void ring(int fd)
{
	(void)eventfd_write(fd, 1); /* fails only when it is readable already */
}

void group_announce(struct group *group)
{
	pthread_cond_broadcast(&group->changed);
	ring(group->watch);
}

struct group *group_new(const char *node, int *watch)
{
	struct group *group = calloc(1, sizeof(*group));

	if (!group)
		abort(); /* memory has run out */
	group->node = strdup(node);
	group->arena = hc_arena_new();
	group->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	group->watch = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	(void)pthread_mutex_init(&group->lock, NULL); /* these cannot fail on Linux */
	hc_cond_init(&group->changed);
	if (!group->node || group->wake < 0 || group->watch < 0 ||
	    hc_thread_start(&group->thread, line_run, group))
		abort(); /* out of memory, of files or of threads */
	*watch = group->watch;
	return group;
}

static struct timespec in_seconds(int seconds)
{
	struct timespec until;

	(void)clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec += seconds;
	return until;
}

struct group *group_free(struct group *group)
{
	struct timespec until = in_seconds(JOIN_S);

	if (!group)
		return NULL;
	pthread_mutex_lock(&group->lock);
	group->stop = true;
	pthread_mutex_unlock(&group->lock);
	ring(group->wake);
	if (pthread_timedjoin_np(group->thread, NULL, &until)) {
		(void)pthread_detach(group->thread);
		return NULL; /* it hangs in corosync and may still come back to its memory */
	}
	table_clear(&group->table);
	(void)hc_arena_free(group->arena);
	(void)pthread_cond_destroy(&group->changed);
	(void)pthread_mutex_destroy(&group->lock);
	(void)close(group->wake);
	(void)close(group->watch);
	free(group->node);
	free(group);
	return NULL;
}

int group_tell(struct group *group, const struct hc_map *facts)
{
	_cleanup_(hc_arena_freep) struct hc_arena *arena = hc_arena_new();
	struct message old, new = {.node = group->node};
	const char *text;

	for (size_t i = 0; i < facts->n; i++)
		hc_map_put(arena, &new.facts, hc_strdup(arena, facts->v[i].key),
			   hc_strdup(arena, facts->v[i].value));
	text = message_write(arena, &new);
	if (strlen(text) + sizeof("true") > MESSAGE_MAX)
		return -E2BIG;
	pthread_mutex_lock(&group->lock);
	old = (struct message){.node = group->node, .facts = group->facts};
	if (strcmp(text, message_write(arena, &old))) {
		struct hc_arena *before = group->arena;

		group->arena = hc_steal(&arena);
		group->facts = new.facts;
		group->unsent = true;
		arena = before;
		ring(group->wake);
	}
	pthread_mutex_unlock(&group->lock);
	return 0;
}

void group_hear(struct group *group, struct hc_arena *arena, struct hc_peers *peers)
{
	pthread_mutex_lock(&group->lock);
	peers->joined = group->joined;
	peers->quorate = group->quorate;
	table_copy(&group->table, arena, peers);
	pthread_mutex_unlock(&group->lock);
}

void group_hurry(struct group *group)
{
	ring(group->wake);
}

/* With the lock held. Our own message comes back in the same order as everybody gets it, so when it
 * is here, all who were there when it was sent have it. */
static bool heard(const struct group *group, const uint32_t *nodes, size_t n)
{
	const struct entry *me = table_find(&group->table, group->nodeid, group->pid);

	for (size_t i = 0; i < n; i++)
		if (!table_has_node(&group->table, nodes[i]))
			return false;
	return me && me->message.leaving;
}

bool group_say_goodbye(struct group *group, const uint32_t *nodes, size_t n, uint64_t deadline)
{
	const struct timespec until = {
		.tv_sec = (time_t)(deadline / 1000000),
		.tv_nsec = (long)(deadline % 1000000 * 1000),
	};
	bool done;

	pthread_mutex_lock(&group->lock);
	group->leaving = group->unsent = true;
	ring(group->wake);
	while (!(done = heard(group, nodes, n)))
		if (pthread_cond_timedwait(&group->changed, &group->lock, &until))
			break;
	pthread_mutex_unlock(&group->lock);
	return done;
}
