/* SPDX-License-Identifier: Apache-2.0 */
/* Questions that corosync does not answer: nobody waits for ever, and nothing is left behind. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <dirent.h>
#include <sched.h>
#include <unistd.h>

#include "providers/corosync/ask.h"

enum {
	PATIENCE_US = 10 * 1000000,
};

/* What a question waits for, and what it says it has done. */
struct gate {
	int wait; /* a pipe's end; -1: it does not wait */
	int done;
};

static int question(struct hc_arena *arena, void *answer, const char **why)
{
	struct gate *gate = answer;
	char byte = 0;

	if (gate->wait >= 0 && read(gate->wait, &byte, 1) != 1)
		return -EIO;
	*why = hc_strdup(arena, "answered");
	gate->done++;
	return 0;
}

static unsigned threads(void)
{
	DIR *tasks = opendir("/proc/self/task");
	const struct dirent *entry;
	unsigned n = 0;

	assert_non_null(tasks);
	while ((entry = readdir(tasks)))
		n += entry->d_name[0] != '.';
	(void)closedir(tasks);
	return n;
}

/* A thread that was joined stands in /proc for a moment more. */
static void assert_at_most(unsigned n)
{
	for (int i = 0; i < 100000 && threads() > n; i++)
		(void)sched_yield();
	assert_true(threads() <= n);
}

static void an_answer_in_time_leaves_no_thread(void **state)
{
	struct hc_call call = {.arena = hc_arena_new(), .deadline = hc_now() + PATIENCE_US};
	struct asker *asker = asker_new();
	unsigned before = 0;
	const char *why;

	(void)state;
	for (int i = 0; i < 200; i++) {
		struct gate gate = {.wait = -1};

		assert_int_equal(ask(&call, asker, question, &gate, sizeof(gate), &why), 0);
		assert_int_equal(gate.done, 1);
		assert_string_equal(why, "answered");
		if (!i) /* with its first thread a sanitizer starts one of its own */
			before = threads();
		else
			assert_at_most(before);
	}
	asker = asker_free(asker);
	(void)hc_arena_free(call.arena);
}

/* The asker, the caller's arena and the answer's place are gone by the time the answer comes. */
static void a_late_answer_touches_nothing_of_who_asked(void **state)
{
	struct hc_call call = {.arena = hc_arena_new(), .deadline = hc_now() + 1000};
	struct asker *asker = asker_new();
	unsigned before = threads();
	struct gate *gate = calloc(1, sizeof(*gate));
	const char *why;
	int ends[2];

	(void)state;
	assert_int_equal(pipe(ends), 0);
	assert_non_null(gate);
	gate->wait = ends[0];
	assert_int_equal(ask(&call, asker, question, gate, sizeof(*gate), &why), -EBUSY);
	assert_string_equal(why, "corosync does not answer");
	assert_int_equal(gate->done, 0);
	assert_int_equal(ask(&call, asker, question, gate, sizeof(*gate), &why), -EBUSY);
	assert_string_equal(why, "corosync has not answered an earlier question yet");
	free(gate);
	asker = asker_free(asker);
	(void)hc_arena_free(call.arena);
	assert_int_equal(write(ends[1], "", 1), 1);
	for (uint64_t until = hc_now() + PATIENCE_US; threads() != before && hc_now() < until;)
		(void)sched_yield();
	assert_int_equal(threads(), before);
	/* the pipe stays open: nothing orders closing it behind the thread's last read */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_answer_in_time_leaves_no_thread),
		cmocka_unit_test(a_late_answer_touches_nothing_of_who_asked),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
