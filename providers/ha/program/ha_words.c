/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What people say to HA: one record, changed by compare-and-write, so of two who speak at once both
 * are heard. Who said it is not kept.
 *
 * Without quorum nothing is said: on the side that lost it a word could not be taken in, and would
 * come as a surprise hours later.
 */

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <reconciler/ha/words.h>

#include "ha_program.h"
#include "quorum.h"

enum {
	TRIES = 10, /* the leader takes words away meanwhile */
};

/* One change of the record. */
struct word {
	enum {
		MAINTENANCE,
		DISARM,
		ASK,
	} what;
	bool on;               /* maintenance, disarm */
	struct ha_asked asked; /* maintenance: the node in it */
};

/* 1: it is so already. 0, or a negative errno. */
static int change(struct hc_arena *arena, struct ha_said *said, const struct word *word)
{
	switch (word->what) {
	case MAINTENANCE:
		return !ha_said_maintenance(arena, said, word->asked.node, word->on);
	case DISARM:
		return !ha_said_disarmed(said, word->on);
	case ASK:
		return ha_said_ask(arena, said, &word->asked);
	}
	return -EINVAL;
}

/* 0, 1 or a negative errno as change(); -ECANCELED: somebody else wrote meanwhile. */
static int change_once(const struct program *program, const struct word *word, const char **why)
{
	struct hc_arena *arena = program->arena;
	struct record was, now;
	struct ha_said said;
	int r = record_read(&program->store, arena, RECORD_WORDS, &was);

	if (!r)
		r = ha_said_read(arena, was.text, was.size, &said, why);
	if (!r)
		r = change(arena, &said, word);
	if (r)
		return r;
	return record_write(&program->store, arena, RECORD_WORDS, &was, ha_said_write(arena, &said),
			    &now);
}

static int said_so(const struct program *program, int r, const char *why)
{
	if (!r)
		printf("%s\n", program->then ? program->then : "asked for");
	else if (r == 1)
		puts("it is so already");
	else if (r == -ENOSPC)
		return program_fail(LATER, "%d words wait to be taken in: does anybody lead HA?",
				    HA_MOST_ASKED);
	else if (r == -EBADMSG)
		return program_fail(FAILED, "what stands in Ceph of HA's words is none of ours%s%s",
				    why ? ": " : "", why ? why : "");
	else
		return program_fail(LATER, "it cannot be written down: %s", strerror(-r));
	return DONE;
}

static int say(struct program *program, const struct word *word)
{
	const char *why = NULL;
	int r;

	switch (quorum_now()) {
	case QUORUM_THERE:
		break;
	case QUORUM_LOST:
		return program_fail(LATER, "the cluster has no quorum here");
	case QUORUM_UNKNOWN:
		return program_fail(LATER, "corosync does not say whether there is a quorum");
	}
	r = program_open(program);
	if (r)
		return r;
	if (!program->rados)
		return program_fail(FAILED, "this machine knows no Ceph, and HA is kept there");
	r = -ECANCELED;
	for (int i = 0; r == -ECANCELED && i < TRIES; i++)
		r = change_once(program, word, &why);
	return said_so(program, r, why);
}

static bool is_on_off(const char *text)
{
	return text && (!strcmp(text, "on") || !strcmp(text, "off"));
}

static int say_move(struct program *program, enum ha_word move, char *const *args)
{
	const struct word word = {
		.what = ASK,
		.asked = {.vm = args[0], .word = move, .node = args[0] ? args[1] : NULL},
	};

	if (!word.asked.node || args[2])
		return program_fail(USAGE, "which VM is to go to which node?");
	return say(program, &word);
}

int program_words(struct program *program, const char *verb, char *const *args)
{
	struct word word = {.what = DISARM, .on = !strcmp(verb, "disarm")};

	if (!strcmp(verb, ha_word_words[HA_MIGRATE_TO]))
		return say_move(program, HA_MIGRATE_TO, args);
	if (!strcmp(verb, ha_word_words[HA_RELOCATE_TO]))
		return say_move(program, HA_RELOCATE_TO, args);
	if (!strcmp(verb, "maintenance")) {
		if (!is_on_off(args[0]) || !args[1] || args[2])
			return program_fail(USAGE, "maintenance on or off, of which node?");
		word = (struct word){.what = MAINTENANCE,
				     .on = !strcmp(args[0], "on"),
				     .asked = {.node = args[1]}};
	} else if (args[0] || (strcmp(verb, "disarm") != 0 && strcmp(verb, "arm") != 0)) {
		return program_fail(USAGE, "there is no `ha %s%s%s`", verb, args[0] ? " " : "",
				    args[0] ? args[0] : "");
	}
	return say(program, &word);
}
