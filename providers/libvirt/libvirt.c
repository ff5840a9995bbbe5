/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The provider libvirt: a table of nouns. All goes to the noun of the change's kind.
 */

#include "nouns.h"

#include <stdlib.h>

#include "balloon.h"
#include "cluster.h"
#include "ha_answer.h"
#include "hypervisor.h"
#include "job.h"
#include "side.h"
#include "vm.h"

static const struct noun *const nouns[] = {
	&host_noun, &storage_noun, &image_noun, &image_file_noun,
	&vm_noun,   &disk_noun,    &net_noun,   &cloud_init_noun,
};

static const struct noun *noun_of(const struct hc_type *type)
{
	for (size_t i = 0; i < HC_COUNT(nouns); i++)
		if (nouns[i]->type == type)
			return nouns[i];
	return NULL;
}

static int derive(struct hc_call *call, struct hc_set *desired)
{
	int r = vm_derive(call, desired); /* adds no resource: the set is sorted still */

	if (!r)
		r = host_derive(call, desired);
	if (!r)
		r = storage_derive(call, desired);
	return r ? r : image_derive(call, desired);
}

static int open_provider(struct hc_call *call, void **self, int *watch)
{
	struct libvirt *libvirt = calloc(1, sizeof(*libvirt));

	(void)call;
	if (!libvirt)
		abort(); /* memory has run out */
	libvirt->hypervisor = hypervisor_new();
	libvirt->cluster = cluster_new();
	libvirt->jobs = jobs_new();
	libvirt->answers = answers_new();
	libvirt->balloons = balloons_new();
	(void)pthread_mutex_init(&libvirt->defining, NULL); /* cannot fail on Linux */
	*watch = hypervisor_watch(libvirt->hypervisor);
	*self = libvirt;
	return 0;
}

static void close_provider(void *self)
{
	struct libvirt *libvirt = self;

	if (!libvirt)
		return;
	libvirt->jobs = jobs_free(libvirt->jobs);
	libvirt->cluster = cluster_free(libvirt->cluster);
	libvirt->hypervisor = hypervisor_free(libvirt->hypervisor);
	libvirt->answers = answers_free(libvirt->answers);
	libvirt->balloons = balloons_free(libvirt->balloons);
	(void)pthread_mutex_destroy(&libvirt->defining);
	free(libvirt);
}

static const struct noun *const stores[] = {&storage_noun, &image_noun, &image_file_noun, NULL};
static const struct noun *const guests[] = {&vm_noun, NULL};
static const struct noun *const volumes[] = {&disk_noun, &cloud_init_noun, NULL};
static const struct noun *const rest[] = {&host_noun, &net_noun, NULL};

/* Who reads volumes asks QEMU too: not while that is asked how its guest is. */
static int read_provider(struct hc_call *call, void *self, struct hc_state *live)
{
	struct vms vms = {false};
	const struct look look = {.call = call, .self = self, .live = live, .vms = &vms};
	struct side stored, attached;
	int r, e;

	side_begin(&stored, &look, stores);
	r = side_read(&look, guests); /* and with that all that the others look at in `vms` */
	side_begin(&attached, &look, volumes);
	e = side_read(&look, rest);
	r = r ? r : e;
	e = side_end(&attached, &look);
	r = r ? r : e;
	e = side_end(&stored, &look);
	vms_done(&vms);
	return r ? r : e;
}

static int adjust(struct hc_call *call, struct hc_change *change)
{
	const struct noun *noun = noun_of(change->type);

	return noun->adjust ? noun->adjust(call, change) : 0;
}

static int plan(struct hc_call *call, struct hc_change *change, struct hc_plan *plan)
{
	return noun_of(change->type)->plan(call, change, plan);
}

static int apply(struct hc_call *call, void *self, const struct hc_step *step)
{
	return noun_of(step->change->type)->apply(call, self, step);
}

static int settled(struct hc_call *call, void *self, const struct hc_step *step)
{
	const struct noun *noun = noun_of(step->change->type);

	return noun->settled ? noun->settled(call, self, step) : 0;
}

static const struct hc_type *const types[] = {
	&hc_vm_host, &hc_storage, &hc_image,         &hc_image_file, &hc_vm,
	&hc_vm_disk, &hc_vm_net,  &hc_vm_cloud_init, &hc_vm_claim,   NULL,
};

static const char *const units[] = {"libvirtd.service", "libvirtd*.socket", NULL};

extern const struct hc_provider hcstate_provider;

__attribute__((visibility("default"))) const struct hc_provider hcstate_provider = {
	.abi = HC_ABI,
	.name = "libvirt",
	.doc = "Virtual machines, their storage and images.",
	.types = types,
	.units = units,
	.parallel = 8,
	.derive = derive,
	.open = open_provider,
	.close = close_provider,
	.read = read_provider,
	.adjust = adjust,
	.plan = plan,
	.apply = apply,
	.settled = settled,
};
