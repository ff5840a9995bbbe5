/* SPDX-License-Identifier: Apache-2.0 */
/*
 * agent.yaml: read by what reads manifests, with the agent's own tables, so that errors name their
 * place and unknown words get a hint. Rules keep the order in which they were written; all else is
 * by name.
 */

#include "config.h"

#include <errno.h>
#include <string.h>

#include <hcstate/file.h>
#include <reconciler/load.h>

#include "window.h"

enum { LARGEST_FILE = 64 * 1024 };

static const char default_source[] = "/etc/hcstate/manifests";

static int by_line(const void *a, const void *b)
{
	const struct hc_resource *const *x = a, *const *y = b;

	return (*x)->place.line < (*y)->place.line ? -1 : (*x)->place.line > (*y)->place.line;
}

/* "night" of "agent/night" */
static const char *own_name(const struct hc_resource *r)
{
	const char *slash = strchr(r->name, '/');

	return slash ? slash + 1 : r->name;
}

static bool says(const struct hc_resource *r, size_t offset)
{
	return r->set & hc_field_bit(r->type, offset);
}

static void take_rules(struct agent_config *config, struct hc_arena *arena,
		       const struct hc_set *desired)
{
	size_t n;
	struct hc_resource *const *found = hc_of_type(desired, &hc_agent_rule, &n);
	struct hc_resource **v = hc_alloc(arena, n * sizeof(struct hc_resource *));

	if (n)
		memcpy(v, found, n * sizeof(struct hc_resource *));
	qsort(v, n, sizeof(struct hc_resource *), by_line);
	config->rules = hc_alloc(arena, n * sizeof(*config->rules));
	for (size_t i = 0; i < n; i++)
		config->rules[config->nrule++] = (struct agent_rule){
			.name = own_name(v[i]),
			.spec = v[i]->spec,
			.says_at_once = says(v[i], offsetof(struct hc_agent_rule, at_once)),
			.says_in_windows = says(v[i], offsetof(struct hc_agent_rule, in_windows)),
		};
}

static void take_windows(struct agent_config *config, struct hc_arena *arena,
			 const struct hc_set *desired, struct hc_diags *diags)
{
	size_t n;
	struct hc_resource *const *v = hc_of_type(desired, &hc_agent_window, &n);

	config->windows = hc_alloc(arena, n * sizeof(*config->windows));
	for (size_t i = 0; i < n; i++) {
		const char *why;

		config->windows[config->nwindow++] =
			(struct agent_window){own_name(v[i]), v[i]->spec};
		if (!window_check(v[i]->spec, &why))
			hc_say(diags, HC_ERROR, v[i]->place, "%s", why);
	}
}

static void take_webhooks(struct agent_config *config, struct hc_arena *arena,
			  const struct hc_set *desired)
{
	size_t n;
	struct hc_resource *const *v = hc_of_type(desired, &hc_agent_webhook, &n);

	config->webhooks = hc_alloc(arena, n * sizeof(*config->webhooks));
	for (size_t i = 0; i < n; i++)
		config->webhooks[config->nwebhook++] =
			(struct agent_webhook){own_name(v[i]), v[i]->spec};
}

/* One that never fits lets through what it was to hold back. A module may bring a kind of its own,
 * so it is no error. */
static void check_kinds(const struct hc_resource *rule, struct hc_diags *diags)
{
	const struct hc_strings *kinds = &((const struct hc_agent_rule *)rule->spec)->kinds;
	const struct hc_type *const *types = hc_core_types();
	const char *names[128] = {NULL};
	size_t n = 0;

	for (; n < HC_COUNT(names) - 1 && types[n]; n++)
		names[n] = types[n]->name;
	for (size_t i = 0; i < kinds->n; i++) {
		struct hc_diag *diag = NULL;
		const char *near = hc_nearest(kinds->v[i], names);
		bool found = false;

		for (size_t k = 0; k < n; k++)
			found |= !strcmp(names[k], kinds->v[i]);
		if (!found)
			diag = hc_say(diags, HC_WARNING,
				      hc_field_place(rule, hc_field_index(rule->type, "kinds")),
				      "there is no kind %s: this rule fits nothing by it",
				      kinds->v[i]);
		if (diag && near)
			hc_hint(diags, diag, "did you mean %s?", near);
	}
}

