/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Writing XML, and walking through XML that somebody else wrote: nothing is fetched, no entity is
 * expanded, and what is not there is NULL.
 */

#include <libxml/tree.h>
#include <libxml/xmlwriter.h>

#include <hcstate/base.h>

enum {
	XML_SIZE_MAX = 4 << 20, /* bytes; libvirt's own bound is 16 MiB */
};

/* One being written. */
struct xml {
	xmlBufferPtr buffer;
	xmlTextWriterPtr writer;
};

void xml_begin(struct xml *xml);
/* Attributes: name, value, name, value, ..., NULL. One whose value is NULL is left out. */
void xml_open(struct xml *xml, const char *element, ...) __attribute__((sentinel));
void xml_close(struct xml *xml);
/* Without content; xml_text() without attributes. */
void xml_leaf(struct xml *xml, const char *element, ...) __attribute__((sentinel));
void xml_text(struct xml *xml, const char *element, const char *text);
/* Content of the one that is open. */
void xml_string(struct xml *xml, const char *text);
/* What is XML already. */
void xml_raw(struct xml *xml, const char *text);
/* The text, in the arena; *xml is finished. */
char *xml_end(struct hc_arena *arena, struct xml *xml);

/* The root element, which must be called that. NULL: *why. *doc is for xml_freep(). */
const xmlNode *xml_parse(const char *text, const char *root, xmlDocPtr *doc, const char **why);
void xml_freep(const xmlDocPtr *doc);

/* The first child of that name behind `after` (NULL: of all), or NULL. Takes NULL for `node`. */
const xmlNode *xml_child(const xmlNode *node, const char *name, const xmlNode *after);
/* Of nested children: "os/type". */
const xmlNode *xml_find(const xmlNode *node, const char *path);
/* In the arena; NULL: there is none. Both take NULL for `node`. */
char *xml_attribute(struct hc_arena *arena, const xmlNode *node, const char *name);
char *xml_content(struct hc_arena *arena, const xmlNode *node);
/* The element itself, with all that is in it, less the child `but` (NULL: whole). */
char *xml_dump(struct hc_arena *arena, const xmlNode *node, const xmlNode *but);
/* Whether the attribute is there and says this. */
bool xml_says(const xmlNode *node, const char *name, const char *value);
/* A whole number of that base; `otherwise` when it is none. */
uint64_t xml_number(const char *text, int base, uint64_t otherwise);
