/* SPDX-License-Identifier: Apache-2.0 */
/*
 * hcstate-claim: who may run a VM, for the operator. It asks Ceph as this machine is set up for it,
 * with no need of manifests: on the day that it is needed most, little else may be right.
 *
 *	hcstate-claim show [VM] | break VM | console VM
 *		[--node NODE] [--to NODE] [--json] [--yes] [--force]
 */

#include <string.h>

#include "ceph.h"
#include "claim_program.h"

enum {
	USAGE = 64,
	LATER = 75,
};

int program_find(const struct program *program, const char *vm, struct claim *claim)
{
	struct claim *v;
	size_t n, found = 0;
	int r = claim_store_list(&program->store, program->arena, &v, &n);

	if (r)
		return program_fail(LATER, "the claims cannot be read: %s", strerror(-r));
	for (size_t i = 0; i < n; i++)
		if ((v[i].vm && !strcmp(v[i].vm, vm)) || !strcmp(v[i].uuid, vm)) {
			*claim = v[i];
			found++;
		}
	if (found > 1)
		return program_fail(1, "there are %zu VMs of the name %s: say the uuid", found, vm);
	return found ? 0 : program_fail(1, "there is no claim of a VM %s", vm);
}

static int read_words(struct program *program, int argc, char **argv, const char **verb,
		      const char **vm)
{
	for (int i = 1; i < argc; i++) {
		bool more = i + 1 < argc;

		if (!strcmp(argv[i], "--node") && more)
			program->node = argv[++i];
		else if (!strcmp(argv[i], "--to") && more)
			program->to = argv[++i];
		else if (!strcmp(argv[i], "--json"))
			program->json = true;
		else if (!strcmp(argv[i], "--yes"))
			program->yes = true;
		else if (!strcmp(argv[i], "--force"))
			program->force = true;
		else if (argv[i][0] == '-' || *vm)
			return program_fail(USAGE, "what is %s?", argv[i]);
		else if (!*verb)
			*verb = argv[i];
		else
			*vm = argv[i];
	}
	return 0;
}

static int run(const struct program *program, const char *verb, const char *vm)
{
	if (!strcmp(verb, "show"))
		return program_show(program, vm);
	if (!vm)
		return program_fail(USAGE, "%s wants a VM's name", verb);
	if (!strcmp(verb, "break"))
		return program_break(program, vm);
	if (!strcmp(verb, "console"))
		return program_console(program, vm);
	return program_fail(USAGE, "there is no `claim %s`: show and break are", verb);
}

int main(int argc, char **argv)
{
	_cleanup_(hc_arena_freep) struct hc_arena *arena = hc_arena_new();
	_cleanup_(ceph_close) rados_t rados = NULL;
	struct program program = {.arena = arena};
	const char *verb = NULL, *vm = NULL, *why;
	int r = read_words(&program, argc, argv, &verb, &vm);

	if (r)
		return r;
	if (!verb || !program.node)
		return program_fail(USAGE, "what is to be done, and on which --node is this?");
	if (!program.to)
		program.to = program.node;
	if (ceph_open(arena, &rados, strcmp(verb, "break") ? CEPH_SHOW : CEPH_BREAK, &why))
		return program_fail(LATER, "%s", why);
	program.store.rados = rados;
	return run(&program, verb, vm);
}
