/* SPDX-License-Identifier: Apache-2.0 */
/* The manual pages: what comes from tables, between the prose that none of them has. */

#include "man.h"

#include <hcstate/agent.h>
#include <hcstate/type.h>

#include "option.h"

static void put_option_name(FILE *out, char letter, const struct option_row *row)
{
	if (letter)
		fprintf(out, " Fl %c ,", letter);
	fprintf(out, " Fl \\-%s", row->name);
	if (row->value)
		fprintf(out, " Ar %s", row->value);
}

/* The options that it takes, by name: what they mean is the same in every command. */
static void put_options(FILE *out, const struct command *command)
{
	const char *before = ".Pp\nOptions:\n";

	for (const struct option_row *row = option_rows; row->name; row++) {
		if (!command_takes(command, row->name))
			continue;
		fprintf(out, "%s.Fl \\-%s", before, row->name);
		before = " ,\n";
	}
	if (*before == ' ')
		fputc('\n', out);
}

static void put_command(FILE *out, const struct command *command)
{
	fprintf(out, ".It Ic %s", command->name);
	if (*command->args) {
		fputs(" No", out);
		man_words(out, command->args);
	}
	fputc('\n', out);
	man_text(out, command->doc);
	put_options(out, command);
}

static void put_option(FILE *out, const struct option_row *row)
{
	for (const struct command *c = command_rows; c->name; c++) {
		if (!command_takes(c, row->name))
			continue;
		fputs(".It", out);
		put_option_name(out, command_short(c, row), row);
		fputc('\n', out);
		man_text(out, row->doc);
		return;
	}
}

static void print_command(FILE *out, const void *registry)
{
	(void)registry;
	man_head(out, "hcstate", 1, "declarative reconciler for hyperconverged clusters");
	fputs(man_command_begins, out);
	fputs(".Sh COMMANDS\n.Bl -tag -width 4n\n", out);
	for (const struct command *c = command_rows; c->name; c++)
		put_command(out, c);
	fputs(".El\n.Sh OPTIONS\nEach means the same in every command that takes it.\n"
	      ".Bl -tag -width 4n\n",
	      out);
	for (const struct option_row *row = option_rows; row->name; row++)
		put_option(out, row);
	fputs(".El\n", out);
	fputs(man_command_ends, out);
}

static void print_agent(FILE *out, const void *registry)
{
	(void)registry;
	man_head(out, "hcstate-agent", 8, "keeps a machine as its manifests say");
	fputs(man_agent_begins, out);
	for (const struct hc_type *const *t = hc_agent_types(); *t; t++)
		man_kind(out, *t);
	fputs(man_agent_ends, out);
}

static void print_manifests(FILE *out, const void *arg)
{
	const struct hc_registry *registry = arg;

	man_head(out, "hcstate-manifests", 5, "what a cluster should be");
	fputs(man_manifests_begins, out);
	for (size_t i = 0; i < registry->ntype; i++)
		if (registry->types[i]->from != HC_MADE && !registry->types[i]->evidence)
			man_kind(out, registry->types[i]);
	fputs(man_manifests_ends, out);
}

const struct man_page man_pages[] = {
	{"hcstate.1", print_command},
	{"hcstate-agent.8", print_agent},
	{"hcstate-manifests.5", print_manifests},
	{0},
};
