/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What persons say to the agent: do it, hands off, go on. Each is kept before it is answered, and
 * said in the events with who said it. A yes is only taken for what waits for one on this node: a
 * slip of the hand is told with what was perhaps meant.
 */

#include <json-c/json.h>
#include <string.h>
#include <time.h>

#include <reconciler/text.h>

#include "member.h"
#include "waiter.h"

static time_t now_s(void)
{
	return (time_t)(hc_wall_us() / 1000000);
}

/* Whether a person's yes would let it through. */
static bool is_askable(const struct hc_change *change)
{
	return change->hold == HC_HOLD_APPROVAL || change->hold == HC_HOLD_WINDOW;
}

/* All or none. */
static int approve(struct waiter *waiter, struct hc_change *const *changes, size_t n)
{
	struct agent *agent = waiter->agent;
	struct hc_diags diags = {.arena = waiter->arena};
	int r = approvals_add_changes(&agent->approvals, changes, n, agent->generation->id,
				      waiter->request->user, now_s(), &diags);

	hc_diags_print(&diags, waiter->err);
	for (size_t i = 0; !r && i < n; i++) {
		const char *object = hc_change_text(waiter->arena, changes[i]);

		fprintf(waiter->out, "approved: %s\n", hc_harmless(waiter->arena, object));
		waiter_said(waiter, object, "approved",
			    hc_printf(waiter->arena, "by %s", waiter->request->user));
	}
	agent_hurry(agent);
	return r ? EXIT_FAILED : EXIT_DONE;
}

static void approve_plan(struct waiter *waiter)
{
	const struct hc_plan *plan = waiter->agent->now->cycle->plan;
	struct hc_change **held = hc_alloc(waiter->arena, plan->n * sizeof(struct hc_change *));
	size_t n = 0;

	for (size_t i = 0; i < plan->n; i++)
		if (plan->change[i]->hold == HC_HOLD_APPROVAL)
			held[n++] = plan->change[i];
	if (n)
		waiter_end(waiter, approve(waiter, held, n));
	else
		waiter_fail(waiter, EXIT_FAILED, "nothing in this plan waits for approval");
}

/* "Bridge/vmbr0", also said for "Bridge/vmbr0@pve1" here on pve1. */
static struct hc_change *const *find(const struct waiter *waiter, const char *what)
{
	const struct hc_plan *plan = waiter->agent->now->cycle->plan;
	const char *here = hc_printf(waiter->arena, "%s@%s", what, plan->node);

	for (size_t i = 0; i < plan->n; i++) {
		const char *object = hc_change_text(waiter->arena, plan->change[i]);

		if (!strcmp(object, what) || !strcmp(object, here))
			return &plan->change[i];
	}
	return NULL;
}

static bool would_change(struct json_object *node, const char *what)
{
	struct json_object *changes = member_list(member_object(node, "plan"), "changes");
	size_t size = strlen(what);

	for (size_t i = 0; i < member_count(changes); i++) {
		const char *object = member_text(json_object_array_get_idx(changes, i), "object");

		if (object && !strncmp(object, what, size) &&
		    (!object[size] || (object[size] == '@' && !strchr(what, '@'))))
			return true;
	}
	return false;
}

/* Another node that would change it, or NULL. */
static const char *other_node(const struct waiter *waiter, const char *what)
{
	const struct agent *agent = waiter->agent;
	struct json_object *nodes;
	const char *found = NULL;

	view_hear(agent->view, agent->engine, (uint64_t)now_s());
	nodes = view_json(agent->view, agent->generation, agent->config->node, (uint64_t)now_s());
	for (size_t i = 0; !found && i < member_count(nodes); i++) {
		struct json_object *node = json_object_array_get_idx(nodes, i);

		if (!member_true(node, "own") && would_change(node, what))
			found = hc_strdup(waiter->arena, member_text(node, "node"));
	}
	json_object_put(nodes);
	return found;
}

/* What waits for a yes and is spelt like it, or NULL. */
static const char *nearest(const struct waiter *waiter, const char *what)
{
	const struct hc_plan *plan = waiter->agent->now->cycle->plan;
	const char **words = hc_alloc(waiter->arena, (2 * plan->n + 1) * sizeof(*words));
	size_t n = 0;

	for (size_t i = 0; i < plan->n; i++) {
		const char *object = hc_change_text(waiter->arena, plan->change[i]);

		if (!is_askable(plan->change[i]))
			continue;
		words[n++] = object;
		words[n++] = hc_strndup(waiter->arena, object, strcspn(object, "@"));
	}
	return hc_nearest(what, words);
}

static void refuse_unknown(struct waiter *waiter, const char *what)
{
	const char *node = other_node(waiter, what), *near = nearest(waiter, what);
	const char *harmless = hc_harmless(waiter->arena, what);

	if (node)
		waiter_fail(waiter, EXIT_FAILED,
			    "%s is for node %s to change: hcstate approve %s there", harmless,
			    hc_harmless(waiter->arena, node), harmless);
	else if (near)
		waiter_fail(waiter, EXIT_FAILED,
			    "nothing is to be changed of %s; is it %s that is meant?", harmless,
			    hc_harmless(waiter->arena, near));
	else if (!strchr(what, '/'))
		waiter_fail(waiter, EXIT_FAILED,
			    "%s is not the plan as it is now, which is %s: look at it first "
			    "(hcstate plan)",
			    harmless, waiter->agent->now->plan);
	else
		waiter_fail(waiter, EXIT_FAILED, "nothing is to be changed of %s", harmless);
}

