/* SPDX-License-Identifier: Apache-2.0 */
/*
 * systemd's units over D-Bus. Starting a unit only queues a job; the answer names it, and what
 * became of it comes later as the signal JobRemoved. The match for that signal is added before the
 * call, so that a job that is over at once is not missed.
 *
 * A connection per call: calls come from worker threads, and sd-bus connections belong to one
 * thread.
 */

#include <hcstate/unit.h>

#include <inttypes.h>
#include <string.h>
#include <systemd/sd-bus.h>

#define SYSTEMD "org.freedesktop.systemd1"
#define MANAGER SYSTEMD ".Manager"
#define UNIT SYSTEMD ".Unit"
#define SERVICE SYSTEMD ".Service"

enum {
	STOPPING_US = 20 * 1000, /* between looks at a unit that is being stopped */
};

static void error_free(sd_bus_error *error)
{
	sd_bus_error_free(error);
}

static void bus_close(sd_bus **bus)
{
	sd_bus_flush_close_unref(*bus);
}

static void message_unref(sd_bus_message **message)
{
	sd_bus_message_unref(*message);
}

/* How long is left; at least a millisecond, as 0 would mean the bus's own 25 s. */
static uint64_t left(const struct hc_call *call)
{
	uint64_t now = hc_now();

	return call->deadline > now + 1000 ? call->deadline - now : 1000;
}

static int bus_open(struct hc_call *call, sd_bus **bus)
{
	int r = sd_bus_open_system(bus);

	if (r < 0)
		return hc_fail(call, -r, NULL, "cannot reach systemd over D-Bus: %s", strerror(-r));
	(void)sd_bus_set_method_call_timeout(*bus, left(call)); /* fails only on a NULL bus */
	return 0;
}

static int said(struct hc_call *call, int r, const sd_bus_error *error, const char *what,
		const char *unit)
{
	return hc_fail(call, -r, NULL, "%s %s: %s", what, unit,
		       error->message ? error->message : strerror(-r));
}

/* One call to the manager; the answer may be NULL. */
#define manage(bus, method, error, answer, ...)                                                    \
	sd_bus_call_method(bus, SYSTEMD, "/org/freedesktop/systemd1", MANAGER, method, error,      \
			   answer, __VA_ARGS__)

static const char *text(struct hc_call *call, sd_bus *bus, const char *path, const char *interface,
			const char *property)
{
	_cleanup_(hc_freep) char *value = NULL;

	if (sd_bus_get_property_string(bus, SYSTEMD, path, interface, property, NULL, &value) < 0)
		return "";
	return hc_strdup(call->arena, value);
}

static uint32_t number(sd_bus *bus, const char *path, const char *interface, const char *property,
		       char type)
{
	uint32_t value = 0;

	(void)sd_bus_get_property_trivial(bus, SYSTEMD, path, interface, property, NULL, type,
					  &value); /* 0 is what is said of none */
	return value;
}

static bool wanted_at_boot(const char *file_state)
{
	return !strcmp(file_state, "enabled") || !strcmp(file_state, "enabled-runtime") ||
	       !strcmp(file_state, "static") || !strcmp(file_state, "alias");
}

static int load(struct hc_call *call, sd_bus *bus, const char *name, const char **path)
{
	_cleanup_(error_free) sd_bus_error error = SD_BUS_ERROR_NULL;
	_cleanup_(message_unref) sd_bus_message *answer = NULL;
	int r = manage(bus, "LoadUnit", &error, &answer, "s", name);

	if (r >= 0)
		r = sd_bus_message_read(answer, "o", path);
	if (r < 0)
		return said(call, r, &error, "cannot look at", name);
	*path = hc_strdup(call->arena, *path);
	return 0;
}

int hc_unit_read(struct hc_call *call, const char *name, struct hc_unit *unit)
{
	_cleanup_(bus_close) sd_bus *bus = NULL;
	const char *path = NULL, *active;
	int r = bus_open(call, &bus);

	if (!r)
		r = load(call, bus, name, &path);
	if (r)
		return r;
	active = text(call, bus, path, UNIT, "ActiveState");
	if (!*active)
		return hc_fail(call, EIO, NULL, "systemd does not say whether %s is active", name);
	*unit = (struct hc_unit){
		.found = !strcmp(text(call, bus, path, UNIT, "LoadState"), "loaded"),
		.enabled = wanted_at_boot(text(call, bus, path, UNIT, "UnitFileState")),
		.active = !strcmp(active, "active") || !strcmp(active, "reloading"),
		.failed = !strcmp(active, "failed"),
		.state = hc_printf(call->arena, "%s (%s)", active,
				   text(call, bus, path, UNIT, "SubState")),
		.result = text(call, bus, path, SERVICE, "Result"),
		.main_pid = number(bus, path, SERVICE, "MainPID", 'u'),
	};
	return 0;
}

static int reload_manager(struct hc_call *call, sd_bus *bus, const char *name)
{
	_cleanup_(error_free) sd_bus_error error = SD_BUS_ERROR_NULL;
	int r = manage(bus, "Reload", &error, NULL, NULL);

	return r < 0 ? said(call, r, &error, "cannot reload systemd for", name) : 0;
}

