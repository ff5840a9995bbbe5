/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How a running cluster takes up a new corosync.conf.
 *
 * One reload makes corosync read the file on every node of the partition at once. A node that still
 * has the old file, or another authkey, would be alone with it, so the reload waits until every
 * member's hcstate has told the digests of both. One process does it; the others see the new
 * config_version.
 *
 * What no reload takes needs a restart of corosync on each node, one after the other by id, each
 * when the one before is back: a node may join with a higher config_version than the others run
 * with, never with a lower one.
 */

#include <inttypes.h>
#include <string.h>

#include <hcstate/unit.h>

#include "authkey.h"
#include "corosync.h"
#include "keys.h"

/* How long a restart waits for the others. */
enum {
	BACK_US = 30 * 1000000,    /* a member restarts and joins in a few seconds */
	QUORATE_US = 10 * 1000000, /* where nobody is quorate a restart costs little */
};

static char *list(struct hc_arena *arena, const struct hc_strings *names)
{
	char *text = hc_strdup(arena, "");

	for (size_t i = 0; i < names->n; i++)
		text = hc_printf(arena, "%s%s%s", text, i ? ", " : "", names->v[i]);
	return text;
}

static bool is_leaving(const struct corosync_target *target, const char *name)
{
	for (size_t i = 0; i < target->leaving.n; i++)
		if (!strcmp(target->leaving.v[i], name))
			return true;
	return false;
}

/* It runs with the new file already. corosync learns this of others when they join, so it may be
 * true and not seen; then the digest speaks. */
static bool is_done(struct hc_call *call, const struct running *running, uint32_t id,
		    const struct corosync_target *target)
{
	const char *key = hc_printf(call->arena, "runtime.members.%u.config_version", id);

	return keys_number(&running->keys, key, 0) >= target->config_version;
}

/* What the process on that node told last; NULL: none runs there, or it told nothing of the kind.
 */
static const char *told(const struct hc_call *call, uint32_t id, const char *key)
{
	for (size_t i = 0; i < call->peers->n; i++)
		if (call->peers->v[i].nodeid == id)
			return hc_map_get(&call->peers->v[i].facts, key);
	return NULL;
}

/* Whether a load would give the node what it gives this one. A node that needs none may be without
 * a process that tells; what it does tell counts all the same. */
static bool is_ready(struct hc_call *call, const struct running *running, uint32_t id,
		     const struct corosync_target *target, bool needs_load)
{
	const char *conf = told(call, id, FACT_CONF), *key = told(call, id, FACT_KEY);

	if (target->uses_key && key && strcmp(key, authkey_digest(call->arena)))
		return false;
	if (!needs_load && is_done(call, running, id, target))
		return true;
	return conf && !strcmp(conf, target->digest) && (key || !target->uses_key);
}

/* `again`: also those are loaded anew that run with the version already. */
static int all_ready(struct hc_call *call, const struct running *running,
		     const struct corosync_target *target, bool again)
{
	struct hc_strings missing = {0};

	for (size_t i = 0; i < running->n; i++) {
		const struct running_node *node = &running->nodes[i];
		const char *name = running_name(call->arena, running, node->id);

		if (node->member && !is_leaving(target, name) &&
		    !is_ready(call, running, node->id, target, again))
			hc_strings_add(call->arena, &missing, name);
	}
	if (!missing.n)
		return 0;
	return hc_wait(call, "waiting for hcstate on %s to have the same corosync.conf%s",
		       list(call->arena, &missing), target->uses_key ? " and authkey" : "");
}

/* A node that leaves must be gone, and have said so or be approved to be left behind. */
static int all_left(struct hc_call *call, const struct running *running,
		    const struct corosync_target *target)
{
	for (size_t i = 0; i < running->n; i++) {
		const struct running_node *node = &running->nodes[i];
		const char *name = running_name(call->arena, running, node->id);
		const char *object = hc_printf(call->arena, "Node/%s", name);

		if (!is_leaving(target, name) || node->left)
			continue;
		if (node->member)
			return hc_wait(call,
				       "%s has not left yet: run hcstate apply there, or power it "
				       "off and --approve %s",
				       name, object);
		if (!hc_approved(call, object))
			return hc_wait(call, "%s is gone without a word: --approve %s", name,
				       object);
	}
	return 0;
}

/* A member with a lower id that still runs with an older version, or NULL. */
static const char *one_before(struct hc_call *call, const struct running *running,
			      const struct corosync_target *target)
{
	for (size_t i = 0; i < running->n; i++) {
		const struct running_node *node = &running->nodes[i];

		if (node->member && node->id < running->local &&
		    !is_done(call, running, node->id, target))
			return running_name(call->arena, running, node->id);
	}
	return NULL;
}

