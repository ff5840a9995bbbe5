/* SPDX-License-Identifier: Apache-2.0 */
/* The steps, each of them harmless to take again. */

#include <string.h>

#include <hcstate/file.h>
#include <hcstate/unit.h>

#include "authkey.h"
#include "conf.h"
#include "corosync.h"
#include "keys.h"

enum {
	GOODBYE_US = 10 * 1000000, /* how long the others may take to hear that this node leaves */
};

static int write_conf(struct hc_call *call, const char *text)
{
	int r = hc_file_write(CONF_FILE, 0644, text, strlen(text));

	if (r)
		return hc_fail(call, -r, NULL, CONF_FILE ": %s", strerror(-r));
	hc_tell(call, FACT_CONF, conf_digest(call->arena, text));
	return 0;
}

/* Done when corosync answers, not when systemd is content. */
static int start(struct hc_call *call, struct corosync *self)
{
	struct running running = {0};
	struct hc_unit unit;
	const char *why;
	int r = hc_unit_read(call, COROSYNC_UNIT, &unit);

	if (!r && !unit.active) /* alone: the network is up, and networkd is for the boot */
		r = hc_unit_start_alone(call, COROSYNC_UNIT);
	if (r)
		return r;
	if (self->group)
		group_hurry(self->group);
	return running_read(call, self->asker, &running, &why) ? hc_wait(call, "%s", why) : 0;
}

static const char *absent_nodes(struct hc_call *call, const struct running *running)
{
	const char *text = "";

	for (size_t i = 0; i < running->keys.n; i++) {
		const struct hc_pair *pair = &running->keys.v[i];
		const struct running_node *node;
		uint32_t position;
		const char *rest;

		if (!keys_index(pair->key, "nodelist.node.", &position, &rest) ||
		    strcmp(rest, ".name"))
			continue;
		node = running_find(running,
				    (uint32_t)keys_number(&running->keys,
							  hc_printf(call->arena,
								    "nodelist.node.%u.nodeid",
								    position),
							  0));
		if (node && !node->member)
			text = hc_printf(call->arena, "%s%s%s", text, *text ? ", " : "",
					 pair->value);
	}
	return text;
}

static int wait_quorate(struct hc_call *call, struct corosync *self)
{
	struct running running = {0};
	const char *why, *absent;

	if (running_read(call, self->asker, &running, &why))
		return hc_wait(call, "%s", why);
	if (running.quorate)
		return 0;
	absent = absent_nodes(call, &running);
	return hc_wait(call, "not quorate: %u of %u votes, %u needed%s%s", running.total_votes,
		       running.expected_votes, running.quorum, *absent ? "; waiting for " : "",
		       absent);
}

/* The nodes whose hcstate should hear that this one leaves: the other members. */
static size_t others(struct hc_call *call, struct corosync *self, uint32_t **ids)
{
	struct running running = {0};
	const char *why;
	size_t n = 0;

	if (running_read(call, self->asker, &running, &why))
		return 0; /* it hangs or is about to end; then there is nobody to tell */
	*ids = hc_alloc(call->arena, (running.n + 1) * sizeof(**ids));
	for (size_t i = 0; i < running.n; i++)
		if (running.nodes[i].member && running.nodes[i].id != running.local)
			(*ids)[n++] = running.nodes[i].id;
	return n;
}

/* Where no hcstate listens, leaving has to be approved there: later, but no less safe. */
static int leave(struct hc_call *call, struct corosync *self)
{
	uint64_t patience = hc_now() + GOODBYE_US;
	struct hc_unit unit;
	int r = hc_unit_read(call, COROSYNC_UNIT, &unit);

	if (r || (!unit.active && !unit.failed && !unit.main_pid))
		return r;
	if (unit.active && self->group && patience < call->deadline) {
		uint32_t *ids = NULL;
		size_t n = others(call, self, &ids);

		(void)group_say_goodbye(self->group, ids, n, patience);
	}
	return hc_unit_stop(call, COROSYNC_UNIT);
}

/* corosync.conf last: with it goes what says that there is something to remove. */
static int remove_files(struct hc_call *call)
{
	int r = hc_file_remove(AUTHKEY_FILE);

	if (r)
		return hc_fail(call, -r, NULL, AUTHKEY_FILE ": %s", strerror(-r));
	r = hc_file_remove(CONF_FILE);
	return r ? hc_fail(call, -r, NULL, CONF_FILE ": %s", strerror(-r)) : 0;
}

int corosync_apply(struct hc_call *call, void *data, const struct hc_step *step)
{
	struct corosync *self = data;

	switch ((enum corosync_op)step->op) {
	case WRITE_AUTHKEY:
		return authkey_write(call);
	case WRITE_CONF:
		return write_conf(call, step->arg);
	case ENABLE:
		return hc_unit_enable(call, COROSYNC_UNIT);
	case START:
		return start(call, self);
	case RESTART:
		return corosync_restart(call, self, step->arg);
	case WAIT_QUORATE:
		return wait_quorate(call, self);
	case RELOAD:
		return corosync_reload(call, self, step->arg);
	case LEAVE:
		return leave(call, self);
	case DISABLE:
		return hc_unit_disable(call, COROSYNC_UNIT);
	case REMOVE_FILES:
		return remove_files(call);
	}
	return -EINVAL;
}
