/* SPDX-License-Identifier: Apache-2.0 */
/*
 * hcstate claim break: takes a VM from a node that is gone. First it shows who will be shut out,
 * then it does what protocol.h says, in that order.
 *
 * A node that lives is told to stop its VM in the ordinary way, so breaking its claim is refused;
 * --force is for one that does not obey. What runs there loses its disks and is as good as dead.
 */

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "../fence.h"
#include "../protocol.h"
#include "../volume.h"
#include "claim_program.h"

/* What the protocol's ops work on. */
struct breaking {
	const struct program *program;
	struct rbd_place *disks;
	size_t ndisk;
};

static const struct breaking *breaking_of(const struct protocol *p)
{
	return p->arg;
}

static int get(const struct protocol *p, struct claim *claim)
{
	return claim_store_get(&breaking_of(p)->program->store, p->call->arena, p->uuid, claim);
}

static int put(const struct protocol *p, const struct claim *was, struct claim *next)
{
	return claim_store_put(&breaking_of(p)->program->store, p->call->arena, was, next);
}

static int clients(const struct protocol *p, const struct hc_strings *except,
		   struct protocol_clients *found)
{
	const struct breaking *breaking = breaking_of(p);
	int r = 0;

	(void)except; /* whoever has it open is shut out */
	for (size_t i = 0; !r && i < breaking->ndisk; i++) {
		const struct rbd_place *disk = &breaking->disks[i];

		r = fence_watchers(p->call->arena, breaking->program->store.rados, disk,
				   &found->open);
		if (r == -ENOENT)
			r = 0;
		if (r)
			r = hc_fail(p->call, -r, NULL, "who has %s/%s open cannot be seen: %s",
				    disk->pool, disk->image, strerror(-r));
	}
	return r;
}

static int block(const struct protocol *p, const struct hc_strings *addresses)
{
	const struct breaking *breaking = breaking_of(p);
	rados_t rados = breaking->program->store.rados;
	int r = rados ? fence_block(p->call, rados, addresses) : 0;

	for (size_t i = 0; !r && i < breaking->ndisk; i++)
		r = fence_unlock(p->call, rados, &breaking->disks[i]);
	return r;
}

static const struct protocol_ops ops = {
	.get = get,
	.put = put,
	.clients = clients,
	.block = block,
};

/* Of those that hcstate made in Ceph. */
static int find_disks(struct breaking *breaking, const char *vm)
{
	struct hc_arena *arena = breaking->program->arena;
	const char *prefix = hc_printf(arena, "%s/", vm);
	struct hc_map marks = {0};
	size_t room = 0;
	int r = breaking->program->store.rados
			? volume_marks(arena, breaking->program->store.rados, &marks, NULL)
			: 0;

	for (size_t i = 0; !r && i < marks.n; i++) {
		const char *slash = strchr(marks.v[i].key, '/');

		if (!slash || strncmp(marks.v[i].value, prefix, strlen(prefix)) != 0)
			continue;
		breaking->disks = hc_grow(arena, breaking->disks, breaking->ndisk, &room,
					  sizeof(*breaking->disks));
		breaking->disks[breaking->ndisk++] = (struct rbd_place){
			.pool = hc_strndup(arena, marks.v[i].key, (size_t)(slash - marks.v[i].key)),
			.image = hc_strdup(arena, slash + 1),
		};
	}
	return r ? program_fail(75, "the disks of %s cannot be found: %s", vm, strerror(-r)) : 0;
}

static const char *alive(const struct program *program, const struct claim *claim)
{
	const char *node = claim->node;

	if (!node)
		return NULL;
	if (!strcmp(node, program->node))
		return "this is the node that has it";
	switch (member_of(program->arena, node)) {
	case MEMBER_GONE:
		return NULL;
	case MEMBER_ALIVE:
		return hc_printf(program->arena,
				 "%s is alive; another `node` in the manifests moves it away from "
				 "there, `running: false` stops it",
				 node);
	case MEMBER_UNKNOWN:
		return hc_printf(program->arena, "corosync does not say whether %s is alive", node);
	}
	return NULL;
}

/* A VM of a node that is none, or is gone itself, would be started by nobody. */
static const char *unfit(const struct program *program)
{
	switch (member_of(program->arena, program->to)) {
	case MEMBER_ALIVE:
		return NULL;
	case MEMBER_GONE:
		return hc_printf(program->arena, "--to %s: it is not a member of the cluster now",
				 program->to);
	case MEMBER_UNKNOWN:
		/* where corosync is down this node may take a VM for itself: --force was said */
		return strcmp(program->to, program->node) != 0
			       ? hc_printf(program->arena, "--to %s: corosync knows no such node",
					   program->to)
			       : NULL;
	}
	return NULL;
}

static int say_all(struct hc_call *call)
{
	for (size_t i = 0; i < call->diags.n; i++)
		fprintf(stderr, "hcstate: %s\n", call->diags.v[i].text);
	return 75;
}

static int show(const struct protocol *p, const struct claim *claim)
{
	struct protocol_clients found = {0};

	if (clients(p, NULL, &found))
		return say_all(p->call);
	fprintf(stderr, "%s is %s on %s. This takes it away for %s, and %s\n", claim->vm,
		hc_claim_state_words[claim->state], claim->node ? claim->node : "no node",
		breaking_of(p)->program->to,
		claim->addresses.n || found.open.n ? "shuts out for ever:"
						   : "nobody has a disk of it open.");
	for (size_t i = 0; i < claim->addresses.n; i++)
		fprintf(stderr, "  %s  in its claim\n", claim->addresses.v[i]);
	for (size_t i = 0; i < found.open.n; i++)
		if (!hc_strings_have(&claim->addresses, found.open.v[i]))
			fprintf(stderr, "  %s  has a disk of it open\n", found.open.v[i]);
	return 0;
}

static bool agreed(const struct program *program)
{
	char answer[8] = "";

	if (program->yes)
		return true;
	if (!isatty(STDIN_FILENO)) {
		fputs("hcstate: --yes does it\n", stderr);
		return false;
	}
	fputs("Do it (yes/no)? ", stderr);
	return fgets(answer, sizeof(answer), stdin) && !strcmp(answer, "yes\n");
}

static int run(const struct protocol *p, const struct claim *claim)
{
	const struct program *program = breaking_of(p)->program;
	int r = show(p, claim);

	if (r)
		return r;
	if (!agreed(program))
		return program_fail(1, "nothing was done");
	if (protocol_break(p, program->to))
		return say_all(p->call);
	return program_show(program, claim->uuid);
}

int program_break(const struct program *program, const char *vm)
{
	struct breaking breaking = {.program = program};
	struct hc_call call = {.arena = program->arena, .diags = {.arena = program->arena}};
	struct protocol protocol = {.call = &call,
				    .ops = &ops,
				    .arg = &breaking,
				    .node = program->node};
	struct claim claim;
	const char *why;
	int r = program_find(program, vm, &claim);

	if (r)
		return r;
	if (claim.why)
		return program_fail(1, "the claim of %s cannot be read: %s", vm, claim.why);
	why = alive(program, &claim);
	if (why && !program->force)
		return program_fail(1, "%s; --force takes it away all the same", why);
	why = unfit(program);
	if (why)
		return program_fail(1, "%s", why);
	protocol.vm = claim.vm;
	protocol.uuid = claim.uuid;
	r = find_disks(&breaking, claim.vm);
	return r ? r : run(&protocol, &claim);
}
