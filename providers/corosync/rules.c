/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The rules that keep one cluster from becoming two.
 *
 * A node leaves one at a time, and only when the members that stay hold a majority of the votes
 * that are expected now: then no other partition can be quorate, neither before nor after. And what
 * corosync.conf says changes only under a higher config_version, so that a node that was away
 * cannot join with an older idea of who belongs to the cluster.
 *
 * While corosync does not run here there is nobody to count. Then the file that is there speaks: a
 * cluster that has moved on while this node was off shares a majority with it, and one that does
 * not must be looked at by a person.
 *
 * Who this machine is says corosync, never the command line or the hostname alone: one of those may
 * be wrong, and a member that is called by a wrong name is not one that was taken out.
 */

#include "rules.h"

#include <inttypes.h>
#include <string.h>

#include "authkey.h"
#include "conf.h"

struct sides sides_of(const struct hc_call *call)
{
	struct sides sides = {
		.want = parts_of(call->arena, call->desired, call->node),
		.have = parts_of(call->arena, &call->live->found, call->node),
	};
	const struct hc_resource *corosync = sides.have.corosync;

	sides.running = corosync && ((const struct hc_corosync *)corosync->spec)->active;
	return sides;
}

bool rules_content_differs(struct hc_arena *arena, const struct sides *sides)
{
	return strcmp(conf_render(arena, &sides->want, 0, NULL),
		      conf_render(arena, &sides->have, 0, NULL));
}

bool rules_unreachable(const struct sides *sides, const struct hc_resource *r)
{
	const struct hc_node *node = r->spec;

	return sides->running && !node->member && !node->left;
}

/* The nodes that are to leave. */
static struct hc_strings leaving(struct hc_arena *arena, const struct sides *sides)
{
	struct hc_strings names = {0};

	for (size_t i = 0; i < sides->have.nnode; i++)
		if (!parts_find(&sides->want, sides->have.nodes[i]->name))
			hc_strings_add(arena, &names, sides->have.nodes[i]->name);
	return names;
}

static char *list(struct hc_arena *arena, const struct hc_strings *names)
{
	char *text = hc_strdup(arena, names->n ? names->v[0] : "no node");

	for (size_t i = 1; i < names->n; i++)
		text = hc_printf(arena, "%s%s%s", text, i + 1 < names->n ? ", " : " and ",
				 names->v[i]);
	return text;
}

/* Of the votes that are expected now, who stays holds how many. */
struct count {
	uint32_t held, expected, needed;
	struct hc_strings who;
};

static struct count count_votes(struct hc_arena *arena, const struct sides *sides)
{
	struct count count = {0};

	for (size_t i = 0; i < sides->have.nnode; i++) {
		const struct hc_node *node = parts_node(&sides->have, i);

		count.expected += node->quorum_votes;
		if (!parts_find(&sides->want, sides->have.nodes[i]->name) ||
		    (sides->running && !node->member))
			continue;
		count.held += node->quorum_votes;
		hc_strings_add(arena, &count.who, sides->have.nodes[i]->name);
	}
	if (sides->running && parts_cluster(&sides->have)->expected_votes > count.expected)
		count.expected = parts_cluster(&sides->have)->expected_votes;
	count.needed = count.expected / 2 + 1;
	return count;
}

/* "those who stay and are here (pve1) hold 1 of 3 expected votes where 2 are needed" */
static const char *no_majority(struct hc_arena *arena, const struct sides *sides)
{
	struct count count = count_votes(arena, sides);

	if (count.held >= count.needed)
		return NULL;
	return hc_printf(arena,
			 "those who stay%s (%s) hold %" PRIu32 " of %" PRIu32
			 " expected votes where %" PRIu32 " are needed",
			 sides->running ? " and are here" : "", list(arena, &count.who), count.held,
			 count.expected, count.needed);
}

