/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The connections to libvirtd: one to this node's, kept and shared by all worker threads, and those
 * to other nodes', made for who asks.
 *
 * A libvirtd that hangs costs its patience once; until it answers, all others who come are told at
 * once. A connection that broke is seen at the next use, and is made anew: systemd starts a
 * libvirtd that went, by its socket.
 */

#include "hypervisor.h"

#include <fcntl.h>
#include <libvirt/virterror.h>
#include <pthread.h>
#include <string.h>
#include <sys/eventfd.h>

#include <hcstate/cluster.h>

#include "hypervisor_dial.h"

#define HERE "qemu:///system"

enum {
	PATIENCE_US = 10000000,      /* a libvirtd that is just starting answers within it */
	OTHER_PATIENCE_US = 5000000, /* another node's */
	REACH_US = 1000000,          /* until its port is open */
	REST_US = 500000,            /* of a call's time, to say what came of it */
	TLS_PORT = 16514,
	DOMAIN_EVENTS = 5,
};

struct hypervisor {
	pthread_mutex_t lock;
	virConnectPtr connect;     /* NULL: none yet, or it broke */
	int told[DOMAIN_EVENTS];   /* its callbacks' numbers; -1: none */
	int pools;                 /* likewise, of storage pools */
	struct dialling *dialling; /* towards it; NULL: none is under way */
	bool hangs;                /* somebody waited for it in vain */
	int watch;                 /* an eventfd */
};

struct hypervisor *hypervisor_new(void)
{
	struct hypervisor *hypervisor = calloc(1, sizeof(*hypervisor));

	if (!hypervisor)
		abort(); /* memory has run out */
	hypervisor->watch = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (hypervisor->watch < 0)
		abort();                                   /* out of files */
	(void)pthread_mutex_init(&hypervisor->lock, NULL); /* cannot fail on Linux */
	return hypervisor;
}

/* A callback has an fd of its own, as it may still come when the hypervisor is gone. */
static int *own_watch(const struct hypervisor *hypervisor)
{
	int *fd = malloc(sizeof(*fd));

	if (!fd)
		abort(); /* memory has run out */
	*fd = fcntl(hypervisor->watch, F_DUPFD_CLOEXEC, 0);
	if (*fd < 0)
		abort(); /* out of files */
	return fd;
}

static void free_watch(void *arg)
{
	int *fd = arg;

	(void)close(*fd); /* of an eventfd nothing is lost */
	free(fd);
}

/* What somebody may change behind our back: that it runs, how it is defined, what it has. */
static const int domain_events[DOMAIN_EVENTS] = {
	VIR_DOMAIN_EVENT_ID_LIFECYCLE,       VIR_DOMAIN_EVENT_ID_BALLOON_CHANGE,
	VIR_DOMAIN_EVENT_ID_DEVICE_ADDED,    VIR_DOMAIN_EVENT_ID_DEVICE_REMOVED,
	VIR_DOMAIN_EVENT_ID_METADATA_CHANGE,
};

/* These in the thread of libvirt's event loop. Writing fails only when it is readable already. */
static void something_changed(void *arg)
{
	const int *fd = arg;

	(void)eventfd_write(*fd, 1);
}

static int domain_lives(virConnectPtr connect, virDomainPtr domain, int event, int detail,
			void *arg)
{
	(void)connect, (void)domain, (void)event, (void)detail;
	something_changed(arg);
	return 0;
}

static void domain_balloons(virConnectPtr connect, virDomainPtr domain, unsigned long long actual,
			    void *arg)
{
	(void)connect, (void)domain, (void)actual;
	something_changed(arg);
}

static void domain_device(virConnectPtr connect, virDomainPtr domain, const char *alias, void *arg)
{
	(void)connect, (void)domain, (void)alias;
	something_changed(arg);
}

static void domain_metadata(virConnectPtr connect, virDomainPtr domain, int type, const char *uri,
			    void *arg)
{
	(void)connect, (void)domain, (void)type, (void)uri;
	something_changed(arg);
}

