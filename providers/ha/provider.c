/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The provider ha: VMs that come back on another node when theirs dies. What is to become of them
 * is decided by a pure function (reconciler/ha), from what is read here; the decision is a record
 * in Ceph, and writing it is the one thing that is done here. The provider of VMs follows it.
 */

#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>

#include "await.h"
#include "beat.h"
#include "guard.h"
#include "leaving.h"
#include "osd_down.h"
#include "self.h"
#include "suspend.h"
#include "watchdog.h"

#define OP_S "3" /* a beat that takes longer is none */

static struct guard_contact contact(void *arg)
{
	struct self *self = arg;
	struct sighting seen = view_see(self->view);

	return (struct guard_contact){
		.quorate = seen.quorate,
		.since = seen.since,
		.beat = beat_last(self->beat),
	};
}

static int suspend(void *arg, const char *uuid, const char *name)
{
	(void)arg;
	return suspend_begin(uuid, name);
}

static void tell_beat(void *arg, bool apart)
{
	beat_set_apart(arg, apart);
}

static struct watchdog_look look(void *arg)
{
	const struct self *self = arg;

	return (struct watchdog_look){
		.pulse = hc_pulse_last(self->pulse),
		.ended = hc_pulse_ended(self->pulse),
		.now = hc_now(),
	};
}

static struct watchdog *begin_watchdog(struct self *self)
{
	const struct watchdog_use use = {
		.open = watchdog_device_open,
		.feed = watchdog_device_feed,
		.stop = watchdog_device_stop,
		.leave = watchdog_device_leave,
		.look = look,
		.arg = self,
		.ring = self->watch,
	};

	return self->pulse ? watchdog_new(&use) : NULL;
}

static void begin(struct hc_call *call, struct self *self)
{
	const struct guard_use use = {.contact = contact, .suspend = suspend, .arg = self};

	self->pulse = call->pulse;
	self->watchdog = begin_watchdog(self); /* first: one may be waiting for its meal */
	self->awaits = awaits_new();
	self->view = view_new(self->watch);
	self->beat = beat_new(call->node, self->watch, leaving_now);
	view_tell(self->view, tell_beat, self->beat);
	self->guard = guard_new(&use);
	self->osds_down = osds_down_new(call, self->watch);
}

static int open_provider(struct hc_call *call, void **data, int *watch)
{
	const struct link_use use = {.op_s = OP_S};
	struct self *self = calloc(1, sizeof(*self));

	if (!self)
		abort(); /* memory has run out */
	self->node = strdup(call->node);
	self->watch = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (!self->node || self->watch < 0)
		abort();                                /* out of memory or files */
	(void)pthread_mutex_init(&self->writing, NULL); /* cannot fail on Linux */
	self->links = links_new(&use);
	if (!call->dry)
		begin(call, self);
	*watch = self->watch;
	*data = self;
	return 0;
}

/* What hangs may come back to what it uses. */
static void close_provider(void *data)
{
	struct self *self = data;
	bool ended;

	if (!self)
		return;
	ended = watchdog_free(self->watchdog);
	self->osds_down = osds_down_free(self->osds_down);
	ended &= guard_free(self->guard);
	if (self->view)
		view_tell(self->view, NULL, NULL);
	ended &= beat_free(self->beat);
	if (ended)
		ended = view_free(self->view);
	ended &= links_free(self->links);
	if (!ended)
		return;
	self->awaits = awaits_free(self->awaits);
	(void)pthread_mutex_destroy(&self->writing);
	(void)close(self->watch);
	free(self->node);
	free(self);
}

static const struct hc_type *const types[] = {
	&hc_ha_policy, &hc_ha_resource, &hc_ha_node, &ha_sight, NULL,
};

extern const struct hc_provider hcstate_provider;

__attribute__((visibility("default"))) const struct hc_provider hcstate_provider = {
	.abi = HC_ABI,
	.name = "ha",
	.doc = "High availability: VMs that come back on another node.",
	.types = types,
	.parallel = 4,
	.derive = ha_derive,
	.open = open_provider,
	.close = close_provider,
	.read = ha_read,
	.adjust = ha_adjust,
	.plan = ha_plan,
	.apply = ha_apply,
};
