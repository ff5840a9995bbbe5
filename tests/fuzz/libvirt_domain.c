/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Any text as the XML of a domain or a pool. It comes from libvirtd, which holds what people with
 * access to it defined, and the hook gets it on its stdin. Nothing crashes; and what was read as a
 * domain can be written and reads back as the same.
 */

#include <stdlib.h>
#include <string.h>

#include <providers/libvirt/domain.h>
#include <providers/libvirt/pool_xml.h>

static bool same(const char *a, const char *b)
{
	return !strcmp(a ? a : "", b ? b : "");
}

/* A card that is of no bridge, or a drive without all that we would say of it, cannot be written as
 * ours. */
static bool is_whole(const struct domain *domain)
{
	for (size_t i = 0; i < domain->ndisk; i++) {
		const struct domain_source *source = &domain->disks[i].source;

		if (source->kind == DOMAIN_RBD && source->user && !source->secret_uuid)
			return false;
	}
	for (size_t i = 0; i < domain->nnet; i++)
		if (domain->nets[i].name && !domain->nets[i].spec.bridge)
			return false;
	return domain->vm.machine && domain->vm.cpus && domain->vm.memory;
}

static void write_again(struct hc_arena *arena, const struct domain *domain)
{
	const char *xml = domain_write(arena, domain), *why;
	struct domain again;

	if (domain_read(arena, xml, &again, &why))
		abort();
	if (!same(domain->name, again.name) || !same(domain->uuid, again.uuid) ||
	    !same(domain->vm.machine, again.vm.machine) || domain->vm.cpus != again.vm.cpus ||
	    domain->vm.id != again.vm.id || domain->vm.serial != again.vm.serial ||
	    domain->vm.vnc != again.vm.vnc || domain->vm.agent != again.vm.agent ||
	    domain->ndisk != again.ndisk || domain->nnet != again.nnet)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_(hc_arena_freep) struct hc_arena *arena = hc_arena_new();
	const char *text = hc_strndup(arena, (const char *)data, size), *uuid, *why = NULL;
	struct hc_storage storage;
	struct domain domain;

	if (!domain_read(arena, text, &domain, &why)) {
		if (is_whole(&domain))
			write_again(arena, &domain);
	} else if (!why) {
		abort();
	}
	why = NULL;
	if (pool_read(arena, text, &storage, &uuid, &why) && !why)
		abort();
	(void)pool_read_secret(arena, text);
	return 0;
}
