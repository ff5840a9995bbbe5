/* SPDX-License-Identifier: Apache-2.0 */
/*
 * hcstate's command line. One table of options for all commands, so that -f means the same
 * everywhere; each command names those that it takes.
 */

#include "command.h"

#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <limits.h>
#include <string.h>

#include <reconciler/secret.h>

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
	OPT_HELP,
};

static const struct option long_options[] = {
	{"file", required_argument, NULL, 'f'},
	{"output", required_argument, NULL, 'o'},
	{"node", required_argument, NULL, OPT_NODE},
	{"live", required_argument, NULL, OPT_LIVE},
	{"key-file", required_argument, NULL, OPT_KEY_FILE},
	{"recovery-key", required_argument, NULL, OPT_RECOVERY_KEY},
	{"name", required_argument, NULL, OPT_NAME},
	{"dry-run", no_argument, NULL, OPT_DRY_RUN},
	{"detailed-exitcode", no_argument, NULL, OPT_DETAILED},
	{"desired", no_argument, NULL, OPT_DESIRED},
	{"timeout", required_argument, NULL, OPT_TIMEOUT},
	{"approve", required_argument, NULL, OPT_APPROVE},
	{"allow-removals", required_argument, NULL, OPT_ALLOW_REMOVALS},
	{"help", no_argument, NULL, OPT_HELP},
	{0},
};

struct command {
	const char *name;
	int (*run)(const struct options *options);
	const char *takes; /* names of its long options, each between spaces */
	const char *args;  /* what follows the options */
	int most;          /* how many words that may be */
	const char *doc;
};

static const struct command commands[] = {
	{"validate", command_validate, " file output ", "", 0, "check manifests; touches nothing"},
	{"plan", command_plan,
	 " file output node live key-file detailed-exitcode approve allow-removals ", "", 0,
	 "show what apply would do; touches nothing"},
	{"apply", command_apply,
	 " file output node key-file dry-run detailed-exitcode approve allow-removals timeout ", "",
	 0, "make it so, then look again"},
	{"status", command_status, " file output node live key-file ", "", 0,
	 "every resource: converged, drifted, waiting, failed, unmanaged, unknown"},
	{"get", command_get, " file output node live key-file desired ", "[KIND[/NAME]]", 1,
	 "what is there (--desired: what should be)"},
	{"explain", command_explain, " output ", "[KIND[.FIELD]]", 1, "what a manifest can say"},
	{"schema", command_schema, " output ", "[KIND | markdown DIR]", 2,
	 "JSON Schema of the manifests; the reference"},
	{"keygen", command_keygen, " key-file name node ", "", 0,
	 "make this node's key, print its NodeKey"},
	{"secrets", command_secrets, " file key-file recovery-key node ",
	 "init | list | rekey | rotate NAME | set NAME", 2,
	 "sealed values for the manifests, on stdout"},
	{"version", command_version, " output ", "", 0, "version and installed providers"},
};

static void usage(FILE *out)
{
	fputs("usage: hcstate COMMAND [OPTION...]\n\n", out);
	for (size_t i = 0; i < HC_COUNT(commands); i++)
		fprintf(out, "  %-10s%s%s%s\n", commands[i].name, commands[i].args,
			*commands[i].args ? "  " : "", commands[i].doc);
	fputs("\n"
	      "  -f, --file PATH         manifests: a file or a directory; may be repeated\n"
	      "                          (default /etc/hcstate/manifests)\n"
	      "  -o, --output FORMAT     text, json; get also yaml\n"
	      "  --node NAME             this machine's name in the manifests (default: the "
	      "hostname)\n"
	      "  --dry-run               apply: only what plan does\n"
	      "  --detailed-exitcode     2 when there are changes\n"
	      "  --approve OBJECT        allow what needs it, for Kind/name[@node]; may be "
	      "repeated\n"
	      "  --allow-removals N      allow N removals of each kind\n"
	      "  --timeout TIME          apply: 90s, 10m (default 10m)\n"
	      "  --live FILE             the live state from a file (of get -o yaml), not the "
	      "system\n"
	      "  --desired               get: what the manifests ask for\n"
	      "  --key-file FILE         the private key (default /etc/hcstate/node.key)\n"
	      "  --recovery-key KEY      secrets: the recovery key, base64 or its NodeKey file\n"
	      "  --name NAME             keygen: whose key it is\n"
	      "\n"
	      "exit: 0 done, 1 failed or refused, 2 changes, 64 usage, 65 bad manifest, 75 try "
	      "later\n",
	      out);
}

static int bad_usage(const char *format, const char *word)
{
	fputs("hcstate: ", stderr);
	fprintf(stderr, format, word);
	fputs("\nhcstate: try hcstate --help\n", stderr);
	return EXIT_USAGE;
}

