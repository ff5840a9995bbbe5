/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reading VmHost. libvirtd ends by itself when it has nothing to do, and systemd starts it for the
 * next who connects; so it is connected to first, and only then asked whether it runs.
 */

#include "host.h"

#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include <hcstate/ceph_cluster.h>
#include <hcstate/file.h>

#include "certificates.h"
#include "host_name.h"

#define EMULATOR "/usr/bin/qemu-system-x86_64"

enum {
	PROC_MAX = 64 * 1024,
	MIB = 1024 * 1024,
	KIB = 1024,
	/* The others need not hear of each page. */
	TOLD_MIB = 256,
};

/* What a clock tick and two clocks read one after the other can be apart. */
#define BLUR 0.05

static double clock_s(clockid_t clock)
{
	struct timespec now;

	(void)clock_gettime(clock, &now); /* these are always there */
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* When the process was started, in s of the real-time clock; 0: not known. */
static double started(struct hc_call *call, uint64_t pid)
{
	unsigned long long ticks;
	char *text;
	const char *at;

	if (hc_file_read(call->arena, hc_printf(call->arena, "/proc/%" PRIu64 "/stat", pid),
			 PROC_MAX, &text, NULL))
		return 0;
	at = strrchr(text, ')'); /* of its name; the 22nd word is 20 behind it */
	for (int i = 0; at && i < 20; i++)
		at = strchr(at + 1, ' ');
	ticks = at ? strtoull(at, NULL, 10) : 0;
	if (!ticks)
		return 0;
	return clock_s(CLOCK_REALTIME) -
	       (clock_s(CLOCK_BOOTTIME) - (double)ticks / (double)sysconf(_SC_CLK_TCK));
}

/* Whether what was changed then is older than what was started then. Of a change that is still to
 * come, by a clock that was set back, that cannot be told. */
static bool seen(double changed, double start)
{
	return !start || changed <= start + BLUR || changed > clock_s(CLOCK_REALTIME);
}

static bool links_to(const char *path, const char *target)
{
	char to[512];
	ssize_t n = readlink(path, to, sizeof(to));

	return n == (ssize_t)strlen(target) && !memcmp(to, target, (size_t)n);
}

static double changed_s(const struct stat *st)
{
	return (double)st->st_ctim.tv_sec + (double)st->st_ctim.tv_nsec / 1e9;
}

static bool stays(struct hc_arena *arena, double start)
{
	struct stat st;
	char *text;

	return !hc_file_read(arena, HOST_DROP_IN, PROC_MAX, &text, NULL) &&
	       !strcmp(text, HOST_DROP_IN_TEXT) && !lstat(HOST_DROP_IN, &st) &&
	       seen(changed_s(&st), start);
}

static bool hook_is_right(double start)
{
	struct stat st;

	return links_to(HOST_HOOK, HOST_HOOK_PROGRAM) && !access(HOST_HOOK_PROGRAM, X_OK) &&
	       !lstat(HOST_HOOK, &st) && seen(changed_s(&st), start);
}

/* Whoever masked it meant it. */
static int not_found(struct hc_call *call)
{
	static const char *const masks[] = {"/etc/systemd/system/" HOST_SERVICE,
					    "/run/systemd/system/" HOST_SERVICE};

	for (size_t i = 0; i < HC_COUNT(masks); i++)
		if (links_to(masks[i], "/dev/null"))
			return hc_fail(call, ERFKILL, NULL,
				       HOST_SERVICE " is masked: systemctl unmask " HOST_SERVICE
						    " lets it run again");
	return hc_fail(call, ENOPKG, NULL, "package libvirt-daemon-system is not installed");
}

static int put_units(struct hc_call *call, struct hc_resource *r, double *start)
{
	struct hc_vm_host *host = r->spec;
	struct hc_unit service, socket;
	int e = hc_unit_read(call, HOST_SERVICE, &service);

	if (!e)
		e = hc_unit_read(call, HOST_SOCKET, &socket);
	if (e)
		return e;
	if (!service.found)
		return not_found(call);
	*start = service.active ? started(call, service.main_pid) : 0;
	host->enabled = service.enabled;
	host->active = service.active;
	host->tls = socket.active && socket.enabled;
	host->guests_masked = links_to(HOST_GUESTS, "/dev/null");
	host->stays = stays(call->arena, *start);
	host->hook = hook_is_right(*start) && !strcmp(host_name(call->arena), call->node);
	hc_set_field(r, struct hc_vm_host, enabled);
	hc_set_field(r, struct hc_vm_host, active);
	hc_set_field(r, struct hc_vm_host, tls);
	hc_set_field(r, struct hc_vm_host, guests_masked);
	hc_set_field(r, struct hc_vm_host, stays);
	hc_set_field(r, struct hc_vm_host, hook);
	return 0;
}

/* Without the sealed values nothing is said of them: adjust refuses, with words of its own. */
static int put_certificates(struct hc_call *call, struct hc_resource *r, double start)
{
	struct hc_vm_host *host = r->spec;
	enum hc_keyring verdict;
	double changed;
	int e;

	if (!host_has_others(call) || certificates_missing(call))
		return 0;
	e = certificates_judge(call, &verdict, &changed);
	if (!e)
		e = certificates_flaw(call, &host->flaw);
	if (e)
		return e;
	if (verdict == HC_KEYRING_RIGHT && (!seen(changed, start) || *host->flaw))
		verdict = HC_KEYRING_WRONG;
	host->certificates = verdict;
	hc_set_field(r, struct hc_vm_host, certificates);
	hc_set_field(r, struct hc_vm_host, flaw);
	return 0;
}

/* "9.0.0" of 9000000 */
static const char *release(struct hc_arena *arena, unsigned long number)
{
	return hc_printf(arena, "%lu.%lu.%lu", number / 1000000, number / 1000 % 1000,
			 number % 1000);
}

static void put_version(struct hc_call *call, virConnectPtr connect, struct hc_resource *r)
{
	struct hc_vm_host *host = r->spec;
	unsigned long libvirt = 0, qemu = 0;

	if (virConnectGetLibVersion(connect, &libvirt) < 0 ||
	    virConnectGetVersion(connect, &qemu) < 0)
		return;
	host->version = hc_printf(call->arena, "%s, QEMU %s", release(call->arena, libvirt),
				  release(call->arena, qemu));
	hc_set_field(r, struct hc_vm_host, version);
}

/* A line of /proc/meminfo, in bytes; 0: it is not there. */
static uint64_t memory(const char *text, const char *line)
{
	const char *at = strstr(text, line);

	return at ? strtoull(at + strlen(line), NULL, 10) * KIB : 0;
}

/* Free is what the kernel could give without taking it from anybody. */
static void put_memory(struct hc_call *call, struct hc_resource *r)
{
	struct hc_vm_host *host = r->spec;
	char *text;

	if (hc_file_read(call->arena, "/proc/meminfo", PROC_MAX, &text, NULL))
		return;
	host->memory = memory(text, "MemTotal:");
	host->free = memory(text, "MemAvailable:");
	hc_set_field(r, struct hc_vm_host, memory);
	hc_set_field(r, struct hc_vm_host, free);
	hc_tell(call, "libvirt.free",
		hc_printf(call->arena, "%" PRIu64, host->free / MIB / TOLD_MIB * TOLD_MIB));
}

static void put_cpus(virConnectPtr connect, struct hc_resource *r)
{
	struct hc_vm_host *host = r->spec;
	virNodeInfo info;

	if (virNodeGetInfo(connect, &info) < 0)
		return;
	host->cpus = info.cpus;
	hc_set_field(r, struct hc_vm_host, cpus);
}

/* What libvirtd says; it may not run. */
static void put_libvirt(struct hc_call *call, const struct look *look, virConnectPtr connect,
			struct hc_resource *r)
{
	struct hc_vm_host *host = r->spec;

	if (!connect)
		return;
	put_version(call, connect, r);
	put_cpus(connect, r);
	put_memory(look->call, r); /* tells the others of it */
	host_leftovers_read(look, &host->leftovers);
	host_lift_read(look, &host->shut_out);
}

static int emit(struct hc_call *call, const struct look *look, virConnectPtr connect)
{
	struct hc_set alone = {.arena = look->live->found.arena};
	struct hc_resource *r = hc_resource_new(&alone, &hc_vm_host, call->node, HOST_NAME), *to;
	double start = 0;
	int e = 0;

	if (access(EMULATOR, X_OK))
		e = hc_fail(call, ENOPKG, NULL, "package qemu-system-x86 is not installed");
	if (!e)
		e = put_units(call, r, &start);
	if (!e)
		e = put_certificates(call, r, start);
	if (e)
		return e;
	((struct hc_vm_host *)r->spec)->uefi = host_has_uefi(call->arena);
	hc_set_field(r, struct hc_vm_host, uefi);
	put_libvirt(call, look, connect, r);
	hc_set_field(r, struct hc_vm_host, leftovers);
	hc_set_field(r, struct hc_vm_host, shut_out);
	to = hc_resource_new(&look->live->found, &hc_vm_host, call->node, HOST_NAME);
	to->made = true;
	to->set = r->set;
	memcpy(to->spec, r->spec, hc_vm_host.size);
	return 0;
}

/* What cannot be told is told of this kind alone. */
int host_read(const struct look *look)
{
	struct hc_call quiet = hc_quiet(look->call);
	virConnectPtr connect = NULL;
	const char *why = NULL;
	int r;

	if (!look->call->member || !host_wanted(look->call))
		return 0;
	(void)hypervisor_open(&quiet, look->self->hypervisor, &connect, &why); /* see its unit */
	r = emit(&quiet, look, connect);
	if (connect)
		(void)virConnectClose(connect);
	if (r)
		hc_unknown(look->live, &hc_vm_host, "%s", hc_said(&quiet, strerror(-r)));
	return 0;
}
