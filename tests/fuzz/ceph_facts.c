/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Any JSON as what Ceph answers, taken into the facts. A cluster may be broken, of another release
 * or not ours: whatever it says, nothing crashes, and what is looked for in it is found or not.
 *
 * The same text is each answer in turn, so that what one left behind meets what the next one says.
 */

#include <json-c/json.h>
#include <stdlib.h>
#include <string.h>

#include <providers/ceph/facts_take.h>

static take_function *const takes[] = {
	take_quorum, take_mgrs, take_crush,  take_osds,  take_pools, take_fs,
	take_status, take_df,   take_config, take_marks, take_keys,  take_usage,
};

/* All texts are there, whatever the answers said; reading them is what the sanitizers watch. */
static size_t read_all(const struct facts *facts)
{
	size_t n = strlen(facts->fsid) + strlen(facts->health) + strlen(facts->require_osd_release);

	for (size_t i = 0; i < facts->nmon; i++)
		n += strlen(facts->mons[i].name);
	for (size_t i = 0; i < facts->nmgr; i++)
		n += strlen(facts->mgrs[i].name);
	for (size_t i = 0; i < facts->nmds; i++)
		n += strlen(facts->mds[i].name) + strlen(facts->mds[i].state) +
		     strlen(facts->mds[i].fs);
	for (size_t i = 0; i < facts->nosd; i++)
		n += strlen(facts->osds[i].uuid) + strlen(facts->osds[i].host) +
		     strlen(facts->osds[i].device_class);
	for (size_t i = 0; i < facts->npool; i++)
		n += strlen(facts->pools[i].name) + strlen(facts->pools[i].rule) +
		     strlen(facts->pools[i].erasure_profile) + strlen(facts->pools[i].application) +
		     strlen(facts->pools[i].autoscale) + strlen(facts->pools[i].target_size_ratio) +
		     strlen(facts->pools[i].compression_mode) +
		     strlen(facts->pools[i].compression_algorithm);
	for (size_t i = 0; i < facts->nrule; i++)
		n += strlen(facts->rules[i].name) + strlen(facts->rules[i].root) +
		     strlen(facts->rules[i].failure_domain) + strlen(facts->rules[i].device_class);
	for (size_t i = 0; i < facts->nfs; i++)
		n += strlen(facts->fs[i].name) + strlen(facts->fs[i].metadata_pool);
	for (size_t i = 0; i < facts->noption; i++)
		n += strlen(facts->options[i].section) + strlen(facts->options[i].name) +
		     strlen(facts->options[i].value);
	for (size_t i = 0; i < facts->nkey; i++)
		n += strlen(facts->keys[i].entity) + strlen(facts->keys[i].key);
	return n;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_(hc_arena_freep) struct hc_arena *arena = hc_arena_new();
	struct facts facts = {.fsid = "", .health = "", .require_osd_release = ""};
	struct json_tokener *tokener = json_tokener_new_ex(64);
	struct json_object *answer;

	if (!tokener)
		abort();
	answer = size < INT32_MAX ? json_tokener_parse_ex(tokener, (const char *)data, (int)size)
				  : NULL;
	json_tokener_free(tokener);
	for (size_t i = 0; i < HC_COUNT(takes); i++)
		takes[i](arena, answer, &facts);
	(void)json_object_put(answer);
	if (read_all(&facts) > 64 * size + 4096)
		abort(); /* a text that was not there */
	return 0;
}
