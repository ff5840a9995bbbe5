/* SPDX-License-Identifier: Apache-2.0 */
/*
 * hcstate-ha: what people ask of high availability, written into the cluster's state, and what a
 * machine says that goes down. It asks Ceph as this machine is set up for it. What the words mean
 * was compared with the manifests by `hcstate ha` before.
 *
 *	hcstate-ha maintenance on|off NODE | disarm | arm | migrate|relocate VM NODE
 *		[--node NODE] [--then TEXT]
 *	hcstate-ha leave | stay
 */

#include <string.h>

#include "../../libvirt/host_name.h"
#include "../../libvirt/program/ceph.h"
#include "ha_program.h"

enum {
	MOST = 4, /* words of a verb */
};

int program_open(struct program *program)
{
	const char *why;

	if (ceph_open(program->arena, &program->rados, CEPH_SHOW, &why))
		return program_fail(LATER, "%s", why);
	program->store = record_store(program->rados);
	return DONE;
}

/* The words after the verb's name; at most MOST. */
static int read_words(struct program *program, int argc, char **argv, char *words[MOST + 1])
{
	int n = 0;

	for (int i = 1; i < argc; i++) {
		bool more = i + 1 < argc;

		if (!strcmp(argv[i], "--node") && more)
			program->node = argv[++i];
		else if (!strcmp(argv[i], "--then") && more)
			program->then = argv[++i];
		else if (argv[i][0] == '-' || n == MOST)
			return program_fail(USAGE, "what is %s?", argv[i]);
		else
			words[n++] = argv[i];
	}
	return DONE;
}

static int run(struct program *program, char *const *words)
{
	if (!words[0])
		return program_fail(USAGE, "what is to be done?");
	if (!strcmp(words[0], "leave"))
		return program_leave(program);
	if (!strcmp(words[0], "stay"))
		return program_stay();
	return program_words(program, words[0], words + 1);
}

int main(int argc, char **argv)
{
	_cleanup_(hc_arena_freep) struct hc_arena *arena = hc_arena_new();
	struct program program = {.arena = arena};
	char *words[MOST + 1] = {NULL};
	int r = read_words(&program, argc, argv, words);

	if (r)
		return r;
	if (!program.node)
		program.node = host_name(arena);
	r = run(&program, words);
	ceph_close(&program.rados);
	return r;
}
