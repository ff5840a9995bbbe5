/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* The journal's part of events. */

#include "events.h"

/* One line with the event's fields, HCSTATE_EVENT and so on; to stderr where `journal` is false. */
void journal_say(bool journal, const struct event *event, const char *text);
