/* SPDX-License-Identifier: Apache-2.0 */
/* What the agent says of itself: where its manifests come from, which of them it refuses, what
 * persons said, which windows are open. */

#include <json-c/json.h>

#include <reconciler/print.h>

#include "stuck.h"
#include "waiter.h"

static struct json_object *source_json(const struct source_state *state)
{
	struct json_object *one = json_object_new_object();

	json_object_object_add(one, "kind", hc_json_string(state->kind));
	json_object_object_add(one, "where", hc_json_string(state->where));
	json_object_object_add(one, "tip", hc_json_string(state->tip));
	json_object_object_add(one, "error", hc_json_string(state->error));
	json_object_object_add(one, "warning", hc_json_string(state->warning));
	json_object_object_add(one, "asked", hc_json_time(state->asked));
	json_object_object_add(one, "answered", hc_json_time(state->answered));
	json_object_object_add(one, "next", hc_json_time(state->next));
	return one;
}

static struct json_object *commit_json(const struct hc_commit *commit)
{
	struct json_object *one = json_object_new_object();

	json_object_object_add(one, "id", hc_json_string(commit->id));
	json_object_object_add(one, "author", hc_json_string(commit->author));
	json_object_object_add(one, "subject", hc_json_string(commit->subject));
	json_object_object_add(one, "signer", hc_json_string(commit->signer));
	json_object_object_add(one, "when", hc_json_time(commit->when));
	return one;
}

static struct json_object *approved_json(const struct agent *agent, time_t now)
{
	_cleanup_(hc_arena_freep) struct hc_arena *arena = hc_arena_new();
	struct json_object *all = json_object_new_array();
	struct hc_strings objects = {0};

	if (agent->generation)
		approvals_hold(&agent->approvals, agent->generation->id, now, arena, &objects);
	for (size_t i = 0; i < objects.n; i++)
		json_object_array_add(all, hc_json_string(objects.v[i]));
	return all;
}

static struct json_object *windows_json(const struct agent_config *config, time_t now)
{
	struct json_object *all = json_object_new_array();

	for (size_t i = 0; i < config->nwindow; i++) {
		struct json_object *one = json_object_new_object();
		time_t changes = 0;
		bool open = window_open(config->windows[i].spec, now, &changes);

		json_object_object_add(one, "name", hc_json_string(config->windows[i].name));
		json_object_object_add(one, "open", json_object_new_boolean(open));
		json_object_object_add(one, "changes", hc_json_time((uint64_t)changes));
		json_object_array_add(all, one);
	}
	return all;
}

struct json_object *requests_agent_json(const struct agent *agent)
{
	struct json_object *root = json_object_new_object();
	struct hc_diags refused = agent->refused;
	time_t now = (time_t)(hc_wall_us() / 1000000);

	json_object_object_add(root, "source",
			       agent->source ? source_json(&agent->source->state) : NULL);
	json_object_object_add(root, "commit",
			       agent->generation && agent->generation->commit
				       ? commit_json(agent->generation->commit)
				       : NULL);
	json_object_object_add(root, "refused", hc_diags_json(&refused));
	json_object_object_add(root, "refused_generation", hc_json_string(agent->refused_id));
	json_object_object_add(root, "suspended", suspensions_json(&agent->suspensions, now));
	json_object_object_add(root, "suspensions_lost",
			       json_object_new_boolean(agent->suspensions_lost));
	json_object_object_add(root, "approved", approved_json(agent, now));
	json_object_object_add(root, "stuck", stuck_json(agent));
	json_object_object_add(root, "windows", windows_json(agent->config, now));
	json_object_object_add(root, "looked", hc_json_time(agent->now ? agent->now->at : 0));
	return root;
}
