/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* What was changed, by cycle: history.jsonl in the state directory, a JSON object per line. */

#include <json-c/json_types.h>

#include <hcstate/base.h>

struct history;

typedef void history_complain_fn(void *arg, const char *text);

/* Reads what earlier runs wrote; what is broken of it is dropped, and that is said. At most twice
 * `limit` lines are kept. */
struct history *history_new(const char *state_dir, uint32_t limit, history_complain_fn *complain,
			    void *arg);
struct history *history_free(struct history *history); /* takes NULL, gives NULL */
void history_limit(struct history *history, uint32_t limit);

/* The object is lent. That it cannot be written is said once, until it can be again. */
void history_add(struct history *history, struct json_object *entry);
/* The newest n (and no more than the limit), oldest first, in an array. */
struct json_object *history_last(const struct history *history, size_t n);
