/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* Writing YAML whose texts are all quoted, each on one line: no text can become something else. */

#include <yaml.h>

#include <hcstate/value.h>

struct yaml_out {
	yaml_emitter_t emitter;
	unsigned char *data;
	size_t size, room;
};

void yaml_begin(struct yaml_out *out); /* a mapping */
/* "key: value"; NULL value: what is begun next is the value. */
void yaml_text(struct yaml_out *out, const char *key, const char *value);
void yaml_word(struct yaml_out *out, const char *key, const char *word); /* true, 2: not quoted */
void yaml_list(struct yaml_out *out, const char *key, const struct hc_strings *values);
void yaml_open(struct yaml_out *out, const char *key); /* a mapping; NULL key: as a list's item */
void yaml_close(struct yaml_out *out);
void yaml_open_list(struct yaml_out *out, const char *key);
void yaml_close_list(struct yaml_out *out);
char *yaml_end(struct hc_arena *arena, struct yaml_out *out);
