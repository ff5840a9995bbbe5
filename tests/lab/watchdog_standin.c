/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A watchdog for nodes that have none: a library that is loaded before the others into the agent
 * (LD_PRELOAD) and answers for /dev/watchdog as a driver would, but resets nothing. Behind the
 * descriptor is /dev/null.
 *
 * /run/watchdog.fed was touched when it was last fed or started, /run/watchdog.log has a line for
 * each thing that was done with it, and while there is a /run/watchdog.busy somebody else has it.
 * /run/watchdog.nowayout: nothing stops it. /run/watchdog.plain: it waits for the 'V' and does not
 * say so, as ipmi_watchdog.
 * Nothing else of the process is changed; the kernel is asked directly.
 */

#include <errno.h>
#include <fcntl.h>
#include <linux/watchdog.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define DEVICE "/dev/watchdog"

/* What the others call by these names. The last argument of open() and ioctl() is handed over like
 * any other; where there is none the kernel does not look at it. */
int standin_open(const char *path, int flags, mode_t mode) __asm__("open");
int standin_open64(const char *path, int flags, mode_t mode) __asm__("open64");
int standin_openat(int directory, const char *path, int flags, mode_t mode) __asm__("openat");
int standin_openat64(int directory, const char *path, int flags, mode_t mode) __asm__("openat64");
int standin_ioctl(int fd, unsigned long request, void *arg) __asm__("ioctl");
ssize_t standin_write(int fd, const void *data, size_t size) __asm__("write");
int standin_close(int fd) __asm__("close");

static atomic_int device = -1; /* the descriptor; the agent has one at most */
static atomic_int owner;       /* a child has it too until it becomes another program */
static atomic_bool stops;      /* when it is closed */
static atomic_int timeout_s = 60;

static int kernel_open(int directory, const char *path, int flags, mode_t mode)
{
	return (int)syscall(SYS_openat, directory, path, flags, mode);
}

static void fed(void)
{
	int fd = kernel_open(AT_FDCWD, "/run/watchdog.fed", O_WRONLY | O_CREAT | O_CLOEXEC, 0644);

	if (fd < 0)
		return;
	(void)futimens(fd, NULL); /* who looks at it sees */
	(void)syscall(SYS_close, fd);
}

static void note(const char *what)
{
	int fd = kernel_open(AT_FDCWD, "/run/watchdog.log",
			     O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
	char line[64];
	int n = snprintf(line, sizeof(line), "%s %d\n", what, (int)getpid());

	if (fd < 0)
		return;
	(void)syscall(SYS_write, fd, line, (size_t)n); /* likewise */
	(void)syscall(SYS_close, fd);
}

static bool is_there(const char *path)
{
	return !syscall(SYS_faccessat, AT_FDCWD, path, F_OK);
}

static int open_device(int flags)
{
	int fd;

	if (is_there("/run/watchdog.busy") || atomic_load(&device) >= 0) {
		errno = EBUSY;
		return -1;
	}
	fd = kernel_open(AT_FDCWD, "/dev/null", flags, 0);
	if (fd < 0)
		return -1;
	atomic_store(&device, fd);
	atomic_store(&owner, getpid());
	atomic_store(&stops, false);
	note("armed");
	fed();
	return fd;
}

static int open_any(int directory, const char *path, int flags, mode_t mode)
{
	return !strcmp(path, DEVICE) ? open_device(flags)
				     : kernel_open(directory, path, flags, mode);
}

int standin_open(const char *path, int flags, mode_t mode)
{
	return open_any(AT_FDCWD, path, flags, mode);
}

int standin_open64(const char *path, int flags, mode_t mode)
{
	return open_any(AT_FDCWD, path, flags, mode);
}

int standin_openat(int directory, const char *path, int flags, mode_t mode)
{
	return open_any(directory, path, flags, mode);
}

int standin_openat64(int directory, const char *path, int flags, mode_t mode)
{
	return open_any(directory, path, flags, mode);
}

static int set_options(int options)
{
	if (options != WDIOS_DISABLECARD || is_there("/run/watchdog.nowayout")) {
		errno = options == WDIOS_DISABLECARD ? EBUSY : EINVAL;
		return -1;
	}
	atomic_store(&stops, true);
	return 0;
}

static int answer(unsigned long request, void *arg)
{
	switch (request) {
	case WDIOC_GETSUPPORT:
		*(struct watchdog_info *)arg = (struct watchdog_info){
			.options =
				is_there("/run/watchdog.plain")
					? 0
					: WDIOF_SETTIMEOUT | WDIOF_KEEPALIVEPING | WDIOF_MAGICCLOSE,
			.identity = "stand-in",
		};
		return 0;
	case WDIOC_SETOPTIONS:
		return set_options(*(int *)arg);
	case WDIOC_SETTIMEOUT:
		atomic_store(&timeout_s, *(int *)arg);
		fed();
		return 0;
	case WDIOC_GETTIMEOUT:
		*(int *)arg = atomic_load(&timeout_s);
		return 0;
	case WDIOC_KEEPALIVE:
		fed();
		return 0;
	default:
		errno = ENOTTY;
		return -1;
	}
}

int standin_ioctl(int fd, unsigned long request, void *arg)
{
	if (fd >= 0 && fd == atomic_load(&device))
		return answer(request, arg);
	return (int)syscall(SYS_ioctl, fd, request, arg);
}

ssize_t standin_write(int fd, const void *data, size_t size)
{
	if (fd < 0 || fd != atomic_load(&device))
		return syscall(SYS_write, fd, data, size);
	atomic_store(&stops, memchr(data, 'V', size) && !is_there("/run/watchdog.nowayout"));
	fed(); /* a driver takes any other byte for a meal */
	return (ssize_t)size;
}

int standin_close(int fd)
{
	if (fd >= 0 && fd == atomic_load(&device) && getpid() == atomic_load(&owner)) {
		atomic_store(&device, -1);
		note(atomic_load(&stops) ? "stopped" : "left");
	}
	return (int)syscall(SYS_close, fd);
}
