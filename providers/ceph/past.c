/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whether this cluster ever existed, and so whether it may be made.
 *
 * Evidence is looked for from the cheapest on: our own note, a monitor's database that has been in
 * a quorum, data directories of OSDs, labels of OSDs on any disk. A database that was made in a
 * bootstrap carries a marker until its monitor was seen in a quorum, so that those who were killed
 * half way can go on.
 *
 * What is told besides is which monitors are asked for, as a digest: processes with different
 * manifests would begin with different maps, which never find together.
 */

#include "past.h"

#include <dirent.h>
#include <string.h>
#include <sys/stat.h>

#include <hcstate/directory.h>
#include <hcstate/file.h>

#include "label.h"
#include "store.h"

enum {
	FSID_MAX = 128, /* bytes of a file with a fsid and a newline */
};

static const char *note_path(struct hc_arena *arena, const struct wants *wants)
{
	return hc_printf(arena, "%s/ceph-%s", hc_state_directory(), wants->fsid);
}

bool past_noted(const struct wants *wants)
{
	_cleanup_(hc_arena_freep) struct hc_arena *arena = hc_arena_new();

	return wants->fsid && !access(note_path(arena, wants), F_OK);
}

int past_note(struct hc_call *call, const struct wants *wants)
{
	const char *text = "This Ceph cluster exists: it is never made anew. Made by hcstate.\n";
	const char *path = note_path(call->arena, wants);
	int r = past_noted(wants) ? 0 : hc_file_write(path, 0644, text, strlen(text));

	return r ? hc_fail(call, -r, NULL, "%s: %s", path, strerror(-r)) : 0;
}

/* A database whose monitor has been in a quorum. Of another cluster's nothing is known: that is no
 * reason to make this one beside it. */
static const char *of_stores(struct hc_arena *arena)
{
	DIR *directory = opendir(STORES);
	const struct dirent *entry;
	const char *found = "";

	while (directory && !*found && (entry = readdir(directory))) {
		const char *path = hc_printf(arena, STORES "/%s", entry->d_name);

		if (*entry->d_name != '.' && store_grew(arena, path))
			found = hc_printf(arena, "%s is the database of a monitor", path);
	}
	if (directory)
		(void)closedir(directory);
	return found;
}

static bool is_fsid(struct hc_arena *arena, const char *path, const char *fsid)
{
	char *text;

	if (hc_file_read(arena, path, FSID_MAX, &text, NULL))
		return false;
	text[strcspn(text, " \r\n")] = '\0';
	return !strcmp(text, fsid);
}

static const char *of_directories(struct hc_arena *arena, const char *fsid)
{
	DIR *directory = opendir("/var/lib/ceph/osd");
	const struct dirent *entry;
	const char *found = "";

	while (directory && !*found && (entry = readdir(directory))) {
		const char *path = hc_printf(arena, "/var/lib/ceph/osd/%s", entry->d_name);

		if (*entry->d_name != '.' &&
		    is_fsid(arena, hc_printf(arena, "%s/ceph_fsid", path), fsid))
			found = hc_printf(arena, "%s is the directory of an OSD of it", path);
	}
	if (directory)
		(void)closedir(directory);
	return found;
}

static int of_disks(struct hc_call *call, const char *fsid, const char **found)
{
	struct label *labels;
	size_t n;
	int r = label_scan(call, &labels, &n);

	for (size_t i = 0; !r && i < n; i++)
		if (labels[i].osd_uuid && labels[i].fsid && !strcmp(labels[i].fsid, fsid)) {
			*found = hc_printf(call->arena, "%s carries an OSD of it", labels[i].path);
			return 0;
		}
	return r;
}

int past_read(struct hc_call *call, const struct wants *wants, const char **past)
{
	*past = "";
	if (!wants->fsid)
		return 0;
	if (past_noted(wants))
		*past = hc_printf(call->arena, "%s says so", note_path(call->arena, wants));
	if (!**past)
		*past = of_stores(call->arena);
	if (!**past)
		*past = of_directories(call->arena, wants->fsid);
	return **past ? 0 : of_disks(call, wants->fsid, past);
}

