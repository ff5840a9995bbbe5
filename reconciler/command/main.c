/* SPDX-License-Identifier: Apache-2.0 */
/*
 * hcstate's command line: finds the command, reads its options (option.c), runs it. Each command
 * names the options that it takes; any other is wrong usage, never ignored.
 */

#include "option.h"

#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <string.h>

#include <reconciler/secret.h>

enum {
	MOST_OPTIONS = 32,
	HELP = 'h',
};

const struct command command_rows[] = {
	{"validate", command_validate, " file output ", "", 0, "check manifests; touches nothing"},
	{"plan", command_plan,
	 " file output node live key-file detailed-exitcode approve allow-removals cluster ", "", 0,
	 "show what apply would do; touches nothing"},
	{"apply", command_apply,
	 " file output node key-file dry-run detailed-exitcode approve allow-removals timeout ", "",
	 0, "make it so, then look again"},
	{"status", command_status, " file output node live key-file watch ", "", 0,
	 "every resource: converged, drifted, waiting, failed, unmanaged, unknown, kept"},
	{"get", command_get, " file output node live key-file desired ", "[KIND[/NAME]]", 1,
	 "what is there (--desired: what should be)"},
	{"agent", command_agent, " config key-file ", "", 0,
	 "keep it so: what hcstate.service runs"},
	{"events", command_events, " follow output ", "", 0, "what the agent did and saw lately"},
	{"history", command_history, " output ", "[N]", 1,
	 "the last N cycles that changed something"},
	{"reconcile", command_reconcile, "", "", 0, "have the agent ask its source and look now"},
	{"approve", command_approve, "", "PLAN-ID | KIND/NAME", 1,
	 "let through what waits for a person's word"},
	{"suspend", command_suspend, " reason until ", "[KIND[/NAME]]", 1,
	 "have the agent keep its hands off"},
	{"resume", command_resume, "", "[KIND[/NAME]]", 1, "end that"},
	{"diff", command_diff, " output repo detailed-exitcode ", "REV1 REV2", 2,
	 "what another commit asks for otherwise (REV or REV:PATH); touches nothing"},
	{"explain", command_explain, " output ", "[KIND[.FIELD]]", 1, "what a manifest can say"},
	{"schema", command_schema, " output ", "[KIND | markdown DIR | man DIR | completion]", 2,
	 "JSON Schema of the manifests; the reference"},
	{"keygen", command_keygen, " key-file name node ", "", 0,
	 "make this node's key, print its NodeKey"},
	{"secrets", command_secrets, " file key-file recovery-key node ",
	 "init | list | rekey | rotate NAME | set NAME", 2,
	 "sealed values for the manifests, on stdout"},
	{"claim", command_claim, " output node to yes force ", "show [VM] | break VM", 2,
	 "who may run a VM; take it from a node that is gone"},
	{"ha", command_ha, " file output node live key-file ",
	 "status | maintenance on|off NODE | disarm | arm | migrate|relocate VM NODE", 3,
	 "how high availability does; a word to it"},
	{"console", command_console, " node ", "VM", 1, "a VM's serial console, wherever it runs"},
	{"simulate", command_simulate, " file output fail live node ", "[SCENARIO]", 1,
	 "what high availability would do in a scenario; touches nothing"},
	{"version", command_version, " output ", "", 0, "version and installed providers"},
	{0},
};

bool command_takes(const struct command *command, const char *option)
{
	const char *found = command->takes;
	size_t size = strlen(option);

	while ((found = strstr(found, option)) && (found[-1] != ' ' || found[size] != ' '))
		found += size;
	return found;
}

char command_short(const struct command *command, const struct option_row *row)
{
	if (row->code == OPT_FOLLOW || (row->code == 'f' && !command_takes(command, "follow")))
		return 'f';
	return row->code == 'o' ? 'o' : 0;
}

