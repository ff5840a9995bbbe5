/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whose OSD a UUID is: hcstate/osd/UUID = NODE/NAME in Ceph's config-key store. "gone NODE/NAME"
 * is that of one which was purged or is about to be: its UUID is never used again, as a disk that
 * was lost may come back.
 */

#include "osd.h"

#include <string.h>

#define OSD_MARKS MARKS "osd/"
#define GONE "gone "

static bool parse(struct hc_arena *arena, const struct hc_pair *pair, struct osd_mark *mark)
{
	const char *value = pair->value, *slash;

	if (strncmp(pair->key, OSD_MARKS, strlen(OSD_MARKS)) != 0)
		return false;
	mark->uuid = pair->key + strlen(OSD_MARKS);
	mark->gone = !strncmp(value, GONE, strlen(GONE));
	value += mark->gone ? strlen(GONE) : 0;
	slash = strchr(value, '/');
	if (!slash || slash == value || !slash[1])
		return false;
	mark->node = hc_strndup(arena, value, (size_t)(slash - value));
	mark->name = slash + 1;
	return true;
}

size_t osd_marks(struct hc_arena *arena, const struct facts *facts, struct osd_mark **v)
{
	size_t n = 0;

	*v = hc_alloc(arena, (facts->marks.n + 1) * sizeof(**v));
	for (size_t i = 0; i < facts->marks.n; i++)
		n += parse(arena, &facts->marks.v[i], &(*v)[n]);
	return n;
}

const struct osd_mark *osd_mark_of(const struct osd_mark *v, size_t n, const char *uuid)
{
	for (size_t i = 0; uuid && i < n; i++)
		if (!strcmp(v[i].uuid, uuid))
			return &v[i];
	return NULL;
}

int osd_mark_set(struct hc_call *call, struct ceph *self, const struct osd_mark *mark)
{
	const char *key = hc_printf(call->arena, OSD_MARKS "%s", mark->uuid);
	const char *value =
		hc_printf(call->arena, "%s%s/%s", mark->gone ? GONE : "", mark->node, mark->name);

	return tell_mon(call, self->connection,
			command("config-key set", "key", key, "val", value, NULL));
}

int osd_mark_remove(struct hc_call *call, struct ceph *self, const char *uuid)
{
	const char *key = hc_printf(call->arena, OSD_MARKS "%s", uuid);

	return tell_mon(call, self->connection, command("config-key rm", "key", key, NULL));
}
