/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Devices of a domain that are neither hcstate's nor libvirt's own: kinds that no document has a
 * word for, and a second one, or another one, of a kind that hcstate writes. Somebody put them
 * there, so they are written again as they were whenever the domain is defined anew.
 *
 * What is hcstate's is known by how domain.c writes it; what libvirt adds by itself it adds again.
 */

#include "domain_parts.h"

#include <string.h>

enum {
	OTHERS_MAX = 1024,
};

/* What has been met of a domain's devices so far. */
struct meeting {
	bool vnc;  /* it has the screen of hcstate, with its picture and its pointer */
	bool seen; /* ... and this is it */
	bool serial, tablet, video, rng;
};

static bool first(bool *met)
{
	bool was = *met;

	*met = true;
	return !was;
}

/* Those that have no models come with the disks that are on them. */
static bool is_own_controller(struct hc_arena *arena, const xmlNode *node)
{
	static const char *const implied[] = {"pci", "sata", "ide", "fdc"};

	for (size_t i = 0; i < HC_COUNT(implied); i++)
		if (xml_says(node, "type", implied[i]))
			return true;
	return !xml_number(xml_attribute(arena, node, "index"), 10, 0);
}

bool is_own_serial(const xmlNode *node)
{
	const xmlNode *target = xml_child(node, "target", NULL);

	return xml_says(node, "type", "pty") && xml_says(target, "port", "0");
}

/* libvirt's word for the first serial device. */
static bool is_own_console(const xmlNode *node)
{
	return xml_says(xml_child(node, "target", NULL), "type", "serial");
}

static bool is_own_input(const xmlNode *node, struct meeting *met)
{
	if (xml_says(node, "bus", "ps2"))
		return true;
	return met->vnc && xml_says(node, "type", "tablet") && xml_says(node, "bus", "usb") &&
	       first(&met->tablet);
}

static bool is_own_video(const xmlNode *node, struct meeting *met)
{
	return met->vnc && xml_says(xml_child(node, "model", NULL), "type", "vga") &&
	       first(&met->video);
}

static bool is_own_rng(struct hc_arena *arena, const xmlNode *node, struct meeting *met)
{
	const char *from = xml_content(arena, xml_child(node, "backend", NULL));

	return from && !strcmp(from, "/dev/urandom") && first(&met->rng);
}

static bool is_own(struct hc_arena *arena, const xmlNode *node, struct meeting *met)
{
	static const char *const always[] = {"emulator", "disk", "interface", "memballoon"};
	const char *kind = (const char *)node->name;

	for (size_t i = 0; i < HC_COUNT(always); i++)
		if (!strcmp(kind, always[i]))
			return true;
	if (!strcmp(kind, "controller"))
		return is_own_controller(arena, node);
	if (!strcmp(kind, "serial"))
		return is_own_serial(node) && first(&met->serial);
	if (!strcmp(kind, "console"))
		return is_own_console(node);
	if (!strcmp(kind, "channel"))
		return xml_says(xml_child(node, "target", NULL), "name", DOMAIN_AGENT);
	if (!strcmp(kind, "input"))
		return is_own_input(node, met);
	if (!strcmp(kind, "graphics"))
		return xml_says(node, "type", "vnc") && first(&met->seen);
	if (!strcmp(kind, "video"))
		return is_own_video(node, met);
	if (!strcmp(kind, "rng"))
		return is_own_rng(arena, node, met);
	return !strcmp(kind, "audio") && xml_says(node, "type", "none");
}

/* The bus that it is on, if that is one that a port makes: of slot 0. */
static unsigned bus_of(struct hc_arena *arena, const xmlNode *device)
{
	const xmlNode *address = xml_child(device, "address", NULL);
	uint64_t bus = xml_number(xml_attribute(arena, address, "bus"), 0, 0);
	uint64_t slot = xml_number(xml_attribute(arena, address, "slot"), 0, 0);

	return xml_says(address, "type", "pci") && !slot && bus <= UINT8_MAX ? (unsigned)bus : 0;
}

/* The first port is hcstate's: what somebody put in its place moves to the next. */
static char *raw_of(struct hc_arena *arena, const xmlNode *node)
{
	const xmlNode *target = xml_child(node, "target", NULL);

	if (!strcmp((const char *)node->name, "serial") && xml_says(target, "port", "0"))
		return xml_dump(arena, node, target);
	return read_raw(arena, node);
}

/* Anywhere on the PCI bus. */
static char *movable_of(struct hc_arena *arena, const xmlNode *node)
{
	const xmlNode *address = xml_child(node, "address", NULL);

	return xml_says(address, "type", "pci") ? xml_dump(arena, node, address)
						: raw_of(arena, node);
}

static char *join(struct hc_arena *arena, char *const *texts, size_t n)
{
	size_t size = 1, at = 0;
	char *text;

	for (size_t i = 0; i < n; i++)
		size += strlen(texts[i]);
	text = hc_alloc(arena, size);
	for (size_t i = 0; i < n; i++) {
		memcpy(text + at, texts[i], strlen(texts[i]));
		at += strlen(texts[i]);
	}
	return n ? text : NULL;
}

/* What it stands on is said elsewhere in what is written. */
static void note_needs(const xmlNode *node, struct domain *domain)
{
	const xmlNode *model = xml_child(node, "model", NULL);

	domain->usb |= xml_says(xml_child(node, "address", NULL), "type", "usb");
	domain->screen |=
		!strcmp((const char *)node->name, "video") && xml_says(model, "primary", "yes");
}

void read_others(struct hc_arena *arena, const xmlNode *devices, struct domain *domain)
{
	struct meeting met = {.vnc = domain->vm.vnc};
	char *texts[OTHERS_MAX], *movable[OTHERS_MAX];
	size_t n = 0;

	for (const xmlNode *node = devices ? devices->children : NULL; node; node = node->next) {
		unsigned bus = node->type == XML_ELEMENT_NODE ? bus_of(arena, node) : 0;
		bool port = node->type == XML_ELEMENT_NODE &&
			    !strcmp((const char *)node->name, "controller");

		if (!port && bus > domain->bus)
			domain->bus = bus;
		if (node->type != XML_ELEMENT_NODE || is_own(arena, node, &met) || n == OTHERS_MAX)
			continue;
		note_needs(node, domain);
		movable[n] = movable_of(arena, node);
		texts[n++] = raw_of(arena, node);
	}
	domain->others = join(arena, texts, n);
	domain->movable = join(arena, movable, n);
}
