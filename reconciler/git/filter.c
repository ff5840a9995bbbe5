/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who fetched may have been taken over by what was fetched, so its word on what is good is not
 * asked for: another process judges, which speaks to nobody but its asker. That is only worth
 * something when nothing of the first outlives it to reach into the second, which has the same
 * user: what fetches cannot leave its process group, which is killed before the second begins. What
 * judges can open no socket.
 *
 * Rules of the user's firewall or a namespace would do for the network too, but not inside
 * hcstate.service, which may make none.
 */

#include "filter.h"

#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

#ifdef __aarch64__
#define ARCH AUDIT_ARCH_AARCH64
#else /* the only other one that this is built for: elsewhere its next call would be its last */
#define ARCH AUDIT_ARCH_X86_64
#endif

enum {
	OTHER_ABI = 0x40000000, /* x32: the same calls by other numbers */
	MOST = 32,
};

struct program {
	struct sock_filter v[MOST];
	unsigned short n;
};

static void add(struct program *program, unsigned code, uint32_t k, unsigned yes, unsigned no)
{
	program->v[program->n++] = (struct sock_filter){
		.code = (unsigned short)code,
		.jt = (unsigned char)yes,
		.jf = (unsigned char)no,
		.k = k,
	};
}

static void answer(struct program *program, uint32_t what)
{
	add(program, BPF_RET | BPF_K, what, 0, 0);
}

/* The number of the call is loaded. */
static void deny(struct program *program, long call)
{
	add(program, BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)call, 0, 1);
	answer(program, SECCOMP_RET_ERRNO | EACCES);
}

static void begin(struct program *program)
{
	add(program, BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, arch), 0, 0);
	add(program, BPF_JMP | BPF_JEQ | BPF_K, ARCH, 1, 0);
	answer(program, SECCOMP_RET_KILL_PROCESS);
	add(program, BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr), 0, 0);
	add(program, BPF_JMP | BPF_JGE | BPF_K, OTHER_ABI, 0, 1);
	answer(program, SECCOMP_RET_KILL_PROCESS);
}

int filter(struct job *job)
{
	struct program program = {.n = 0};
	struct sock_fprog all = {.filter = program.v};

	begin(&program);
	deny(&program, SYS_ptrace);
	deny(&program, SYS_process_vm_readv);
	deny(&program, SYS_process_vm_writev);
	deny(&program, SYS_io_uring_setup); /* it could do the others for it */
	if (job->verb != JOB_FETCH)
		deny(&program, SYS_socket);
	if (job->verb != JOB_CHECK) { /* who has ssh-keygen run, which gets a session */
		deny(&program, SYS_setsid);
		deny(&program, SYS_setpgid);
	}
	answer(&program, SECCOMP_RET_ALLOW);
	all.len = program.n;
	if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &all, 0, 0))
		return job_fail(job, "system calls cannot be given up: %s", strerror(errno));
	return 0;
}
