/* SPDX-License-Identifier: Apache-2.0 */
/* The common way of all commands that look at this node: kinds, manifests, engine, one look. */

#include "session.h"

#include <signal.h>
#include <string.h>

#include <hcstate/directory.h>
#include <hcstate/file.h>

enum {
	LARGEST_LIVE = 256 * 1024 * 1024,
};

const char *session_state_dir(void)
{
	return hc_state_directory();
}

struct hc_generation *command_load(const struct options *options,
				   const struct hc_registry *registry, int *exitcode)
{
	struct hc_generation *generation = hc_load(registry, options->files);

	if (generation->diags.errors && options->output == OUTPUT_JSON)
		command_print_report(generation);
	else
		hc_diags_print(&generation->diags, stderr);
	if (!generation->diags.errors)
		return generation;
	*exitcode = EXIT_MANIFEST;
	return hc_generation_free(generation);
}

/*
 * Before any library starts a thread: these are the loop's. Whoever applies goes on when the
 * terminal or the reader of its output is gone: the change of the network that it is in the middle
 * of may be what took them away.
 */
static void settle_signals(bool applies)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	(void)sigprocmask(SIG_BLOCK, &set, NULL); /* cannot fail with these arguments */
	if (applies) {
		(void)signal(SIGHUP, SIG_IGN);
		(void)signal(SIGPIPE, SIG_IGN);
	}
}

int session_open(struct session *session, const struct options *options, bool dry)
{
	const struct hc_engine_options engine_options = {
		.node = options->node,
		.state_dir = session_state_dir(),
		.key_file = options->key_file,
		.approved = options->approved,
		.allow_removals = options->allow_removals,
		.dry = dry,
	};
	int exitcode = EXIT_FAILED;

	*session = (struct session){.arena = hc_arena_new(), .registry = hc_registry_new()};
	session->diags.arena = session->arena;
	settle_signals(!dry);
	hc_registry_load(session->registry, NULL);
	session->generation = command_load(options, session->registry, &exitcode);
	if (!session->generation)
		return exitcode;
	session->engine = hc_engine_new(session->registry, session->generation, &engine_options,
					&session->diags);
	hc_diags_print(&session->diags, stderr);
	return session->engine ? 0 : EXIT_FAILED;
}

void session_close(struct session *session)
{
	bool late = session->engine && session->engine->late;

	hc_cycle_freep(&session->cycle);
	hc_engine_freep(&session->engine);
	if (late)
		return; /* a call that still runs may look at all of it, and its code is a module's
			 */
	hc_generation_freep(&session->generation);
	hc_registry_freep(&session->registry);
	hc_arena_freep(&session->arena);
}

/* The live state from a file. Errors are said. */
static int read_live(struct session *session, const char *path, struct hc_state *live)
{
	struct hc_arena *arena = live->found.arena;
	struct hc_source *source = hc_new(arena, struct hc_source);
	struct hc_tree **documents;
	char *text;
	size_t n;
	int r = hc_file_read(arena, path, LARGEST_LIVE, &text, &source->size);

	if (r) {
		fprintf(stderr, "hcstate: cannot read %s: %s\n", path, strerror(-r));
		return EXIT_FAILED;
	}
	source->path = path;
	source->text = text;
	hc_tree_read(arena, source, &session->diags, &documents, &n);
	for (size_t i = 0; i < n; i++)
		hc_decode_live(session->registry, documents[i], live, &session->diags);
	hc_diags_print(&session->diags, stderr);
	return session->diags.errors ? EXIT_MANIFEST : 0;
}

int session_look(struct session *session, const struct options *options)
{
	struct hc_state live = {0};
	int r;

	if (!options->live) {
		session->cycle = hc_look(session->engine);
		return session->cycle ? 0 : EXIT_FAILED;
	}
	live.found.arena = hc_arena_new();
	r = read_live(session, options->live, &live);
	if (r)
		hc_arena_freep(&live.found.arena);
	else
		session->cycle = hc_look_at(session->engine, &live);
	return r;
}

struct answer session_answer(const struct session *session, const struct options *options)
{
	return (struct answer){
		.out = stdout,
		.err = stderr,
		.output = options->output,
		.engine = session->engine,
		.cycle = session->cycle,
	};
}
