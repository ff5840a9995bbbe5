/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* Somebody who asked and has not got all of the answer yet. Only requests*.c include this. */

#include "agent.h"
#include "answer.h"
#include "progress.h"

struct waiter;

/* What can be asked. */
struct verb {
	const char *name;
	/* Ends the waiter, or leaves it waiting. */
	void (*begin)(struct waiter *waiter);
	/* A look is complete. NULL: it does not wait for one. */
	void (*looked)(struct waiter *waiter, bool ended);
	/* The time is over that was set by waiter_wait(). */
	void (*late)(struct waiter *waiter);
	void (*progress)(struct waiter *waiter, const struct hc_step *step,
			 enum hc_step_state state, const char *why);
};

struct waiter {
	struct waiter *next;
	struct agent *agent;
	struct request *request; /* NULL: who asked is gone */
	const struct verb *verb;
	enum output output;
	FILE *out, *err; /* into memory; sent by waiter_send() */
	char *text[2];
	size_t size[2];
	struct hc_arena *arena;
	sd_event_source *timer;
	uint64_t begin;   /* hc_now() */
	bool passed_over; /* a look that had begun before it asked */

	struct progress progress;    /* apply */
	bool approving;              /* ... whose approvals are not taken yet */
	bool fetched;                /* reconcile, apply: the source has answered */
	uint64_t answers;            /* ... so often before it was asked */
	struct events_listener *ear; /* events */
	struct json_object *rest;    /* events, history: a list; NULL: all of it was answered */
	size_t at;                   /* ... from here on it is left */
};

/* requests.c */
void waiter_wait(struct waiter *waiter, uint64_t us);
/* Sends what was printed so far. */
void waiter_send(struct waiter *waiter);
/* ... and the exit code; the waiter is gone. */
void waiter_end(struct waiter *waiter, int code);
/* Says one line on stderr, and ends it. */
void waiter_fail(struct waiter *waiter, int code, const char *format, ...) HC_PRINTF(3, 4);
/* The look that was just completed had begun before it asked: the next one counts. */
bool waiter_passes_over(struct waiter *waiter);
/* Says in the events what a person did. */
void waiter_said(const struct waiter *waiter, const char *object, const char *result,
		 const char *reason);
struct json_object *waiter_body(const struct waiter *waiter);

/* requests_look.c */
void look_begin(struct waiter *waiter); /* status, get */
void look_anew(struct waiter *waiter);  /* plan: of what the manifests say by now */
void look_late(struct waiter *waiter);
void status_looked(struct waiter *waiter, bool ended);
void plan_looked(struct waiter *waiter, bool ended);
void get_looked(struct waiter *waiter, bool ended);
void reconcile_begin(struct waiter *waiter);
void reconcile_looked(struct waiter *waiter, bool ended);
void reconcile_late(struct waiter *waiter);
/* Has the source look for what is newest, and the agent look; `fetched`: that is not waited for. */
void look_fetch(struct waiter *waiter, bool waits);
/* Whether the source has answered; else it is asked again in a moment. */
bool look_fetched(struct waiter *waiter);
/* Fails it, because nothing good is there to look at. */
void look_fail(struct waiter *waiter);
/* The answer to it, from the last look, which is there. */
struct answer look_answer(const struct waiter *waiter);

/* requests_apply.c */
void apply_begin(struct waiter *waiter);
void apply_looked(struct waiter *waiter, bool ended);
void apply_late(struct waiter *waiter);
void apply_progress(struct waiter *waiter, const struct hc_step *step, enum hc_step_state state,
		    const char *why);

/* requests_said.c */
void approve_begin(struct waiter *waiter);
void suspend_begin(struct waiter *waiter);
void resume_begin(struct waiter *waiter);

/* requests_past.c */
void events_begin(struct waiter *waiter);
void history_begin(struct waiter *waiter);

/* requests_agent.c: what the agent says of itself in a status. */
struct json_object *requests_agent_json(const struct agent *agent);
