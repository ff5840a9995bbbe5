/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * That this machine is going down, and comes back or not. hcstate-leave.service, which is stopped
 * before anything else when the machine goes down, writes it to a file in /run, where it ends with
 * the boot.
 */

#include <reconciler/ha/ha.h>

/* $HCSTATE_RUN or /run/hcstate, in front of /leaving. */
char *leaving_path(struct hc_arena *arena);

/* One small file is read: cheap. What it cannot be read as is HA_STAYS. */
enum ha_leaving leaving_now(void);
/* HA_STAYS: the file goes. 0 or a negative errno. */
int leaving_say(enum ha_leaving leaving);

/* As it is written: stays, reboot, poweroff. */
extern const char *const leaving_words[];
enum ha_leaving leaving_of(const char *word); /* HA_STAYS when it is none of them */

/* Of systemd's jobs (the name of the unit that one is about), what it means for this machine. */
enum ha_leaving leaving_of_unit(const char *unit);
