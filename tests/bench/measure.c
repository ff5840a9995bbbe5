/* SPDX-License-Identifier: Apache-2.0 */
/*
 * measure TIMES COMMAND...: runs it so many times with its output thrown away, and prints the wall
 * time and the CPU time (user and system, its children's too) of the median run in microseconds,
 * and the most memory that any of them used, in KiB.
 */

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum {
	MOST = 1000,
};

static uint64_t now_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000 + (uint64_t)t.tv_nsec / 1000;
}

static uint64_t cpu_us(const struct rusage *usage)
{
	return (uint64_t)(usage->ru_utime.tv_sec + usage->ru_stime.tv_sec) * 1000000 +
	       (uint64_t)(usage->ru_utime.tv_usec + usage->ru_stime.tv_usec);
}

static _Noreturn void become(char **command)
{
	int null = open("/dev/null", O_WRONLY | O_CLOEXEC);

	if (null >= 0 && dup2(null, STDOUT_FILENO) >= 0)
		(void)execvp(command[0], command);
	perror(command[0]);
	_exit(127);
}

/* 0, or -1 when it did not end well. */
static int run(char **command, uint64_t *wall, uint64_t *cpu, long *memory)
{
	struct rusage usage;
	uint64_t begin = now_us();
	int status;
	pid_t pid = fork();

	if (!pid)
		become(command);
	if (pid < 0 || wait4(pid, &status, 0, &usage) != pid)
		return -1;
	*wall = now_us() - begin;
	*cpu = cpu_us(&usage);
	if (usage.ru_maxrss > *memory)
		*memory = usage.ru_maxrss;
	return WIFEXITED(status) && !WEXITSTATUS(status) ? 0 : -1;
}

static int by_size(const void *a, const void *b)
{
	const uint64_t *x = a, *y = b;

	return *x < *y ? -1 : *x > *y;
}

int main(int argc, char **argv)
{
	uint64_t wall[MOST], cpu[MOST];
	unsigned long times = argc > 2 ? strtoul(argv[1], NULL, 10) : 0;
	long memory = 0;

	if (!times || times > MOST) {
		fputs("usage: measure TIMES COMMAND...\n", stderr);
		return 64;
	}
	for (unsigned long i = 0; i < times; i++)
		if (run(argv + 2, &wall[i], &cpu[i], &memory)) {
			fprintf(stderr, "measure: %s failed\n", argv[2]);
			return 1;
		}
	qsort(wall, times, sizeof(*wall), by_size);
	qsort(cpu, times, sizeof(*cpu), by_size);
	printf("%" PRIu64 " %" PRIu64 " %ld\n", wall[times / 2], cpu[times / 2], memory);
	return 0;
}
