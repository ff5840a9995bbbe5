/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is read here comes from a network, through a lot of code that is not ours. So it is done by
 * a user who owns nothing but the mirror, who cannot become another, and who is ended when it takes
 * too much. That user is _hcstate; on a machine without one, nobody. A revision that is only read
 * is read as the repository's owner: root too then has no capability left.
 */

#include "confine.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <pwd.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include <hcstate/file.h>

#include "filter.h"

enum { NOBODY = 65534 };

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SANITIZED 1 /* they want more address space than there is memory */
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define SANITIZED 1
#endif
#endif

static int limit(struct job *job)
{
	static const struct {
		int what;
		rlim_t most;
	} limits[] = {
		{RLIMIT_CORE, 0},
		{RLIMIT_CPU, 3600},
		{RLIMIT_FSIZE, (rlim_t)2 << 30},
		{RLIMIT_NOFILE, 256},
#ifndef SANITIZED
		{RLIMIT_AS, (rlim_t)1 << 30},
#endif
	};

	for (size_t i = 0; i < HC_COUNT(limits); i++) {
		const struct rlimit to = {limits[i].most, limits[i].most};

		if (setrlimit((__rlimit_resource_t)limits[i].what, &to) && errno != EPERM)
			return job_fail(job, "limits cannot be set: %s", strerror(errno));
	}
	return 0;
}

/* One that another user made is made anew: nothing in it can be trusted. */
static int make_directory(struct job *job, uid_t user, gid_t group)
{
	struct stat is;
	int r;

	if (!lstat(job->directory, &is) && (!S_ISDIR(is.st_mode) || is.st_uid != user)) {
		r = hc_file_clear(job->directory);
		if (r)
			return job_fail(job, "%s cannot be removed: %s", job->directory,
					strerror(-r));
	}
	if (mkdir(job->directory, 0700) && errno != EEXIST)
		return job_fail(job, "%s cannot be made: %s", job->directory, strerror(errno));
	/* The directory that it is in belongs to root, so it is still the same. */
	if (lstat(job->directory, &is) ||
	    (is.st_uid != user && lchown(job->directory, user, group)))
		return job_fail(job, "%s cannot be given away: %s", job->directory,
				strerror(errno));
	return 0;
}

static int become(struct job *job, uid_t user, gid_t group)
{
	if (setgroups(0, NULL) || setresgid(group, group, group) || setresuid(user, user, user))
		return job_fail(job, "cannot become user %u: %s", (unsigned)user, strerror(errno));
	return 0;
}

static int choose_user(struct job *job, uid_t *user, gid_t *group)
{
	const struct passwd *own = getpwnam("_hcstate");
	struct stat is;

	if (job->verb != JOB_READ) {
		*user = own ? own->pw_uid : NOBODY;
		*group = own ? own->pw_gid : NOBODY;
		return make_directory(job, *user, *group);
	}
	if (stat(job->directory, &is))
		return job_fail(job, "%s: %s", job->directory, strerror(errno));
	*user = is.st_uid;
	*group = is.st_gid;
	return 0;
}

static int drop_capabilities(struct job *job)
{
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
	const struct __user_cap_data_struct none[2] = {{0}};

	if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) ||
	    syscall(SYS_capset, &header, none) || prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
		return job_fail(job, "privileges cannot be given up: %s", strerror(errno));
	return 0;
}

int confine(struct job *job)
{
	uid_t user = 65534; /* nobody */
	gid_t group = 65534;
	int r = 0;

	(void)umask(077); /* gives the one before */
	if (geteuid() == 0) {
		/* Those that it could gain again by running a program. */
		for (unsigned long cap = 0; !prctl(PR_CAPBSET_DROP, cap, 0, 0, 0); cap++)
			continue;
		r = choose_user(job, &user, &group);
		if (!r)
			r = become(job, user, group);
	} else if (job->verb != JOB_READ && mkdir(job->directory, 0700) && errno != EEXIST) {
		r = job_fail(job, "%s cannot be made: %s", job->directory, strerror(errno));
	}
	if (!r)
		r = limit(job);
	if (!r)
		r = drop_capabilities(job);
	/* So that ssh and ssh-keygen, of the same user, can open what job_memory_file() gives. */
	if (!r && prctl(PR_SET_DUMPABLE, 1, 0, 0, 0))
		r = job_fail(job, "prctl: %s", strerror(errno));
	return r ? r : filter(job);
}
