/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Any JSON as what Ceph answers about its OSDs, when a node was lost: nothing crashes, and whatever
 * it says, no OSD of a node that is there is marked down.
 */

#include <json-c/json.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include <providers/ha/osd_find.h>

/* Three nodes as in the recorded answers, 10.0.0.1 to 3; the last is lost. */
static void make_nodes(struct osd_node v[3], struct hc_address has[3])
{
	static const char *const names[] = {"pve1", "pve2", "pve3"};

	for (uint8_t i = 0; i < 3; i++) {
		has[i] = (struct hc_address){
			.family = AF_INET,
			.prefix = 32,
			.bytes = {10, 0, 0, (uint8_t)(i + 1)},
		};
		v[i] = (struct osd_node){
			.name = names[i],
			.id = i + 1u,
			.has = &has[i],
			.nhas = 1,
			.lost = i == 2,
		};
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_(hc_arena_freep) struct hc_arena *arena = hc_arena_new();
	struct json_tokener *tokener = json_tokener_new_ex(32);
	struct hc_address has[3];
	struct osd_node v[3];
	const struct osd_nodes nodes = {.v = v, .n = 3};
	struct osd_found found;
	struct json_object *answer;

	if (!tokener)
		abort();
	make_nodes(v, has);
	answer = size < INT32_MAX ? json_tokener_parse_ex(tokener, (const char *)data, (int)size)
				  : NULL;
	json_tokener_free(tokener);
	osd_find(arena, answer, answer, &nodes, &found);
	(void)json_object_put(answer);
	for (size_t i = 0; i < found.n; i++)
		if (strcmp(found.of[i], "pve3") != 0 || found.ids[i] > INT32_MAX)
			abort();
	return 0;
}