static const struct command *find_command(const char *name)
{
	for (size_t i = 0; i < HC_COUNT(commands); i++)
		if (!strcmp(commands[i].name, name))
			return &commands[i];
	return NULL;
}

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

/* What is being put together while the options are read. */
struct reading {
	struct options options;
	struct hc_arena *arena;
	const char **files;
	size_t nfile, room;
};

static void add_file(struct reading *reading, const char *path)
{
	reading->files = hc_grow(reading->arena, reading->files, reading->nfile, &reading->room,
				 sizeof(*reading->files));
	reading->files[reading->nfile++] = path;
}

/* false: the value cannot be used */
static bool take_option(struct reading *reading, int option, const char *value)
{
	struct options *o = &reading->options;
	const char *rest;

	switch (option) {
	case 'f':
		add_file(reading, value);
		return true;
	case 'o':
		return output_format(value, &o->output);
	case OPT_NODE:
		o->node = value;
		return *value;
	case OPT_LIVE:
		o->live = value;
		return true;
	case OPT_KEY_FILE:
		o->key_file = value;
		return true;
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
	case OPT_ALLOW_REMOVALS:
		return number(value, &o->allow_removals, &rest) && !*rest;
	}
	return false;
}

static const struct option *long_option(int option)
{
	for (const struct option *o = long_options; o->name; o++)
		if (o->val == option)
			return o;
	return NULL;
}

static bool takes(const struct command *command, const struct option *option)
{
	const char *found = command->takes;
	size_t size = strlen(option->name);

	while ((found = strstr(found, option->name)) && (found[-1] != ' ' || found[size] != ' '))
		found += size;
	return found;
}

/* 0, or an exit code; -1: help was asked for. */
static int read_options(struct reading *reading, const struct command *command, int argc,
			char **argv)
{
	int c;

	while ((c = getopt_long(argc, argv, "f:o:h", long_options, NULL)) != -1) {
		const struct option *option;

		if (c == OPT_HELP || c == 'h')
			return -1;
		option = c == '?' ? NULL : long_option(c);
		if (!option)
			return EXIT_USAGE; /* getopt has said it */
		if (!takes(command, option))
			return bad_usage(hc_printf(reading->arena, "%s does not take --%%s",
						   command->name),
					 option->name);
		if (!take_option(reading, c, optarg))
			return bad_usage(hc_printf(reading->arena, "--%s cannot be '%%s'",
						   option->name),
					 optarg);
	}
	reading->options.args = argv + optind;
	reading->options.narg = argc - optind;
	if (reading->options.narg > command->most)
		return bad_usage(hc_printf(reading->arena, "%s: '%%s' is too much", command->name),
				 argv[optind + command->most]);
	if (reading->options.output == OUTPUT_YAML && command->run != command_get)
		return bad_usage("%s has no YAML form", command->name);
	return 0;
}

static const char *own_name(struct hc_arena *arena)
{
	char name[HOST_NAME_MAX + 1] = "";

	(void)gethostname(name, sizeof(name) - 1); /* an empty name is then not in the manifests */
	name[strcspn(name, ".")] = 0;
	return hc_strdup(arena, name);
}

static void complete(struct reading *reading)
{
	if (!reading->nfile)
		add_file(reading, "/etc/hcstate/manifests");
	add_file(reading, NULL);
	reading->options.files = reading->files;
	reading->options.hostname = own_name(reading->arena);
	if (!reading->options.node)
		reading->options.node = reading->options.hostname;
}

static int run(const struct command *command, const struct options *options)
{
	int r = command->run(options);

	if (fflush(stdout) || ferror(stdout)) {
		fprintf(stderr, "hcstate: cannot write the result: %s\n", strerror(errno));
		return r ? r : EXIT_FAILED;
	}
	return r;
}

int main(int argc, char **argv)
{
	_cleanup_(hc_arena_freep) struct hc_arena *arena = hc_arena_new();
	struct reading reading = {
		.arena = arena,
		.options = {.key_file = "/etc/hcstate/node.key",
			    .timeout_us = UINT64_C(600) * 1000000,
			    .allow_removals = UINT64_MAX},
	};
	const struct command *command;
	int r;

	if (argc < 2)
		return usage(stderr), EXIT_USAGE;
	if (!strcmp(argv[1], "--help") || !strcmp(argv[1], "-h") || !strcmp(argv[1], "help"))
		return usage(stdout), EXIT_DONE;
	command = find_command(!strcmp(argv[1], "--version") ? "version" : argv[1]);
	if (!command)
		return bad_usage("there is no command '%s'", argv[1]);
	r = read_options(&reading, command, argc - 1, argv + 1);
	if (r)
		return r < 0 ? usage(stdout), EXIT_DONE : r;
	complete(&reading);
	hc_secrets_harden();
	return run(command, &reading.options);
}
