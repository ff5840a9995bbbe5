/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* What the files of protocol.h share. */

#include <errno.h>
#include <string.h>

#include "protocol.h"
#include "text.h"

static inline bool is_alive(enum protocol_guest guest)
{
	return guest != GUEST_GONE;
}

static inline bool holds(const struct claim *claim, const char *node)
{
	return is(claim->node, node) &&
	       (claim->state == HC_CLAIM_STARTING || claim->state == HC_CLAIM_RUNNING);
}

/* The ops' get and put, with what goes wrong said. `why`: what claim.h had against it. */
int protocol_get(const struct protocol *p, struct claim *claim);
int protocol_put(const struct protocol *p, const struct claim *was, struct claim *next,
		 const char *why);
int protocol_look(const struct protocol *p, struct claim *claim, enum protocol_guest *guest);
/* Who has its disks open. except NULL: none. */
int protocol_seen(const struct protocol *p, const struct hc_strings *except,
		  struct protocol_clients *found);
/* -EAGAIN: the record is not `was` any more. Clients that were seen before this was asked are not
 * those of a later owner. */
int protocol_unchanged(const struct protocol *p, const struct claim *was);
/* Shuts them out; none: nothing. */
int protocol_block(const struct protocol *p, const struct hc_strings *addresses);
/* Of `v` those that are in `in`, or that are not. */
struct hc_strings protocol_part(const struct protocol *p, const struct hc_strings *v,
				const struct hc_strings *in, bool are);

/* The guest is here, and the claim too. */
int protocol_start_here(const struct protocol *p, const struct claim *claim,
			enum protocol_guest guest);
/* The claim says migrating. */
int protocol_settle_migration(const struct protocol *p, const struct claim *claim,
			      enum protocol_guest guest);
