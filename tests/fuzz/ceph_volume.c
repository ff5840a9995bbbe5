/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Any JSON as what pvs answers: names and tags of volumes come from the disks, which anybody may
 * have written.
 */

#include <json-c/json.h>
#include <stdlib.h>
#include <string.h>

#include <providers/ceph/label.h>
#include <providers/ceph/volume.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_(hc_arena_freep) struct hc_arena *arena = hc_arena_new();
	struct json_tokener *tokener = json_tokener_new_ex(64);
	struct json_object *answer;
	struct volume *v = NULL;
	size_t n = 0;

	if (!tokener)
		abort();
	answer = size < INT32_MAX ? json_tokener_parse_ex(tokener, (const char *)data, (int)size)
				  : NULL;
	json_tokener_free(tokener);
	volume_take(arena, answer, &v, &n);
	(void)json_object_put(answer);
	for (size_t i = 0; i < n; i++) {
		if (v[i].osd_uuid && !label_is_uuid(v[i].osd_uuid))
			abort(); /* it goes into commands */
		if (strpbrk(v[i].disk, "\n\033") || strpbrk(v[i].group, "\n\033"))
			abort(); /* a terminal shows them */
	}
	return 0;
}
