/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* The options of all commands: one table, so that each means the same everywhere. */

#include "command.h"

enum {
	OPT_FOLLOW = 512, /* -f of what takes no file */
};

struct option_row {
	const char *name;  /* "file" */
	const char *value; /* what it takes, in words; NULL: nothing */
	const char *doc;
	int code; /* getopt's; a letter where it has a short form */
};

/* NULL ends them. */
extern const struct option_row option_rows[];

struct command {
	const char *name;
	int (*run)(const struct options *options);
	const char *takes; /* names of its long options, each between spaces */
	const char *args;  /* what follows the options */
	int most;          /* how many words that may be */
	const char *doc;
};

/* main.c; NULL ends them. */
extern const struct command command_rows[];
bool command_takes(const struct command *command, const char *option);
/* Its short form, or 0. */
char command_short(const struct command *command, const struct option_row *row);

/* What is being put together while the options are read. */
struct reading {
	struct options options;
	struct hc_arena *arena;
	const char **files;
	size_t nfile, room;
};

void option_add_file(struct reading *reading, const char *path);
/* false: the value cannot be used */
bool option_take(struct reading *reading, int code, const char *value);