/* Why the nodes that the manifests do not name any more must not leave. */
static const char *refuse_leaving(struct hc_arena *arena, const struct sides *sides)
{
	struct hc_strings names = leaving(arena, sides);
	const char *votes = names.n ? no_majority(arena, sides) : NULL;

	if (sides->running && names.n > 1)
		return hc_printf(arena, "%s would leave: one node at a time%s%s",
				 list(arena, &names), votes ? "; " : "", votes ? votes : "");
	if (votes && !sides->running)
		return hc_printf(arena,
				 "%s would leave, but %s; corosync does not run here, so this is "
				 "what " CONF_FILE " says: remove it if the cluster has moved on",
				 list(arena, &names), votes);
	if (votes && !parts_cluster(&sides->have)->quorate)
		return hc_printf(arena,
				 "%s would leave, but %s; if the cluster has moved on without this "
				 "node, stop corosync here and remove " CONF_FILE,
				 list(arena, &names), votes);
	return votes ? hc_printf(arena, "%s would leave, but %s", list(arena, &names), votes)
		     : NULL;
}

static const char *refuse_unreachable(const struct hc_call *call, const struct sides *sides)
{
	for (size_t i = 0; i < sides->have.nnode; i++) {
		const struct hc_resource *r = sides->have.nodes[i];
		const char *object = hc_resource_text(call->arena, r);

		if (!parts_find(&sides->want, r->name) && rules_unreachable(sides, r) &&
		    !hc_approved(call, object))
			return hc_printf(call->arena,
					 "%s is unreachable: --approve %s if it is to leave "
					 "all the same",
					 r->name, object);
	}
	return NULL;
}

/* What does not run yet may take up the version that others run already. */
static const char *refuse_version(struct hc_arena *arena, const struct sides *sides)
{
	uint64_t want = parts_cluster(&sides->want)->config_version;
	uint64_t have = parts_cluster(&sides->have)->config_version;
	uint64_t least = have + (sides->running && rules_content_differs(arena, sides));

	if (want >= least)
		return NULL;
	return hc_printf(arena,
			 "config_version is %" PRIu64 ", corosync %s %" PRIu64 ": write %" PRIu64,
			 want, sides->running ? "runs with" : "would start with", have, least);
}

static const char *refuse_without_key(const struct hc_call *call, const struct sides *sides)
{
	if (!authkey_used(parts_cluster(&sides->want)) || authkey_in(call->desired))
		return NULL;
	return "the manifests have no Secret/" AUTHKEY_SECRET " with the key " AUTHKEY_VALUE
	       ": make it with hcstate secrets init";
}

/* Under which name the cluster has this machine; NULL: it cannot be told. */
static const char *own_name(const struct hc_call *call, const struct sides *sides)
{
	const struct hc_corosync *have = sides->have.corosync ? sides->have.corosync->spec : NULL;

	if (have && have->node_name)
		return have->node_name;
	return parts_find(&sides->have, call->node) ? call->node : NULL;
}

/* Why what is planned is planned for another machine. */
static const char *refuse_name(const struct hc_call *call, const struct sides *sides)
{
	const char *own = own_name(call, sides);

	if (!own || !strcmp(own, call->node) || !parts_find(&sides->want, own))
		return NULL;
	return hc_printf(call->arena,
			 "this machine is %s as its corosync%s has it, and %s is in the manifests: "
			 "is --node or the hostname (%s) wrong?",
			 own, sides->running ? "" : ".conf", own, call->node);
}

const char *rules_refusal(const struct hc_call *call, const struct sides *sides)
{
	const char *why;

	if (!call->member)
		return hc_printf(call->arena, "%s is not in the manifests", call->node);
	if (!sides->want.cluster)
		return "a cluster does not end by taking its document away: its nodes leave one "
		       "at a time";
	why = refuse_without_key(call, sides);
	if (!why)
		why = refuse_name(call, sides);
	if (why || !sides->have.cluster)
		return why;
	why = refuse_leaving(call->arena, sides);
	if (!why)
		why = refuse_unreachable(call, sides);
	return why ? why : refuse_version(call->arena, sides);
}

/*
 * Members that leave do so under the file that all still have. A node which is not with the others
 * and took the new one before that would be alone with it: it cannot join those who still are with
 * the node that is to leave, and they may lack it for a majority. So it joins them as it was. When
 * they have moved on without it, its corosync, whose config_version is too old then, ends with an
 * error; that is the sign to take the new file.
 */