static const virConnectDomainEventGenericCallback domain_callbacks[DOMAIN_EVENTS] = {
	VIR_DOMAIN_EVENT_CALLBACK(domain_lives),    VIR_DOMAIN_EVENT_CALLBACK(domain_balloons),
	VIR_DOMAIN_EVENT_CALLBACK(domain_device),   VIR_DOMAIN_EVENT_CALLBACK(domain_device),
	VIR_DOMAIN_EVENT_CALLBACK(domain_metadata),
};

static void pool_changed(virConnectPtr connect, virStoragePoolPtr pool, int event, int detail,
			 void *arg)
{
	(void)connect, (void)pool, (void)event, (void)detail;
	something_changed(arg);
}

static void connection_broke(virConnectPtr connect, int reason, void *arg)
{
	const int *fd = arg;

	(void)connect, (void)reason;
	(void)eventfd_write(*fd, 1);
}

/* The callbacks go first: they hold the connection. It may be broken; there is nothing to be done
 * about that. */
static void drop(struct hypervisor *hypervisor)
{
	if (!hypervisor->connect)
		return;
	(void)virConnectUnregisterCloseCallback(hypervisor->connect, connection_broke);
	for (size_t i = 0; i < DOMAIN_EVENTS; i++)
		if (hypervisor->told[i] >= 0)
			(void)virConnectDomainEventDeregisterAny(hypervisor->connect,
								 hypervisor->told[i]);
	if (hypervisor->pools >= 0)
		(void)virConnectStoragePoolEventDeregisterAny(hypervisor->connect,
							      hypervisor->pools);
	(void)virConnectClose(hypervisor->connect);
	hypervisor->connect = NULL;
}

struct hypervisor *hypervisor_free(struct hypervisor *hypervisor)
{
	if (!hypervisor)
		return NULL;
	drop(hypervisor);
	(void)dialling_free(hypervisor->dialling);
	(void)close(hypervisor->watch);
	(void)pthread_mutex_destroy(&hypervisor->lock);
	free(hypervisor);
	return NULL;
}

int hypervisor_watch(const struct hypervisor *hypervisor)
{
	return hypervisor->watch;
}

/* Not longer than the call may take. */
static uint64_t until(const struct hc_call *call, uint64_t patience)
{
	uint64_t end = hc_now() + patience;
	uint64_t last = call->deadline > REST_US ? call->deadline - REST_US : 0;

	return end < last ? end : last;
}

/* A new connection tells what happens from now on. What an older libvirtd does not tell, a look
 * finds out later. */
static void listen_to(struct hypervisor *hypervisor)
{
	int *closed = own_watch(hypervisor), *fd;

	if (virConnectRegisterCloseCallback(hypervisor->connect, connection_broke, closed,
					    free_watch) < 0)
		free_watch(closed);
	for (size_t i = 0; i < DOMAIN_EVENTS; i++) {
		fd = own_watch(hypervisor);
		hypervisor->told[i] =
			virConnectDomainEventRegisterAny(hypervisor->connect, NULL,
							 domain_events[i], domain_callbacks[i], fd,
							 free_watch);
		if (hypervisor->told[i] < 0)
			free_watch(fd);
	}
	fd = own_watch(hypervisor);
	hypervisor->pools =
		virConnectStoragePoolEventRegisterAny(hypervisor->connect, NULL,
						      VIR_STORAGE_POOL_EVENT_ID_LIFECYCLE,
						      VIR_STORAGE_POOL_EVENT_CALLBACK(pool_changed),
						      fd, free_watch);
	if (hypervisor->pools < 0)
		free_watch(fd);
}

/* With the lock held. */
static int connect_here(struct hc_call *call, struct hypervisor *hypervisor, const char **why)
{
	int r;

	if (!hypervisor->dialling) {
		hypervisor->hangs = false;
		hypervisor->dialling = dialling_new(HERE);
	}
	if (!hypervisor->dialling) {
		*why = "libvirtd does not answer: too many attempts to reach one hang";
		return -ENOTCONN;
	}
	r = dialling_wait(call->arena, hypervisor->dialling,
			  hypervisor->hangs ? hc_now() : until(call, PATIENCE_US),
			  &hypervisor->connect, why);
	if (r == -EAGAIN) {
		hypervisor->hangs = true;
		*why = "libvirtd does not answer";
		return -ENOTCONN;
	}
	hypervisor->dialling = dialling_free(hypervisor->dialling);
	if (!r)
		listen_to(hypervisor);
	return r;
}

