/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The kernel's side of it: https://docs.kernel.org/watchdog/watchdog-api.html. Opening a watchdog
 * starts it, and only one process has it open. A path may be anything, so nothing is written to
 * what has not answered as a watchdog does.
 *
 * Whether one can be stopped is asked of its driver and not concluded from what it says of itself:
 * ipmi_watchdog has no MAGICCLOSE among its options and yet waits for the 'V', and no attributes.
 */

#include "watchdog.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/watchdog.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include <hcstate/file.h>

enum {
	MISC_MAJOR = 10, /* /dev/watchdog is a second name of /dev/watchdog0, */
	MISC_MINOR = 130 /* whose attributes the kernel does not repeat */
};

static const char *why_not(struct hc_arena *arena, const char *path, int error)
{
	switch (error) {
	case EBUSY:
		return hc_printf(arena,
				 "%s: somebody else has it: sbd, systemd (RuntimeWatchdogSec=) or "
				 "an hcstate that hangs, perhaps",
				 path);
	case ENOENT:
	case ENODEV:
	case ENXIO:
		return hc_printf(arena, "%s: there is no such watchdog: is its driver loaded?",
				 path);
	case ENOTTY: /* what answers none of its questions */
	case ELOOP:
		return hc_printf(arena, "%s: it is no watchdog", path);
	default:
		return hc_printf(arena, "%s: %s", path, strerror(error));
	}
}

/* A hint, to be said before it is tried: not every driver or kernel has it. */
static bool is_endless(dev_t device)
{
	_cleanup_(hc_arena_freep) struct hc_arena *arena = hc_arena_new();
	const char *path =
		hc_printf(arena, "/sys/dev/char/%u:%u/nowayout", major(device), minor(device));
	char *text;

	if (major(device) == MISC_MAJOR && minor(device) == MISC_MINOR)
		path = "/sys/class/watchdog/watchdog0/nowayout";
	return !hc_file_read(arena, path, 4096, &text, NULL) && *text == '1';
}

/* A descriptor of something that answers as a watchdog; else a negative errno. O_NONBLOCK: a FIFO
 * would have it wait for a reader. */
static int open_it(const char *path, struct stat *found, struct watchdog_info *info)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY), r = 0;

	if (fd < 0)
		return -errno;
	if (fstat(fd, found))
		r = -errno;
	else if (!S_ISCHR(found->st_mode) || ioctl(fd, WDIOC_GETSUPPORT, info))
		r = -ENOTTY; /* whatever it said to that */
	if (!r)
		return fd;
	(void)close(fd); /* nothing was written */
	return r;
}

/* How long it will wait; 0: nobody knows. One that cannot be told has a time of its own. */
static unsigned set_seconds(int fd, unsigned seconds)
{
	int asked = (int)seconds, has = 0;
	bool set = !ioctl(fd, WDIOC_SETTIMEOUT, &asked);

	if (!ioctl(fd, WDIOC_GETTIMEOUT, &has) && has > 0)
		return (unsigned)has;
	return set && asked > 0 ? (unsigned)asked : 0;
}

/* 0: it has stopped; 1: it knows no such question; else a negative errno: it runs on. */
static int ask_to_stop(int fd)
{
	int what = WDIOS_DISABLECARD;

	if (!ioctl(fd, WDIOC_SETOPTIONS, &what))
		return 0;
	switch (errno) {
	case ENOTTY:
	case EOPNOTSUPP:
	case ENOSYS:
	case EINVAL:
		return 1;
	default: /* EBUSY: nowayout */
		return -errno;
	}
}

/* The 'V' goes to all of them in front of the close: who has stopped does not mind. It does not go
 * to one that is kept open, whose end by a kill would stop it. */
bool watchdog_device_stop(void *arg, const struct watchdog_device *device)
{
	int r = ask_to_stop(device->fd);

	(void)arg;
	if (r < 0 || (r && device->endless))
		return false;
	if (write(device->fd, "V", 1) != 1 && r)
		return false;
	(void)close(device->fd); /* the kernel lets go of it in any case */
	return true;
}

void watchdog_device_leave(void *arg, const struct watchdog_device *device)
{
	(void)arg;
	(void)close(device->fd); /* as above */
}

int watchdog_device_open(void *arg, struct hc_arena *arena, const char *path, unsigned seconds,
			 struct watchdog_device *device, const char **why)
{
	struct watchdog_info info = {0};
	struct stat found = {0};
	int fd = open_it(path, &found, &info);

	if (fd < 0) {
		*why = why_not(arena, path, -fd);
		return fd;
	}
	*device = (struct watchdog_device){
		.fd = fd,
		.seconds = set_seconds(fd, seconds),
		.endless = is_endless(found.st_rdev),
	};
	if (device->seconds >= seconds)
		return 0;
	if (!watchdog_device_stop(arg, device)) {
		device->endless = true;
		return 0; /* closed it would reset the machine */
	}
	*why = hc_printf(arena, "%s: it waits %u s, and cannot be told to wait %u s", path,
			 device->seconds, seconds);
	return -ENOTSUP;
}

int watchdog_device_feed(void *arg, const struct watchdog_device *device)
{
	(void)arg;
	return ioctl(device->fd, WDIOC_KEEPALIVE, 0) ? -errno : 0;
}
