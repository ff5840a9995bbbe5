/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The group's thread: it stays connected to corosync, joins the group as soon as corosync runs and
 * joins again when corosync restarts. Whenever somebody comes or goes it multicasts all facts of
 * this process, so a new one knows them without having to ask, and nobody keeps a history.
 *
 * It also watches quorum and the running configuration, and it remembers who said good-bye:
 * corosync itself does not tell a node that left from one that died. The note is kept in
 * corosync's own cmap, where later processes find it for as long as this corosync runs; it holds
 * how often the node had joined by then, so it means nothing any more once the node is back.
 */

#include "line.h"

#include <corosync/cmap.h>
#include <corosync/corotypes.h>
#include <corosync/cpg.h>
#include <corosync/quorum.h>
#include <hcstate/thread.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>

#include "running.h"

enum {
	RETRY_MS = 500, /* until corosync runs */
	AGAIN_MS = 50,  /* while it is busy */
};

static const struct cpg_name group_name = {.length = 7, .value = "hcstate"};

/* The connections. */
struct line {
	struct group *group;
	cpg_handle_t cpg;
	quorum_handle_t quorum;
	cmap_handle_t cmap;
	int fds[3];
};

static void quiet(int fd)
{
	eventfd_t value;

	(void)eventfd_read(fd, &value); /* or there was nothing to read */
}

/* ---- what corosync calls ---- */

static void note_leaving(struct line *line, uint32_t nodeid)
{
	char joined[64], key[64];
	uint32_t count;

	(void)snprintf(joined, sizeof(joined), "runtime.members.%u.join_count", nodeid);
	(void)snprintf(key, sizeof(key), NOTE_PREFIX "%u", nodeid);
	/* without the note the node's leaving has to be approved: safe, and all that can be done */
	if (cmap_get_uint32(line->cmap, joined, &count) == CS_OK)
		(void)cmap_set_uint32(line->cmap, key, count);
}

static void on_message(cpg_handle_t handle, const struct cpg_name *name, uint32_t nodeid,
		       uint32_t pid, void *data, size_t size)
{
	struct group *group;
	struct line *line;
	bool leaving = false;
	void *context;

	(void)name;
	if (cpg_context_get(handle, &context) != CS_OK)
		return;
	line = context;
	group = line->group;
	pthread_mutex_lock(&group->lock);
	if (table_take(&group->table, nodeid, pid, data, size)) {
		leaving = table_find(&group->table, nodeid, pid)->message.leaving;
		group_announce(group);
	}
	pthread_mutex_unlock(&group->lock);
	if (leaving)
		note_leaving(line, nodeid);
}

static void on_members(cpg_handle_t handle, const struct cpg_name *name,
		       const struct cpg_address *now, size_t n, const struct cpg_address *left,
		       size_t nleft, const struct cpg_address *came, size_t ncame)
{
	struct entry *members = calloc(n + 1, sizeof(*members));
	struct group *group;
	void *context;

	(void)name, (void)left, (void)nleft, (void)came, (void)ncame;
	if (!members)
		abort(); /* memory has run out */
	for (size_t i = 0; i < n; i++)
		members[i] = (struct entry){.nodeid = now[i].nodeid, .pid = now[i].pid};
	if (cpg_context_get(handle, &context) == CS_OK) {
		struct entry *me;

		group = ((struct line *)context)->group;
		pthread_mutex_lock(&group->lock);
		table_members(&group->table, members, n);
		me = table_find(&group->table, group->nodeid, group->pid);
		group->joined = me != NULL;
		if (me) /* who is there now has to hear it again: see group_say_goodbye() */
			me->message.leaving = false;
		group->unsent = true;
		group_announce(group);
		pthread_mutex_unlock(&group->lock);
	}
	free(members);
}

static void on_quorum(quorum_handle_t handle, uint32_t quorate, uint64_t ring_seq, uint32_t n,
		      uint32_t *members)
{
	struct group *group;
	const void *context;

	(void)ring_seq, (void)n, (void)members;
	if (quorum_context_get(handle, &context) != CS_OK)
		return;
	group = (*(struct line *const *)context)->group;
	pthread_mutex_lock(&group->lock);
	group->quorate = quorate;
	group_announce(group);
	pthread_mutex_unlock(&group->lock);
}

static void on_key(cmap_handle_t handle, cmap_track_handle_t track, int32_t event, const char *key,
		   struct cmap_notify_value new_value, struct cmap_notify_value old_value,
		   void *data)
{
	const struct line *line = data;

	(void)handle, (void)track, (void)event, (void)key, (void)new_value, (void)old_value;
	(void)eventfd_write(line->group->watch, 1); /* fails only when it is readable already */
}

/* ---- the thread ---- */

static void hang_up(struct line *line)
{
	struct group *group = line->group;

	/* what is left of the connections goes either way */
	if (line->cpg)
		(void)HC_COROSYNC(cpg_finalize(line->cpg));
	if (line->quorum)
		(void)HC_COROSYNC(quorum_finalize(line->quorum));
	if (line->cmap)
		(void)HC_COROSYNC(cmap_finalize(line->cmap));
	*line = (struct line){.group = group};
	pthread_mutex_lock(&group->lock);
	if (group->joined || group->quorate)
		group_announce(group);
	group->joined = group->quorate = false;
	table_clear(&group->table);
	pthread_mutex_unlock(&group->lock);
}

