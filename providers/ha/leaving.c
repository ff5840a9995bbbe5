/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Why a unit of its own that is stopped first, and not an inhibitor of logind's:
 * - logind says "prepare for shutdown" without telling whether the machine comes back (up to and
 *   with systemd 254); that is known only when the job for reboot.target or poweroff.target is
 *   queued, which is after the inhibitor's delay;
 * - the delay ends after InhibitDelayMaxSec, 5 s by default: too short to move VMs away, and not
 *   ours to change;
 * - a container's or `systemctl --force`'s way down does not go by logind at all.
 * A unit that stands After= all the others is stopped before them, while the agent, corosync, Ceph
 * and libvirt run as ever, and for as long as its TimeoutStopSec= says.
 */

#include "leaving.h"

#include <string.h>

#include <hcstate/file.h>

enum {
	MOST = 64, /* bytes of the file */
};

const char *const leaving_words[] = {"stays", "reboot", "poweroff", NULL};

char *leaving_path(struct hc_arena *arena)
{
	const char *directory = getenv("HCSTATE_RUN");

	return hc_printf(arena, "%s/leaving", directory && *directory ? directory : "/run/hcstate");
}

enum ha_leaving leaving_of(const char *word)
{
	if (!strcmp(word, leaving_words[HA_REBOOTS]))
		return HA_REBOOTS;
	return !strcmp(word, leaving_words[HA_POWERS_OFF]) ? HA_POWERS_OFF : HA_STAYS;
}

enum ha_leaving leaving_now(void)
{
	_cleanup_(hc_arena_freep) struct hc_arena *arena = hc_arena_new();
	char *text;

	if (hc_file_read(arena, leaving_path(arena), MOST, &text, NULL))
		return HA_STAYS;
	text[strcspn(text, "\n")] = '\0';
	return leaving_of(text);
}

int leaving_say(enum ha_leaving leaving)
{
	_cleanup_(hc_arena_freep) struct hc_arena *arena = hc_arena_new();
	const char *path = leaving_path(arena), *text;

	if (leaving == HA_STAYS)
		return hc_file_remove(path);
	text = hc_printf(arena, "%s\n", leaving_words[leaving]);
	return hc_file_write(path, 0644, text, strlen(text));
}

enum ha_leaving leaving_of_unit(const char *unit)
{
	static const struct {
		const char *unit;
		enum ha_leaving leaving;
	} units[] = {
		{"reboot.target", HA_REBOOTS},      {"kexec.target", HA_REBOOTS},
		{"soft-reboot.target", HA_REBOOTS}, {"poweroff.target", HA_POWERS_OFF},
		{"halt.target", HA_POWERS_OFF},     {"exit.target", HA_POWERS_OFF},
	};

	for (size_t i = 0; i < HC_COUNT(units); i++)
		if (!strcmp(units[i].unit, unit))
			return units[i].leaving;
	return HA_STAYS;
}
