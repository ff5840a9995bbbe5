/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* The journal's part of events. */

#include "events.h"

#define JOURNAL_SOCKET "/run/systemd/journal/socket"

struct journal;

/* Lines go to the socket; NULL: to stderr. */
struct journal *journal_new(const char *socket);
struct journal *journal_free(struct journal *journal); /* takes NULL, gives NULL */
/* One line with the event's fields, HCSTATE_EVENT and so on. Never waits: what journald does not
 * take now is kept up to a bound, and goes with the next or by journal_flush(). */
void journal_say(struct journal *journal, const struct event *event, const char *text);
void journal_flush(struct journal *journal);