/* Without quorum nobody leads; but a change that could never make this partition quorate when
 * another one is, such as a wrong address put right, may be the way back to it. */
static int my_turn(struct hc_call *call, const struct running *running,
		   const struct corosync_target *target)
{
	const char *before = one_before(call, running, target);

	if (running->quorate && (hc_leads(call) || !before))
		return 0;
	if (running->quorate)
		return hc_wait(call, "waiting for %s to reload the configuration",
			       call->peers->n ? call->peers->v[0].node : before);
	if (target->needs_quorum)
		return hc_wait(call, "not quorate: votes can only be changed by the majority");
	return before ? hc_wait(call, "waiting for %s to reload the configuration", before) : 0;
}

static uint64_t version(const struct running *running)
{
	return keys_number(&running->keys, "totem.config_version", 0);
}

static int look(struct hc_call *call, struct corosync *self, struct running *running)
{
	const char *why;

	*running = (struct running){0};
	return running_read(call, self->asker, running, &why) ? hc_wait(call, "%s", why) : 0;
}

static int reload_once(struct hc_call *call, struct corosync *self)
{
	const char *why;
	int r = running_reload(call, self->asker, &why);

	return r ? hc_fail(call, -r, NULL, "%s; see journalctl -u " COROSYNC_UNIT, why) : 0;
}

/* The process that should have done it was ended before its second reload. It does not matter who
 * does it now, and twice is harmless. */
static int even_pings(struct hc_call *call, struct corosync *self, const struct running *running,
		      const struct corosync_target *target)
{
	int r = 0;

	if (!keys_pings_lag(&running->keys))
		return 0;
	if (version(running) == target->config_version)
		r = all_ready(call, running, target, true);
	return r ? r : reload_once(call, self);
}

int corosync_reload(struct hc_call *call, struct corosync *self,
		    const struct corosync_target *target)
{
	struct running running;
	int r = look(call, self, &running);

	if (!r && version(&running) >= target->config_version)
		return even_pings(call, self, &running, target);
	if (!r)
		r = all_left(call, &running, target);
	if (!r)
		r = my_turn(call, &running, target);
	if (!r)
		r = all_ready(call, &running, target, false);
	if (!r)
		r = reload_once(call, self);
	if (!r)
		r = look(call, self, &running);
	if (r)
		return r;
	if (version(&running) < target->config_version)
		return hc_fail(call, EIO, NULL,
			       "corosync did not take config_version %" PRIu64
			       " up; see journalctl -u " COROSYNC_UNIT,
			       target->config_version);
	return keys_pings_lag(&running.keys) ? reload_once(call, self) : 0;
}

/* A node with a lower id that stays and is not there, or NULL. */
static const char *one_away(struct hc_call *call, const struct running *running,
			    const struct corosync_target *target)
{
	for (size_t i = 0; i < running->n; i++) {
		const struct running_node *node = &running->nodes[i];
		const char *name = running_name(call->arena, running, node->id);

		if (!node->member && node->id < running->local && !is_leaving(target, name))
			return name;
	}
	return NULL;
}

/*
 * The next one goes when the one before is back, so that never two are away. But the wait has an
 * end: with another cluster_name, or another address on the only link, the one before cannot come
 * back as long as this node runs with the old. And a node may be away for reasons of its own.
 */
static int all_back(struct hc_call *call, struct corosync *self, const struct running *running,
		    const struct corosync_target *target)
{
	uint64_t patience = running->quorate ? BACK_US : QUORATE_US, now = hc_now();
	const char *away = one_away(call, running, target);

	if (!self->waits_since)
		self->waits_since = now;
	if ((running->quorate && !away) || now - self->waits_since >= patience) {
		self->waits_since = 0;
		return 0;
	}
	if (!running->quorate)
		return hc_wait(call, "waiting for the cluster to be quorate again");
	return hc_wait(call, "waiting for %s to be a member again", away);
}

int corosync_restart(struct hc_call *call, struct corosync *self,
		     const struct corosync_target *target)
{
	struct running running;
	const char *before;
	int r = look(call, self, &running);

	if (r || version(&running) >= target->config_version)
		return r;
	if (!running.quorate && target->needs_quorum)
		return hc_wait(call, "not quorate: votes can only be changed by the majority");
	r = all_left(call, &running, target);
	if (!r)
		r = all_ready(call, &running, target, false);
	if (r)
		return r;
	before = one_before(call, &running, target);
	if (before)
		return hc_wait(call, "waiting for %s to restart corosync", before);
	r = all_back(call, self, &running, target);
	return r ? r : hc_unit_restart_alone(call, COROSYNC_UNIT);
}
