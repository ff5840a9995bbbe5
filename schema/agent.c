/* SPDX-License-Identifier: Apache-2.0 */
/* Agent and what is nested in it: /etc/hcstate/agent.yaml. */

#include <hcstate/agent.h>

#include <string.h>

#include <hcstate/resource.h>

#define IMPACTS "^(none|blip|restart|failover|data-move)$"
#define IMPACTS_DOC "none, blip, restart, failover or data-move"
#define FILE_PATTERN "^(/[^[:cntrl:]]*|[A-Za-z0-9_.-]+)$"
#define FILE_DOC "an absolute path, or the name of a systemd credential"
#define TIME_PATTERN "^([01][0-9]|2[0-3]):[0-5][0-9]$"

static const char *const modes[] = {"enforce", "report", "ignore", NULL};

static const struct hc_field git_fields[] = {
	hc_string(struct hc_agent_git, url, .absent = HC_REQUIRED, .max = 1024,
		  .pattern = "^(https://[^[:space:]]+|ssh://[^[:space:]]+|"
			     "[A-Za-z0-9_.-]+@[^[:space:]:]+:[^[:space:]]+|/[^[:cntrl:]]+)$",
		  .pattern_doc = "https://..., ssh://..., user@host:path or an absolute path",
		  .doc = "The repository. No password in here: see password_file."),
	hc_string(
		struct hc_agent_git, branch, .max = 255,
		.doc = "The branch that is followed; main where neither branch, tag nor commit is "
		       "said."),
	hc_string(struct hc_agent_git, tag, .max = 255, .doc = "A tag instead of a branch."),
	hc_string(struct hc_agent_git, commit, .pattern = "^[0-9a-f]{40}$",
		  .pattern_doc = "40 hex digits", .doc = "A commit instead of a branch."),
	hc_string(struct hc_agent_git, path, .max = 1024, .pattern = "^[^/].*$",
		  .pattern_doc = "a path within the repository",
		  .doc = "The directory with the manifests; the whole tree where it is not said."),
	hc_u32(struct hc_agent_git, interval, .absent = HC_RESET, .unset = "30", .unit = "s",
	       .min = 1, .max = 86400, .doc = "How often it is asked for something new."),
	hc_u32(struct hc_agent_git, timeout, .absent = HC_RESET, .unset = "60", .unit = "s",
	       .min = 1, .max = 3600, .doc = "How long one fetch may take; then it is killed."),
	hc_string(struct hc_agent_git, username, .max = 255, .doc = "Who asks, over https."),
	hc_string(struct hc_agent_git, password_file, .pattern = FILE_PATTERN,
		  .pattern_doc = FILE_DOC, .doc = "A file with the password or token, https."),
	hc_string(struct hc_agent_git, ssh_key, .pattern = FILE_PATTERN, .pattern_doc = FILE_DOC,
		  .doc = "A private key without a passphrase, ssh."),
	hc_string(
		struct hc_agent_git, known_hosts, .pattern = FILE_PATTERN, .pattern_doc = FILE_DOC,
		.doc = "Keys of servers, as ssh has them; a server that is not in it is refused."),
	hc_string(struct hc_agent_git, ca_file, .pattern = FILE_PATTERN, .pattern_doc = FILE_DOC,
		  .doc = "Certificates that vouch for the server; the system's where it is not "
			 "said."),
	hc_string(
		struct hc_agent_git, allowed_signers, .pattern = FILE_PATTERN,
		.pattern_doc = FILE_DOC,
		.doc = "Who may sign commits (ssh-keygen(1), ALLOWED SIGNERS). Where it is said, a "
		       "tip that is not signed by one of them is refused."),
	hc_bool(struct hc_agent_git, allow_rewind, .absent = HC_RESET, .unset = "false",
		.doc = "Take a branch that went back or was rewritten."),
};

const struct hc_type hc_agent_git = {
	.name = "AgentGit",
	.doc = "A git repository that the agent pulls its manifests from.",
	.scope = HC_CLUSTER,
	.from = HC_CHILD,
	HC_FIELDS(git_fields),
	.size = sizeof(struct hc_agent_git),
	.passive = true,
};

