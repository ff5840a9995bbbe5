/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The guest of the lab's virtual machines: the only program of their initrd, as PID 1.
 *
 * It counts, ten times a second, and writes each number to its disk before it says it. So whoever
 * asks it sees whether the guest stood still, went back, or lost what it had written; and two of
 * them on one disk would see each other's numbers. It is asked with a word by UDP on port 7, or
 * with a line on the serial console:
 *	count		COUNT UPTIME-IN-MS BOOT-ID
 *	report		memory, processors, disks and network cards, a line each
 *	write DISK	writes the first block of a further disk
 * The kernel's command line says the rest:
 *	hclab.ip=10.0.0.100/24	the address of its first network card
 *	hclab.at=0		where on its first disk the counter is, in bytes
 *	hclab.deaf		the power button does nothing
 * One small program, because a guest without hardware virtualization is slow to start others.
 */
#define _GNU_SOURCE /* O_DIRECT */
#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/input.h>
#include <net/if.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define DISK "vda"
enum { BLOCK = 4096, PORT = 7, INPUTS = 8, TENTH = 100000000 };

/* What the two processes share: the one that writes may hang in a write. */
struct shared {
	volatile uint64_t count;
	volatile int error; /* of the last write */
	volatile int known; /* the count: the disk was read */
};

struct text {
	char bytes[1400]; /* fits a packet */
	size_t size;
};

static void add(struct text *text, const char *format, ...)
{
	va_list list;
	int n;

	va_start(list, format);
	n = vsnprintf(text->bytes + text->size, sizeof(text->bytes) - text->size, format, list);
	va_end(list);
	if (n > 0 && (size_t)n < sizeof(text->bytes) - text->size)
		text->size += n;
}

/* The first line of a file, empty when it cannot be read. */
static const char *line_of(char *line, size_t size, const char *format, const char *name)
{
	char path[256];
	ssize_t n;
	int fd;

	(void)snprintf(path, sizeof(path), format, name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	n = fd < 0 ? 0 : read(fd, line, size - 1);
	if (fd >= 0)
		close(fd);
	line[n > 0 ? n : 0] = '\0';
	line[strcspn(line, "\n")] = '\0';
	return line;
}

/* What the kernel's command line says after NAME=; false when it does not say NAME. */
static bool option(const char *name, char *value, size_t size)
{
	char line[2048], *save = NULL;
	size_t length = strlen(name);

	line_of(line, sizeof(line), "%s", "/proc/cmdline");
	for (char *w = strtok_r(line, " ", &save); w; w = strtok_r(NULL, " ", &save))
		if (!strncmp(w, name, length) && (!w[length] || w[length] == '=')) {
			(void)snprintf(value, size, "%s", w[length] ? w + length + 1 : "");
			return true;
		}
	return false;
}

/* They lie in the initrd by the order in which they need each other: /modules/00-virtio.ko. */
static void load_modules(void)
{
	struct dirent **v;
	int n = scandir("/modules", &v, NULL, alphasort);

	for (int i = 0; i < n; i++) {
		char path[300];
		int fd;

		(void)snprintf(path, sizeof(path), "/modules/%s", v[i]->d_name);
		fd = open(path, O_RDONLY | O_CLOEXEC);
		if (v[i]->d_name[0] != '.' && (fd < 0 || syscall(SYS_finit_module, fd, "", 0)))
			fprintf(stderr, "%s: %s\n", path, strerror(errno));
		close(fd);
	}
}

/* Counts for ever, on from what the disk has. */
static void count(struct shared *shared)
{
	static char block[BLOCK] __attribute__((aligned(BLOCK)));
	struct timespec next;
	char value[32];
	off_t at = option("hclab.at", value, sizeof(value)) ? strtoll(value, NULL, 10) : 0;
	int fd;

	while ((fd = open("/dev/" DISK, O_RDWR | O_DIRECT | O_SYNC | O_CLOEXEC)) < 0)
		sleep(1);
	while (pread(fd, block, BLOCK, at) != BLOCK) {
		shared->error = errno;
		sleep(1);
	}
	if (!strncmp(block, "hclab ", 6))
		shared->count = strtoull(block + 6, NULL, 10);
	shared->known = 1;
	clock_gettime(CLOCK_MONOTONIC, &next);
	for (;;) {
		memset(block, 0, BLOCK);
		(void)snprintf(block, BLOCK, "hclab %" PRIu64 "\n", shared->count + 1);
		shared->error = pwrite(fd, block, BLOCK, at) == BLOCK ? 0 : errno;
		if (!shared->error)
			shared->count++;
		next.tv_nsec += TENTH;
		next.tv_sec += next.tv_nsec / 1000000000;
		next.tv_nsec %= 1000000000;
		clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &next, NULL);
	}
}

