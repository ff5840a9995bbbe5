/* SPDX-License-Identifier: Apache-2.0 */
/*
 * qemu-hook: libvirt asks it before a domain begins to run, and takes a nonzero exit for a no. Of
 * hcstate's domains only that one may run that has the claim, whoever says `virsh start`.
 *
 * It is asked again when QEMU has opened the disks (`started`). Between its first answer and that
 * moment somebody may have taken the VM away and shut out all clients that there were; these are
 * newer. From then on whoever takes it away sees them.
 *
 * libvirt waits for the answer with the domain locked, so it comes within seconds, and without
 * Ceph's answer it is no. Domains of others pass at once.
 *
 *	qemu-hook NAME OPERATION SUBOPERATION EXTRA    with the domain's XML on stdin
 */

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "../claim_store.h"
#include "../domain_parts.h"
#include "../host_name.h"
#include "../ticket.h"
#include "../xml.h"
#include "ceph.h"

#define SILENCE 15 /* seconds: then it is no, come what may */

enum asked {
	NOTHING,
	START,    /* it is about to begin, or QEMU is there */
	INCOMING, /* a migration of it wants to come in */
};

static enum asked asked(const char *operation, const char *suboperation)
{
	if (strcmp(suboperation, "begin") != 0)
		return NOTHING;
	if (!strcmp(operation, "migrate"))
		return INCOMING;
	return !strcmp(operation, "prepare") || !strcmp(operation, "started") ? START : NOTHING;
}

/* At most XML_SIZE_MAX bytes; NULL: it is longer, or cannot be read. */
static char *read_all(struct hc_arena *arena)
{
	char *text = hc_alloc(arena, XML_SIZE_MAX + 1);
	size_t size = 0;

	while (size < XML_SIZE_MAX) {
		ssize_t n = read(STDIN_FILENO, text + size, XML_SIZE_MAX - size);

		if (!n)
			return text;
		if (n < 0 && errno != EINTR)
			return NULL;
		size += n > 0 ? (size_t)n : 0;
	}
	return NULL;
}

static bool is_ours(const xmlNode *root)
{
	const xmlNode *metadata = xml_child(root, "metadata", NULL), *own = NULL;

	while ((own = xml_child(metadata, "domain", own)))
		if (own->ns && own->ns->href &&
		    !strcmp((const char *)own->ns->href, DOMAIN_NAMESPACE))
			return true;
	return false;
}

/* NULL: it is none of ours. */
static const char *own_uuid(struct hc_arena *arena, const char *text)
{
	_cleanup_(xml_freep) xmlDocPtr doc = NULL;
	const char *why;
	const xmlNode *root = xml_parse(text, "domain", &doc, &why);

	return root && is_ours(root) ? xml_content(arena, xml_child(root, "uuid", NULL)) : NULL;
}

/* NULL: it may. */
static const char *judge(struct hc_arena *arena, const struct claim *claim, enum asked what,
			 bool begins)
{
	const char *node = host_name(arena), *why;

	if (what == INCOMING) {
		why = claim_admits(arena, claim, node, true);
		return why || !ticket_expect(claim->uuid) ? why : "/run/hcstate is not writable";
	}
	why = claim_admits(arena, claim, node, false);
	if (!why)
		return ticket_taken(claim->uuid) ? NULL : "hcstate starts it, nobody else does";
	/* at `started` what came in is not asked for once more: it came with a ticket */
	if (claim_admits(arena, claim, node, true))
		return why;
	return !begins || ticket_expected(claim->uuid) ? NULL : why;
}

static int answer(struct hc_arena *arena, const char *uuid, enum asked what, bool begins)
{
	_cleanup_(ceph_close) rados_t rados = NULL;
	struct claim_store store;
	struct claim claim;
	const char *why = NULL;
	int r = ceph_open(arena, &rados, CEPH_HOOK, &why);

	store.rados = rados;
	if (!r)
		r = claim_store_get(&store, arena, uuid, &claim);
	if (r && !why)
		why = hc_printf(arena, "its claim cannot be read: %s", strerror(-r));
	if (!r)
		why = judge(arena, &claim, what, begins);
	if (why)
		fprintf(stderr, "hcstate: this VM may not run here: %s\n", why);
	return why ? 1 : 0;
}

int main(int argc, char **argv)
{
	_cleanup_(hc_arena_freep) struct hc_arena *arena = hc_arena_new();
	enum asked what = argc > 3 ? asked(argv[2], argv[3]) : NOTHING;
	const char *text, *uuid;

	if (what == NOTHING)
		return 0;
	(void)alarm(SILENCE); /* its end is a no */
	text = read_all(arena);
	if (!text) {
		fputs("hcstate: the domain's XML is too long\n", stderr);
		return 1;
	}
	uuid = own_uuid(arena, text);
	return uuid ? answer(arena, uuid, what, !strcmp(argv[2], "prepare")) : 0;
}