static const struct hc_field rule_fields[] = {
	hc_strings(struct hc_agent_rule, kinds, .absent = HC_RESET, .pattern = "^[A-Z][A-Za-z]*$",
		   .pattern_doc = "a kind's name",
		   .doc = "The kinds it is about; all where it is not said."),
	hc_strings(struct hc_agent_rule, names, .absent = HC_RESET,
		   .doc = "Patterns (glob) of the objects' names; all where it is not said."),
	hc_enum(struct hc_agent_rule, mode, .absent = HC_RESET, .unset = "enforce", .words = modes,
		.doc = "enforce: differences are mended. report: they are shown only. ignore: not "
		       "even that."),
	hc_strings(struct hc_agent_rule, at_once, .pattern = IMPACTS, .pattern_doc = IMPACTS_DOC,
		   .doc = "Impacts that are had at any time; none and blip where it is not said. "
			  "What is not there yet is made at any time."),
	hc_strings(struct hc_agent_rule, in_windows, .pattern = IMPACTS, .pattern_doc = IMPACTS_DOC,
		   .doc = "Impacts that are had in a window; restart, failover and data-move where "
			  "it is not said. Without a window they wait for approval."),
	hc_strings(struct hc_agent_rule, windows, .absent = HC_RESET,
		   .doc = "Which windows; all where it is not said."),
};

const struct hc_type hc_agent_rule = {
	.name = "AgentRule",
	.doc = "What may be done by itself to some objects. Rules are asked in the order in which "
	       "they are written; the first that fits decides. Data is lost by approval only, "
	       "whatever a rule says.",
	.scope = HC_CLUSTER,
	.from = HC_CHILD,
	HC_FIELDS(rule_fields),
	.size = sizeof(struct hc_agent_rule),
	.passive = true,
};

static const struct hc_field window_fields[] = {
	hc_strings(struct hc_agent_window, days, .absent = HC_RESET,
		   .pattern = "^(mon|tue|wed|thu|fri|sat|sun)$", .pattern_doc = "mon ... sun",
		   .doc = "Days on which it opens; every day where it is not said."),
	hc_string(struct hc_agent_window, from, .absent = HC_REQUIRED, .pattern = TIME_PATTERN,
		  .pattern_doc = "a time, HH:MM (quote it)", .doc = "When it opens."),
	hc_string(struct hc_agent_window, to, .absent = HC_REQUIRED, .pattern = TIME_PATTERN,
		  .pattern_doc = "a time, HH:MM (quote it)",
		  .doc = "When it closes; not after `from`: on the next day."),
	hc_string(struct hc_agent_window, time_zone, .pattern = "^[A-Za-z0-9_+/-]+$",
		  .pattern_doc = "a time zone such as Europe/Berlin",
		  .doc = "Whose clock; the machine's where it is not said."),
};

const struct hc_type hc_agent_window = {
	.name = "AgentWindow",
	.doc = "When interruptions are welcome.",
	.scope = HC_CLUSTER,
	.from = HC_CHILD,
	HC_FIELDS(window_fields),
	.size = sizeof(struct hc_agent_window),
	.passive = true,
};

static const struct hc_field webhook_fields[] = {
	hc_string(struct hc_agent_webhook, url, .absent = HC_REQUIRED, .max = 1024,
		  .pattern = "^https?://[^[:space:]]+$", .pattern_doc = "http(s)://...",
		  .doc = "Where events are posted to, as JSON."),
	hc_string(struct hc_agent_webhook, header_file, .pattern = FILE_PATTERN,
		  .pattern_doc = FILE_DOC,
		  .doc = "A file with one header line for the request, for a token."),
	hc_string(struct hc_agent_webhook, ca_file, .pattern = FILE_PATTERN,
		  .pattern_doc = FILE_DOC, .doc = "Certificates that vouch for the server."),
	hc_strings(struct hc_agent_webhook, events, .absent = HC_RESET,
		   .pattern = "^(drift|decision|failed|recovered|approval)$",
		   .pattern_doc = "drift, decision, failed, recovered or approval",
		   .doc = "What is told; all of it where it is not said."),
};

