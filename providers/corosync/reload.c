/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How a running cluster takes up a new corosync.conf.
 *
 * One reload makes corosync read the file on every node of the partition at once. A node that still
 * has the old file would go on with it and be alone, so the reload waits until every member's
 * hcstate has told the file's digest. One process does it; the others see the new config_version.
 *
 * What no reload takes needs a restart of corosync on each node, one after the other by id: a node
 * may join with a higher config_version than the others run with, never with a lower one.
 */

#include <inttypes.h>
#include <string.h>

#include <hcstate/unit.h>

#include "corosync.h"
#include "keys.h"

static const char *name_of(struct hc_call *call, const struct running *running, uint32_t id)
{
	for (size_t i = 0; i < running->keys.n; i++) {
		uint32_t position;
		const char *rest;

		if (keys_index(running->keys.v[i].key, "nodelist.node.", &position, &rest) &&
		    !strcmp(rest, ".nodeid") &&
		    keys_number(&running->keys, running->keys.v[i].key, 0) == id) {
			const char *name = hc_map_get(&running->keys,
						      hc_printf(call->arena,
								"nodelist.node.%u.name", position));

			return name ? name : hc_printf(call->arena, "node %u", id);
		}
	}
	return hc_printf(call->arena, "node %u", id);
}

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

static bool told(const struct hc_call *call, uint32_t id, const char *digest)
{
	for (size_t i = 0; i < call->peers->n; i++) {
		const struct hc_peer *peer = &call->peers->v[i];
		const char *fact = hc_map_get(&peer->facts, FACT_CONF);

		if (peer->nodeid == id && fact && !strcmp(fact, digest))
			return true;
	}
	return false;
}

static int all_told(struct hc_call *call, const struct running *running,
		    const struct corosync_target *target)
{
	struct hc_strings missing = {0};

	for (size_t i = 0; i < running->n; i++) {
		const struct running_node *node = &running->nodes[i];
		const char *name = name_of(call, running, node->id);

		if (node->member && !is_leaving(target, name) &&
		    !is_done(call, running, node->id, target) &&
		    !told(call, node->id, target->digest))
			hc_strings_add(call->arena, &missing, name);
	}
	if (!missing.n)
		return 0;
	return hc_wait(call, "waiting for hcstate on %s to have the same corosync.conf",
		       list(call->arena, &missing));
}

/* A node that leaves must be gone, and have said so or be approved to be left behind. */
static int all_left(struct hc_call *call, const struct running *running,
		    const struct corosync_target *target)
{
	for (size_t i = 0; i < running->n; i++) {
		const struct running_node *node = &running->nodes[i];
		const char *name = name_of(call, running, node->id);
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
			return name_of(call, running, node->id);
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

/* corosync 3.1.7 works out the links' ping times from the token that was in force before the
 * reload, so they lag one reload behind: knet_ping_timeout should be half the token. With a token
 * that became short and pings that stayed long, one cut link costs a node its membership. */
static bool pings_lag(const struct running *running)
{
	uint64_t token = keys_number(&running->keys, "runtime.config.totem.token", 0);

	for (size_t i = 0; i < running->keys.n; i++) {
		const struct hc_pair *pair = &running->keys.v[i];
		uint32_t number;
		const char *rest;

		if (keys_index(pair->key, "runtime.config.totem.interface.", &number, &rest) &&
		    !strcmp(rest, ".knet_ping_timeout") &&
		    keys_number(&running->keys, pair->key, 0) != token / 2)
			return true;
	}
	return false;
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

int corosync_reload(struct hc_call *call, struct corosync *self,
		    const struct corosync_target *target)
{
	struct running running;
	int r = look(call, self, &running);

	if (r || version(&running) >= target->config_version)
		return r;
	r = all_left(call, &running, target);
	if (!r)
		r = my_turn(call, &running, target);
	if (!r)
		r = all_told(call, &running, target);
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
	return pings_lag(&running) ? reload_once(call, self) : 0;
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
		r = all_told(call, &running, target);
	if (r)
		return r;
	before = one_before(call, &running, target);
	return before ? hc_wait(call, "waiting for %s to restart corosync", before)
		      : hc_unit_restart(call, COROSYNC_UNIT);
}