static void add_count(struct text *text, const struct shared *shared)
{
	struct timespec now;
	char boot[64];

	clock_gettime(CLOCK_MONOTONIC, &now);
	add(text, "%" PRIu64 " %lld %s\n", shared->count,
	    (long long)now.tv_sec * 1000 + now.tv_nsec / 1000000,
	    line_of(boot, sizeof(boot), "%s", "/proc/sys/kernel/random/boot_id"));
}

static void add_disks(struct text *text)
{
	struct dirent **v;
	char size[32], serial[64];
	int n = scandir("/sys/block", &v, NULL, alphasort);

	for (int i = 0; i < n; i++) {
		const char *name = v[i]->d_name;

		if (strncmp(name, "vd", 2) && strncmp(name, "sd", 2) && strncmp(name, "sr", 2))
			continue;
		line_of(size, sizeof(size), "/sys/block/%s/size", name);
		add(text, "disk %s %lld %s\n", name, strtoll(size, NULL, 10) * 512,
		    line_of(serial, sizeof(serial), "/sys/block/%s/serial", name));
	}
}

static void add_cards(struct text *text)
{
	struct dirent **v;
	char mac[32], cable[8], mtu[16];
	int n = scandir("/sys/class/net", &v, NULL, alphasort);

	for (int i = 0; i < n; i++) {
		const char *name = v[i]->d_name;

		if (strncmp(name, "eth", 3))
			continue;
		line_of(cable, sizeof(cable), "/sys/class/net/%s/carrier", name);
		add(text, "nic %s %s mtu %s %s\n", name,
		    line_of(mac, sizeof(mac), "/sys/class/net/%s/address", name),
		    line_of(mtu, sizeof(mtu), "/sys/class/net/%s/mtu", name),
		    *cable == '1' ? "up" : "down");
	}
}

/* What was plugged in since: processors are there, but off, and cards are down. */
static void take_plugged(void)
{
	struct ifreq card = {.ifr_flags = IFF_UP | IFF_RUNNING};
	int s = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	char path[64];

	for (int i = 1; i < 8; i++) {
		int fd;

		(void)snprintf(path, sizeof(path), "/sys/devices/system/cpu/cpu%d/online", i);
		fd = open(path, O_WRONLY | O_CLOEXEC);
		if (fd < 0)
			continue;
		(void)!write(fd, "1", 1);
		close(fd);
	}
	for (int i = 1; i < 4; i++) {
		(void)snprintf(card.ifr_name, sizeof(card.ifr_name), "eth%d", i);
		(void)ioctl(s, SIOCSIFFLAGS, &card);
	}
	close(s);
}

static void add_report(struct text *text, const struct shared *shared)
{
	char memory[64];

	take_plugged();
	line_of(memory, sizeof(memory), "%s", "/proc/meminfo");
	add(text, "memory %lld\n",
	    strtoll(memory + strcspn(memory, "0123456789"), NULL, 10) * 1024);
	add(text, "cpus %ld\n", sysconf(_SC_NPROCESSORS_ONLN));
	add_disks(text);
	add_cards(text);
	if (shared->error)
		add(text, "error %s\n", strerror(shared->error));
}

static void write_disk(struct text *text, const char *name)
{
	static char block[BLOCK] __attribute__((aligned(BLOCK)));
	char path[64];
	int fd;

	(void)snprintf(path, sizeof(path), "/dev/%s", name);
	fd = open(path, O_WRONLY | O_DIRECT | O_SYNC | O_CLOEXEC);
	if (fd >= 0 && strcmp(name, DISK) && pwrite(fd, block, BLOCK, 0) == BLOCK)
		add(text, "written\n");
	else
		add(text, "%s: %s\n", name, strerror(errno));
	if (fd >= 0)
		close(fd);
}

static void answer(struct text *text, char *question, const struct shared *shared)
{
	question[strcspn(question, "\r\n")] = '\0';
	if (!strcmp(question, "count"))
		add_count(text, shared);
	else if (!strcmp(question, "report"))
		add_report(text, shared);
	else if (!strncmp(question, "write ", 6) && !strchr(question, '/'))
		write_disk(text, question + 6);
	else
		add(text, "count, report or write DISK?\n");
}

