/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Any bytes as an answer of hcstate-git, which may have been taken over by what it read. What is
 * believed keeps to what the rest relies on: names that lead nowhere, lines that have a commit,
 * texts that are whole.
 */

#include <stdlib.h>
#include <string.h>

#include <reconciler/agent/source_git.h>
#include <reconciler/load.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool claim)
{
	if (!claim)
		abort();
}

static void check_source(const struct hc_source *source)
{
	must(*source->path != '/' && !strstr(source->path, "/../") && !strstr(source->path, "//"));
	must(hc_is_manifest(strrchr(source->path, '/') ? strrchr(source->path, '/') + 1
						       : source->path));
	must(source->size <= HC_MAX_FILE && !source->text[source->size]);
	for (size_t i = 0; i < source->nhunk; i++)
		must(source->hunk[i].first && source->hunk[i].lines &&
		     strlen(source->hunk[i].commit->id) == 40);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_(hc_arena_freep) struct hc_arena *arena = hc_arena_new();
	struct git_answer answer;
	const char *why;
	char *copy = malloc(size ? size : 1); /* not more than there is: a step too far is seen */

	if (!copy)
		abort();
	if (size)
		memcpy(copy, data, size);
	if (git_answer_read(arena, copy, size, &answer, &why))
		must(why);
	else
		must(answer.ok ? !!answer.tip : !!answer.error);
	for (size_t i = 0; !why && i < answer.n; i++)
		check_source(answer.sources[i]);
	free(copy);
	return 0;
}
