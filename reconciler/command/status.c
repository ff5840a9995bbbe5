/* SPDX-License-Identifier: Apache-2.0 */
/*
 * hcstate status: one line per resource, with what the system says about it; then tables.
 *
 * With --watch it is asked for every two seconds: a terminal shows the newest one, anything else
 * gets it again when it says something else. That time passed is nothing else.
 */

#include <ctype.h>
#include <signal.h>
#include <string.h>

#include <reconciler/status.h>

#include "ask.h"
#include "session.h"

enum {
	EVERY_S = 2,
	STOPPED = -2, /* instead of an exit code: somebody asked it to end */
};

static int status_here(const struct options *options, FILE *out, FILE *err)
{
	struct session session;
	struct hc_status status;
	struct answer answer;
	int r = session_open(&session, options, true);

	if (!r)
		r = session_look(&session, options);
	if (!r) {
		hc_status(session.engine, session.cycle, session.arena, &status);
		answer = session_answer(&session, options);
		answer.out = out;
		answer.err = err;
		r = answer_status(&answer, &status);
	}
	if (session.engine && session.engine->stop)
		r = STOPPED;
	session_close(&session);
	return r;
}

static int status_once(const struct options *options, FILE *out, FILE *err)
{
	int r = ask_instead(options, "status", out, err);

	return r == ASK_NOBODY ? status_here(options, out, err) : r;
}

/* The length of " for 3h" at `text`, or 0. */
static size_t age_size(const char *text)
{
	size_t n = 5;

	if (strncmp(text, " for ", n) != 0)
		return 0;
	while (isdigit((unsigned char)text[n]))
		n++;
	return n > 5 && text[n] && strchr("smhd", text[n]) ? n + 1 : 0;
}

/* Whether they differ in more than ages. */
static bool says_else(const char *a, const char *b)
{
	for (;; a++, b++) {
		a += age_size(a);
		b += age_size(b);
		if (*a != *b)
			return true;
		if (!*a)
			return false;
	}
}

static void show(const char *text, bool terminal)
{
	if (terminal)
		fputs("\033[H\033[2J", stdout);
	fputs(text, stdout);
	(void)fflush(stdout); /* checked by who asked */
}

/* One status as text; *text is malloced. */
static int status_text(const struct options *options, char **text)
{
	size_t size;
	FILE *out = open_memstream(text, &size);
	int r;

	if (!out)
		abort(); /* memory has run out */
	r = status_once(options, out, out);
	(void)fclose(out);
	return r;
}

static int watch(const struct options *options)
{
	_cleanup_(hc_freep) char *before = NULL;
	bool terminal = isatty(STDOUT_FILENO);
	sigset_t usual;

	(void)sigprocmask(SIG_SETMASK, NULL, &usual); /* cannot fail with these arguments */
	while (!ferror(stdout)) {
		char *text = NULL;

		if (status_text(options, &text) == STOPPED)
			return free(text), EXIT_DONE;
		(void)sigprocmask(SIG_SETMASK, &usual, NULL); /* a session blocks some */
		if (terminal || !before || says_else(before, text))
			show(text, terminal);
		free(before);
		before = text;
		(void)sleep(EVERY_S);
	}
	return EXIT_FAILED;
}

int command_status(const struct options *options)
{
	if (options->watch)
		return watch(options);
	return status_once(options, stdout, stderr);
}
