/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The real effects of protocol.h: the domain of this node's libvirt, the claim in Ceph, the
 * watchers of the disks. The disks that count are those of the guest that is there; of one that is
 * not, those that it will have: its definition's. Media of CD drives are only read, by anybody.
 */

#include "vm_power.h"

#include <string.h>

#include "client.h"
#include "cluster.h"
#include "hypervisor.h"
#include "ticket.h"
#include "vm.h"

static struct vm_power *power_of(const struct protocol *p)
{
	return p->arg;
}

static int look_up(const struct protocol *p, virConnectPtr connect, enum protocol_guest *guest)
{
	virDomainPtr domain;
	int r = vm_lookup(p->call, connect, p->uuid, &domain);

	if (r)
		return r;
	if (vm_guest(domain, guest))
		r = hypervisor_fail(p->call, NULL, "the state of its domain");
	if (domain)
		(void)virDomainFree(domain);
	return r;
}

static int get(const struct protocol *p, struct claim *claim)
{
	return claim_store_get(&power_of(p)->store, p->call->arena, p->uuid, claim);
}

static int put(const struct protocol *p, const struct claim *was, struct claim *next)
{
	return claim_store_put(&power_of(p)->store, p->call->arena, was, next);
}

static int guest(const struct protocol *p, enum protocol_guest *guest)
{
	return look_up(p, power_of(p)->connect, guest);
}

static int there(const struct protocol *p, const char *node, enum protocol_guest *guest)
{
	virConnectPtr connect;
	const char *why = "";
	int r;

	if (hypervisor_open_other(p->call, node, &connect, &why))
		return -ENOTCONN;
	r = look_up(p, connect, guest);
	(void)virConnectClose(connect);
	return r;
}

static int moving(const struct protocol *p, bool *moving)
{
	virDomainPtr domain;
	int r = vm_lookup(p->call, power_of(p)->connect, p->uuid, &domain);

	*moving = false;
	if (r || !domain)
		return r;
	if (vm_moving(domain, moving))
		r = hypervisor_fail(p->call, NULL, "whether it migrates");
	(void)virDomainFree(domain);
	return r;
}

/* -ENOENT, not said: there is no such image. */
static int watchers(const struct protocol *p, const struct rbd_place *image,
		    struct hc_strings *addresses)
{
	int r = fence_watchers(p->call->arena, power_of(p)->store.rados, image, addresses);

	if (!r || r == -ENOENT)
		return r;
	return hc_fail(p->call, -r, NULL, "who has %s/%s open cannot be seen: %s", image->pool,
		       image->image, strerror(-r));
}

/* What clients() finds. */
struct finding {
	struct hc_arena *arena;
	struct hc_strings listed;        /* those on the blocklist */
	const struct hc_strings *except; /* as in protocol_clients.all */
	struct hc_strings open, ended;   /* ended: of hcstate processes that were killed */
};

/* Whether one is not in `except`. */
static bool add_open(struct finding *found, const struct hc_strings *seen)
{
	bool any = false;

	for (size_t i = 0; i < seen->n; i++) {
		const char *address = seen->v[i];

		if (hc_strings_have(&found->listed, address))
			continue;
		if (client_kind(address) == CLIENT_ENDED) {
			hc_strings_add(found->arena, &found->ended, address);
			continue;
		}
		hc_strings_add(found->arena, &found->open, address);
		any |= !hc_strings_have(found->except, address);
	}
	return any;
}

/* Ceph would list them for half a minute more. */
static int dismiss(const struct protocol *p, const struct hc_strings *ended)
{
	int r = fence_dismiss(p->call, power_of(p)->store.rados, ended);

	for (size_t i = 0; !r && i < ended->n; i++)
		client_forget(ended->v[i]);
	return r;
}

static int clients(const struct protocol *p, const struct hc_strings *except,
		   struct protocol_clients *clients)
{
	const struct vm_power *power = power_of(p);
	struct finding found = {.arena = p->call->arena, .except = except};
	int r;

