/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * What can be asked over the socket. A request is {"do": VERB, ...}; answers are lines of
 * {"out": TEXT} (for stdout), {"err": TEXT} (for stderr), {"event": {...}}, and at the end
 * {"exit": CODE}. The agent prints with the functions that the command line prints with, so that
 * nobody can tell who answered.
 *
 * | do | more | |
 * |---|---|---|
 * | status, plan, get | output, cluster, detailed_exitcode, args | after a fresh look |
 * | apply | timeout_us, approved | looks and mends until nothing is left that it may do |
 * | reconcile | | asks the source for something new, then looks |
 * | events | follow | the last ones, and those that come |
 * | history | n | |
 * | approve | what | a plan's id or an object |
 * | suspend, resume | selector, reason, until | |
 */

#include <hcstate/plan.h>

struct agent;
struct request;
struct requests;

struct requests *requests_new(struct agent *agent);
struct requests *requests_free(struct requests *requests); /* takes NULL, gives NULL */

/* server.h's request_fn: arg is the agent. */
void requests_take(void *arg, struct request *request);
/* A look is complete (agent->now is it): who waits for one is answered; who waits for the end of an
 * apply, when `rest` is so that nothing is left to do. */
void requests_looked(struct requests *requests, bool ended);
/* A step started or ended: who applies sees it. engine.h's hc_progress_fn. */
void requests_progress(struct requests *requests, const struct hc_step *step, int state,
		       const char *why);
/* Whether somebody waits for a look or for an apply to end: then none is put off. */
bool requests_wait(const struct requests *requests);
