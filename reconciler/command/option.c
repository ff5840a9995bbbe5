/* SPDX-License-Identifier: Apache-2.0 */
/* Options: what there is, and what their values become. */

#include "option.h"

#include <errno.h>
#include <string.h>

#include "when.h"

enum {
	OPT_NODE = 256,
	OPT_LIVE,
	OPT_KEY_FILE,
	OPT_RECOVERY_KEY,
	OPT_NAME,
	OPT_DRY_RUN,
	OPT_DETAILED,
	OPT_DESIRED,
	OPT_TIMEOUT,
	OPT_APPROVE,
	OPT_ALLOW_REMOVALS,
	OPT_TO,
	OPT_YES,
	OPT_FORCE,
	OPT_CONFIG,
	OPT_REPO,
	OPT_REASON,
	OPT_UNTIL,
	OPT_WATCH,
	OPT_CLUSTER,
	OPT_FAIL,
};

const struct option_row option_rows[] = {
	{"file", "PATH",
	 "manifests: a file or a directory; may be repeated (default: /etc/hcstate/manifests)",
	 'f'},
	{"output", "FORMAT", "text, json; get also yaml, simulate jsonl", 'o'},
	{"node", "NAME", "this machine's name in the manifests (default: the hostname)", OPT_NODE},
	{"dry-run", NULL, "only what plan does", OPT_DRY_RUN},
	{"detailed-exitcode", NULL, "exit 2 when there are changes", OPT_DETAILED},
	{"approve", "OBJECT", "allow what needs it, for Kind/name[@node]; may be repeated",
	 OPT_APPROVE},
	{"allow-removals", "N", "allow N removals of each kind", OPT_ALLOW_REMOVALS},
	{"timeout", "TIME", "how long to try: 90s, 10m (default: 10m)", OPT_TIMEOUT},
	{"live", "FILE", "the live state from a file (of get -o yaml), not the system", OPT_LIVE},
	{"desired", NULL, "what the manifests ask for", OPT_DESIRED},
	{"key-file", "FILE", "the private key (default: /etc/hcstate/node.key)", OPT_KEY_FILE},
	{"recovery-key", "KEY", "the recovery key: base64, or its NodeKey file", OPT_RECOVERY_KEY},
	{"name", "NAME", "whose key it is (default: the node)", OPT_NAME},
	{"to", "NODE", "the node that gets the VM (default: this one)", OPT_TO},
	{"yes", NULL, "do not ask", OPT_YES},
	{"force", NULL, "also from a node that is alive", OPT_FORCE},
	{"config", "FILE", "the agent's configuration (default: /etc/hcstate/agent.yaml)",
	 OPT_CONFIG},
	{"repo", "PATH", "a git repository (default: the agent's mirror of its own)", OPT_REPO},
	{"reason", "TEXT", "why, for those who see it", OPT_REASON},
	{"until", "WHEN", "2026-12-24T18:00:00Z, 18:00, +2h, +30m or +1d (default: for good)",
	 OPT_UNTIL},
	{"watch", NULL, "again and again", OPT_WATCH},
	{"cluster", NULL, "of all nodes", OPT_CLUSTER},
	{"fail", "NODE", "no scenario: what would come of it if this node failed now", OPT_FAIL},
	{"follow", NULL, "also those that come", OPT_FOLLOW},
	{0},
};

static bool number(const char *text, uint64_t *to, const char **rest)
{
	char *end;

	errno = 0;
	*to = strtoull(text, &end, 10);
	*rest = end;
	return *text >= '0' && *text <= '9' && !errno;
}

static bool duration(const char *text, uint64_t *to)
{
	const char *unit;
	uint64_t n, factor;

	if (!number(text, &n, &unit))
		return false;
	factor = !strcmp(unit, "s") || !*unit ? 1
		 : !strcmp(unit, "m")         ? 60
		 : !strcmp(unit, "h")         ? 3600
					      : 0;
	if (!factor || n > UINT64_MAX / 1000000 / factor / 2)
		return false;
	*to = n * factor * 1000000;
	return true;
}

static bool output_format(const char *word, enum output *to)
{
	static const char *const words[] = {"text", "json", "yaml"};

	for (size_t i = 0; i < HC_COUNT(words); i++)
		if (!strcmp(word, words[i]))
			return *to = (enum output)i, true;
	return false;
}

void option_add_file(struct reading *reading, const char *path)
{
	reading->files = hc_grow(reading->arena, reading->files, reading->nfile, &reading->room,
				 sizeof(*reading->files));
	reading->files[reading->nfile++] = path;
}

bool option_take(struct reading *reading, int code, const char *value)
{
	struct options *o = &reading->options;
	const char *rest;

	switch (code) {
	case 'f':
		option_add_file(reading, value);
		return o->alone = true;
	case 'o':
		o->lines = !strcmp(value, "jsonl");
		return output_format(o->lines ? "json" : value, &o->output);
	case OPT_NODE:
		o->node = value;
		o->alone = true;
		return *value;
	case OPT_LIVE:
		o->live = value;
		return o->alone = true;
	case OPT_KEY_FILE:
		o->key_file = value;
		return o->alone = true;
	case OPT_RECOVERY_KEY:
		o->recovery_key = value;
		return true;
	case OPT_NAME:
		o->name = value;
		return true;
	case OPT_DRY_RUN:
		return o->dry_run = true;
	case OPT_DETAILED:
		return o->detailed_exitcode = true;
	case OPT_DESIRED:
		return o->desired = true;
	case OPT_TIMEOUT:
		return duration(value, &o->timeout_us) && o->timeout_us;
	case OPT_APPROVE:
		hc_strings_add(reading->arena, &o->approved, value);
		return strchr(value, '/') != NULL;
	case OPT_TO:
		o->to = value;
		return *value;
	case OPT_YES:
		return o->yes = true;
	case OPT_FORCE:
		return o->force = true;
	case OPT_CONFIG:
		o->config = value;
		return *value;
	case OPT_REPO:
		o->repo = value;
		return *value;
	case OPT_REASON:
		o->reason = value;
		return *value;
	case OPT_UNTIL:
		return when_read(value, (time_t)(hc_wall_us() / 1000000), &o->until);
	case OPT_WATCH:
		return o->watch = true;
	case OPT_CLUSTER:
		return o->cluster = true;
	case OPT_FAIL:
		o->fail = value;
		return *value;
	case OPT_FOLLOW:
		return o->follow = true;
	case OPT_ALLOW_REMOVALS:
		return number(value, &o->allow_removals, &rest) && !*rest;
	}
	return false;
}
