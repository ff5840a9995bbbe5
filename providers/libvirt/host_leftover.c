/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is left of VMs that other nodes have now: a node that was off while its VMs were started
 * elsewhere still has them defined when it comes back. The claim says whose a VM is; only what does
 * not run is taken away, and its disks are not touched.
 */

#include <string.h>

#include "claim_store.h"
#include "cluster.h"
#include "domain_parts.h"
#include "host.h"
#include "vm.h"

static void domain_freep(virDomainPtr *domain)
{
	if (*domain)
		(void)virDomainFree(*domain);
}

static bool is_ours(virDomainPtr domain)
{
	char *text = virDomainGetMetadata(domain, VIR_DOMAIN_METADATA_ELEMENT, DOMAIN_NAMESPACE,
					  VIR_DOMAIN_AFFECT_CONFIG);
	bool ours = text != NULL;

	free(text);
	return ours;
}

/* Whether another node has the VM, and it is not on its way here. What cannot be read says
 * nothing. */
static bool is_elsewhere(const struct claim *claim, const char *node)
{
	return claim->epoch && !claim->why && claim->node && strcmp(claim->node, node) != 0 &&
	       !(claim->target && !strcmp(claim->target, node));
}

/* Whose they are is seen when Ceph answers again. */
void host_leftovers_read(const struct look *look, struct hc_strings *names)
{
	const struct vms *vms = look->vms;

	for (size_t i = 0; vms_seen(look) && i < vms->nhere; i++) {
		const struct vm_here *here = &vms->here[i];
		const struct claim *claim = vms_claim(vms, here->uuid);

		if (here->ours && !here->active && claim && is_elsewhere(claim, look->call->node))
			hc_strings_add(look->call->arena, names, here->name);
	}
}

/* One that began to run, or that came back, meanwhile is left alone. */
static int undefine(struct hc_call *call, const struct claim_store *store, virConnectPtr connect,
		    const char *name)
{
	_cleanup_(domain_freep) virDomainPtr domain = virDomainLookupByName(connect, name);
	char uuid[VIR_UUID_STRING_BUFLEN];
	struct claim claim = {0};
	int r;

	if (!domain || virDomainGetUUIDString(domain, uuid) < 0 || virDomainIsActive(domain) != 0)
		return 0;
	r = claim_store_get(store, call->arena, uuid, &claim);
	if (r && r != -ENOENT)
		return hc_fail(call, -r, NULL, "the claim of %s: %s", name, strerror(-r));
	if (!is_elsewhere(&claim, call->node) || !is_ours(domain))
		return 0;
	if (!vm_undefine(domain))
		return hypervisor_fail(call, NULL, "cannot undefine what was left here");
	return 0;
}

static int undefine_all(struct hc_call *call, const struct claim_store *store,
			virConnectPtr connect, const struct hc_strings *names)
{
	int r = 0;

	for (size_t i = 0; !r && i < names->n; i++)
		r = undefine(call, store, connect, names->v[i]);
	return r;
}

int host_leftovers_undefine(struct hc_call *call, struct libvirt *self,
			    const struct hc_strings *names)
{
	return host_with_store(call, self, names, undefine_all);
}
