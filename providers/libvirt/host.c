/* SPDX-License-Identifier: Apache-2.0 */
/*
 * VmHost: what lets a node run VMs and take those of others. There is one on every node as soon as
 * the manifests have a VM or a storage.
 *
 * The hook and libvirtd's certificates are looked for when libvirtd starts. So both count as there
 * only when the libvirtd that runs is younger than they are; else it is restarted, which no VM
 * notices. QEMU reads its certificates anew with each migration.
 */

#include "host.h"

#include <string.h>

#include <hcstate/ceph_cluster.h>
#include <hcstate/ceph_pool.h>
#include <hcstate/cluster.h>
#include <hcstate/secret.h>

#include "certificates.h"

static bool has(const struct hc_call *call, const struct hc_type *type)
{
	size_t n;

	(void)hc_of_type(call->whole, type, &n);
	return n > 0;
}

bool host_wanted(const struct hc_call *call)
{
	size_t n;
	struct hc_resource *const *pools = hc_of_type(call->whole, &hc_ceph_pool, &n);

	for (size_t i = 0; i < n; i++)
		if (((const struct hc_ceph_pool *)pools[i]->spec)->storage)
			return true;
	return has(call, &hc_vm) || has(call, &hc_storage);
}

bool host_has_others(const struct hc_call *call)
{
	size_t n;

	(void)hc_of_type(call->whole, &hc_node, &n);
	return n > 1;
}

int host_derive(struct hc_call *call, struct hc_set *desired)
{
	struct hc_vm_host *host;
	struct hc_resource *r;

	if (!call->member || !host_wanted(call))
		return 0;
	r = hc_resource_new(desired, &hc_vm_host, call->node, HOST_NAME);
	r->place = hc_find(call->whole, &hc_node, NULL, call->node)->place;
	host = r->spec;
	host->enabled = host->active = host->stays = host->hook = host->guests_masked = true;
	hc_set_field(r, struct hc_vm_host, enabled);
	hc_set_field(r, struct hc_vm_host, active);
	hc_set_field(r, struct hc_vm_host, stays);
	hc_set_field(r, struct hc_vm_host, hook);
	hc_set_field(r, struct hc_vm_host, guests_masked);
	hc_set_field(r, struct hc_vm_host, leftovers); /* none */
	hc_set_field(r, struct hc_vm_host, shut_out);  /* none */
	if (!host_has_others(call))
		return 0;
	host->tls = true;
	hc_set_field(r, struct hc_vm_host, tls);
	host->certificates = HC_KEYRING_RIGHT;
	hc_set_field(r, struct hc_vm_host, certificates);
	return 0;
}

static int adjust(struct hc_call *call, struct hc_change *change)
{
	const struct hc_vm_host *have = change->have ? change->have->spec : NULL;
	const char *missing;

	if (change->action == HC_REMOVE) {
		change->kept = "libvirtd stays as it is: it may have VMs";
		return 0;
	}
	if (!host_has_others(call))
		return 0;
	missing = certificates_missing(call);
	if (missing)
		change->refused = hc_printf(call->arena,
					    "Secret/" HC_LIBVIRT_SECRET " has no %s: make it with "
					    "hcstate secrets init",
					    missing);
	else if (have && have->flaw && *have->flaw)
		change->refused =
			hc_printf(call->arena,
				  HC_LIBVIRT_SECRET
				  "/%s" HC_LIBVIRT_CERT
				  ": %s: renew it with hcstate secrets rotate " HC_LIBVIRT_SECRET
				  "/%s" HC_LIBVIRT_KEY,
				  call->node, have->flaw, call->node);
	return 0;
}

/* All that needs libvirt comes after it. */
static void before_all(struct hc_plan *plan, const struct hc_change *host)
{
	static const struct hc_type *const types[] = {
		&hc_storage, &hc_image,  &hc_image_file,    &hc_vm,
		&hc_vm_disk, &hc_vm_net, &hc_vm_cloud_init,
	};

	for (size_t i = 0; i < plan->n; i++)
		for (size_t k = 0; k < HC_COUNT(types); k++)
			if (plan->change[i]->type == types[k])
				hc_change_after(plan, plan->change[i], host);
}

/* What libvirtd does not see before it starts again. */
static bool starts_anew(const struct hc_change *change)
{
	return hc_differs(change, struct hc_vm_host, certificates) ||
	       hc_differs(change, struct hc_vm_host, stays) ||
	       hc_differs(change, struct hc_vm_host, hook) ||
	       hc_differs(change, struct hc_vm_host, tls);
}

static int plan_host(struct hc_call *call, struct hc_change *change, struct hc_plan *plan)
{
	const struct hc_vm_host *have = change->have ? change->have->spec : NULL;
	bool runs = have && have->active;

	(void)call;
	if (change->action == HC_REMOVE)
		return 0;
	if (!have || hc_differs(change, struct hc_vm_host, guests_masked))
		(void)hc_step(plan, change, HOST_MASK, HC_NONE, NULL, "mask libvirt-guests");
	if (!have || hc_differs(change, struct hc_vm_host, stays))
		(void)hc_step(plan, change, HOST_STAY, HC_NONE, NULL, "let libvirtd stay");
	if (host_has_others(call) && (!have || hc_differs(change, struct hc_vm_host, certificates)))
		(void)hc_step(plan, change, HOST_CERTIFICATES, HC_NONE, NULL,
			      "write the certificates");
	if (!have || hc_differs(change, struct hc_vm_host, hook))
		(void)hc_step(plan, change, HOST_INSTALL_HOOK, HC_NONE, NULL, "install the hook");
	if (!have || starts_anew(change) || hc_differs(change, struct hc_vm_host, active) ||
	    hc_differs(change, struct hc_vm_host, enabled))
		/* no VM notices, who is connected does */
		(void)hc_step(plan, change, HOST_START,
			      runs && starts_anew(change) ? HC_BLIP : HC_NONE, NULL,
			      runs && starts_anew(change) ? "restart libvirtd" : "start libvirtd");
	if (have && hc_differs(change, struct hc_vm_host, leftovers))
		(void)hc_step(plan, change, HOST_LEFTOVERS, HC_NONE, NULL,
			      "undefine what other nodes have");
	if (change->nstep)
		before_all(plan, change);
	if (have && hc_differs(change, struct hc_vm_host, shut_out))
		(void)hc_step(plan, change, HOST_LIFT, HC_NONE, NULL,
			      "leave what is gone on the blocklist for an hour");
	return 0;
}

const struct noun host_noun = {
	.type = &hc_vm_host,
	.read = host_read,
	.adjust = adjust,
	.plan = plan_host,
	.apply = host_apply,
};
