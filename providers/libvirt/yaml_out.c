/* SPDX-License-Identifier: Apache-2.0 */
/*
 * libyaml's emitter. Memory is all that it can run out of. Texts are quoted even where they need
 * not be: other readers take `no` or `1e3` for something else than a text.
 */

#include "yaml_out.h"

#include <string.h>

static void must(int done)
{
	if (!done)
		abort();
}

static void emit(struct yaml_out *out, yaml_event_t *event)
{
	must(yaml_emitter_emit(&out->emitter, event));
}

static int collect(void *arg, unsigned char *data, size_t size)
{
	struct yaml_out *out = arg;

	if (out->size + size + 1 > out->room) {
		out->room = (out->size + size + 1) * 2;
		out->data = realloc(out->data, out->room);
		if (!out->data)
			abort();
	}
	memcpy(out->data + out->size, data, size);
	out->size += size;
	return 1;
}

static void open_mapping(struct yaml_out *out)
{
	yaml_event_t event;

	must(yaml_mapping_start_event_initialize(&event, NULL, NULL, 1, YAML_BLOCK_MAPPING_STYLE));
	emit(out, &event);
}

static void scalar(struct yaml_out *out, const char *text, yaml_scalar_style_t style)
{
	yaml_event_t event;

	/* The text is copied, libyaml just does not say so. */
	must(yaml_scalar_event_initialize(&event, NULL, NULL, (yaml_char_t *)(uintptr_t)text,
					  (int)strlen(text), 1, 1, style));
	emit(out, &event);
}

void yaml_begin(struct yaml_out *out)
{
	yaml_event_t event;

	*out = (struct yaml_out){.data = NULL};
	must(yaml_emitter_initialize(&out->emitter));
	yaml_emitter_set_output(&out->emitter, collect, out);
	yaml_emitter_set_unicode(&out->emitter, 1);
	yaml_emitter_set_width(&out->emitter, -1);
	must(yaml_stream_start_event_initialize(&event, YAML_UTF8_ENCODING));
	emit(out, &event);
	must(yaml_document_start_event_initialize(&event, NULL, NULL, NULL, 1));
	emit(out, &event);
	open_mapping(out);
}

void yaml_text(struct yaml_out *out, const char *key, const char *value)
{
	scalar(out, key, YAML_PLAIN_SCALAR_STYLE);
	scalar(out, value, YAML_DOUBLE_QUOTED_SCALAR_STYLE);
}

void yaml_word(struct yaml_out *out, const char *key, const char *word)
{
	if (key)
		scalar(out, key, YAML_PLAIN_SCALAR_STYLE);
	scalar(out, word, YAML_PLAIN_SCALAR_STYLE);
}

void yaml_open(struct yaml_out *out, const char *key)
{
	if (key)
		scalar(out, key, YAML_PLAIN_SCALAR_STYLE);
	open_mapping(out);
}

void yaml_close(struct yaml_out *out)
{
	yaml_event_t event;

	must(yaml_mapping_end_event_initialize(&event));
	emit(out, &event);
}

void yaml_open_list(struct yaml_out *out, const char *key)
{
	yaml_event_t event;

	scalar(out, key, YAML_PLAIN_SCALAR_STYLE);
	must(yaml_sequence_start_event_initialize(&event, NULL, NULL, 1,
						  YAML_BLOCK_SEQUENCE_STYLE));
	emit(out, &event);
}

void yaml_close_list(struct yaml_out *out)
{
	yaml_event_t event;

	must(yaml_sequence_end_event_initialize(&event));
	emit(out, &event);
}

void yaml_list(struct yaml_out *out, const char *key, const struct hc_strings *values)
{
	yaml_open_list(out, key);
	for (size_t i = 0; i < values->n; i++)
		scalar(out, values->v[i], YAML_DOUBLE_QUOTED_SCALAR_STYLE);
	yaml_close_list(out);
}

char *yaml_end(struct hc_arena *arena, struct yaml_out *out)
{
	yaml_event_t event;
	char *text;

	yaml_close(out);
	must(yaml_document_end_event_initialize(&event, 1));
	emit(out, &event);
	must(yaml_stream_end_event_initialize(&event));
	emit(out, &event);
	must(yaml_emitter_flush(&out->emitter));
	yaml_emitter_delete(&out->emitter);
	text = hc_strndup(arena, (const char *)out->data, out->size);
	free(out->data);
	return text;
}
