/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A few texts, under a lock, and an eventfd that wakes the loop. All else of the events is the
 * loop's alone and needs no lock.
 */

#include "events_inbox.h"

#include <pthread.h>
#include <string.h>
#include <sys/eventfd.h>

enum {
	TEXTS = 16,
	LONGEST = 512,
};

struct inbox {
	struct hc_arena *arena;
	int fd;
	sd_event_source *source;
	void (*take)(void *arg, const char *text);
	void *arg;
	pthread_mutex_t lock; /* for the rest */
	char texts[TEXTS][LONGEST];
	size_t n;
};

static bool take_one(struct inbox *inbox, size_t i, char *text)
{
	bool there;

	(void)pthread_mutex_lock(&inbox->lock);
	there = i < inbox->n;
	if (there)
		memcpy(text, inbox->texts[i], LONGEST);
	else
		inbox->n = 0;
	(void)pthread_mutex_unlock(&inbox->lock);
	return there;
}

static int woken(sd_event_source *source, int fd, uint32_t revents, void *arg)
{
	struct inbox *inbox = arg;
	char text[LONGEST];
	eventfd_t count;

	(void)source, (void)revents;
	(void)eventfd_read(fd, &count); /* it only wakes */
	for (size_t i = 0; take_one(inbox, i, text); i++)
		inbox->take(inbox->arg, text);
	return 0;
}

struct inbox *inbox_new(sd_event *event, void (*take)(void *arg, const char *text), void *arg)
{
	struct hc_arena *arena = hc_arena_new();
	struct inbox *inbox = hc_new(arena, struct inbox);

	inbox->arena = arena;
	inbox->take = take;
	inbox->arg = arg;
	(void)pthread_mutex_init(&inbox->lock, NULL);
	inbox->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (inbox->fd < 0 ||
	    sd_event_add_io(event, &inbox->source, inbox->fd, EPOLLIN, woken, inbox) < 0)
		return inbox_free(inbox);
	return inbox;
}

struct inbox *inbox_free(struct inbox *inbox)
{
	if (!inbox)
		return NULL;
	sd_event_source_disable_unref(inbox->source);
	hc_closep(&inbox->fd);
	(void)pthread_mutex_destroy(&inbox->lock);
	hc_arena_free(inbox->arena);
	return NULL;
}

void inbox_put(struct inbox *inbox, const char *text)
{
	if (!inbox)
		return;
	(void)pthread_mutex_lock(&inbox->lock);
	if (inbox->n < TEXTS)
		(void)stpncpy(inbox->texts[inbox->n++], text, LONGEST - 1); /* zeroed behind */
	(void)pthread_mutex_unlock(&inbox->lock);
	(void)eventfd_write(inbox->fd, 1); /* full means that it wakes */
}
