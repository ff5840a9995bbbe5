/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The manager of systemd tells who has subscribed of every unit's change
 * (org.freedesktop.systemd1(5)): a signal PropertiesChanged of the unit's object. Which unit it was
 * is in the object's path; what changed does not matter, whoever is told looks for himself.
 *
 * The bus may not be there yet at boot, and goes when dbus is restarted: then it is tried again.
 */

#include "units.h"

#include <fnmatch.h>
#include <string.h>
#include <systemd/sd-bus.h>

enum {
	AGAIN_US = 10 * 1000 * 1000,
};

#define MANAGER "org.freedesktop.systemd1"
#define UNITS "/org/freedesktop/systemd1/unit"

struct units {
	sd_event *event;
	sd_event_source *again;
	sd_bus *bus; /* NULL: there is none now */
	const struct hc_registry *registry;
	void (*changed)(void *arg);
	void *arg;
};

static bool is_watched(const struct units *units, const char *unit)
{
	for (size_t i = 0; i < units->registry->nmodule; i++) {
		const struct hc_provider *provider = units->registry->modules[i].provider;

		for (const char *const *p = provider ? provider->units : NULL; p && *p; p++)
			if (!fnmatch(*p, unit, 0))
				return true;
	}
	return false;
}

static int unit_changed(sd_bus_message *message, void *arg, sd_bus_error *error)
{
	struct units *units = arg;
	char *unit = NULL;

	(void)error;
	if (sd_bus_path_decode(sd_bus_message_get_path(message), UNITS, &unit) > 0 &&
	    is_watched(units, unit))
		units->changed(units->arg);
	free(unit);
	return 0;
}

static void drop_bus(struct units *units)
{
	if (units->bus)
		(void)sd_bus_detach_event(units->bus); /* it was attached */
	units->bus = sd_bus_close_unref(units->bus);
}

static int try_again(sd_event_source *source, uint64_t usec, void *arg);

static void later(struct units *units)
{
	units->again = sd_event_source_disable_unref(units->again);
	(void)sd_event_add_time_relative(units->event, &units->again, CLOCK_MONOTONIC, AGAIN_US, 0,
					 try_again, units); /* else a look finds it out later */
}

/* The bus is freed in a turn of its own: it is in the middle of telling this. */
static int bus_gone(sd_bus_message *message, void *arg, sd_bus_error *error)
{
	(void)message, (void)error;
	later(arg);
	return 0;
}

static int subscribe(struct units *units)
{
	int r = sd_bus_open_system(&units->bus);

	if (r >= 0)
		r = sd_bus_match_signal_async(units->bus, NULL, NULL, "/org/freedesktop/DBus/Local",
					      "org.freedesktop.DBus.Local", "Disconnected",
					      bus_gone, NULL, units);
	if (r >= 0)
		r = sd_bus_add_match_async(units->bus, NULL,
					   "type='signal',sender='" MANAGER "',"
					   "interface='org.freedesktop.DBus.Properties',"
					   "member='PropertiesChanged',path_namespace='" UNITS "',"
					   "arg0='" MANAGER ".Unit'",
					   unit_changed, NULL, units);
	if (r >= 0)
		r = sd_bus_call_method_async(units->bus, NULL, MANAGER, "/org/freedesktop/systemd1",
					     MANAGER ".Manager", "Subscribe", NULL, NULL, "");
	if (r >= 0)
		r = sd_bus_attach_event(units->bus, units->event, SD_EVENT_PRIORITY_NORMAL);
	return r;
}

static void begin(struct units *units)
{
	drop_bus(units);
	if (subscribe(units) >= 0)
		return;
	drop_bus(units);
	later(units);
}

/* What changed meanwhile nobody has told. */
static int try_again(sd_event_source *source, uint64_t usec, void *arg)
{
	struct units *units = arg;

	(void)source, (void)usec;
	begin(units);
	if (units->bus)
		units->changed(units->arg);
	return 0;
}

struct units *units_new(sd_event *event, const struct hc_registry *registry,
			void (*changed)(void *arg), void *arg)
{
	struct units *units = calloc(1, sizeof(*units));

	if (!units)
		abort(); /* memory has run out */
	units->event = sd_event_ref(event);
	units->registry = registry;
	units->changed = changed;
	units->arg = arg;
	begin(units);
	return units;
}

struct units *units_free(struct units *units)
{
	if (!units)
		return NULL;
	drop_bus(units);
	units->again = sd_event_source_disable_unref(units->again);
	sd_event_unref(units->event);
	free(units);
	return NULL;
}
