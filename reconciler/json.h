/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* JSON as all commands write it, and as what they wrote is read. */

#include <json-c/json_types.h>
#include <stdint.h>
#include <stdio.h>

/* NULL becomes null. Bytes that are no UTF-8 become U+FFFD: names in the kernel may have any. */
struct json_object *hc_json_string(const char *text);
/* RFC 3339, of seconds of CLOCK_REALTIME; 0 (never) becomes null. */
struct json_object *hc_json_time(uint64_t seconds);
/* The one value that the text is, strictly, nested no deeper than that; NULL: it is none. */
struct json_object *hc_json_parse(const char *text, size_t size, int depth);
/* Pretty, without escaped slashes, a newline behind; takes the object. */
void hc_print_json(FILE *out, struct json_object *object);
