/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How threads begin. The mask is inherited, so it is the caller's that is filled for a moment: a
 * signal that came to the new thread before it could block it would be lost to the loop.
 */

#include <hcstate/thread.h>

#include <hcstate/base.h>
#include <signal.h>
#include <time.h>

pthread_mutex_t hc_corosync_lock = PTHREAD_MUTEX_INITIALIZER;

/* What is not checked here fails only when it is used wrongly. */
int hc_thread_start(pthread_t *thread, void *(*run)(void *), void *arg)
{
	/* its own, and whoever reports faults (a sanitizer) wants to hear of them */
	static const int faults[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL};
	pthread_attr_t attributes;
	pthread_t nobodys;
	sigset_t all, before;
	int r;

	(void)pthread_attr_init(&attributes);
	if (!thread)
		(void)pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
	(void)sigfillset(&all);
	for (size_t i = 0; i < HC_COUNT(faults); i++)
		(void)sigdelset(&all, faults[i]);
	(void)pthread_sigmask(SIG_SETMASK, &all, &before);
	r = pthread_create(thread ? thread : &nobodys, &attributes, run, arg);
	(void)pthread_sigmask(SIG_SETMASK, &before, NULL);
	(void)pthread_attr_destroy(&attributes);
	return -r;
}

uint64_t hc_thread_cpu_us(void)
{
	struct timespec used = {0};

	(void)clock_gettime(CLOCK_THREAD_CPUTIME_ID, &used); /* it is always there */
	return (uint64_t)used.tv_sec * 1000000 + (uint64_t)used.tv_nsec / 1000;
}

void hc_cond_init(pthread_cond_t *condition)
{
	pthread_condattr_t monotonic;

	(void)pthread_condattr_init(&monotonic);
	(void)pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
	(void)pthread_cond_init(condition, &monotonic);
	(void)pthread_condattr_destroy(&monotonic);
}
