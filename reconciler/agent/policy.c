/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What may be done by itself. The order of the questions is the meaning: a person's "hands off"
 * stands above all, then the mode of the first rule that fits, then a person's yes, and only then
 * what a change costs its users. Whatever cannot be told (a window that cannot be read) waits for a
 * person.
 */

#include "policy.h"

#include <fnmatch.h>
#include <string.h>

#include "family.h"

/* The rule behind all others. */
static const struct hc_agent_rule usual = {.mode = HC_AGENT_ENFORCE};

/* What is asked. */
struct question {
	const struct policy *policy;
	struct hc_arena *arena;
	const struct hc_change *change;
	struct agent_rule rule;
	struct policy_verdict *verdict;
};

static bool is_about(const struct hc_agent_rule *rule, const char *kind, const char *name)
{
	if (rule->kinds.n && !hc_strings_have(&rule->kinds, kind))
		return false;
	for (size_t i = 0; i < rule->names.n; i++)
		if (!fnmatch(rule->names.v[i], name, 0))
			return true;
	return !rule->names.n;
}

static bool fits(const struct hc_agent_rule *rule, const struct hc_change *change)
{
	char name[FAMILY_NAME];
	const char *parent;
	size_t at = 0;

	if (is_about(rule, change->type->name, change->name))
		return true;
	while ((parent = family_parent(change, &at, name)))
		if (is_about(rule, parent, name))
			return true;
	return false;
}

static struct agent_rule rule_of(const struct agent_config *config, const struct hc_change *change)
{
	for (size_t i = 0; i < config->nrule; i++)
		if (fits(config->rules[i].spec, change))
			return config->rules[i];
	return (struct agent_rule){.spec = &usual};
}

/* Data is never lost by these, whatever a rule says: they are not asked about it. */
static bool at_once(const struct agent_rule *rule, enum hc_impact impact)
{
	if (rule->says_at_once)
		return hc_strings_have(&rule->spec->at_once, hc_impact_words[impact]);
	return impact == HC_NONE || impact == HC_BLIP;
}

static bool in_windows(const struct agent_rule *rule, enum hc_impact impact)
{
	if (rule->says_in_windows)
		return hc_strings_have(&rule->spec->in_windows, hc_impact_words[impact]);
	return impact == HC_RESTART || impact == HC_FAILOVER || impact == HC_DATA_MOVE;
}

static void hold(struct question *q, enum hc_hold how, time_t until, const char *reason)
{
	*q->verdict = (struct policy_verdict){.hold = how, .reason = reason, .until = until};
}

static void suspend(struct question *q, const struct suspension *by)
{
	char *reason = hc_printf(q->arena, "suspended by %s%s%s", by->by, by->reason ? ": " : "",
				 by->reason ? by->reason : "");

	if (by->until)
		reason = hc_printf(q->arena, "%s (until %s)", reason,
				   window_time(q->arena, NULL, by->until, q->policy->now));
	hold(q, HC_HOLD_SUSPENDED, by->until, reason);
}

static void ask_person(struct question *q)
{
	hold(q, HC_HOLD_APPROVAL, 0,
	     hc_printf(q->arena, "%s: it waits for approval (hcstate approve %s)",
		       hc_impact_words[q->change->impact], hc_change_text(q->arena, q->change)));
}

/* Of the rule's windows, one that is open, or that which opens first; NULL: none ever does. */
static const struct agent_window *next_window(const struct question *q, bool *open, time_t *opens)
{
	const struct agent_config *config = q->policy->config;
	const struct hc_strings *which = &q->rule.spec->windows;
	const struct agent_window *first = NULL;
	time_t changes;

	*open = false;
	for (size_t i = 0; i < config->nwindow && !*open; i++) {
		const struct agent_window *window = &config->windows[i];

		if (which->n && !hc_strings_have(which, window->name))
			continue;
		*open = window_open(window->spec, q->policy->now, &changes);
		if (*open || (changes && (!first || changes < *opens))) {
			first = window;
			*opens = changes;
		}
	}
	return first;
}

static void ask_window(struct question *q)
{
	bool open;
	time_t opens = 0;
	const struct agent_window *window = next_window(q, &open, &opens);

	if (open)
		return;
	if (!window) {
		ask_person(q);
		return;
	}
	hold(q, HC_HOLD_WINDOW, opens,
	     hc_printf(q->arena, "waits for the window %s (opens %s) or approval", window->name,
		       window_time(q->arena, window->spec->time_zone, opens, q->policy->now)));
}

/* The core has asked for it already; if it is not approved here, the yes was to less. */
static bool wants_word(const struct hc_change *change)
{
	return change->needs_approval || change->impact == HC_DATA_LOSS;
}

/* By a person who saw what it is now. */
static bool is_approved(const struct question *q)
{
	const struct policy *policy = q->policy;

	return policy->approved &&
	       hc_strings_have(policy->approved, hc_change_text(q->arena, q->change)) &&
	       !(policy->approvals && approvals_outgrown(policy->approvals, q->change));
}

/* Whether it needs neither a window nor a person. */
static bool may_go(const struct question *q)
{
	const struct hc_change *change = q->change;

	return !wants_word(change) &&
	       (change->action == HC_CREATE || at_once(&q->rule, change->impact));
}

static void judge_impact(struct question *q)
{
	enum hc_impact impact = q->change->impact;

	if (is_approved(q) || may_go(q))
		return;
	if (!wants_word(q->change) && in_windows(&q->rule, impact))
		ask_window(q);
	else
		ask_person(q);
}

static void judge_mode(struct question *q)
{
	switch ((enum hc_agent_mode)q->rule.spec->mode) {
	case HC_AGENT_ENFORCE:
		judge_impact(q);
		break;
	case HC_AGENT_REPORT:
		hold(q, HC_HOLD_REPORT, 0,
		     hc_printf(q->arena, "only reported (policy %s)", q->rule.name));
		break;
	case HC_AGENT_IGNORE:
		hold(q, HC_HOLD_IGNORE, 0,
		     hc_printf(q->arena, "ignored (policy %s)", q->rule.name));
		break;
	}
}

void policy_judge(const struct policy *policy, struct hc_arena *arena,
		  const struct hc_change *change, struct policy_verdict *verdict)
{
	struct question q = {
		.policy = policy,
		.arena = arena,
		.change = change,
		.rule = rule_of(policy->config, change),
		.verdict = verdict,
	};
	const struct suspension *by = NULL;

	*verdict = (struct policy_verdict){.hold = HC_GO};
	if (policy->suspensions)
		by = suspensions_hold(policy->suspensions, change, policy->now);
	if (by)
		suspend(&q, by);
	else
		judge_mode(&q);
}
