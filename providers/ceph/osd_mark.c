/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whose OSD a UUID is: hcstate/osd/UUID = NODE/NAME in Ceph's config-key store. "gone NODE/NAME"
 * is that of one which was purged or is about to be: its UUID is never used again, as a disk that
 * was lost may come back.
 */

#include "osd.h"

#include <string.h>
#include <sys/random.h>

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

const struct osd_mark *osd_mark_for(struct hc_call *call, const struct facts *facts,
				    const struct hc_change *change)
{
	struct osd_mark *marks;
	size_t n = osd_marks(call->arena, facts, &marks);

	for (size_t i = 0; i < n; i++)
		if (!marks[i].gone && !strcmp(marks[i].node, change->node) &&
		    !strcmp(marks[i].name, change->name))
			return &marks[i];
	return NULL;
}

static const char *new_uuid(struct hc_call *call)
{
	uint8_t b[16];

	if (getrandom(b, sizeof(b), 0) != sizeof(b))
		abort(); /* of so few bytes it gives all, once the machine is up */
	b[6] = (uint8_t)((b[6] & 0x0f) | 0x40);
	b[8] = (uint8_t)((b[8] & 0x3f) | 0x80);
	return hc_printf(call->arena,
			 "%02x%02x%02x%02x-%02x%02x-%02x%02x-%02x%02x-%02x%02x%02x%02x%02x%02x",
			 b[0], b[1], b[2], b[3], b[4], b[5], b[6], b[7], b[8], b[9], b[10], b[11],
			 b[12], b[13], b[14], b[15]);
}

/* The marks of those that this one follows; they say nothing any more. */
static int forget_gone(struct hc_call *call, struct ceph *self, const struct facts *facts,
		       const struct hc_change *change)
{
	struct osd_mark *marks;
	size_t n = osd_marks(call->arena, facts, &marks);
	int r = 0;

	for (size_t i = 0; !r && i < n; i++)
		if (marks[i].gone && !strcmp(marks[i].node, change->node) &&
		    !strcmp(marks[i].name, change->name) && !facts_osd_uuid(facts, marks[i].uuid))
			r = osd_mark_remove(call, self, marks[i].uuid);
	return r;
}

int osd_mark_begin(struct hc_call *call, struct ceph *self, const struct facts *facts,
		   const struct hc_change *change, const char **uuid)
{
	const struct osd_mark *mark = osd_mark_for(call, facts, change);
	struct osd_mark new = {.node = change->node, .name = change->name};
	int r;

	if (mark) {
		*uuid = mark->uuid;
		return 0;
	}
	r = forget_gone(call, self, facts, change);
	*uuid = new.uuid = new_uuid(call);
	return r ? r : osd_mark_set(call, self, &new);
}
