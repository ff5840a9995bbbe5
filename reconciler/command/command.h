/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* The command line: one function per command, all given the same parsed options. */

#include <stdio.h>

#include <reconciler/agent/answer.h>
#include <reconciler/load.h>

struct options {
	const char *const *files; /* -f; NULL ends them; never empty: the default is in it */
	const char *hostname;     /* this machine's, up to its first dot */
	const char *node;         /* --node; default: the hostname up to its first dot */
	enum output output;       /* -o */
	bool lines;               /* -o jsonl: output is JSON, an object per line */
	const char *live;         /* --live FILE */
	const char *key_file;     /* --key-file; default /etc/hcstate/node.key */
	const char *recovery_key; /* --recovery-key: a NodeKey document's file, or the key itself */
	const char *name;         /* --name: of the key's NodeKey document; default: node */
	const char *to;           /* --to: the node that gets a VM */
	const char *config;       /* --config: the agent's */
	const char *fail;         /* --fail: the node that is to be thought away */
	const char *repo;         /* --repo: a git repository; NULL: the agent's mirror */
	const char *reason;       /* --reason: of a suspension */
	uint64_t until;           /* --until: seconds of CLOCK_REALTIME; 0: for good */
	bool dry_run, detailed_exitcode, desired, yes, force, watch, cluster, follow;
	bool alone; /* -f, --live, --node or --key-file: it works by itself, without the agent */
	uint64_t timeout_us;        /* --timeout */
	struct hc_strings approved; /* --approve */
	uint64_t allow_removals;    /* --allow-removals; UINT64_MAX: not given */
	char **args;                /* what follows the command's name; NULL ends them */
	int narg;
};

/* Each gives the exit code. Results on stdout, all else on stderr. */
int command_agent(const struct options *options);
int command_apply(const struct options *options);
int command_approve(const struct options *options);
int command_claim(const struct options *options);
int command_console(const struct options *options);
int command_diff(const struct options *options);
int command_events(const struct options *options);
int command_explain(const struct options *options);
int command_get(const struct options *options);
int command_ha(const struct options *options);
int command_history(const struct options *options);
int command_keygen(const struct options *options);
int command_plan(const struct options *options);
int command_reconcile(const struct options *options);
int command_resume(const struct options *options);
int command_schema(const struct options *options);
int command_secrets(const struct options *options);
int command_simulate(const struct options *options);
int command_status(const struct options *options);
int command_suspend(const struct options *options);
int command_validate(const struct options *options);
int command_version(const struct options *options);

/* The manifests' errors and warnings as one JSON object on stdout. */
void command_print_report(struct hc_generation *generation);

/*
 * Loads the manifests of -f and prints what is wrong or doubtful with them on stderr.
 * NULL and *exitcode when they cannot be used.
 */
struct hc_generation *command_load(const struct options *options,
				   const struct hc_registry *registry, int *exitcode);