int hc_unit_enable(struct hc_call *call, const char *name)
{
	_cleanup_(error_free) sd_bus_error error = SD_BUS_ERROR_NULL;
	_cleanup_(bus_close) sd_bus *bus = NULL;
	int r = bus_open(call, &bus);

	if (r)
		return r;
	r = manage(bus, "EnableUnitFiles", &error, NULL, "asbb", 1, name, false, false);
	if (r < 0)
		return said(call, r, &error, "cannot enable", name);
	return reload_manager(call, bus, name);
}

int hc_unit_disable(struct hc_call *call, const char *name)
{
	_cleanup_(error_free) sd_bus_error error = SD_BUS_ERROR_NULL;
	_cleanup_(bus_close) sd_bus *bus = NULL;
	int r = bus_open(call, &bus);

	if (r)
		return r;
	r = manage(bus, "DisableUnitFiles", &error, NULL, "asb", 1, name, false);
	if (r < 0)
		return said(call, r, &error, "cannot disable", name);
	return reload_manager(call, bus, name);
}

int hc_unit_reload_manager(struct hc_call *call)
{
	_cleanup_(bus_close) sd_bus *bus = NULL;
	int r = bus_open(call, &bus);

	return r ? r : reload_manager(call, bus, "changed unit files");
}

/* A job and what became of it. */
struct job {
	const char *path; /* its object, as the call that made it answered */
	char result[32];  /* "done", "failed", ...; empty: not over */
};

static int on_removed(sd_bus_message *message, void *data, sd_bus_error *error)
{
	struct job *job = data;
	const char *path, *unit, *result;
	uint32_t id;

	(void)error;
	if (sd_bus_message_read(message, "uoss", &id, &path, &unit, &result) < 0)
		return 0;
	if (job->path && !strcmp(job->path, path))
		(void)snprintf(job->result, sizeof(job->result), "%s", result);
	return 0;
}

/* Signals that came while the call was under way are queued, and only dispatched here, where the
 * job's path is known. */
static int await(struct hc_call *call, sd_bus *bus, struct job *job, const char *name)
{
	while (!*job->result) {
		int r = sd_bus_process(bus, NULL);

		if (r == 0 && hc_now() >= call->deadline)
			return hc_wait(call, "%s has not come to an end yet", name);
		if (r == 0)
			r = sd_bus_wait(bus, left(call));
		if (r < 0 && r != -EINTR)
			return hc_fail(call, -r, NULL, "lost systemd while waiting for %s: %s",
				       name, strerror(-r));
	}
	return 0;
}

static int failed(struct hc_call *call, sd_bus *bus, const char *name, const char *verb,
		  const char *result)
{
	const char *path = NULL;
	int r = load(call, bus, name, &path);

	if (r)
		return r;
	return hc_fail(call, EIO, NULL,
		       "%s %s: %s (result %s, exit status %" PRIu32 "); see journalctl -u %s", verb,
		       name, result, text(call, bus, path, SERVICE, "Result"),
		       number(bus, path, SERVICE, "ExecMainStatus", 'i'), name);
}

/* Queues a job and waits for its end. */
static int run(struct hc_call *call, const char *method, const char *verb, const char *name,
	       const char *mode)
{
	_cleanup_(error_free) sd_bus_error error = SD_BUS_ERROR_NULL;
	_cleanup_(message_unref) sd_bus_message *answer = NULL;
	_cleanup_(bus_close) sd_bus *bus = NULL;
	struct job job = {0};
	int r = bus_open(call, &bus);

	if (r)
		return r;
	/* A unit that failed often is not started again before this; it may also be unknown. */
	(void)manage(bus, "ResetFailedUnit", NULL, NULL, "s", name);
	r = sd_bus_match_signal(bus, NULL, SYSTEMD, "/org/freedesktop/systemd1", MANAGER,
				"JobRemoved", on_removed, &job);
	if (r >= 0)
		r = manage(bus, "Subscribe", &error, NULL, NULL);
	if (r >= 0)
		r = manage(bus, method, &error, &answer, "ss", name, mode);
	if (r >= 0)
		r = sd_bus_message_read(answer, "o", &job.path);
	if (r < 0)
		return said(call, r, &error, verb, name);
	r = await(call, bus, &job, name);
	if (r)
		return r;
	return strcmp(job.result, "done") ? failed(call, bus, name, verb, job.result) : 0;
}

/* Somebody stops it: a job that starts it would cancel theirs, and their next try that one. */
static int let_stop(struct hc_call *call, const char *name)
{
	_cleanup_(bus_close) sd_bus *bus = NULL;
	const char *path = NULL;
	int r = bus_open(call, &bus);

	if (!r)
		r = load(call, bus, name, &path);
	while (!r && !strcmp(text(call, bus, path, UNIT, "ActiveState"), "deactivating")) {
		if (hc_now() >= call->deadline)
			return hc_wait(call, "%s is being stopped", name);
		(void)usleep(STOPPING_US);
	}
	return r;
}

int hc_unit_start_alone(struct hc_call *call, const char *name)
{
	int r = let_stop(call, name);

	return r ? r : run(call, "StartUnit", "starting", name, "ignore-dependencies");
}

int hc_unit_stop(struct hc_call *call, const char *name)
{
	return run(call, "StopUnit", "stopping", name, "replace");
}

int hc_unit_restart(struct hc_call *call, const char *name)
{
	return run(call, "RestartUnit", "restarting", name, "replace");
}

int hc_unit_restart_alone(struct hc_call *call, const char *name)
{
	return run(call, "RestartUnit", "restarting", name, "ignore-dependencies");
}