/* What a rule says of windows, by names that the file must have. */
static void check_rules(const struct agent_config *config, const struct hc_set *desired,
			struct hc_diags *diags)
{
	size_t n;
	struct hc_resource *const *v = hc_of_type(desired, &hc_agent_rule, &n);

	for (size_t i = 0; i < n; i++) {
		const struct hc_agent_rule *rule = v[i]->spec;

		check_kinds(v[i], diags);
		for (size_t k = 0; k < rule->windows.n; k++) {
			bool found = false;

			for (size_t w = 0; w < config->nwindow; w++)
				found |= !strcmp(config->windows[w].name, rule->windows.v[k]);
			if (!found)
				hc_say(diags, HC_ERROR,
				       hc_field_place(v[i], hc_field_index(v[i]->type, "windows")),
				       "there is no window %s", rule->windows.v[k]);
		}
	}
}

static const struct hc_agent defaults = {.look = 60, .history = 1000};

static struct agent_config *config_of(struct hc_arena *arena, const struct hc_set *desired,
				      const char *hostname, struct hc_diags *diags)
{
	struct agent_config *config = hc_new(arena, struct agent_config);
	size_t n;
	struct hc_resource *const *v = hc_of_type(desired, &hc_agent, &n);

	config->spec = n ? v[0]->spec : &defaults;
	config->node = config->spec->node ? config->spec->node : hc_strdup(arena, hostname);
	v = hc_of_type(desired, &hc_agent_git, &n);
	config->git = n ? v[0]->spec : NULL;
	if (!config->git)
		config->source = config->spec->source ? config->spec->source : default_source;
	take_rules(config, arena, desired);
	take_windows(config, arena, desired, diags);
	take_webhooks(config, arena, desired);
	check_rules(config, desired, diags);
	return config;
}

struct agent_config *config_load(struct hc_arena *arena, const char *path, const char *hostname,
				 struct hc_diags *diags)
{
	_cleanup_(hc_registry_freep) struct hc_registry *registry = NULL;
	const char *const paths[] = {path, NULL};
	const struct hc_set nothing = {.arena = arena};
	struct hc_generation *generation;
	struct agent_config *config;

	if (access(path, F_OK) && errno == ENOENT)
		return config_of(arena, &nothing, hostname, diags);
	registry = hc_registry_of(hc_agent_types());
	generation = hc_load(registry, paths);
	if (!generation->documents && !generation->partial) { /* all of it is comments */
		(void)hc_generation_free(generation);
		return config_of(arena, &nothing, hostname, diags);
	}
	/* It stays with the configuration, which points into it. */
	hc_diags_add(diags, &generation->diags);
	config = config_of(generation->arena, &generation->desired, hostname, diags);
	hc_arena_adopt(arena, &generation->arena);
	return diags->errors ? NULL : config;
}

const char *config_path(struct hc_arena *arena, const char *file)
{
	const char *credentials = secure_getenv("CREDENTIALS_DIRECTORY");

	if (*file == '/')
		return file;
	return hc_printf(arena, "%s/%s", credentials ? credentials : "/run/credentials/none", file);
}

int config_file(struct hc_arena *arena, const char *field, const char *file, char **text,
		size_t *size, struct hc_diags *diags)
{
	const char *path = config_path(arena, file);
	int r = hc_file_read(arena, path, LARGEST_FILE, text, size);

	if (r)
		hc_say(diags, HC_ERROR, (struct hc_place){0}, "%s: cannot read %s: %s", field, path,
		       strerror(-r));
	return r;
}