	*clients = (struct protocol_clients){.all = true};
	if (power->blind)
		return hc_fail(p->call, ENOENT, NULL, "which disks %s has is not known here",
			       p->vm);
	if (!power->nimage)
		return 0;
	r = fence_listed(p->call->arena, power->store.rados, &found.listed);
	if (r)
		return hc_fail(p->call, -r, NULL, "the blocklist cannot be read: %s", strerror(-r));
	for (size_t i = 0; !r && i < power->nimage; i++) {
		struct hc_strings seen = {0};

		r = watchers(p, &power->images[i], &seen);
		if (r == -ENOENT) /* nobody can have it open */
			r = 0;
		else if (!r)
			clients->all &= add_open(&found, &seen);
	}
	clients->open = found.open;
	return r ? r : dismiss(p, &found.ended);
}

/* QEMU would break the lock of one that is shut out by itself, and put it on the blocklist anew, in
 * place of our entry: for an hour, not for years. */
static int unlock(const struct protocol *p)
{
	const struct vm_power *power = power_of(p);
	int r = 0;

	for (size_t i = 0; !r && i < power->nimage; i++)
		r = fence_unlock(p->call, power->store.rados, &power->images[i]);
	return r;
}

static int block(const struct protocol *p, const struct hc_strings *addresses)
{
	const struct vm_power *power = power_of(p);
	int r = power->store.rados ? fence_block(p->call, power->store.rados, addresses) : 0;

	return r || power->keeps_locks ? r : unlock(p);
}

/* Does something to the domain; one that is not there is `missing`. */
static int with_domain(const struct protocol *p, int (*act)(virDomainPtr domain), const char *what,
		       int missing)
{
	virDomainPtr domain;
	int r = vm_lookup(p->call, power_of(p)->connect, p->uuid, &domain);

	if (r)
		return r;
	if (!domain)
		return missing ? hc_fail(p->call, missing, NULL, "%s: it is not defined", what) : 0;
	if (act(domain) < 0)
		r = hypervisor_fail(p->call, NULL, what);
	(void)virDomainFree(domain);
	return r;
}

static int create_it(virDomainPtr domain)
{
	return virDomainCreateWithFlags(domain, VIR_DOMAIN_START_PAUSED);
}

static int destroy_it(virDomainPtr domain)
{
	return virDomainIsActive(domain) == 1 ? virDomainDestroyFlags(domain, 0) : 0;
}

/*
 * A QEMU that died at its start. Nobody had the disks open before it, so whoever has now, of this
 * node and not hcstate itself, was it; left alone it would be a stranger to the next start.
 */
static void bury(const struct protocol *p)
{
	const struct vm_power *power = power_of(p);
	const struct hc_strings none = {0};
	struct hc_call quiet = hc_quiet(p->call); /* what fails here is waited for later */
	struct protocol q = *p;
	struct protocol_clients found = {.all = true};
	struct hc_strings dead = {0};
	enum protocol_guest left;
	const char *own;

	q.call = &quiet;
	if (!power->nimage || look_up(&q, power->connect, &left) || left != GUEST_GONE ||
	    clients(&q, &none, &found))
		return;
	own = client_address(p->call->arena, power->store.rados);
	for (size_t i = 0; i < found.open.n; i++)
		if (client_is_beside(own, found.open.v[i]) &&
		    client_kind(found.open.v[i]) == CLIENT_STRANGE)
			hc_strings_add(p->call->arena, &dead, found.open.v[i]);
	(void)fence_dismiss(&quiet, power->store.rados, &dead);
}

static int create_paused(const struct protocol *p)
{
	int ticket, r = unlock(p);

	if (r)
		return r;
	ticket = ticket_take(p->uuid);
	if (ticket < 0)
		return hc_fail(p->call, -ticket, NULL, "no ticket to start %s with: %s", p->vm,
			       strerror(-ticket));
	r = with_domain(p, create_it, hc_printf(p->call->arena, "starting %s", p->vm), ENOENT);
	(void)close(ticket);
	if (r)
		bury(p);
	return r;
}

static int resume(const struct protocol *p)
{
	return with_domain(p, virDomainResume, hc_printf(p->call->arena, "letting %s run", p->vm),
			   ENOENT);
}

