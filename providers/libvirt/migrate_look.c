/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the node that a VM is to move to says about having it, asked over the same connection that
 * the migration will use. libvirt checks most of this itself, but late, after the target's QEMU has
 * been started, and in words that do not say what to do.
 */

#include <inttypes.h>
#include <libvirt/virterror.h>
#include <string.h>

#include "domain.h"
#include "hypervisor.h"
#include "migrate.h"
#include "vm.h"
#include "xml.h"

struct asking {
	struct hc_call *call;
	virConnectPtr target;
	const char *node;
	struct hc_strings *obstacles;
};

static void HC_PRINTF(2, 3) add(const struct asking *asking, const char *format, ...)
{
	struct hc_arena *arena = asking->call->arena;
	va_list args;

	va_start(args, format);
	hc_strings_add(arena, asking->obstacles, hc_vprintf(arena, format, args));
	va_end(args);
}

/* A libvirtd without the driver for interfaces cannot tell. */
static void ask_bridge(const struct asking *asking, const char *bridge)
{
	virInterfacePtr found = virInterfaceLookupByName(asking->target, bridge);
	const virError *error;

	if (found) {
		(void)virInterfaceFree(found);
		return;
	}
	error = virGetLastError();
	if (error && error->code == VIR_ERR_NO_INTERFACE)
		add(asking, "%s has no bridge %s", asking->node, bridge);
}

static void ask_bridges(const struct asking *asking, const struct domain *domain)
{
	for (size_t i = 0; i < domain->nnet; i++)
		if (domain->nets[i].spec.bridge)
			ask_bridge(asking, domain->nets[i].spec.bridge);
}

/* What Linux would give up for it counts as free. KiB. */
static uint64_t free_of(virNodeMemoryStatsPtr stats, int n)
{
	uint64_t kib = 0;

	for (int i = 0; i < n; i++)
		if (!strcmp(stats[i].field, VIR_NODE_MEMORY_STATS_FREE) ||
		    !strcmp(stats[i].field, VIR_NODE_MEMORY_STATS_BUFFERS) ||
		    !strcmp(stats[i].field, VIR_NODE_MEMORY_STATS_CACHED))
			kib += stats[i].value;
	return kib;
}

static void ask_memory(const struct asking *asking, const struct domain *domain)
{
	enum {
		STATS = 16,
	};
	virNodeMemoryStats stats[STATS];
	int n = 0;
	uint64_t kib;

	if (virNodeGetMemoryStats(asking->target, VIR_NODE_MEMORY_STATS_ALL_CELLS, NULL, &n, 0) ||
	    n <= 0 || n > STATS ||
	    virNodeGetMemoryStats(asking->target, VIR_NODE_MEMORY_STATS_ALL_CELLS, stats, &n, 0))
		return; /* it cannot tell */
	kib = free_of(stats, n);
	if (kib < domain->vm.memory / 1024)
		add(asking, "%s has %" PRIu64 " MiB of memory free, and it has %" PRIu64,
		    asking->node, kib / 1024, domain->vm.memory / 1024 / 1024);
}

/* Of a model with a name; what it means to be like the host differs from host to host. */
static void ask_cpu(const struct asking *asking, const struct domain *domain)
{
	const char *model = domain->vm.cpu;
	const char *xml;

	if (!model || !strncmp(model, "host-", strlen("host-")) || strpbrk(model, "<>&"))
		return;
	xml = hc_printf(asking->call->arena,
			"<cpu mode='custom' match='exact'><model>%s</model></cpu>", model);
	if (virConnectCompareHypervisorCPU(asking->target, NULL, NULL, NULL,
					   domain->emulated ? "qemu" : "kvm", xml,
					   0) == VIR_CPU_COMPARE_INCOMPATIBLE)
		add(asking, "%s has no processor that can be a %s", asking->node, model);
}

/* What it can make a machine of; NULL: it cannot tell, or that was said. */
static char *capabilities(const struct asking *asking, const struct domain *domain)
{
	char *text =
		virConnectGetDomainCapabilities(asking->target, NULL, "x86_64", domain->vm.machine,
						domain->emulated ? "qemu" : "kvm", 0);
	const virError *error = text ? NULL : virGetLastError();

	/* no such machine, or no KVM */
	if (error &&
	    (error->code == VIR_ERR_INVALID_ARG || error->code == VIR_ERR_CONFIG_UNSUPPORTED))
		add(asking, "%s cannot run it: %s", asking->node,
		    hypervisor_error(asking->call->arena));
	return text;
}

