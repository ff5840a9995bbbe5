/* SPDX-License-Identifier: Apache-2.0 */
/*
 * hcstate diff REV1 REV2: what the second commit asks for otherwise than the first. Nothing of a
 * system is looked at, so it runs anywhere; with the agent's mirror it also tells what a push would
 * mean before it is taken. The repository is read by hcstate-git, since no other program links
 * libgit2.
 */

#include "diff.h"

#include <errno.h>
#include <string.h>

#include <hcstate/directory.h>
#include <hcstate/exec.h>
#include <reconciler/agent/source_git.h>
#include <reconciler/text.h>

enum {
	LARGEST = 384 << 20,
	PATIENCE_US = 120 * 1000 * 1000,
};

/* Where the commits are. */
struct repository {
	struct hc_arena *arena;
	const char *directory;
	const char *path; /* where its manifests are, when a revision does not say it */
};

static bool find_repository(struct repository *repository, const struct options *options)
{
	char *real;

	if (!options->repo) {
		repository->directory =
			hc_printf(repository->arena, "%s/git/mirror.git", hc_state_directory());
		repository->path = git_known_path(repository->arena, hc_state_directory());
		if (!access(repository->directory, F_OK))
			return true;
		fprintf(stderr,
			"hcstate: %s: %s: the agent has no git repository here (--repo PATH names "
			"another)\n",
			repository->directory, strerror(errno));
		return false;
	}
	real = realpath(options->repo, NULL); /* the program that reads it is elsewhere */
	if (!real) {
		fprintf(stderr, "hcstate: %s: %s\n", options->repo, strerror(errno));
		return false;
	}
	repository->directory = hc_strdup(repository->arena, real);
	free(real);
	return true;
}

/* What hcstate-git says of REV or REV:PATH, as git writes it. False: said. */
static bool read_answer(const struct repository *repository, struct hc_arena *arena,
			const char *revision, struct git_answer *answer)
{
	const char *const argv[] = {git_program(arena), NULL}, *why;
	const char *colon = strchr(revision, ':');
	char *request =
		git_request_read(repository->directory,
				 colon ? hc_strndup(arena, revision, (size_t)(colon - revision))
				       : revision,
				 colon ? colon + 1 : repository->path);
	struct hc_exec exec = {.argv = argv,
			       .input = request,
			       .input_size = strlen(request),
			       .max = LARGEST};
	struct hc_call call = {.arena = arena,
			       .deadline = hc_now() + PATIENCE_US,
			       .diags = {.arena = arena}};
	int r = hc_exec(&call, &exec);

	(void)git_request_free(request);
	if (r)
		why = call.diags.n ? call.diags.v[0].text : "hcstate-git failed";
	else if (!git_answer_read(arena, exec.out, exec.size, answer, &why))
		why = answer->error;
	if (why)
		fprintf(stderr, "hcstate: %s\n", hc_harmless(arena, why));
	return !why;
}

/* NULL: said. It may have errors. */
static struct hc_generation *load(const struct repository *repository,
				  const struct hc_registry *registry, const char *revision)
{
	_cleanup_(hc_arena_freep) struct hc_arena *arena = hc_arena_new();
	struct git_answer answer = {0};

	if (!read_answer(repository, arena, revision, &answer) || !answer.tip)
		return NULL;
	return hc_load_texts(registry, &arena, repository->directory, answer.sources, answer.n,
			     answer.tip->id, answer.tip);
}

static int load_and_print(struct diff *diff, const struct repository *repository,
			  const struct hc_registry *registry, const struct options *options)
{
	diff->before = load(repository, registry, options->args[0]);
	diff->after = diff->before ? load(repository, registry, options->args[1]) : NULL;
	if (!diff->after)
		return EXIT_FAILED;
	if (diff->before->diags.errors || diff->after->diags.errors) {
		struct hc_generation *bad = diff->before->diags.errors ? diff->before : diff->after;

		if (options->output == OUTPUT_JSON)
			command_print_report(bad);
		else
			hc_diags_print(&bad->diags, stderr);
		return EXIT_MANIFEST;
	}
	diff_find(diff);
	if (options->output == OUTPUT_JSON)
		diff_print_json(diff);
	else
		diff_print(diff, stdout);
	return diff->n && options->detailed_exitcode ? EXIT_CHANGES : EXIT_DONE;
}

int command_diff(const struct options *options)
{
	_cleanup_(hc_registry_freep) struct hc_registry *registry = hc_registry_new();
	_cleanup_(hc_arena_freep) struct hc_arena *arena = hc_arena_new();
	struct repository repository = {.arena = arena};
	struct diff diff = {.arena = arena};
	int r = EXIT_FAILED;

	if (options->narg != 2) {
		fputs("hcstate: diff wants two revisions\n", stderr);
		return EXIT_USAGE;
	}
	hc_registry_load(registry, NULL);
	if (find_repository(&repository, options))
		r = load_and_print(&diff, &repository, registry, options);
	(void)hc_generation_free(diff.before);
	(void)hc_generation_free(diff.after);
	return r;
}
