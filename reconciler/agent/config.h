/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* The agent's own configuration, agent.yaml, read once and complete. */

#include <hcstate/agent.h>
#include <hcstate/resource.h>

struct agent_rule {
	const char *name;
	const struct hc_agent_rule *spec;
	bool says_at_once, says_in_windows; /* the rule has the field; else its default holds */
};

struct agent_window {
	const char *name;
	const struct hc_agent_window *spec;
};

struct agent_webhook {
	const char *name;
	const struct hc_agent_webhook *spec;
};

/* Lives in the arena it was read into. */
struct agent_config {
	const char *node;               /* never NULL */
	const char *source;             /* a path; NULL with git */
	const struct hc_agent_git *git; /* or NULL */
	const struct hc_agent *spec;    /* all else; the defaults are filled in */
	struct agent_rule *rules;       /* in the order in which they are asked */
	size_t nrule;
	struct agent_window *windows;
	size_t nwindow;
	struct agent_webhook *webhooks;
	size_t nwebhook;
};

/* Reads the file; one that is not there is a configuration of defaults. Errors are said with their
 * places; then NULL. */
struct agent_config *config_load(struct hc_arena *arena, const char *path, const char *hostname,
				 struct hc_diags *diags);

/* The content of what a *_file field names: an absolute path, or a credential of
 * $CREDENTIALS_DIRECTORY. 0 or a negative errno, said in diags with the field's name. At most 64
 * KiB. */
int config_file(struct hc_arena *arena, const char *field, const char *file, char **text,
		size_t *size, struct hc_diags *diags);
/* Its path alone. */
const char *config_path(struct hc_arena *arena, const char *file);
