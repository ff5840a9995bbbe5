/* SPDX-License-Identifier: Apache-2.0 */
/*
 * hcstate keygen: makes this node's key, or keeps the one that is there, and prints its NodeKey
 * document. So it can be run again whenever the document is wanted; a key is never overwritten, for
 * with it would go everything that is sealed to it.
 */

#include "command.h"

#include <errno.h>
#include <string.h>

#include <reconciler/key.h>
#include <reconciler/secret_text.h>

/* 0, or negative and *why. Somebody else may make the file meanwhile: then theirs counts. */
static int find_or_make(struct hc_arena *arena, const char *path, struct hc_key **key,
			const char **why)
{
	int r = hc_key_read(arena, path, key, why);

	if (r != -ENOENT)
		return r;
	*key = hc_key_new();
	r = hc_key_create(path, *key);
	if (!r)
		return 0;
	*key = hc_key_free(*key);
	if (r == -EEXIST)
		return hc_key_read(arena, path, key, why);
	*why = hc_printf(arena, "cannot make key file %s: %s", path, strerror(-r));
	return r;
}

int command_keygen(const struct options *options)
{
	_cleanup_(hc_arena_freep) struct hc_arena *arena = hc_arena_new();
	_cleanup_(hc_key_freep) struct hc_key *key = NULL;
	const char *name = options->name ? options->name : options->node;
	const char *why;

	if (options->narg) {
		fprintf(stderr, "hcstate keygen: %s: takes no argument\n", options->args[0]);
		return EXIT_USAGE;
	}
	if (find_or_make(arena, options->key_file, &key, &why)) {
		fprintf(stderr, "hcstate keygen: %s\n", why);
		return EXIT_FAILED;
	}
	hc_node_key_print(stdout, name, key->public_key);
	return EXIT_DONE;
}
