/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * What persons said to the agent, kept in its state directory: files with a list of flat JSON
 * objects, {"format": 1, "list": [{...}, ...]}. Root alone may write there, but a disk may have
 * written something else, so what is read is checked as if it came from anybody.
 */

#include <json-c/json_types.h>
#include <time.h>

#include <hcstate/diag.h>

enum {
	NOTES_MOST = 4096, /* objects in a list */
	NOTE_TEXT = 1024,  /* bytes of a text */
};

/* The list, or an empty one when there is no such file. Errors are said; *list is NULL then. */
int notes_read(const char *path, struct json_object **list, struct hc_diags *diags);
/* The list is lent. */
int notes_write(const char *path, struct json_object *list, struct hc_diags *diags);
void notes_putp(struct json_object **list); /* for _cleanup_ */

/* A note's parts. What is wrong with it makes it bad, and nothing good again. */
struct note {
	struct hc_arena *arena;
	struct json_object *object;
	bool bad;
};

const char *note_text(struct note *note, const char *key);  /* never NULL; it has to be there */
const char *note_maybe(struct note *note, const char *key); /* NULL: it is not there */
time_t note_time(struct note *note, const char *key);       /* 0: it is not there */
bool note_flag(struct note *note, const char *key);         /* likewise: false */

void note_put_text(struct json_object *object, const char *key, const char *text); /* or NULL */
void note_put_time(struct json_object *object, const char *key, time_t time);
