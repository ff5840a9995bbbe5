/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * The last resort against an agent that is stuck on a node with HA VMs: the machine's watchdog,
 * which resets it when it is not fed. It is fed by a thread as long as the agent's loop turns, and
 * by nothing else: neither quorum nor Ceph nor libvirt is asked, so that a cluster whose nodes do
 * not hear each other resets none of them. An agent that is killed leaves it running, for the next
 * one to feed; a note in /run tells that one of it.
 */

#include <hcstate/pulse.h>
#include <hcstate/value.h>

/* One that is open, which means that it runs. */
struct watchdog_device {
	int fd;
	unsigned seconds; /* until it resets the machine that does not feed it; 0: nobody knows */
	bool endless;     /* nothing stops it, as far as can be known before it is asked to */
};

struct watchdog_look {
	uint64_t pulse; /* hc_pulse_last() */
	bool ended;     /* hc_pulse_ended() */
	uint64_t now;
};

/* What it asks and does, so that tests have others. All but open: in the thread, without a lock. */
struct watchdog_use {
	/* Starts it. 0; or a negative errno and *why (in the arena): -ENOTSUP: it is not fit, and
	 * was started for a moment to learn that. One that is not fit and cannot be stopped again
	 * is opened: with fewer seconds than were asked for. */
	int (*open)(void *arg, struct hc_arena *arena, const char *path, unsigned seconds,
		    struct watchdog_device *device, const char **why);
	int (*feed)(void *arg, const struct watchdog_device *device);
	/* Stops it and closes it; false: it runs on, is open yet, and waits for its meals. */
	bool (*stop)(void *arg, const struct watchdog_device *device);
	/* Closes one that cannot be stopped: whoever comes next may have it. */
	void (*leave)(void *arg, const struct watchdog_device *device);
	struct watchdog_look (*look)(void *arg);
	void *arg;
	uint64_t tick; /* us between two looks; 0: the usual time */
	int ring;      /* an eventfd that is rung when there is something else to say; -1: none */
};

struct watchdog;

/* One that an agent before this one has left running is fed at once, and stopped when it is not
 * asked for. */
struct watchdog *watchdog_new(const struct watchdog_use *use);
/* Stops it. Takes NULL; false: it hangs, and what it uses has to stay. */
bool watchdog_free(struct watchdog *watchdog);
/* Which device is to run, with how many seconds; NULL: none. With each reading: what failed is
 * tried again, as it is every few seconds in between. */
void watchdog_set(struct watchdog *watchdog, const char *path, unsigned seconds);
/* What is wrong with it now, in words. */
void watchdog_said(struct watchdog *watchdog, struct hc_arena *arena, struct hc_strings *said);

/* Pure: us between two meals of a device that waits so many seconds, and whether it gets them. */
uint64_t watchdog_period(unsigned seconds);
bool watchdog_feeds(const struct watchdog_look *look, unsigned seconds);

/* watchdog_words.c */
struct watchdog_state {
	const char *path; /* what runs; NULL: nothing */
	unsigned seconds; /* that were asked for */
	unsigned has;     /* those of the device */
	bool hungry;      /* it is not fed */
	bool endless;     /* it does not stop */
	bool left;        /* what could not be opened may run since an agent before this one */
	const char *why;  /* it could not be opened or fed */
};

/* What is to be said of it; NULL: nothing. */
const char *watchdog_words(const struct watchdog_state *state, struct hc_arena *arena);
/* To the journal, which is the agent's stderr; it may be that nobody reads it now. */
void watchdog_say_aloud(const char *text);

/* watchdog_note.c: which device was started and not stopped: $HCSTATE_RUN or /run/hcstate, in front
 * of /watchdog. What it cannot be read as is none. */
char *watchdog_note_read(struct hc_arena *arena, unsigned *seconds);
int watchdog_note_write(const char *path, unsigned seconds);
int watchdog_note_remove(void);

/* watchdog_device.c: the machine's own, as in watchdog_use */
int watchdog_device_open(void *arg, struct hc_arena *arena, const char *path, unsigned seconds,
			 struct watchdog_device *device, const char **why);
int watchdog_device_feed(void *arg, const struct watchdog_device *device);
bool watchdog_device_stop(void *arg, const struct watchdog_device *device);
void watchdog_device_leave(void *arg, const struct watchdog_device *device);
