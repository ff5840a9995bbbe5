/* SPDX-License-Identifier: Apache-2.0 */
/* Which kind of source the configuration asks for. All else is the kind's. */

#include "source.h"

#include <time.h>

struct source *source_new(sd_event *event, const struct agent_config *config, const char *state_dir,
			  void (*changed)(void *arg), void *arg)
{
	struct source *source = calloc(1, sizeof(*source));

	if (!source)
		abort();
	*source = (struct source){
		.event = event,
		.config = config,
		.state_dir = state_dir,
		.changed = changed,
		.arg = arg,
		.kind = config->git ? &source_git : &source_path,
	};
	source->self = source->kind->begin(source);
	return source;
}

struct source *source_free(struct source *source)
{
	if (source)
		source->kind->end(source->self);
	free(source);
	return NULL;
}

struct hc_generation *source_load(struct source *source, const struct hc_registry *registry)
{
	return source->kind->load(source->self, registry);
}

void source_hurry(struct source *source)
{
	source->kind->hurry(source->self);
}

const char *source_time(struct hc_arena *arena, uint64_t seconds)
{
	time_t when = (time_t)seconds;
	char text[32] = "";
	struct tm tm;

	if (gmtime_r(&when, &tm))
		(void)strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", &tm); /* "" then */
	return hc_strdup(arena, text);
}
