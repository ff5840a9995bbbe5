/* SPDX-License-Identifier: Apache-2.0 */
/* What is no watchdog is let alone, and what one is told; its driver is the test's, behind
 * /dev/null. */

#include "halive_watchdog.h"

#include <fcntl.h>
#include <linux/watchdog.h>
#include <sys/ioctl.h>

/* ---- the driver: NULL: there is none, and the kernel answers */

enum stops {
	STOPS_BY_CLOSE,  /* as one that knows nothing else, and with MAGICCLOSE after a 'V' */
	STOPS_IF_ASKED,  /* likewise, and it can be asked: the kernel's core */
	STOPS_BY_MAGIC,  /* after a 'V', of which it says nothing, or if asked: ipmi_watchdog */
	STOPS_FOR_NOBODY /* nowayout */
};

struct driver {
	int options;
	enum stops stops;
	bool runs, magic_now; /* the last that was written to it was a 'V' */
	bool deaf;            /* nothing can be written to it */
	int has;              /* seconds */
	int least, most;      /* what it can be told; most 0: nothing */
	bool mute;            /* it does not tell what it has */
	unsigned magic;       /* how many 'V' it got */
	unsigned fed, told;   /* how often it was fed, and told its time */
	bool other;           /* it got something else */
};

static struct driver *driver;

static int set_timeout(int *seconds)
{
	driver->told++;
	if (!driver->most)
		return -1;
	if (*seconds > driver->most)
		*seconds = driver->most;
	if (*seconds < driver->least)
		*seconds = driver->least;
	driver->has = *seconds;
	return 0;
}

/* The linker gives these the calls of ioctl() and write(). */
int kernel_ioctl(int fd, unsigned long request, void *arg) __asm__("__real_ioctl");
int driver_ioctl(int fd, unsigned long request, void *arg) __asm__("__wrap_ioctl");
ssize_t kernel_write(int fd, const void *data, size_t size) __asm__("__real_write");
ssize_t driver_write(int fd, const void *data, size_t size) __asm__("__wrap_write");
int kernel_close(int fd) __asm__("__real_close");
int driver_close(int fd) __asm__("__wrap_close");

static int set_options(const int *options)
{
	if (driver->stops == STOPS_BY_CLOSE || *options != WDIOS_DISABLECARD)
		return -1;
	if (driver->stops == STOPS_FOR_NOBODY) {
		errno = EBUSY;
		return -1;
	}
	driver->runs = false;
	return 0;
}

int driver_ioctl(int fd, unsigned long request, void *arg)
{
	if (!driver)
		return kernel_ioctl(fd, request, arg);
	errno = EOPNOTSUPP;
	switch (request) {
	case WDIOC_GETSUPPORT:
		((struct watchdog_info *)arg)->options = (uint32_t)driver->options;
		driver->runs = true; /* since it was opened */
		return 0;
	case WDIOC_SETOPTIONS:
		return set_options(arg);
	case WDIOC_SETTIMEOUT:
		return set_timeout(arg);
	case WDIOC_GETTIMEOUT:
		*(int *)arg = driver->has;
		return driver->mute ? -1 : 0;
	case WDIOC_KEEPALIVE:
		driver->fed++;
		return 0;
	default:
		driver->other = true;
		return -1;
	}
}

ssize_t driver_write(int fd, const void *data, size_t size)
{
	if (!driver)
		return kernel_write(fd, data, size);
	if (driver->deaf) {
		errno = EIO;
		return -1;
	}
	driver->magic_now = size == 1 && *(const char *)data == 'V';
	if (driver->magic_now)
		driver->magic++;
	else
		driver->other = true;
	return (ssize_t)size;
}

static bool stops_now(const struct driver *one)
{
	switch (one->stops) {
	case STOPS_BY_CLOSE:
	case STOPS_IF_ASKED:
		return one->magic_now || !(one->options & WDIOF_MAGICCLOSE);
	case STOPS_BY_MAGIC:
		return one->magic_now;
	case STOPS_FOR_NOBODY:
		break;
	}
	return false;
}

int driver_close(int fd)
{
	if (driver && stops_now(driver))
		driver->runs = false;
	return kernel_close(fd);
}

