/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Whether a guest is giving memory back right now, or taking it. That takes it seconds, and until
 * then it has more than it was told, or less, which is nobody's doing.
 */

#include <libvirt/libvirt.h>
#include <stdint.h>

enum balloon_trend {
	BALLOON_RESTS,
	BALLOON_GIVES, /* the guest has less than a moment ago */
	BALLOON_TAKES, /* more */
};

struct balloons;

struct balloons *balloons_new(void);
struct balloons *balloons_free(struct balloons *balloons); /* takes NULL */

/* Notes that this start of a guest (libvirt's id of it) has so much now (hc_now()). */
enum balloon_trend balloons_note(struct balloons *balloons, const char *uuid, unsigned start,
				 uint64_t memory, uint64_t now);

/* The same of one that runs and that libvirt says to have `shown` bytes. QEMU is asked where that
 * is less than all that it may have and not what it was told: libvirt hears of it once a second. */
enum balloon_trend balloons_look(struct balloons *balloons, virDomainPtr domain, const char *uuid,
				 uint64_t shown, uint64_t told, uint64_t most);
