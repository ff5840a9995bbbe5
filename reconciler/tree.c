/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Builds trees from libyaml's events, so that every node keeps its place and an alias costs a
 * pointer. libyaml's own documents would copy places away and know neither merge keys nor limits.
 *
 * Hostile text is met with limits on depth and on nodes, where an alias counts as all that it
 * stands for: ten lines of aliases to aliases are refused before anybody walks them.
 *
 * After a mistake the rest of its document is skipped: a line with --- begins a new one wherever
 * it stands, so reading goes on there and finds the mistakes of the other documents too.
 */

#include "tree_node.h"

#include "text.h"

#include <search.h>
#include <string.h>

#define STANDARD_TAGS "tag:yaml.org,2002:" /* which are written with !! */

enum { MAX_FAILURES = 50 }; /* of one file; then it is hardly a manifest */

struct anchor {
	char *name;
	struct hc_tree *node;
	bool open; /* still being built: an alias to it would contain itself */
};

static int by_name(const void *a, const void *b)
{
	return strcmp(((const struct anchor *)a)->name, ((const struct anchor *)b)->name);
}

/* Anchors live in the arena; the search tree only points to them. */
static void leave_anchor(void *anchor)
{
	(void)anchor;
}

struct hc_tree *hc_tree_fail(struct hc_tree_reader *reader, struct hc_place place,
			     const char *format, ...)
{
	va_list args;

	va_start(args, format);
	(void)hc_vsay(reader->diags, HC_ERROR, place, format, args);
	va_end(args);
	reader->failed = true;
	reader->failed_line = place.line;
	return NULL;
}

void hc_tree_push(struct hc_tree_reader *reader, struct hc_tree_pair pair)
{
	if (reader->n == reader->room) {
		reader->room = reader->room ? 2 * reader->room : 64;
		reader->stack = reallocarray(reader->stack, reader->room, sizeof(*reader->stack));
		if (!reader->stack)
			abort();
	}
	reader->stack[reader->n++] = pair;
}

bool hc_tree_count(struct hc_tree_reader *reader, struct hc_place place, size_t nodes)
{
	reader->total += nodes;
	if (reader->total <= HC_MAX_NODES)
		return true;
	hc_tree_fail(reader, place, "this document stands for more than %d values", HC_MAX_NODES);
	return false;
}

static bool next_event(struct hc_tree_reader *reader, yaml_event_t *event)
{
	if (yaml_parser_parse(&reader->parser, event))
		return true;
	hc_tree_syntax(reader);
	return false;
}

static struct hc_tree *new_node(struct hc_tree_reader *reader, const yaml_event_t *event,
				enum hc_node_type type)
{
	struct hc_place place = hc_tree_place(reader, event->start_mark);
	struct hc_tree *node;

	if (!hc_tree_count(reader, place, 1))
		return NULL;
	node = hc_new(reader->arena, struct hc_tree);
	node->type = type;
	node->place = place;
	node->size = 1;
	return node;
}

static struct anchor *add_anchor(struct hc_tree_reader *reader, const yaml_char_t *name,
				 struct hc_tree *node)
{
	struct anchor *anchor, **found;

	if (!name || !node)
		return NULL;
	anchor = hc_new(reader->arena, struct anchor);
	anchor->name = hc_strdup(reader->arena, (const char *)name);
	found = tsearch(anchor, &reader->anchors, by_name);
	if (!found)
		abort();
	*found = anchor; /* a later anchor of that name takes the place of the earlier */
	anchor->node = node;
	anchor->open = true;
	return anchor;
}

static struct hc_tree *read_alias(struct hc_tree_reader *reader, const yaml_event_t *event)
{
	struct anchor key = {.name = (char *)event->data.alias.anchor};
	struct anchor **found = tfind(&key, &reader->anchors, by_name);
	struct hc_place place = hc_tree_place(reader, event->start_mark);

	if (!found)
		return hc_tree_fail(reader, place, "*%s: no anchor &%s stands before it", key.name,
				    key.name);
	if ((*found)->open)
		return hc_tree_fail(reader, place, "*%s: the anchor &%s contains itself", key.name,
				    key.name);
	return hc_tree_count(reader, place, (*found)->node->size) ? (*found)->node : NULL;
}