static const char *mons_digest(struct hc_arena *arena, const struct wants *wants)
{
	const char *text = "";

	for (size_t i = 0; i < wants->nmon; i++)
		text = hc_printf(arena, "%s%s %s\n", text, wants->mons[i].node,
				 hc_address_text(arena, &wants->mons[i].address, false));
	return hc_digest(arena, text, strlen(text));
}

static const char *none(struct hc_arena *arena, const struct wants *wants)
{
	return hc_printf(arena, "none %s %s", wants->fsid, mons_digest(arena, wants));
}

void past_tell(struct hc_call *call, const struct wants *wants, const char *past)
{
	if (wants->fsid)
		hc_tell(call, FACT_PAST,
			*past ? hc_printf(call->arena, "past %s %s", wants->fsid, past)
			      : none(call->arena, wants));
}

/* Of whoever it comes: also who is to have no monitor may know better. Of two processes of one node
 * the one that hangs may have an old word. */
static int find_evidence(struct hc_call *call, const struct wants *wants)
{
	const char *past = hc_printf(call->arena, "past %s ", wants->fsid);

	for (size_t i = 0; i < call->peers->n; i++) {
		const struct hc_peer *peer = &call->peers->v[i];
		const char *fact = hc_map_get(&peer->facts, FACT_PAST);

		if (fact && !strncmp(fact, past, strlen(past)))
			return hc_wait(call,
				       "%s knows this cluster already (%s): it is not made again, "
				       "its monitors have to answer",
				       peer->node, fact + strlen(past));
	}
	return 0;
}

/* What the word of one who is to have a monitor says against it; 0: nothing. */
static int judge(struct hc_call *call, const struct wants *wants, const char *node,
		 const char *fact)
{
	const char *about = strchr(fact, ' ');

	if (!strcmp(fact, none(call->arena, wants)))
		return 0;
	if (!about || strncmp(about + 1, wants->fsid, strlen(wants->fsid)) != 0)
		return hc_fail(call, EINVAL, wants->resource,
			       "the manifests of %s have another fsid: %s", node,
			       about ? hc_strndup(call->arena, about + 1, strcspn(about + 1, " "))
				     : "none");
	return hc_wait(call, "the manifests of %s ask for other monitors than these", node);
}

/* All that node's processes have to agree; *heard: one said something. */
static int judge_node(struct hc_call *call, const struct wants *wants, const char *node,
		      bool *heard)
{
	int r = 0;

	*heard = false;
	for (size_t i = 0; !r && i < call->peers->n; i++) {
		const struct hc_peer *peer = &call->peers->v[i];
		const char *fact =
			strcmp(peer->node, node) != 0 ? NULL : hc_map_get(&peer->facts, FACT_PAST);

		if (!fact)
			continue;
		*heard = true;
		r = judge(call, wants, node, fact);
	}
	return r;
}

int past_forbids(struct hc_call *call, const struct wants *wants)
{
	const char *absent = "";
	int r;

	if (!wants->fsid)
		return hc_fail(call, ENOENT, wants->resource, "the cluster has no fsid");
	if (!call->peers->joined)
		return hc_wait(call, "the first monitors are made when all their nodes have found "
				     "together, and corosync does not run here");
	if (!call->peers->quorate)
		return hc_wait(call, "the first monitors are made when all their nodes have found "
				     "together: corosync is not quorate");
	/* Evidence first: who is missing does not change that. */
	r = find_evidence(call, wants);
	for (size_t i = 0; !r && i < wants->nmon; i++) {
		const char *node = wants->mons[i].node;
		bool heard;

		r = judge_node(call, wants, node, &heard);
		if (!heard)
			absent =
				hc_printf(call->arena, "%s%s%s", absent, *absent ? ", " : "", node);
	}
	if (r)
		return r;
	return *absent ? hc_wait(call,
				 "the first monitors are made when hcstate runs on all their "
				 "nodes; missing: %s",
				 absent)
		       : 0;
}
