/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* Texts from other threads, taken out in the loop. */

#include <systemd/sd-event.h>

#include <hcstate/base.h>

struct inbox;

/* take(arg, text) is called in the loop. NULL: the process has no more descriptors. */
struct inbox *inbox_new(sd_event *event, void (*take)(void *arg, const char *text), void *arg);
struct inbox *inbox_free(struct inbox *inbox); /* takes NULL, gives NULL */
/* From any thread; takes NULL. What does not fit is dropped. */
void inbox_put(struct inbox *inbox, const char *text);
