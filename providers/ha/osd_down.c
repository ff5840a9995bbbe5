/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The provider's side of it: what the thread has to know is copied for it with each read. When a
 * node is lost nobody can be asked any more, so it has to be there before.
 *
 * The connection is made here too, as only a call can open the sealed key.
 */

#include "osd_down.h"

#include <string.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include <ceph-client/link.h>
#include <hcstate/cluster.h>
#include <hcstate/net.h>
#include <hcstate/thread.h>

#include <arpa/inet.h>

#include "osd_down_thread.h"

enum {
	JOIN_S = 2,
};
#define WORTH_US (UINT64_C(60) * 1000000) /* so long status shows it */

struct osds_down *osds_down_new(struct hc_call *call, int wake)
{
	struct osds_down *down = call->dry ? NULL : calloc(1, sizeof(*down));

	if (call->dry)
		return NULL;
	if (!down)
		abort(); /* memory has run out */
	down->arena = hc_arena_new();
	down->links = links_new(&(struct link_use){.op_s = "3"});
	down->stir = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	down->wake = dup(wake);
	(void)pthread_mutex_init(&down->lock, NULL); /* cannot fail on Linux */
	if (down->stir < 0 || down->wake < 0 || hc_thread_start(&down->thread, osds_down_run, down))
		abort(); /* out of files or of threads */
	return down;
}

struct osds_down *osds_down_free(struct osds_down *down)
{
	struct timespec until;

	if (!down)
		return NULL;
	pthread_mutex_lock(&down->lock);
	down->stop = true;
	pthread_mutex_unlock(&down->lock);
	(void)eventfd_write(down->stir, 1); /* fails only when it is readable already */
	(void)clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec += JOIN_S;
	if (pthread_timedjoin_np(down->thread, NULL, &until)) {
		(void)pthread_detach(down->thread);
		return NULL; /* it hangs somewhere and may still come back to its memory */
	}
	if (down->rados)
		links_give(down->links, down->rados, false);
	(void)links_free(down->links); /* nobody else has them */
	for (size_t i = 0; i < HC_COUNT(down->words); i++)
		free(down->words[i].text);
	(void)pthread_mutex_destroy(&down->lock);
	(void)hc_arena_free(down->arena);
	(void)close(down->stir);
	(void)close(down->wake);
	free(down);
	return NULL;
}

static void add(struct osd_node *node, struct hc_address address)
{
	address.prefix = address.family == AF_INET ? 32 : 128;
	node->has[node->nhas++] = address;
}

/* A link may also be a name, which says nothing about addresses. */
static void add_links(struct osd_node *node, const struct hc_node *spec)
{
	for (size_t i = 0; i < spec->links.n; i++) {
		const char *text = spec->links.v[i].value;
		struct hc_address address = {.family = strchr(text, ':') ? AF_INET6 : AF_INET};

		if (inet_pton(address.family, text, address.bytes) == 1)
			add(node, address);
	}
}

static void add_addresses(struct osd_node *node, struct hc_resource *const *v, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		const struct hc_net_address *has = v[i]->spec;

		if (v[i]->node && !strcmp(v[i]->node, node->name) && has->address.family)
			add(node, has->address);
	}
}

/* As the manifests have them. */
static struct osd_nodes nodes_of(struct hc_arena *arena, const struct hc_set *whole)
{
	size_t n, naddress;
	struct hc_resource *const *v = hc_of_type(whole, &hc_node, &n);
	struct hc_resource *const *addresses = hc_of_type(whole, &hc_net_address, &naddress);
	struct osd_nodes nodes = {.v = hc_alloc(arena, (n + 1) * sizeof(*nodes.v)), .n = n};

	for (size_t i = 0; i < n; i++) {
		const struct hc_node *spec = v[i]->spec;
		struct osd_node *node = &nodes.v[i];

		*node = (struct osd_node){
			.name = hc_strdup(arena, v[i]->name),
			.id = spec->id,
			.has = hc_alloc(arena, (naddress + spec->links.n + 1) * sizeof(*node->has)),
		};
		add_links(node, spec);
		add_addresses(node, addresses, naddress);
	}
	return nodes;
}

static struct osd_members running_of(const struct hc_call *call)
{
	struct osd_members running = {0};

	for (size_t i = 0; i < call->peers->n && running.n < OSD_MEMBERS; i++)
		running.v[running.n++] = call->peers->v[i].nodeid;
	return running;
}

/* A handle that failed goes back, and the next one is taken. Without the lock: it may take a while.
 */
static void connect_again(struct osds_down *down, struct hc_call *call)
{
	struct hc_call quiet = hc_quiet(call); /* others say what Ceph lacks */
	rados_t before = NULL, next = NULL;
	bool wanted;

	pthread_mutex_lock(&down->lock);
	wanted = !down->busy && (!down->rados || down->failed);
	if (wanted) {
		before = down->rados;
		down->rados = NULL;
		down->failed = false;
	}
	pthread_mutex_unlock(&down->lock);
	if (!wanted)
		return;
	if (before)
		links_give(down->links, before, true);
	if (links_take(&quiet, down->links, &next))
		return;
	pthread_mutex_lock(&down->lock);
	down->rados = next;
	pthread_mutex_unlock(&down->lock);
	(void)eventfd_write(down->stir, 1);
}

void osds_down_look(struct osds_down *down, struct hc_call *call)
{
	const struct hc_resource *own = hc_find(call->whole, &hc_node, NULL, call->node);
	struct hc_arena *arena, *before;
	struct osd_nodes nodes;

	if (!down)
		return;
	arena = hc_arena_new();
	nodes = nodes_of(arena, call->whole);
	pthread_mutex_lock(&down->lock);
	before = down->arena;
	down->arena = arena;
	down->nodes = nodes;
	down->running = running_of(call);
	down->me = own ? ((const struct hc_node *)own->spec)->id : 0;
	pthread_mutex_unlock(&down->lock);
	(void)hc_arena_free(before);
	connect_again(down, call);
}

void osds_down_said(struct osds_down *down, struct hc_arena *arena, struct hc_strings *said)
{
	uint64_t now = hc_now();

	if (!down)
		return;
	pthread_mutex_lock(&down->lock);
	for (size_t i = 0; i < HC_COUNT(down->words); i++)
		if (down->words[i].text && now - down->words[i].at < WORTH_US)
			hc_strings_add(arena, said, hc_strdup(arena, down->words[i].text));
	pthread_mutex_unlock(&down->lock);
}