static struct hc_tree *read_scalar(struct hc_tree_reader *reader, const yaml_event_t *event)
{
	struct hc_tree *node = new_node(reader, event, HC_SCALAR);
	const char *text = (const char *)event->data.scalar.value;
	struct anchor *anchor;

	if (!node)
		return NULL;
	if (memchr(text, '\0', event->data.scalar.length))
		return hc_tree_fail(reader, node->place, "a text cannot hold the character \\0");
	node->text = hc_strndup(reader->arena, text, event->data.scalar.length);
	node->quoted = event->data.scalar.style != YAML_PLAIN_SCALAR_STYLE;
	anchor = add_anchor(reader, event->data.scalar.anchor, node);
	if (anchor)
		anchor->open = false;
	return node;
}

static struct hc_tree *read_node(struct hc_tree_reader *reader, const yaml_event_t *event,
				 unsigned depth);

/* Reads what follows; NULL at the end of what contains it, too. */
static struct hc_tree *read_next(struct hc_tree_reader *reader, unsigned depth, bool *end)
{
	struct hc_tree *node = NULL;
	yaml_event_t event;

	if (!next_event(reader, &event))
		return NULL;
	*end = event.type == YAML_SEQUENCE_END_EVENT || event.type == YAML_MAPPING_END_EVENT;
	if (!*end)
		node = read_node(reader, &event, depth);
	yaml_event_delete(&event);
	return node;
}

static void read_items(struct hc_tree_reader *reader, struct hc_tree *sequence, unsigned depth)
{
	size_t from = reader->n;
	bool end = false;

	for (;;) {
		struct hc_tree *item = read_next(reader, depth, &end);

		if (!item)
			break;
		hc_tree_push(reader, (struct hc_tree_pair){.value = item});
		sequence->size += item->size;
	}
	if (reader->failed)
		return;
	sequence->n = reader->n - from;
	sequence->values = hc_alloc(reader->arena, sequence->n * sizeof(struct hc_tree *));
	for (size_t i = 0; i < sequence->n; i++)
		sequence->values[i] = reader->stack[from + i].value;
	reader->n = from;
}

static void read_pairs(struct hc_tree_reader *reader, struct hc_tree *mapping, unsigned depth)
{
	size_t from = reader->n;
	bool end = false;

	for (;;) {
		struct hc_tree *value, *key = read_next(reader, depth, &end);

		if (!key)
			break;
		value = read_next(reader, depth, &end);
		if (!value)
			break;
		if (key->type == HC_SCALAR)
			hc_tree_push(reader, (struct hc_tree_pair){.key = key, .value = value});
		else
			(void)hc_say(reader->diags, HC_ERROR, key->place,
				     "a key is a word, this is a %s",
				     key->type == HC_SEQUENCE ? "list" : "mapping");
	}
	if (reader->failed)
		return;
	hc_tree_map(reader, mapping, from);
	reader->n = from;
}

static struct hc_tree *read_collection(struct hc_tree_reader *reader, const yaml_event_t *event,
				       unsigned depth)
{
	bool sequence = event->type == YAML_SEQUENCE_START_EVENT;
	struct hc_tree *node = new_node(reader, event, sequence ? HC_SEQUENCE : HC_MAPPING);
	struct anchor *anchor;

	if (!node)
		return NULL;
	if (depth > HC_MAX_DEPTH)
		return hc_tree_fail(reader, node->place, "this is nested deeper than %d levels",
				    HC_MAX_DEPTH);
	anchor = add_anchor(reader,
			    sequence ? event->data.sequence_start.anchor
				     : event->data.mapping_start.anchor,
			    node);
	if (sequence)
		read_items(reader, node, depth + 1);
	else
		read_pairs(reader, node, depth + 1);
	if (anchor)
		anchor->open = false;
	return reader->failed ? NULL : node;
}

/* Tags would change what a value is behind the tables' back. */
static void refuse_tag(struct hc_tree_reader *reader, const yaml_event_t *event,
		       const yaml_char_t *tag)
{
	struct hc_diag *diag;
	bool standard;

	if (!tag || !strcmp((const char *)tag, "!"))
		return;
	standard = !strncmp((const char *)tag, STANDARD_TAGS, strlen(STANDARD_TAGS));
	diag = hc_say(reader->diags, HC_ERROR, hc_tree_place(reader, event->start_mark),
		      "the tag %s%s means nothing here", standard ? "!!" : "",
		      (const char *)tag + (standard ? strlen(STANDARD_TAGS) : 0));
	hc_hint(reader->diags, diag, "leave it out: the field says what type its value has");
}

