/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * What happened, said once and to all who want to know: the journal (with fields of its own), who
 * follows by `hcstate events -f`, the history of what was changed (`hcstate history`), the
 * webhooks. Nothing is said when nothing happens.
 */

#include <json-c/json_types.h>
#include <systemd/sd-event.h>

#include <hcstate/plan.h>

#include "config.h"

enum event_what {
	EVENT_AGENT,      /* the agent itself: started, reloaded, ends */
	EVENT_GENERATION, /* another generation is the one to make true */
	EVENT_REFUSED,    /* a generation or commit was refused; the last good one stays */
	EVENT_DRIFT,      /* an object differs, and nobody has asked for a change */
	EVENT_DECISION,   /* ... because something was decided here: HA */
	EVENT_STEP,       /* a step came to an end */
	EVENT_FAILED,     /* an object cannot be made true */
	EVENT_RECOVERED,  /* an object that failed is as it should be again */
	EVENT_APPROVAL,   /* a change waits for a person's word */
	EVENT_CYCLE,      /* a cycle that changed something came to an end */
	EVENT_SAID,       /* a person said something: approve, suspend, resume, apply */
};
extern const char *const event_words[]; /* agent ... said; NULL ends them */

struct event {
	enum event_what what;
	const char *object;       /* Kind/name[@node], or NULL, as all below */
	const char *step;         /* its verb */
	const char *result;       /* "done", "failed", "waiting", "converged", ... */
	const char *reason;       /* why, in words */
	const char *generation;   /* id */
	uint64_t duration_us;     /* of a step or cycle; 0: none */
	uint64_t at_us;           /* CLOCK_REALTIME; events_say() fills it in where it is 0 */
	struct json_object *more; /* more for its JSON: EVENT_CYCLE: {"changes": [...]},
				     EVENT_APPROVAL: {"plan": id}; taken */
};

struct events;

/* The history of earlier runs is read again; one that is broken is begun anew and said. With
 * `journal` false, lines go to stderr instead (a person's terminal, a test). */
struct events *events_new(sd_event *event, const struct agent_config *config, const char *state_dir,
			  bool journal);
struct events *events_free(struct events *events); /* takes NULL, gives NULL */
/* Another configuration: webhooks, length of the history. */
void events_configure(struct events *events, const struct agent_config *config);

/* Never blocks; never fails. Of one object, drift, a decision, failure and a wanted approval are
 * said once until it is well again; failure and approval once more in another generation, failure
 * also for another reason (its numbers aside), and another decision. A refusal is said once until
 * something is taken, or for another reason. */
void events_say(struct events *events, const struct event *event);
/* After a look: all objects that are not as wanted now. What was said of others is over. */
void events_differ(struct events *events, const struct hc_strings *objects);

/* The last ones (256 at most), oldest first, as JSON objects in an array: "at" (RFC 3339), "event",
 * what there is of "object", "step", "result", "reason", "generation", "duration_us" and `more`,
 * and "text", the line for people. */
struct json_object *events_last(const struct events *events);
/* The history, oldest first, at most n of the newest; likewise. */
struct json_object *events_history(const struct events *events, size_t n);

/* Who listens is told of each from now on. The object is lent. */
typedef void events_fn(void *arg, struct json_object *event);
struct events_listener;
struct events_listener *events_listen(struct events *events, events_fn *fn, void *arg);
void events_unlisten(struct events *events, struct events_listener *listener);