const struct hc_type hc_agent_webhook = {
	.name = "AgentWebhook",
	.doc = "Who is told of drift, decisions of HA, failure, recovery and wanted approvals.",
	.scope = HC_CLUSTER,
	.from = HC_CHILD,
	HC_FIELDS(webhook_fields),
	.size = sizeof(struct hc_agent_webhook),
	.passive = true,
};

static const struct hc_field agent_fields[] = {
	hc_string(
		struct hc_agent, node, .max = 63, .pattern = "^[a-z0-9]([a-z0-9-]*[a-z0-9])?$",
		.pattern_doc = "a node's name",
		.doc = "This machine's name in the manifests; its hostname where it is not said."),
	hc_string(struct hc_agent, source, .pattern = "^/", .pattern_doc = "an absolute path",
		  .doc = "The manifests: a file or a directory, which is watched. "
			 "/etc/hcstate/manifests where neither this nor git is said."),
	hc_children("git", .item = &hc_agent_git, .form = HC_ONE, .key = "git",
		    .doc = "A git repository instead of a directory."),
	hc_u32(struct hc_agent, look, .absent = HC_RESET, .unset = "60", .unit = "s", .min = 1,
	       .max = 3600, .doc = "How long until all is looked at when nothing was noticed."),
	hc_children(
		"policy", .item = &hc_agent_rule, .form = HC_NAMED,
		.doc = "Rules, asked in the order in which they are written. Behind them stands "
		       "one for everything with the defaults of a rule."),
	hc_children("windows", .item = &hc_agent_window, .form = HC_NAMED,
		    .doc = "When interruptions are welcome, by name."),
	hc_children("notify", .item = &hc_agent_webhook, .form = HC_NAMED,
		    .doc = "Webhooks, by name."),
	hc_string(struct hc_agent, metrics, .pattern = "^/.*[.]prom$",
		  .pattern_doc = "an absolute path that ends in .prom",
		  .doc = "A file in the directory of node_exporter's textfile collector."),
	hc_u32(struct hc_agent, history, .absent = HC_RESET, .unset = "1000", .min = 1,
	       .max = 100000, .doc = "How many cycles that changed something are remembered."),
};

static void check_agent(const struct hc_set *desired, const struct hc_resource *r,
			struct hc_diags *diags)
{
	const struct hc_agent *agent = r->spec;
	size_t n;

	(void)hc_of_type(desired, &hc_agent_git, &n);
	if (n && agent->source)
		hc_say(diags, HC_ERROR, hc_field_place(r, hc_field_index(r->type, "source")),
		       "either a source or git, not both");
}

static void check_git(const struct hc_resource *r, struct hc_diags *diags)
{
	const struct hc_agent_git *git = r->spec;

	if (!!git->branch + !!git->tag + !!git->commit > 1)
		hc_say(diags, HC_ERROR, r->place, "one of branch, tag and commit");
	if (!!git->username != !!git->password_file)
		hc_say(diags, HC_ERROR, r->place, "username and password_file go together");
}

static void check(const struct hc_set *desired, struct hc_diags *diags)
{
	size_t n;
	struct hc_resource *const *v = hc_of_type(desired, &hc_agent, &n);

	for (size_t i = 0; i < n; i++)
		check_agent(desired, v[i], diags);
	if (n > 1)
		hc_say(diags, HC_ERROR, v[1]->place, "a machine has one agent");
	v = hc_of_type(desired, &hc_agent_git, &n);
	for (size_t i = 0; i < n; i++)
		check_git(v[i], diags);
}

const struct hc_type hc_agent = {
	.name = "Agent",
	.doc = "What the resident agent of a machine works from and may do by itself: "
	       "/etc/hcstate/agent.yaml. It has the form of a manifest and belongs to the machine.",
	.scope = HC_CLUSTER,
	.from = HC_KIND,
	HC_FIELDS(agent_fields),
	.size = sizeof(struct hc_agent),
	.passive = true,
	.check = check,
};

const struct hc_type *const *hc_agent_types(void)
{
	static const struct hc_type *const types[] = {
		&hc_agent, &hc_agent_git, &hc_agent_rule, &hc_agent_window, &hc_agent_webhook, NULL,
	};
	return types;
}