/* The lock is held while waiting: all who come meanwhile want that very connection. */
int hypervisor_open(struct hc_call *call, struct hypervisor *hypervisor, virConnectPtr *connect,
		    const char **why)
{
	int r = 0;

	pthread_mutex_lock(&hypervisor->lock);
	if (hypervisor->connect && virConnectIsAlive(hypervisor->connect) != 1)
		drop(hypervisor);
	if (!hypervisor->connect)
		r = connect_here(call, hypervisor, why);
	if (!r)
		(void)virConnectRef(hypervisor->connect); /* fails only on what is none */
	*connect = r ? NULL : hypervisor->connect;
	pthread_mutex_unlock(&hypervisor->lock);
	return r;
}

int hypervisor_open_other(struct hc_call *call, const char *node, virConnectPtr *connect,
			  const char **why)
{
	const char *uri = hypervisor_uri(call, node), *words = NULL;
	struct dialling *dialling;
	int r = -EAGAIN;

	*connect = NULL;
	if (!uri) {
		*why = hc_printf(call->arena, "no Node document says where %s is", node);
		return -ENOTCONN;
	}
	if (!dialling_reach(hypervisor_address(call, node), TLS_PORT, until(call, REACH_US))) {
		*why = hc_printf(call->arena, "libvirtd on %s does not listen for other nodes",
				 node);
		return -ENOTCONN;
	}
	dialling = dialling_new(uri);
	if (dialling)
		r = dialling_wait(call->arena, dialling, until(call, OTHER_PATIENCE_US), connect,
				  &words);
	(void)dialling_free(dialling);
	if (!r)
		return 0;
	*why = hc_printf(call->arena, "libvirtd on %s: %s", node,
			 words ? words : "it does not answer");
	return -ENOTCONN;
}

const char *hypervisor_address(struct hc_call *call, const char *node)
{
	const struct hc_resource *r = hc_find(call->whole, &hc_node, NULL, node);
	const struct hc_node *spec = r ? r->spec : NULL;

	return spec && spec->links.n ? spec->links.v[0].value : NULL; /* the lowest link */
}

const char *hypervisor_uri(struct hc_call *call, const char *node)
{
	const char *address = hypervisor_address(call, node);

	if (!address)
		return NULL;
	return hc_printf(call->arena,
			 strchr(address, ':') ? "qemu+tls://[%s]/system" : "qemu+tls://%s/system",
			 address);
}

const char *hypervisor_error(struct hc_arena *arena)
{
	const char *said = virGetLastErrorMessage();

	return hc_strdup(arena, said ? said : "libvirt does not say why");
}

/* What callers tell apart. */
static int number_of(const virError *error)
{
	static const struct {
		int code, number;
	} known[] = {
		{VIR_ERR_NO_DOMAIN, ENOENT},
		{VIR_ERR_NO_STORAGE_POOL, ENOENT},
		{VIR_ERR_NO_STORAGE_VOL, ENOENT},
		{VIR_ERR_NO_SECRET, ENOENT},
		{VIR_ERR_NO_DOMAIN_METADATA, ENOENT},
		{VIR_ERR_DOM_EXIST, EEXIST},
		{VIR_ERR_OPERATION_TIMEOUT, ETIMEDOUT},
		{VIR_ERR_OPERATION_INVALID, EBUSY},
		{VIR_ERR_OPERATION_UNSUPPORTED, EOPNOTSUPP},
		{VIR_ERR_NO_SUPPORT, EOPNOTSUPP},
		{VIR_ERR_CONFIG_UNSUPPORTED, EOPNOTSUPP},
		{VIR_ERR_NO_CONNECT, ENOTCONN},
		{VIR_ERR_INVALID_CONN, ENOTCONN},
		{VIR_ERR_RPC, ENOTCONN},
	};

	for (size_t i = 0; error && i < HC_COUNT(known); i++)
		if (known[i].code == error->code)
			return known[i].number;
	return EIO;
}

int hypervisor_fail(struct hc_call *call, const struct hc_resource *about, const char *what)
{
	return hc_fail(call, number_of(virGetLastError()), about, "%s: %s", what,
		       hypervisor_error(call->arena));
}
