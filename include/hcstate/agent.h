/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * /etc/hcstate/agent.yaml: what the resident agent of one machine works from, and what it may do by
 * itself. It has the form of a manifest and is none: it belongs to the machine, not to the cluster,
 * so that nobody who may push to the manifests can widen what is done without a person.
 */

#include <hcstate/type.h>

struct hc_agent {
	const char *node;    /* this machine, as the manifests name it; NULL: the hostname */
	const char *source;  /* manifests: a file or directory; with git: none */
	uint32_t look;       /* s between two looks when nothing is noticed */
	const char *metrics; /* a file for node_exporter's textfile collector; NULL: none */
	uint32_t history;    /* how many cycles that changed something are remembered */
};

struct hc_agent_git {
	const char *url;                   /* https://..., ssh://..., user@host:path, or a path */
	const char *branch, *tag, *commit; /* one of them; none: the branch main */
	const char *path;                  /* the directory within it; NULL: all */
	uint32_t interval;                 /* s */
	uint32_t timeout;                  /* s that one fetch may take */
	/* Secrets and keys are files: an absolute path, or the name of a systemd credential. */
	const char *username, *password_file;
	const char *ssh_key, *known_hosts;
	const char *ca_file;
	const char *allowed_signers; /* ssh-keygen(1), ALLOWED SIGNERS; NULL: anybody's commit */
	bool allow_rewind;           /* a branch may go back or be rewritten */
};

enum hc_agent_mode {
	HC_AGENT_ENFORCE, /* differences are mended */
	HC_AGENT_REPORT,  /* ... are shown */
	HC_AGENT_IGNORE,  /* ... are nobody's matter */
};

/* The first rule that fits an object decides about it. */
struct hc_agent_rule {
	struct hc_strings kinds; /* empty: all */
	struct hc_strings names; /* patterns of glob(7) on the name; empty: all */
	unsigned mode;           /* an enum hc_agent_mode */
	/* Of what is enforced: impacts (none ... data-move) that need no more, and those that may
	 * be had in a window. All others wait for a person. */
	struct hc_strings at_once, in_windows;
	struct hc_strings windows; /* which; empty: all there are */
};

struct hc_agent_window {
	struct hc_strings days; /* mon ... sun; empty: every day */
	const char *from, *to;  /* 22:00, 04:30; to <= from: it ends on the next day */
	const char *time_zone;  /* Europe/Berlin; NULL: the machine's */
};

struct hc_agent_webhook {
	const char *url;
	const char *header_file; /* a file with one header line, "Authorization: Bearer ..." */
	const char *ca_file;
	struct hc_strings events; /* drift, decision, failed, recovered, approval; empty: all */
};

extern const struct hc_type hc_agent;
extern const struct hc_type hc_agent_git;
extern const struct hc_type hc_agent_rule;
extern const struct hc_type hc_agent_window;
extern const struct hc_type hc_agent_webhook;

/* The kinds of agent.yaml; NULL ends them. */
const struct hc_type *const *hc_agent_types(void);
