/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Where the agent's manifests come from: a path that is watched, or a git repository that is asked.
 * A source says that there may be something new; the agent then loads it, and keeps what it has
 * when that is not good. Nothing of it blocks for longer than reading files takes.
 */

#include <systemd/sd-event.h>

#include <reconciler/load.h>

#include "config.h"

struct source;

/* Times are seconds of CLOCK_REALTIME; 0: never. */
struct source_state {
	const char *kind;    /* "path", "git" */
	const char *where;   /* the path; the URL without a password */
	const char *tip;     /* git: the newest commit that was seen, 40 hex digits; or NULL */
	const char *error;   /* why what is newest could not be had or may not be had; NULL: well */
	const char *warning; /* path: why changes may be noticed late only; NULL: well */
	bool gone;           /* git: the server cannot be asked; error says why */
	bool hangs;          /* path: a thread waits for it, which may look at the registry */
	uint64_t asked, answered; /* git: the last fetch, the last that came to an end */
	uint64_t next;            /* git: the next fetch */
	uint64_t answers;         /* git: how many fetches came to an end, well or not */
};

/* What kind of source: source_path.c, source_git.c. */
struct source_kind {
	/* *self is the source's own. changed(arg) may be called at any time from the loop, until
	 * free. Never fails: what is wrong is in the state. */
	void *(*begin)(struct source *source);
	void (*end)(void *self);
	/* NULL: nothing can be had now (state.error says why); else a generation that may have
	 * errors of its own. */
	struct hc_generation *(*load)(void *self, const struct hc_registry *registry);
	void (*hurry)(void *self); /* somebody waits: do not wait for the next time */
};
extern const struct source_kind source_path, source_git;

struct source {
	sd_event *event;
	const struct agent_config *config;
	const char *state_dir;
	void (*changed)(void *arg);
	void *arg;
	struct source_state state; /* its strings are the kind's own, valid until its next call */
	const struct source_kind *kind;
	void *self;
};

struct source *source_new(sd_event *event, const struct agent_config *config, const char *state_dir,
			  void (*changed)(void *arg), void *arg);
struct source *source_free(struct source *source); /* takes NULL, gives NULL */
struct hc_generation *source_load(struct source *source, const struct hc_registry *registry);
void source_hurry(struct source *source);

/* Seconds of CLOCK_REALTIME as RFC 3339, for a state's words. */
const char *source_time(struct hc_arena *arena, uint64_t seconds);
