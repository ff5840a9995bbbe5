/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The note of a watchdog that runs. It is written before the device is opened and goes when it was
 * stopped, so whoever is killed in between leaves it; it ends with the boot, as the watchdog's run
 * does.
 */

#include "watchdog.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <hcstate/file.h>

enum {
	MOST = 512,         /* bytes of it */
	MOST_SECONDS = 600, /* as HaPolicy's table has it */
};

static char *note_path(struct hc_arena *arena)
{
	const char *directory = getenv("HCSTATE_RUN");

	return hc_printf(arena, "%s/watchdog",
			 directory && *directory ? directory : "/run/hcstate");
}

/* As in HaPolicy's table: what it names will be opened. */
static bool is_device(const char *path)
{
	return !strncmp(path, "/dev/", 5) && !strstr(path, "/.") && path[5];
}

char *watchdog_note_read(struct hc_arena *arena, unsigned *seconds)
{
	char *text, *space, *end;
	unsigned long number;

	if (hc_file_read(arena, note_path(arena), MOST, &text, NULL))
		return NULL;
	space = strchr(text, ' ');
	if (!space)
		return NULL;
	*space = '\0';
	number = strtoul(space + 1, &end, 10);
	if (strcmp(end, "\n") != 0 || !number || number > MOST_SECONDS || !is_device(text))
		return NULL;
	*seconds = (unsigned)number;
	return text;
}

int watchdog_note_write(const char *path, unsigned seconds)
{
	_cleanup_(hc_arena_freep) struct hc_arena *arena = hc_arena_new();
	const char *text = hc_printf(arena, "%s %u\n", path, seconds);

	return hc_file_write(note_path(arena), 0644, text, strlen(text));
}

int watchdog_note_remove(void)
{
	_cleanup_(hc_arena_freep) struct hc_arena *arena = hc_arena_new();

	return hc_file_remove(note_path(arena));
}