static struct hc_tree *read_node(struct hc_tree_reader *reader, const yaml_event_t *event,
				 unsigned depth)
{
	switch (event->type) {
	case YAML_SCALAR_EVENT:
		refuse_tag(reader, event, event->data.scalar.tag);
		return read_scalar(reader, event);
	case YAML_SEQUENCE_START_EVENT:
		refuse_tag(reader, event, event->data.sequence_start.tag);
		return read_collection(reader, event, depth);
	case YAML_MAPPING_START_EVENT:
		refuse_tag(reader, event, event->data.mapping_start.tag);
		return read_collection(reader, event, depth);
	case YAML_ALIAS_EVENT:
		return read_alias(reader, event);
	default: /* libyaml has no other events within a document */
		return NULL;
	}
}

/* A document that holds nothing, as between two --- lines, is none. */
static bool is_empty(const struct hc_tree *root)
{
	return root->type == HC_SCALAR && !root->quoted && !*root->text;
}

/* The next document, behind its start event. */
static struct hc_tree *read_document(struct hc_tree_reader *reader)
{
	struct hc_tree *root;
	bool end = false;

	reader->total = 0;
	reader->n = 0;
	root = read_next(reader, 1, &end);
	tdestroy(reader->anchors, leave_anchor);
	reader->anchors = NULL;
	return reader->failed ? NULL : root;
}

/* Reads documents up to the end or to a mistake. */
static void read_documents(struct hc_tree_reader *reader, struct hc_tree ***documents, size_t *n,
			   size_t *room)
{
	yaml_event_t event;
	bool end = false;

	while (!end && !reader->failed && next_event(reader, &event)) {
		bool start = event.type == YAML_DOCUMENT_START_EVENT;
		struct hc_tree *root;

		end = event.type == YAML_STREAM_END_EVENT;
		yaml_event_delete(&event);
		root = start ? read_document(reader) : NULL;
		if (!root || is_empty(root))
			continue;
		*documents = hc_grow(reader->arena, *documents, *n, room, sizeof(**documents));
		(*documents)[(*n)++] = root;
	}
}

/* The next line that begins a document, from the one that failed on. */
static const char *next_start(struct hc_tree_reader *reader, const char *failed)
{
	const char *end = reader->source->text + reader->source->size, *from = failed;

	for (; from < end; reader->first_line++) {
		if (from > failed && reader->first_line + 1 >= reader->failed_line &&
		    end - from >= 3 && !memcmp(from, "---", 3) &&
		    (end - from == 3 || strchr(" \t\r\n", from[3])))
			return from;
		from = hc_line_next(hc_line_end(from, end), end);
	}
	return end;
}

bool hc_tree_read(struct hc_arena *arena, const struct hc_source *source, struct hc_diags *diags,
		  struct hc_tree ***documents, size_t *n)
{
	struct hc_tree_reader reader = {.arena = arena, .source = source, .diags = diags};
	const char *from = source->text, *end = source->text + source->size;
	unsigned failures = 0;
	size_t room = 0;

	*documents = NULL;
	*n = 0;
	while (from < end && failures < MAX_FAILURES) {
		reader.failed = false;
		if (!yaml_parser_initialize(&reader.parser))
			abort();
		yaml_parser_set_encoding(&reader.parser, YAML_UTF8_ENCODING);
		yaml_parser_set_input_string(&reader.parser, (const unsigned char *)from,
					     (size_t)(end - from));
		read_documents(&reader, documents, n, &room);
		yaml_parser_delete(&reader.parser);
		if (!reader.failed)
			break;
		failures++;
		from = next_start(&reader, from);
	}
	free(reader.stack);
	return !failures;
}

struct hc_tree *hc_tree_get(const struct hc_tree *mapping, const char *key)
{
	for (size_t i = 0; i < mapping->n; i++)
		if (!strcmp(mapping->keys[i]->text, key))
			return mapping->values[i];
	return NULL;
}