bool rules_join_first(struct hc_arena *arena, const struct sides *sides)
{
	const struct hc_corosync *have = sides->have.corosync ? sides->have.corosync->spec : NULL;

	if (!have || (sides->running ? have->quorate : have->failed))
		return false;
	return leaving(arena, sides).n;
}

const char *rules_key(const struct hc_call *call, const struct sides *sides)
{
	uint64_t want, have;

	if (!sides->running || !sides->want.cluster || !sides->have.cluster)
		return NULL;
	want = parts_cluster(&sides->want)->config_version;
	have = parts_cluster(&sides->have)->config_version;
	if (want > have)
		return NULL;
	return hc_printf(call->arena,
			 "config_version must be raised with another authkey, as corosync takes it "
			 "only with a reload: write %" PRIu64,
			 have + 1);
}

/* A partition without quorum decides nothing, so nobody misses a node that leaves it. */
const char *rules_stay(const struct hc_call *call, const struct sides *sides)
{
	const char *why;

	if (call->member || !sides->want.cluster)
		return "a cluster does not end by taking its document away: its nodes leave one "
		       "at a time";
	why = refuse_name(call, sides);
	if (why)
		return why;
	if (!own_name(call, sides))
		return "neither corosync nor its file says which node this machine is, so that it "
		       "was taken out of the manifests cannot be told";
	if (!sides->running || !sides->have.cluster || !parts_cluster(&sides->have)->quorate)
		return NULL;
	return refuse_leaving(call->arena, sides);
}

/* Tried with corosync 3.1.7: the reload as a whole fails when a link that stays gets another
 * address, also for one node, or when none of the links stays. */
static const char *address_moves(struct hc_arena *arena, const char *name,
				 const struct hc_node *want, const struct hc_node *have)
{
	bool stays = false;

	for (size_t i = 0; i < have->links.n; i++) {
		const char *address = hc_map_get(&want->links, have->links.v[i].key);

		stays |= address != NULL;
		if (address && strcmp(address, have->links.v[i].value))
			return hc_printf(arena, "another address of %s on %s", name,
					 have->links.v[i].key);
	}
	return stays ? NULL : "none of the links stays";
}

/* Tried likewise: the reload takes the new port, and the socket stays where it was. */
static const char *port_moves(struct hc_arena *arena, const struct parts *want,
			      const struct parts *have)
{
	uint32_t ports[2][HC_LINKS];

	for (uint32_t i = 0; i < HC_LINKS; i++)
		ports[0][i] = ports[1][i] = 5405 + i;
	for (int side = 0; side < 2; side++) {
		const struct parts *parts = side ? want : have;

		for (size_t i = 0; i < parts->nlink; i++) {
			const struct hc_cluster_link *link = parts->links[i]->spec;

			if (link->mcastport)
				ports[side][link->number % HC_LINKS] = link->mcastport;
		}
	}
	for (uint32_t i = 0; i < HC_LINKS; i++)
		if (ports[0][i] != ports[1][i])
			return hc_printf(arena, "another port of link%u", i);
	return NULL;
}

const char *rules_restart(struct hc_arena *arena, const struct sides *sides)
{
	const char *why = NULL, *want, *have;

	if (!sides->running || !sides->want.cluster || !sides->have.cluster)
		return NULL;
	want = parts_cluster(&sides->want)->cluster_name;
	have = parts_cluster(&sides->have)->cluster_name;
	if (want && have && strcmp(want, have))
		return "another cluster_name";
	for (size_t i = 0; !why && i < sides->have.nnode; i++) {
		const char *name = sides->have.nodes[i]->name;
		const struct hc_node *node = parts_find(&sides->want, name);

		if (node)
			why = address_moves(arena, name, node, parts_node(&sides->have, i));
	}
	return why ? why : port_moves(arena, &sides->want, &sides->have);
}

bool rules_votes_change(const struct sides *sides)
{
	if (parts_cluster(&sides->want)->two_node != parts_cluster(&sides->have)->two_node)
		return true;
	for (size_t i = 0; i < sides->have.nnode; i++) {
		const struct hc_node *want = parts_find(&sides->want, sides->have.nodes[i]->name);

		if (!want || want->quorum_votes != parts_node(&sides->have, i)->quorum_votes)
			return true;
	}
	return false;
}
