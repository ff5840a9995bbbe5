/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Deleting a pool. Ceph takes that only while mon_allow_pool_delete is true, which it is not to be
 * for a moment longer than needed. So what it was is noted in Ceph first; whoever leads after a
 * kill finds the note and sets the option back (CephCluster.pool_delete).
 */

#include "pool_delete.h"

#include <string.h>

#include "option_name.h"

#define NOTE MARKS "pool-delete"
#define SECTION "mon"
#define OPTION "mon_allow_pool_delete"

enum {
	TRIES = 20,
	BETWEEN_US = 100000,
};

static const char *note(const struct facts *facts)
{
	return hc_map_get(&facts->marks, NOTE);
}

bool pool_delete_left(const struct facts *facts)
{
	return note(facts);
}

/* The note is "=VALUE": an empty one would be no value to the config-key store. */
const char *pool_delete_former(const struct facts *facts)
{
	const char *text = note(facts);

	return text && *text == '=' ? text + 1 : "";
}

bool pool_delete_is_option(const struct fact_option *option)
{
	return !strcmp(option->section, SECTION) && !strcmp(option->name, OPTION);
}

static int set_back(struct hc_call *call, struct ceph *self, const char *former)
{
	int r = *former ? option_set(call, self, SECTION, OPTION, former)
			: option_remove(call, self, SECTION, OPTION);

	if (r)
		return r;
	return tell_mon(call, self->connection, command("config-key rm", "key", NOTE, NULL));
}

int pool_delete_reset(struct hc_call *call, struct ceph *self, const struct facts *facts)
{
	return note(facts) ? set_back(call, self, pool_delete_former(facts)) : 0;
}

/* *code: what Ceph answered, *words in its words. */
static int ask_to_delete(struct hc_call *call, struct ceph *self, const char *name, int *code,
			 const char **words)
{
	struct ask question = {
		.command = command("osd pool delete", "pool", name, "pool2", name, NULL),
		.deaf = true,
		.quiet = true,
	};
	int r;

	json_object_object_add(question.command, "yes_i_really_really_mean_it",
			       json_object_new_boolean(true));
	r = ask(call, self->connection, &question);
	*code = question.code;
	*words = question.words ? question.words : "";
	ask_done(&question);
	return r;
}

/* The monitors take the option a moment after it was set. */
static int delete_soon(struct hc_call *call, struct ceph *self, const char *name, int *code,
		       const char **words)
{
	int r = ask_to_delete(call, self, name, code, words);

	for (int i = 0; i < TRIES && !r && *code == -EPERM; i++) {
		(void)usleep(BETWEEN_US); /* woken early it only asks sooner */
		r = ask_to_delete(call, self, name, code, words);
	}
	return r;
}

static int allow(struct hc_call *call, struct ceph *self, const char *former)
{
	int r = tell_mon(call, self->connection,
			 command("config-key set", "key", NOTE, "val",
				 hc_printf(call->arena, "=%s", former), NULL));

	return r ? r : option_set(call, self, SECTION, OPTION, "true");
}

static int delete_allowed(struct hc_call *call, struct ceph *self, const struct facts *facts,
			  const char *name, int *code, const char **words)
{
	const char *former = facts_option(facts, SECTION, OPTION);
	int r, back;

	if (note(facts))
		former = pool_delete_former(facts);
	r = allow(call, self, former ? former : "");
	if (!r)
		r = delete_soon(call, self, name, code, words);
	back = set_back(call, self, former ? former : "");
	return r ? r : back;
}

int pool_delete(struct hc_call *call, struct ceph *self, const struct facts *facts,
		const struct hc_resource *pool)
{
	int code;
	const char *words;
	int r = ask_to_delete(call, self, pool->name, &code, &words);

	if (!r && code == -EPERM)
		r = delete_allowed(call, self, facts, pool->name, &code, &words);
	if (!r && code)
		return hc_fail(call, -code, pool, "%s", words);
	return r;
}
