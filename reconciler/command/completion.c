/* SPDX-License-Identifier: Apache-2.0 */
/*
 * hcstate schema completion: the script that completes hcstate's commands, options and kinds in
 * bash, made from the tables that read them. It is made when hcstate is built and asks nobody when
 * it is used.
 */

#include "completion.h"

#include <ctype.h>
#include <string.h>

#include "option.h"

static void print_commands(FILE *out)
{
	for (const struct command *c = command_rows; c->name; c++)
		fprintf(out, "%s%s", c == command_rows ? "" : " ", c->name);
}

static void print_kinds(FILE *out, const struct hc_registry *registry)
{
	const char *space = "";

	for (size_t i = 0; i < registry->ntype; i++) {
		if (registry->types[i]->from != HC_KIND)
			continue;
		fprintf(out, "%s%s", space, registry->types[i]->name);
		space = " ";
	}
}

static void print_options(FILE *out, const struct command *command)
{
	for (const struct option_row *row = option_rows; row->name; row++) {
		char letter = command_short(command, row);

		if (!command_takes(command, row->name))
			continue;
		if (letter)
			fprintf(out, "-%c ", letter);
		fprintf(out, "--%s ", row->name);
	}
	fputs("--help", out);
}

/* The words that stand for themselves in what follows a command: "init | list | set NAME". */
static void print_words(FILE *out, const struct command *command)
{
	const char *p = command->args;

	while (*p) {
		size_t size = strcspn(p, " |[]/");

		if (size && islower((unsigned char)*p))
			fprintf(out, " %.*s", (int)size, p);
		p += size + (size == 0);
	}
}

static const char *values_of(const struct option_row *row)
{
	if (!strcmp(row->value, "FILE") || !strcmp(row->value, "PATH"))
		return "COMPREPLY=($(compgen -f -- \"$now\"))";
	return strcmp(row->value, "FORMAT") ? "" : "words='text json yaml jsonl'";
}

/* What may follow an option: files, formats, or nobody knows. */
static void print_values(FILE *out, const struct command *command)
{
	for (const struct option_row *row = option_rows; row->name; row++) {
		char letter = command_short(command, row);

		if (!row->value || !command_takes(command, row->name))
			continue;
		fprintf(out, "\t%s:--%s", command->name, row->name);
		if (letter)
			fprintf(out, " | %s:-%c", command->name, letter);
		fprintf(out, ") %s ;;\n", values_of(row));
	}
}

static void print_command(FILE *out, const struct command *command)
{
	fprintf(out, "\t%s:*) words=\"", command->name);
	print_options(out, command);
	print_words(out, command);
	fprintf(out, "%s\" ;;\n", strstr(command->args, "KIND") ? " $kinds" : "");
}

void completion_print(FILE *out, const struct hc_registry *registry)
{
	fputs("# bash completion for hcstate, made from its own tables\n"
	      "_hcstate()\n"
	      "{\n"
	      "\tlocal now=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD - 1]}\n"
	      "\tlocal words='' kinds='",
	      out);
	print_kinds(out, registry);
	fputs("'\n\n\tCOMPREPLY=()\n\tif ((COMP_CWORD == 1)); then\n"
	      "\t\tCOMPREPLY=($(compgen -W '",
	      out);
	print_commands(out);
	fputs(" --help --version' -- \"$now\"))\n\t\treturn\n\tfi\n"
	      "\tcase ${COMP_WORDS[1]}:$before in\n",
	      out);
	for (const struct command *c = command_rows; c->name; c++)
		print_values(out, c);
	for (const struct command *c = command_rows; c->name; c++)
		print_command(out, c);
	fputs("\tesac\n"
	      "\t[[ -z $words ]] || COMPREPLY=($(compgen -W \"$words\" -- \"$now\"))\n"
	      "}\n"
	      "complete -F _hcstate hcstate\n",
	      out);
}