static cs_error_t connect_cpg(struct line *line)
{
	cpg_callbacks_t callbacks = {.cpg_deliver_fn = on_message, .cpg_confchg_fn = on_members};
	struct group *group = line->group;
	uint32_t nodeid = 0;
	cs_error_t r = HC_COROSYNC(cpg_initialize(&line->cpg, &callbacks));

	if (r != CS_OK) {
		line->cpg = 0;
		return r;
	}
	r = cpg_context_set(line->cpg, line);
	if (r == CS_OK)
		r = cpg_local_get(line->cpg, &nodeid);
	if (r == CS_OK)
		r = cpg_fd_get(line->cpg, &line->fds[0]);
	pthread_mutex_lock(&group->lock);
	group->nodeid = nodeid;
	group->pid = (uint32_t)getpid();
	pthread_mutex_unlock(&group->lock);
	return r == CS_OK ? cpg_join(line->cpg, &group_name) : r;
}

static cs_error_t connect_quorum(struct line *line, struct line **context)
{
	quorum_callbacks_t callbacks = {.quorum_notify_fn = on_quorum};
	uint32_t type;
	cs_error_t r = HC_COROSYNC(quorum_initialize(&line->quorum, &callbacks, &type));

	if (r != CS_OK) {
		line->quorum = 0;
		return r;
	}
	r = quorum_context_set(line->quorum, context);
	if (r == CS_OK)
		r = quorum_fd_get(line->quorum, &line->fds[1]);
	return r == CS_OK ? quorum_trackstart(line->quorum, CS_TRACK_CURRENT | CS_TRACK_CHANGES)
			  : r;
}

static cs_error_t connect_cmap(struct line *line)
{
	cmap_track_handle_t track;
	cs_error_t r = HC_COROSYNC(cmap_initialize(&line->cmap));

	if (r != CS_OK) {
		line->cmap = 0;
		return r;
	}
	r = cmap_fd_get(line->cmap, &line->fds[2]);
	return r == CS_OK ? cmap_track_add(line->cmap, "totem.config_version",
					   CMAP_TRACK_ADD | CMAP_TRACK_MODIFY, on_key, line, &track)
			  : r;
}

/* cmap first: notes are made from what the others bring. */
static bool call_corosync(struct line *line, struct line **context)
{
	if (connect_cmap(line) == CS_OK && connect_quorum(line, context) == CS_OK &&
	    connect_cpg(line) == CS_OK)
		return true;
	hang_up(line);
	return false;
}

/* Waits for a connection's fd, a wake-up or the time; gives whether to go on. */
static bool wait_for(struct line *line, bool connected, int timeout)
{
	struct pollfd fds[] = {
		{.fd = line->group->wake, .events = POLLIN},
		{.fd = line->fds[0], .events = POLLIN},
		{.fd = line->fds[1], .events = POLLIN},
		{.fd = line->fds[2], .events = POLLIN},
	};
	bool stop;

	(void)poll(fds, connected ? HC_COUNT(fds) : 1, timeout); /* each is looked at anyway */
	quiet(line->group->wake);
	pthread_mutex_lock(&line->group->lock);
	stop = line->group->stop;
	pthread_mutex_unlock(&line->group->lock);
	return !stop;
}

static char *next_message(struct group *group, struct hc_arena *arena)
{
	char *text = NULL;

	pthread_mutex_lock(&group->lock);
	if (group->unsent && group->joined)
		text = message_write(arena, &(struct message){.node = group->node,
							      .leaving = group->leaving,
							      .facts = group->facts});
	group->unsent &= !text;
	pthread_mutex_unlock(&group->lock);
	return text;
}

/* Sends what there is to tell. CS_ERR_TRY_AGAIN: later. */
static cs_error_t send_facts(struct line *line)
{
	_cleanup_(hc_arena_freep) struct hc_arena *arena = hc_arena_new();
	struct iovec iov;
	cs_error_t r;

	iov.iov_base = next_message(line->group, arena);
	if (!iov.iov_base)
		return CS_OK;
	iov.iov_len = strlen(iov.iov_base);
	r = cpg_mcast_joined(line->cpg, CPG_TYPE_AGREED, &iov, 1);
	if (r != CS_OK) {
		pthread_mutex_lock(&line->group->lock);
		line->group->unsent = true;
		pthread_mutex_unlock(&line->group->lock);
	}
	return r;
}

static cs_error_t dispatch(struct line *line)
{
	cs_error_t r = cpg_dispatch(line->cpg, CS_DISPATCH_ALL);

	if (r == CS_OK || r == CS_ERR_TRY_AGAIN)
		r = quorum_dispatch(line->quorum, CS_DISPATCH_ALL);
	if (r == CS_OK || r == CS_ERR_TRY_AGAIN)
		r = cmap_dispatch(line->cmap, CS_DISPATCH_ALL);
	return r == CS_ERR_TRY_AGAIN ? CS_OK : r;
}

/* Until the connection is lost; false: to be stopped. */
static bool stay(struct line *line)
{
	int timeout = 0;

	while (wait_for(line, true, timeout)) {
		cs_error_t r = dispatch(line);

		if (r == CS_OK)
			r = send_facts(line);
		timeout = r == CS_ERR_TRY_AGAIN ? AGAIN_MS : -1;
		if (r != CS_OK && r != CS_ERR_TRY_AGAIN)
			return true;
	}
	return false;
}

void *line_run(void *data)
{
	struct line line = {.group = data}, *context = &line;

	do {
		if (call_corosync(&line, &context) && !stay(&line))
			break;
		hang_up(&line);
	} while (wait_for(&line, false, RETRY_MS));
	hang_up(&line);
	return NULL;
}