static int open_device(const char *path, struct watchdog_device *device, char *why, size_t size)
{
	_cleanup_(hc_arena_freep) struct hc_arena *arena = hc_arena_new();
	const char *said = "";
	int r = watchdog_device_open(NULL, arena, path, 30, device, &said);

	(void)snprintf(why, size, "%s", said);
	return r;
}

/* ---- what is none */

static void refuse(const char *path, const char *words)
{
	struct watchdog_device device;
	char why[256];

	assert_true(open_device(path, &device, why, sizeof(why)) < 0);
	if (!strstr(why, words))
		fail_msg("%s: \"%s\"", path, why);
}

static void what_is_no_watchdog_is_refused_and_not_written_to(void **state)
{
	_cleanup_(hc_arena_freep) struct hc_arena *arena = hc_arena_new();
	const char *file = hc_printf(arena, "%s/file", (const char *)*state);
	const char *fifo = hc_printf(arena, "%s/fifo", (const char *)*state);
	const char *link = hc_printf(arena, "%s/link", (const char *)*state);
	char *text;
	int reader;

	refuse("/dev/null", "it is no watchdog");
	refuse("/dev/zero", "it is no watchdog");
	refuse(*state, "Is a directory");
	refuse(file, "there is no such watchdog");
	assert_int_equal(hc_file_write(file, 0644, "text", 4), 0);
	refuse(file, "it is no watchdog");
	assert_int_equal(hc_file_read(arena, file, 100, &text, NULL), 0);
	assert_string_equal(text, "text");
	assert_int_equal(symlink("/dev/null", link), 0);
	refuse(link, "it is no watchdog");
	assert_int_equal(mkfifo(fifo, 0600), 0);
	refuse(fifo, "there is no such watchdog"); /* and does not wait for a reader */
	reader = open(fifo, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	assert_true(reader >= 0);
	refuse(fifo, "it is no watchdog");
	assert_int_equal(read(reader, (char[8]){0}, 8), 0); /* its end, and nothing before that */
	(void)close(reader);
}

/* Whatever answers there. */
static void only_a_device_that_was_named_is_taken(void **state)
{
	struct driver own = {.options = WDIOF_MAGICCLOSE, .has = 60};
	_cleanup_(hc_arena_freep) struct hc_arena *arena = hc_arena_new();
	const char *file = hc_printf(arena, "%s/plain", (const char *)*state);
	const char *link = hc_printf(arena, "%s/other", (const char *)*state);

	assert_int_equal(hc_file_write(file, 0644, "text", 4), 0);
	assert_int_equal(symlink("/dev/null", link), 0);
	driver = &own;
	refuse(file, "it is no watchdog");
	refuse(link, "it is no watchdog");
	driver = NULL;
	assert_int_equal(own.magic + own.fed + own.told, 0);
}

/* ---- what is one */

static void a_watchdog_is_told_its_time_and_fed_and_stopped(void **state)
{
	struct driver own = {.options = WDIOF_MAGICCLOSE, .has = 60, .least = 1, .most = 600};
	struct watchdog_device device;
	char why[256];

	(void)state;
	driver = &own;
	assert_int_equal(open_device("/dev/null", &device, why, sizeof(why)), 0);
	assert_int_equal(device.seconds, 30);
	assert_int_equal(own.magic, 0);
	assert_int_equal(watchdog_device_feed(NULL, &device), 0);
	assert_int_equal(own.fed, 1);
	assert_true(watchdog_device_stop(NULL, &device));
	assert_int_equal(own.magic, 1);
	assert_false(own.other);
	assert_int_equal(fcntl(device.fd, F_GETFD), -1); /* it is closed */
	driver = NULL;
}

/* Whatever it says of itself. */
static void what_is_said_to_be_stopped_does_not_run(void **state)
{
	static const struct {
		struct driver driver;
		bool stops;
	} cases[] = {
		{{.stops = STOPS_BY_CLOSE}, true},
		{{.stops = STOPS_BY_CLOSE, .options = WDIOF_MAGICCLOSE}, true},
		{{.stops = STOPS_IF_ASKED}, true},
		{{.stops = STOPS_IF_ASKED, .options = WDIOF_MAGICCLOSE}, true},
		{{.stops = STOPS_BY_MAGIC}, true},
		{{.stops = STOPS_FOR_NOBODY}, false},
		{{.stops = STOPS_FOR_NOBODY, .options = WDIOF_MAGICCLOSE}, false},
		{{.stops = STOPS_BY_CLOSE, .options = WDIOF_MAGICCLOSE, .deaf = true}, false},
		{{.stops = STOPS_IF_ASKED, .options = WDIOF_MAGICCLOSE, .deaf = true}, true},
	};

	(void)state;
	for (size_t i = 0; i < HC_COUNT(cases); i++) {
		struct driver own = cases[i].driver;
		struct watchdog_device device;
		char why[256];
		bool open;

		own.has = 60;
		driver = &own;
		assert_int_equal(open_device("/dev/null", &device, why, sizeof(why)), 0);
		assert_true(own.runs);
		if (watchdog_device_stop(NULL, &device) != cases[i].stops)
			fail_msg("case %zu", i);
		assert_int_equal(own.runs, !cases[i].stops);
		open = fcntl(device.fd, F_GETFD) >= 0;
		assert_int_equal(open, !cases[i].stops); /* it has to be fed on */
		assert_false(open && own.magic_now);     /* and a kill is not to stop it */
		assert_false(own.other);
		if (open)
			watchdog_device_leave(NULL, &device);
		assert_int_equal(own.runs, !cases[i].stops);
		assert_int_equal(fcntl(device.fd, F_GETFD), -1);
	}
	driver = NULL;
}

static void what_is_not_fit_and_cannot_be_stopped_is_kept(void **state)
{
	struct driver own = {.stops = STOPS_FOR_NOBODY,
			     .options = WDIOF_MAGICCLOSE,
			     .has = 16,
			     .most = 16};
	struct watchdog_device device;
	char why[256];

	(void)state;
	driver = &own;
	assert_int_equal(open_device("/dev/null", &device, why, sizeof(why)), 0);
	assert_int_equal(device.seconds, 16);
	assert_true(device.endless);
	assert_true(fcntl(device.fd, F_GETFD) >= 0);
	assert_int_equal(watchdog_device_feed(NULL, &device), 0);
	assert_int_equal(own.fed, 1);
	watchdog_device_leave(NULL, &device);
	driver = NULL;
}

static void its_own_time_is_taken_when_it_is_long_enough(void **state)
{
	static const struct {
		struct driver driver;
		unsigned seconds; /* 0: refused */
	} cases[] = {
		{{.has = 60}, 60},
		{{.has = 30}, 30},
		{{.has = 29}, 0},
		{{.has = 60, .mute = true}, 0},                          /* nobody knows */
		{{.has = 60, .most = 16, .least = 1}, 0},                /* it takes less */
		{{.has = 60, .most = 99, .least = 40}, 40},              /* ... or more */
		{{.has = 60, .most = 99, .least = 1, .mute = true}, 30}, /* it took it */
	};

	(void)state;
	for (size_t i = 0; i < HC_COUNT(cases); i++) {
		struct driver own = cases[i].driver;
		struct watchdog_device device;
		char why[256];
		int r;

		own.options = WDIOF_MAGICCLOSE;
		driver = &own;
		r = open_device("/dev/null", &device, why, sizeof(why));
		assert_int_equal(r, cases[i].seconds ? 0 : -ENOTSUP);
		assert_int_equal(own.magic, r ? 1 : 0); /* one that is refused is stopped again */
		if (r)
			assert_non_null(strstr(why, "cannot be told to wait 30 s"));
		else
			assert_int_equal(device.seconds, cases[i].seconds);
		if (!r)
			assert_true(watchdog_device_stop(NULL, &device));
	}
	driver = NULL;
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_no_watchdog_is_refused_and_not_written_to),
		cmocka_unit_test(only_a_device_that_was_named_is_taken),
		cmocka_unit_test(a_watchdog_is_told_its_time_and_fed_and_stopped),
		cmocka_unit_test(what_is_said_to_be_stopped_does_not_run),
		cmocka_unit_test(what_is_not_fit_and_cannot_be_stopped_is_kept),
		cmocka_unit_test(its_own_time_is_taken_when_it_is_long_enough),
	};

	return cmocka_run_group_tests(tests, world_setup, world_teardown);
}