static int destroy(const struct protocol *p)
{
	return with_domain(p, destroy_it, hc_printf(p->call->arena, "destroying %s", p->vm), 0);
}

static const struct protocol_ops effects = {
	.get = get,
	.put = put,
	.guest = guest,
	.there = there,
	.moving = moving,
	.clients = clients,
	.block = block,
	.create_paused = create_paused,
	.resume = resume,
	.destroy = destroy,
};

/* Somebody else's too: its client writes as well. */
static bool is_disk(const struct domain_disk *disk)
{
	return disk->source.kind == DOMAIN_RBD && !disk->cdrom;
}

static void take_images(struct hc_arena *arena, struct vm_power *power, const struct domain *domain)
{
	if (!domain)
		return;
	power->images = hc_alloc(arena, domain->ndisk * sizeof(*power->images));
	for (size_t i = 0; i < domain->ndisk; i++)
		if (is_disk(&domain->disks[i]))
			power->images[power->nimage++] =
				(struct rbd_place){domain->disks[i].source.pool,
						   domain->disks[i].source.image};
}

/* What is defined nowhere has the disks that are wanted. */
static int find_images(struct hc_call *call, struct vm_power *power)
{
	struct domain *want = hc_new(call->arena, struct domain);
	struct vm_here here;
	virConnectPtr connect;
	int r = vm_here_now(call, power->self, power->protocol.uuid, &connect, &here);

	if (r)
		return r;
	power->connect = connect;
	if (!here.domain && hc_find(call->desired, &hc_vm, NULL, power->protocol.vm))
		r = vm_domain(call, power->protocol.vm, want);
	if (!r)
		take_images(call->arena, power,
			    here.running   ? here.running
			    : here.defined ? here.defined
					   : want);
	vm_here_done(NULL, &here);
	return r;
}

static int open_store(struct hc_call *call, struct vm_power *power)
{
	const char *why = "";
	int r = cluster_wanted(call)
			? cluster_take(call, power->self->cluster, &power->store.rados, &why)
			: 0;

	if (!r)
		return 0;
	power->store.rados = NULL;
	return hc_wait(call, "%s", why);
}

static const char *asked_node(const struct hc_call *call, const char *vm)
{
	const struct hc_resource *r = hc_find(call->desired, &hc_vm, NULL, vm);
	const struct hc_vm *spec = r ? r->spec : NULL;

	return spec && spec->node ? hc_strdup(call->arena, spec->node) : NULL;
}

static void prepare(struct hc_call *call, struct libvirt *self, const char *vm, const char *uuid,
		    struct vm_power *power)
{
	*power = (struct vm_power){
		.protocol = {.call = call,
			     .ops = &effects,
			     .arg = power,
			     .node = hc_strdup(call->arena, call->node),
			     .vm = hc_strdup(call->arena, vm),
			     .uuid = hc_strdup(call->arena, uuid),
			     .asked_node = asked_node(call, vm)},
		.self = self,
	};
}

int vm_power_open(struct hc_call *call, struct libvirt *self, const char *vm, const char *uuid,
		  struct vm_power *power)
{
	int r;

	prepare(call, self, vm, uuid, power);
	r = open_store(call, power);
	if (!r)
		r = find_images(call, power);
	return r ? vm_power_close(power, r) : 0;
}

int vm_power_open_away(struct hc_call *call, struct libvirt *self, const char *vm, const char *uuid,
		       struct vm_power *power)
{
	struct hc_call quiet = hc_quiet(call);
	struct domain *want = hc_new(call->arena, struct domain);
	int r;

	prepare(call, self, vm, uuid, power);
	power->keeps_locks = true;
	r = open_store(call, power);
	if (r)
		return vm_power_close(power, r);
	power->blind = vm_domain(&quiet, vm, want);
	if (!power->blind)
		take_images(call->arena, power, want);
	return 0;
}

int vm_power_close(struct vm_power *power, int result)
{
	if (power->connect)
		(void)virConnectClose(power->connect);
	if (power->store.rados)
		cluster_give(power->self->cluster, power->store.rados, result == -ETIMEDOUT);
	power->connect = NULL;
	power->store.rados = NULL;
	return result;
}