/* The child of that name that is called so. */
static const xmlNode *called(const xmlNode *node, const char *child, const char *name)
{
	const xmlNode *found = NULL;

	while ((found = xml_child(node, child, found)) && !xml_says(found, "name", name))
		;
	return found;
}

static bool lists(struct hc_arena *arena, const xmlNode *node, const char *child, const char *text)
{
	const xmlNode *found = NULL;

	while ((found = xml_child(node, child, found))) {
		const char *is = xml_content(arena, found);

		if (is && !strcmp(is, text))
			return true;
	}
	return false;
}

static void compare(const struct asking *asking, const struct domain *domain, const xmlNode *root)
{
	struct hc_arena *arena = asking->call->arena;
	const xmlNode *firmware = called(xml_child(root, "os", NULL), "enum", "firmware");
	const xmlNode *models = called(xml_child(root, "cpu", NULL), "mode", "custom");
	const char *cpu = domain->vm.cpu;

	if (domain->vm.firmware == HC_FIRMWARE_UEFI && !lists(arena, firmware, "value", "efi"))
		add(asking, "%s has no firmware for uefi: package ovmf is not installed there",
		    asking->node);
	if (cpu && strncmp(cpu, "host-", strlen("host-")) != 0 &&
	    xml_child(models, "model", NULL) && !lists(arena, models, "model", cpu))
		add(asking, "%s knows no processor %s", asking->node, cpu);
}

static void ask_capabilities(const struct asking *asking, const struct domain *domain)
{
	_cleanup_(xml_freep) xmlDocPtr doc = NULL;
	char *text = capabilities(asking, domain);
	const char *why;
	const xmlNode *root = text ? xml_parse(text, "domainCapabilities", &doc, &why) : NULL;

	if (root)
		compare(asking, domain, root);
	free(text);
}

static void ask_name(const struct asking *asking, const struct domain *domain)
{
	virDomainPtr there = virDomainLookupByName(asking->target, domain->name);
	char uuid[VIR_UUID_STRING_BUFLEN];

	if (!there)
		return;
	if (!virDomainGetUUIDString(there, uuid) && strcmp(uuid, domain->uuid) != 0)
		add(asking, "%s has another domain of that name, with the uuid %s", asking->node,
		    uuid);
	(void)virDomainFree(there);
}

/* One of that identity that is only defined there is replaced. One that runs is our own while a
 * move is under way. */
static void ask_uuid(const struct asking *asking, const struct domain *domain, bool moves)
{
	virDomainPtr there = virDomainLookupByUUIDString(asking->target, domain->uuid);

	if (!there)
		return;
	if (strcmp(virDomainGetName(there), domain->name) != 0)
		add(asking, "%s has its uuid under the name %s", asking->node,
		    virDomainGetName(there));
	else if (!moves && virDomainIsActive(there) == 1)
		add(asking, "%s runs a domain of that name and uuid already", asking->node);
	(void)virDomainFree(there);
}

int migrate_look(const struct look *look, const struct domain *domain, const char *target,
		 struct hc_strings *obstacles)
{
	struct asking asking = {.call = look->call, .node = target, .obstacles = obstacles};
	const struct claim *claim = vms_claim(look->vms, domain->uuid);
	const char *why = hc_map_get(&look->vms->silent, target);

	/* once per read, not once per VM that is to go there */
	if (!why && hypervisor_open_other(look->call, target, &asking.target, &why))
		hc_map_put(look->call->arena, &look->vms->silent, target, why);
	if (!asking.target) {
		add(&asking, "%s: %s", target, why);
		return 0;
	}
	ask_name(&asking, domain);
	ask_uuid(&asking, domain, claim && claim->state == HC_CLAIM_MIGRATING);
	ask_bridges(&asking, domain);
	ask_memory(&asking, domain);
	ask_capabilities(&asking, domain);
	ask_cpu(&asking, domain);
	(void)virConnectClose(asking.target);
	return 0;
}
