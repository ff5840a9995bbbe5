/* SPDX-License-Identifier: Apache-2.0 */
/*
 * libxml2, as little of it as is needed. What is read comes from a libvirtd of whatever release, or
 * of another node; it is text of others until it was looked at, so documents that define entities
 * are refused and nothing outside of the text is opened.
 */

#include "xml.h"

#include <errno.h>
#include <inttypes.h>
#include <libxml/parser.h>
#include <string.h>

/* Writing into memory fails when memory has run out, and then only. */
static void must(int written)
{
	if (written < 0)
		abort();
}

void xml_begin(struct xml *xml)
{
	xml->buffer = xmlBufferCreate();
	if (!xml->buffer)
		abort();
	xml->writer = xmlNewTextWriterMemory(xml->buffer, 0);
	if (!xml->writer)
		abort();
	must(xmlTextWriterSetIndent(xml->writer, 1));
	must(xmlTextWriterSetIndentString(xml->writer, (const xmlChar *)"  "));
}

static void open_element(struct xml *xml, const char *element, va_list attributes)
{
	const char *name;

	must(xmlTextWriterStartElement(xml->writer, (const xmlChar *)element));
	/* NOLINTNEXTLINE(clang-analyzer-valist.Uninitialized): who calls has called va_start() */
	while ((name = va_arg(attributes, const char *))) {
		const char *value = va_arg(attributes, const char *);

		if (value)
			must(xmlTextWriterWriteAttribute(xml->writer, (const xmlChar *)name,
							 (const xmlChar *)value));
	}
}

void xml_open(struct xml *xml, const char *element, ...)
{
	va_list attributes;

	va_start(attributes, element);
	open_element(xml, element, attributes);
	va_end(attributes);
}

void xml_close(struct xml *xml)
{
	must(xmlTextWriterEndElement(xml->writer));
}

void xml_leaf(struct xml *xml, const char *element, ...)
{
	va_list attributes;

	va_start(attributes, element);
	open_element(xml, element, attributes);
	va_end(attributes);
	xml_close(xml);
}

void xml_text(struct xml *xml, const char *element, const char *text)
{
	must(xmlTextWriterWriteElement(xml->writer, (const xmlChar *)element,
				       (const xmlChar *)text));
}

void xml_string(struct xml *xml, const char *text)
{
	must(xmlTextWriterWriteString(xml->writer, (const xmlChar *)text));
}

void xml_raw(struct xml *xml, const char *text)
{
	must(xmlTextWriterWriteRaw(xml->writer, (const xmlChar *)text));
}

char *xml_end(struct hc_arena *arena, struct xml *xml)
{
	char *text;

	must(xmlTextWriterEndDocument(xml->writer));
	xmlFreeTextWriter(xml->writer);
	text = hc_strdup(arena, (const char *)xmlBufferContent(xml->buffer));
	xmlBufferFree(xml->buffer);
	*xml = (struct xml){0};
	return text;
}

void xml_freep(const xmlDocPtr *doc)
{
	if (*doc)
		xmlFreeDoc(*doc);
}

const xmlNode *xml_parse(const char *text, const char *root, xmlDocPtr *doc, const char **why)
{
	const int options = XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING;
	size_t size = strnlen(text, XML_SIZE_MAX);
	const xmlNode *node;

	*doc = NULL;
	*why = "it is not well-formed XML";
	if (size == XML_SIZE_MAX) {
		*why = "it is too large";
		return NULL;
	}
	*doc = xmlReadMemory(text, (int)size, NULL, NULL, options);
	node = *doc ? xmlDocGetRootElement(*doc) : NULL;
	if (!node)
		return NULL;
	*why = "it is XML of something else";
	if (xmlGetIntSubset(*doc) || strcmp((const char *)node->name, root) != 0)
		return NULL;
	*why = NULL;
	return node;
}

const xmlNode *xml_child(const xmlNode *node, const char *name, const xmlNode *after)
{
	const xmlNode *child = after ? after->next : node ? node->children : NULL;

	while (child &&
	       (child->type != XML_ELEMENT_NODE || strcmp((const char *)child->name, name) != 0))
		child = child->next;
	return child;
}

const xmlNode *xml_find(const xmlNode *node, const char *path)
{
	char name[32];

	while (node && *path) {
		size_t size = strcspn(path, "/");

		if (size >= sizeof(name))
			return NULL;
		memcpy(name, path, size);
		name[size] = '\0';
		node = xml_child(node, name, NULL);
		path += size + (path[size] == '/');
	}
	return node;
}

/* Ours, of what libxml2 allocated. */
static char *copy(struct hc_arena *arena, xmlChar *text)
{
	char *ours = text ? hc_strdup(arena, (const char *)text) : NULL;

	xmlFree(text);
	return ours;
}

char *xml_attribute(struct hc_arena *arena, const xmlNode *node, const char *name)
{
	return node ? copy(arena, xmlGetNoNsProp(node, (const xmlChar *)name)) : NULL;
}

char *xml_content(struct hc_arena *arena, const xmlNode *node)
{
	return node ? copy(arena, xmlNodeGetContent(node)) : NULL;
}

char *xml_dump(struct hc_arena *arena, const xmlNode *node, const xmlNode *but)
{
	/* Copied, as libxml2 does not say of what it only reads that it does. */
	xmlNodePtr copy = xmlDocCopyNode((xmlNodePtr)(uintptr_t)node, node->doc, 1);
	const xmlNode *original = node->children;
	xmlBufferPtr buffer = xmlBufferCreate();
	char *text;

	if (!copy || !buffer)
		abort(); /* memory has run out */
	for (xmlNodePtr child = copy->children; but && child && original;
	     child = child->next, original = original->next) {
		if (original != but)
			continue;
		xmlUnlinkNode(child);
		xmlFreeNode(child);
		break;
	}
	if (xmlNodeDump(buffer, node->doc, copy, 0, 0) < 0)
		abort();
	text = hc_strdup(arena, (const char *)xmlBufferContent(buffer));
	xmlBufferFree(buffer);
	xmlFreeNode(copy);
	return text;
}

bool xml_says(const xmlNode *node, const char *name, const char *value)
{
	xmlChar *text = node ? xmlGetNoNsProp(node, (const xmlChar *)name) : NULL;
	bool same = text && !strcmp((const char *)text, value);

	xmlFree(text);
	return same;
}

uint64_t xml_number(const char *text, int base, uint64_t otherwise)
{
	char *end;
	uint64_t value;

	if (!text || !*text || *text == '-' || *text == '+')
		return otherwise;
	errno = 0;
	value = strtoumax(text, &end, base);
	while (*end == ' ' || *end == '\n' || *end == '\t')
		end++;
	return errno || *end || end == text ? otherwise : value;
}
