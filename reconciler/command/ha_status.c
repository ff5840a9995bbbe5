/* SPDX-License-Identifier: Apache-2.0 */
/*
 * hcstate ha status: what `hcstate status` has in its tables, of high availability alone: whether
 * there is a quorum, who decides, what is wrong, then each node and each VM.
 */

#include <json-c/json.h>
#include <string.h>

#include <hcstate/cluster.h>
#include <hcstate/ha.h>
#include <reconciler/print.h>
#include <reconciler/text.h>

#include "ha.h"

static const struct hc_cluster *cluster_of(const struct ha_seen_here *seen)
{
	size_t n;
	struct hc_resource *const *v = hc_of_type(&seen->live.found, &hc_cluster, &n);

	return n ? v[0]->spec : NULL;
}

static const struct hc_ha_policy *policy_of(const struct ha_seen_here *seen)
{
	size_t n;
	struct hc_resource *const *v = hc_of_type(&seen->live.found, &hc_ha_policy, &n);

	return n ? v[0]->spec : NULL;
}

static void print_quorum(const struct ha_seen_here *seen)
{
	const struct hc_cluster *cluster = cluster_of(seen);
	const char *why = hc_why_unknown(&seen->live, &hc_cluster);

	if (!cluster)
		printf("quorum: unknown%s%s\n", why ? ": " : "",
		       why ? hc_harmless(seen->arena, why) : "");
	else
		printf("quorum: %s (%u of %u votes, %u needed)\n", cluster->quorate ? "OK" : "LOST",
		       cluster->total_votes, cluster->expected_votes, cluster->quorum);
}

static void print_policy(const struct ha_seen_here *seen)
{
	const struct hc_ha_policy *policy = policy_of(seen);

	printf("leader: %s\n",
	       policy && policy->leader ? hc_harmless(seen->arena, policy->leader) : "unknown");
	if (policy && policy->disarmed)
		puts("disarmed: nothing is fenced, recovered or moved until hcstate ha arm");
	for (size_t i = 0; policy && i < policy->warnings.n; i++)
		printf("warning: %s\n", hc_harmless(seen->arena, policy->warnings.v[i]));
}

/* The tables of status, of these kinds. */
static void print_tables(const struct ha_seen_here *seen)
{
	const struct hc_type *types[] = {&hc_ha_node, &hc_ha_resource};
	const struct hc_registry kinds = {.types = types, .ntype = HC_COUNT(types)};
	const struct hc_cycle cycle = {.live = seen->live};

	hc_print_tables(stdout, &cycle, &kinds);
}

static struct json_object *kinds_json(const struct ha_seen_here *seen)
{
	static const struct hc_type *const types[] = {&hc_ha_policy, &hc_ha_node, &hc_ha_resource};
	struct json_object *list = json_object_new_array();

	for (size_t k = 0; k < HC_COUNT(types); k++) {
		const char *why = hc_why_unknown(&seen->live, types[k]);
		size_t n;
		struct hc_resource *const *v = hc_of_type(&seen->live.found, types[k], &n);

		if (why)
			json_object_array_add(list, hc_unknown_json(types[k], why));
		for (size_t i = 0; i < n; i++)
			json_object_array_add(list, hc_resource_json(v[i]));
	}
	return list;
}

static void print_json(const struct ha_seen_here *seen)
{
	const struct hc_cluster *cluster = cluster_of(seen);
	const struct hc_ha_policy *policy = policy_of(seen);
	struct json_object *root = json_object_new_object();

	json_object_object_add(root, "format_version", json_object_new_int(1));
	json_object_object_add(root, "quorate",
			       cluster ? json_object_new_boolean(cluster->quorate) : NULL);
	json_object_object_add(root, "leader", hc_json_string(policy ? policy->leader : NULL));
	json_object_object_add(root, "disarmed",
			       policy ? json_object_new_boolean(policy->disarmed) : NULL);
	json_object_object_add(root, "resources", kinds_json(seen));
	hc_print_json(stdout, root);
}

int ha_status(const struct options *options)
{
	struct ha_seen_here seen;
	int r = ha_look(options, true, &seen);

	if (!r && options->output == OUTPUT_JSON) {
		print_json(&seen);
	} else if (!r) {
		print_quorum(&seen);
		print_policy(&seen);
		print_tables(&seen);
	}
	ha_look_end(&seen);
	return r;
}
