/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Answers: what was seen, printed in the form that was asked for, and the exit code that goes with
 * it. Everything is printed to the answer's streams, which are the command's own or memory of the
 * agent.
 */

#include "answer.h"

#include <json-c/json.h>
#include <string.h>

#include <reconciler/print.h>
#include <reconciler/text.h>

#include "approval.h"

const char *const output_words[] = {"text", "json", "yaml", NULL};

static bool is_refused(const struct hc_plan *plan)
{
	for (size_t i = 0; i < plan->n; i++)
		if (plan->change[i]->refused && !hc_is_held(plan->change[i]))
			return true;
	return plan->refused;
}

static int plan_exit(const struct answer *answer, bool detailed)
{
	if (!answer->engine->aim.member || is_refused(answer->cycle->plan))
		return EXIT_FAILED;
	if (!detailed)
		return EXIT_DONE;
	if (answer->cycle->plan->n)
		return EXIT_CHANGES;
	return answer->cycle->diff.complete ? EXIT_DONE : EXIT_FAILED;
}

static bool is_approvable(const struct hc_plan *plan)
{
	for (size_t i = 0; i < plan->n; i++)
		if (plan->change[i]->hold == HC_HOLD_APPROVAL)
			return true;
	return false;
}

static void print_plan_text(const struct answer *answer)
{
	const struct hc_plan *plan = answer->cycle->plan;

	hc_print_plan(answer->out, answer->cycle);
	if (answer->agent && is_approvable(plan))
		fprintf(answer->out,
			"hcstate approve %s lets all of it through that waits for approval.\n",
			plan_id(answer->cycle->arena, plan));
	if (answer->nodes)
		answer_nodes_plan(answer->out, answer->nodes);
}

static void print_plan_json(const struct answer *answer)
{
	const struct hc_cycle *cycle = answer->cycle;
	struct json_object *root = hc_plan_json(cycle, answer->engine->generation->id);

	json_object_object_add(root, "id", hc_json_string(plan_id(cycle->arena, cycle->plan)));
	if (answer->nodes)
		json_object_object_add(root, "nodes", json_object_get(answer->nodes));
	hc_print_json(answer->out, root);
}

static void say_not_member(const struct answer *answer)
{
	fprintf(answer->err,
		"hcstate: %s is not in the manifests: all that is done here is to leave the "
		"cluster, where it is in one; its network stays\n",
		answer->engine->aim.node);
}

int answer_plan(const struct answer *answer, bool detailed_exitcode)
{
	if (answer->output == OUTPUT_JSON)
		print_plan_json(answer);
	else
		print_plan_text(answer);
	if (!answer->engine->aim.member)
		say_not_member(answer);
	return plan_exit(answer, detailed_exitcode);
}

static struct json_object *status_json(const struct answer *answer, const struct hc_status *status)
{
	struct json_object *root =
		hc_status_json(status, answer->engine->aim.node, answer->engine->generation->id);

	if (answer->agent)
		json_object_object_add(root, "agent", json_object_get(answer->agent));
	if (answer->nodes)
		json_object_object_add(root, "nodes", json_object_get(answer->nodes));
	return root;
}

int answer_status(const struct answer *answer, const struct hc_status *status)
{
	const struct hc_engine *engine = answer->engine;

	if (answer->output == OUTPUT_JSON) {
		hc_print_json(answer->out, status_json(answer, status));
		return EXIT_DONE;
	}
	fprintf(answer->out, "node %s, generation %s\n", engine->aim.node, engine->generation->id);
	if (answer->agent)
		answer_agent(answer->out, answer->agent);
	hc_print_status(answer->out, status, answer->cycle, engine->registry);
	if (answer->nodes)
		answer_nodes_status(answer->out, answer->nodes);
	return EXIT_DONE;
}

static void print_left(const struct answer *answer, const struct hc_status *status)
{
	for (size_t i = 0; i < status->n; i++) {
		const struct hc_status_line *line = &status->v[i];

		if (line->condition == HC_CONVERGED || line->condition == HC_FOREIGN ||
		    line->condition == HC_STAYS)
			continue;
		if (!line->finding->change && line->condition != HC_UNCERTAIN)
			continue;
		fprintf(answer->err, "hcstate: %s: %s%s%s\n",
			hc_harmless(status->arena, line->object),
			hc_condition_words[line->condition], line->reason ? ": " : "",
			line->reason ? hc_harmless(status->arena, line->reason) : "");
	}
	if (answer->cycle->plan->refused)
		fprintf(answer->err, "hcstate: refused: %s\n", answer->cycle->plan->refused);
}

static int end_exit(const struct answer *answer, enum hc_end end)
{
	if (!answer->engine->aim.member)
		return EXIT_FAILED;
	switch (end) {
	case HC_END_CONVERGED:
		return EXIT_DONE;
	case HC_END_LATER:
		return EXIT_LATER;
	case HC_END_FAILED:
	case HC_END_STOPPED:
		return EXIT_FAILED;
	}
	return EXIT_FAILED;
}

static const char *const end_words[] = {
	[HC_END_CONVERGED] = "converged",
	[HC_END_FAILED] = "not converged",
	[HC_END_LATER] = "not converged: out of time while waiting",
	[HC_END_STOPPED] = "stopped",
};

int answer_end(const struct answer *answer, const struct hc_status *status, enum hc_end end)
{
	const struct hc_aim *aim = &answer->engine->aim;
	struct json_object *root;

	if (answer->output == OUTPUT_JSON) {
		root = status_json(answer, status);
		json_object_object_add(root, "converged",
				       json_object_new_boolean(end == HC_END_CONVERGED &&
							       aim->member));
		hc_print_json(answer->out, root);
	} else {
		fprintf(answer->out, "%s: %s\n", aim->node,
			aim->member ? end_words[end] : "not in the manifests");
	}
	if (end != HC_END_CONVERGED)
		print_left(answer, status);
	if (!aim->member)
		say_not_member(answer);
	return end_exit(answer, end);
}