static void answer_packet(int fd, const struct shared *shared)
{
	struct sockaddr_in from;
	socklen_t size = sizeof(from);
	struct text text = {.size = 0};
	char question[64];
	ssize_t n =
		recvfrom(fd, question, sizeof(question) - 1, 0, (struct sockaddr *)&from, &size);

	if (n < 0 || (!shared->known && !access("/dev/" DISK, F_OK)))
		return; /* it would say that it begins anew */
	question[n] = '\0';
	answer(&text, question, shared);
	(void)sendto(fd, text.bytes, text.size, 0, (const struct sockaddr *)&from, size);
}

static void answer_line(int fd, const struct shared *shared)
{
	struct text text = {.size = 0};
	char question[64];
	ssize_t n = read(fd, question, sizeof(question) - 1);

	if (n <= 0)
		return;
	question[n] = '\0';
	answer(&text, question, shared);
	(void)!write(fd, text.bytes, text.size);
}

/* The first card's address, also when that card was taken out and came again. */
static void set_address(void)
{
	struct ifreq card = {.ifr_name = "eth0"};
	struct sockaddr_in *in = (struct sockaddr_in *)&card.ifr_addr;
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	char value[32], *bits;

	if (ioctl(fd, SIOCGIFFLAGS, &card) || card.ifr_flags & IFF_UP) {
		close(fd);
		return;
	}
	if (option("hclab.ip", value, sizeof(value)) && (bits = strchr(value, '/'))) {
		*bits++ = '\0';
		in->sin_family = AF_INET;
		if (inet_pton(AF_INET, value, &in->sin_addr) != 1 || ioctl(fd, SIOCSIFADDR, &card))
			fprintf(stderr, "eth0: %s: %s\n", value, strerror(errno));
		in->sin_addr.s_addr = htonl(~0U << (32 - strtol(bits, NULL, 10)));
		(void)ioctl(fd, SIOCSIFNETMASK, &card);
	}
	card.ifr_flags = IFF_UP | IFF_RUNNING;
	(void)ioctl(fd, SIOCSIFFLAGS, &card);
	close(fd);
}

static int listen_udp(void)
{
	struct sockaddr_in in = {.sin_family = AF_INET, .sin_port = htons(PORT)};
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (bind(fd, (const struct sockaddr *)&in, sizeof(in)))
		fprintf(stderr, "port %d: %s\n", PORT, strerror(errno));
	return fd;
}

/* The power button: ends the machine, at once, because nothing needs to be put away. */
static void see_button(int fd)
{
	struct input_event event;
	char value[8];

	if (read(fd, &event, sizeof(event)) != sizeof(event))
		return;
	if (event.type == EV_KEY && event.code == KEY_POWER && event.value == 1 &&
	    !option("hclab.deaf", value, sizeof(value)))
		reboot(RB_POWER_OFF);
}

static void serve(const struct shared *shared)
{
	struct pollfd fds[2 + INPUTS] = {{.fd = listen_udp(), .events = POLLIN},
					 {.fd = open("/dev/ttyS0", O_RDWR | O_CLOEXEC),
					  .events = POLLIN}};

	for (int i = 0; i < INPUTS; i++) {
		char path[32];

		(void)snprintf(path, sizeof(path), "/dev/input/event%d", i);
		fds[2 + i] =
			(struct pollfd){.fd = open(path, O_RDONLY | O_CLOEXEC), .events = POLLIN};
	}
	for (;;) {
		if (!poll(fds, 2 + INPUTS, 1000))
			set_address();
		if (fds[0].revents)
			answer_packet(fds[0].fd, shared);
		if (fds[1].revents)
			answer_line(fds[1].fd, shared);
		for (int i = 2; i < 2 + INPUTS; i++)
			if (fds[i].revents)
				see_button(fds[i].fd);
	}
}

int main(void)
{
	struct shared *shared;

	(void)mkdir("/proc", 0755);
	(void)mkdir("/sys", 0755);
	(void)mount("proc", "/proc", "proc", 0, NULL);
	(void)mount("sysfs", "/sys", "sysfs", 0, NULL);
	(void)mount("dev", "/dev", "devtmpfs", 0, NULL);
	load_modules();
	shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1,
		      0);
	if (shared == MAP_FAILED)
		return 1;
	set_address();
	if (!fork())
		count(shared);
	printf("the guest runs\n");
	(void)fflush(stdout);
	serve(shared);
}
