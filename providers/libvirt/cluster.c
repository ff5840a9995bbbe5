/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The connection to Ceph. Reasons are given back, not said: to some who ask a Ceph that does not
 * answer is an error, to others something to wait for.
 */

#include "cluster.h"

#include <glob.h>
#include <string.h>

#include <ceph-client/link.h>
#include <hcstate/ceph_cluster.h>
#include <hcstate/directory.h>

#include "client.h"

#define OP_S "20" /* an image that is being made is more than one operation */

struct cluster {
	struct links *links;
	struct clients *clients;
};

static void opened(rados_t rados, void *arg)
{
	clients_add(((struct cluster *)arg)->clients, rados);
}

static void closes(rados_t rados, void *arg)
{
	clients_remove(((struct cluster *)arg)->clients, rados);
}

struct cluster *cluster_new(void)
{
	struct link_use use = {.op_s = OP_S, .opened = opened, .closes = closes};
	struct cluster *cluster = calloc(1, sizeof(*cluster));

	if (!cluster)
		abort(); /* memory has run out */
	use.arg = cluster;
	cluster->clients = clients_new();
	cluster->links = links_new(&use);
	return cluster;
}

struct cluster *cluster_free(struct cluster *cluster)
{
	/* else a job that hangs comes back to it */
	if (cluster && links_free(cluster->links)) {
		(void)clients_free(cluster->clients);
		free(cluster);
	}
	return NULL;
}

bool cluster_wanted(const struct hc_call *call)
{
	size_t n;

	(void)hc_of_type(call->whole, &hc_ceph_cluster, &n);
	return n > 0;
}

bool cluster_unborn(struct hc_arena *arena)
{
	const char *notes = hc_printf(arena, "%s/ceph-*", hc_state_directory());
	glob_t found = {0};
	/* what cannot be looked at may be there */
	bool noted = glob(notes, GLOB_NOSORT, NULL, &found) != GLOB_NOMATCH;

	globfree(&found);
	return !noted && access("/etc/ceph/ceph.conf", F_OK) && errno == ENOENT;
}

int cluster_take(struct hc_call *call, struct cluster *cluster, rados_t *rados, const char **why)
{
	struct hc_call quiet = hc_quiet(call);
	int r;

	*rados = NULL;
	if (!cluster_wanted(call)) {
		*why = "the manifests have no CephCluster";
		return -ENOENT;
	}
	r = links_take(&quiet, cluster->links, rados);
	if (r)
		*why = hc_said(&quiet, strerror(-r));
	return r == -ENOENT ? -ENOTCONN : r; /* -ENOENT is said of the manifests alone */
}

void cluster_give(struct cluster *cluster, rados_t rados, bool failed)
{
	if (rados)
		links_give(cluster->links, rados, failed);
}