static void refuse_known(struct waiter *waiter, const struct hc_change *change)
{
	const char *object = hc_harmless(waiter->arena, hc_change_text(waiter->arena, change));

	if (change->hold == HC_HOLD_SUSPENDED)
		waiter_fail(waiter, EXIT_FAILED, "%s is suspended: hcstate resume first", object);
	else if (change->refused)
		waiter_fail(waiter, EXIT_FAILED, "%s waits for no approval: %s", object,
			    hc_harmless(waiter->arena, change->refused));
	else
		waiter_fail(waiter, EXIT_FAILED, "%s waits for no approval", object);
}

static void approve_object(struct waiter *waiter, const char *what)
{
	struct hc_change *const *change = find(waiter, what);

	if (!change)
		refuse_unknown(waiter, what);
	else if (!is_askable(*change))
		refuse_known(waiter, *change);
	else
		waiter_end(waiter, approve(waiter, change, 1));
}

void approve_begin(struct waiter *waiter)
{
	const struct agent *agent = waiter->agent;
	const char *what = member_text(waiter_body(waiter), "what");

	if (!what || !*what)
		waiter_fail(waiter, EXIT_USAGE, "what is to be approved?");
	else if (!agent->engine || !agent->now)
		look_fail(waiter);
	else if (!strcmp(what, agent->now->plan))
		approve_plan(waiter);
	else
		approve_object(waiter, what);
}

static const char *selector_of(const struct waiter *waiter)
{
	const char *selector = member_text(waiter_body(waiter), "selector");

	return selector ? selector : "";
}

static const char *selector_text(const struct waiter *waiter)
{
	const char *selector = selector_of(waiter);

	return *selector ? hc_harmless(waiter->arena, selector) : "everything";
}

static char *time_text(struct hc_arena *arena, time_t when)
{
	struct tm tm;
	char text[32];

	if (!localtime_r(&when, &tm) || !strftime(text, sizeof(text), "%F %T %Z", &tm))
		return hc_strdup(arena, "?");
	return hc_strdup(arena, text);
}

/* What it was worth, said; takes effect with the next look. */
static void finish(struct waiter *waiter, int r, const struct hc_diags *diags, const char *result,
		   const char *reason)
{
	struct hc_diags said = *diags;

	hc_diags_print(&said, waiter->err);
	if (r) {
		if (!diags->n)
			fprintf(waiter->err, "hcstate: %s: %s\n", selector_text(waiter),
				r == -EINVAL   ? "that names no object: Kind or Kind/name"
				: r == -ENOENT ? "it is not suspended"
					       : strerror(-r));
		waiter_end(waiter, r == -EINVAL ? EXIT_USAGE : EXIT_FAILED);
		return;
	}
	fprintf(waiter->out, "%s: %s\n", result, selector_text(waiter));
	waiter_said(waiter, selector_text(waiter), result, reason);
	agent_hurry(waiter->agent);
	waiter_end(waiter, EXIT_DONE);
}

/* A kind that nobody knows would hold nothing; a pattern may. */
static bool is_kind_known(const struct waiter *waiter)
{
	const struct agent *agent = waiter->agent;
	const char *selector = selector_of(waiter);
	const char *kind = hc_strndup(waiter->arena, selector, strcspn(selector, "/"));

	return !agent->engine || !*kind || strpbrk(kind, "*?[") ||
	       hc_registry_type(agent->engine->registry, kind);
}

void suspend_begin(struct waiter *waiter)
{
	struct hc_diags diags = {.arena = waiter->arena};
	const struct suspension one = {
		.selector = selector_of(waiter),
		.reason = member_text(waiter_body(waiter), "reason"),
		.by = waiter->request->user,
		.since = now_s(),
		.until = (time_t)member_number(waiter_body(waiter), "until"),
	};
	const char *by = hc_printf(waiter->arena, "by %s%s%s", one.by, one.reason ? ": " : "",
				   one.reason ? one.reason : "");
	int r;

	if (!is_kind_known(waiter)) {
		waiter_fail(waiter, EXIT_USAGE, "%s names no kind that is known",
			    selector_text(waiter));
		return;
	}
	if (one.until && one.until <= one.since) {
		waiter_fail(waiter, EXIT_USAGE, "%s is over already",
			    time_text(waiter->arena, one.until));
		return;
	}
	if (one.until)
		by = hc_printf(waiter->arena, "%s, until %s", by,
			       time_text(waiter->arena, one.until));
	r = suspensions_add(&waiter->agent->suspensions, &one, &diags);
	finish(waiter, r, &diags, "suspended", by);
}

void resume_begin(struct waiter *waiter)
{
	struct hc_diags diags = {.arena = waiter->arena};
	int r = suspensions_remove(&waiter->agent->suspensions, selector_of(waiter), &diags);

	if (!r && !*selector_of(waiter))
		waiter->agent->suspensions_lost = false; /* a person has looked */
	finish(waiter, r, &diags, "resumed",
	       hc_printf(waiter->arena, "by %s", waiter->request->user));
}
