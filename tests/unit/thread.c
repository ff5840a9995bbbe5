/* SPDX-License-Identifier: Apache-2.0 */
/* How threads begin: without signals, and without a trace in who starts them. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <hcstate/thread.h>
#include <semaphore.h>
#include <signal.h>
#include <stdbool.h>

struct seen {
	bool blocked;
	sem_t done;
};

static void *look(void *arg)
{
	struct seen *seen = arg;
	sigset_t mask;

	(void)pthread_sigmask(SIG_SETMASK, NULL, &mask);
	seen->blocked = sigismember(&mask, SIGTERM) == 1 && sigismember(&mask, SIGUSR1) == 1;
	(void)sem_post(&seen->done);
	return NULL;
}

static void signals_are_the_loops(void **state)
{
	struct seen seen = {.blocked = false};
	pthread_t thread;
	sigset_t mask;

	(void)state;
	(void)sem_init(&seen.done, 0, 0);
	assert_int_equal(hc_thread_start(&thread, look, &seen), 0);
	assert_int_equal(pthread_join(thread, NULL), 0);
	assert_true(seen.blocked);
	(void)pthread_sigmask(SIG_SETMASK, NULL, &mask);
	assert_false(sigismember(&mask, SIGTERM));
	(void)sem_destroy(&seen.done);
}

static void one_that_nobody_joins_has_no_signals_either(void **state)
{
	static struct seen seen; /* it may outlive this function */

	(void)state;
	(void)sem_init(&seen.done, 0, 0);
	assert_int_equal(hc_thread_start(NULL, look, &seen), 0);
	(void)sem_wait(&seen.done);
	assert_true(seen.blocked);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(signals_are_the_loops),
		cmocka_unit_test(one_that_nobody_joins_has_no_signals_either),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