static void usage(FILE *out)
{
	fputs("usage: hcstate COMMAND [OPTION...]\n\n", out);
	for (const struct command *c = command_rows; c->name; c++)
		fprintf(out, "  %-10s%s%s%s\n", c->name, c->args, *c->args ? "  " : "", c->doc);
	fputs("\nhcstate COMMAND --help tells a command's options.\n"
	      "exit: 0 done, 1 failed or refused, 2 changes, 64 usage, 65 bad manifest, 75 try "
	      "later\n",
	      out);
}

static void usage_of(const struct command *command)
{
	printf("usage: hcstate %s%s%s [OPTION...]\n%s\n\n", command->name,
	       *command->args ? " " : "", command->args, command->doc);
	for (const struct option_row *row = option_rows; row->name; row++) {
		char letter = command_short(command, row);

		if (!command_takes(command, row->name))
			continue;
		if (letter)
			printf("  -%c, ", letter);
		printf("%s--%s%s%s\n        %s\n", letter ? "" : "  ", row->name,
		       row->value ? " " : "", row->value ? row->value : "", row->doc);
	}
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
	for (const struct command *c = command_rows; c->name; c++)
		if (!strcmp(c->name, name))
			return c;
	return NULL;
}

/* What getopt_long wants, from our rows. */
static void fill(struct option options[MOST_OPTIONS])
{
	size_t n = 0;

	for (const struct option_row *row = option_rows; row->name; row++)
		options[n++] = (struct option){
			.name = row->name,
			.has_arg = row->value ? required_argument : no_argument,
			.val = row->code,
		};
	options[n++] = (struct option){.name = "help", .val = HELP};
	options[n] = (struct option){0};
}

static const struct option_row *find_row(int code)
{
	for (const struct option_row *row = option_rows; row->name; row++)
		if (row->code == code)
			return row;
	return NULL;
}

static int read_option(struct reading *reading, const struct command *command, int code)
{
	bool follow = code == 'f' && command_takes(command, "follow");
	const struct option_row *row = find_row(follow ? OPT_FOLLOW : code);

	if (!command_takes(command, row->name))
		return bad_usage(hc_printf(reading->arena, "%s does not take --%%s", command->name),
				 row->name);
	if (!option_take(reading, row->code, optarg))
		return bad_usage(hc_printf(reading->arena, "--%s cannot be '%%s'", row->name),
				 optarg);
	return 0;
}

static int read_words(struct reading *reading, const struct command *command, int argc, char **argv)
{
	reading->options.args = argv + optind;
	reading->options.narg = argc - optind;
	if (reading->options.narg > command->most)
		return bad_usage(hc_printf(reading->arena, "%s: '%%s' is too much", command->name),
				 argv[optind + command->most]);
	if (reading->options.output == OUTPUT_YAML && command->run != command_get)
		return bad_usage("%s has no YAML form", command->name);
	if (reading->options.lines && command->run != command_simulate)
		return bad_usage("%s has no jsonl form", command->name);
	return 0;
}

/* 0, or an exit code; -1: help was asked for. */
static int read_options(struct reading *reading, const struct command *command, int argc,
			char **argv)
{
	const char *letters = command_takes(command, "follow") ? ":fo:h" : ":f:o:h";
	struct option options[MOST_OPTIONS];
	int code, r;

	fill(options);
	opterr = 0;
	while ((code = getopt_long(argc, argv, letters, options, NULL)) != -1) {
		if (code == HELP)
			return -1;
		if (code == ':')
			return bad_usage("%s wants a value", argv[optind - 1]);
		if (code == '?')
			return bad_usage("there is no option %s", argv[optind - 1]);
		r = read_option(reading, command, code);
		if (r)
			return r;
	}
	return read_words(reading, command, argc, argv);
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
		option_add_file(reading, "/etc/hcstate/manifests");
	option_add_file(reading, NULL);
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
		return r < 0 ? usage_of(command), EXIT_DONE : r;
	complete(&reading);
	hc_secrets_harden();
	return run(command, &reading.options);
}
