/* SPDX-License-Identifier: Apache-2.0 */
/*
 * IP and MAC addresses. They are kept as bytes, so that two ways to write one address are one
 * address, and printed in one way (of IPv6 the one of RFC 5952, which inet_ntop gives).
 */

#include "address.h"

#include <arpa/inet.h>
#include <errno.h>
#include <string.h>

static unsigned all_bits(uint8_t family)
{
	return family == AF_INET6 ? 128 : 32;
}

int hc_ip_parse(const char *text, struct hc_address *to)
{
	struct hc_address address = {.family = strchr(text, ':') ? AF_INET6 : AF_INET};

	if (inet_pton(address.family, text, address.bytes) != 1)
		return -EINVAL;
	address.prefix = (uint8_t)all_bits(address.family);
	*to = address;
	return 0;
}

int hc_cidr_parse(const char *text, struct hc_address *to, const char **why)
{
	const char *slash = strchr(text, '/');
	char ip[INET6_ADDRSTRLEN];
	struct hc_address address;
	unsigned long prefix;
	char *end;

	*why = "is not an address with its prefix, such as 10.0.0.1/24";
	if (!slash || (size_t)(slash - text) >= sizeof(ip))
		return -EINVAL;
	memcpy(ip, text, (size_t)(slash - text));
	ip[slash - text] = '\0';
	if (hc_ip_parse(ip, &address))
		return -EINVAL;
	if (slash[1] < '0' || slash[1] > '9')
		return -EINVAL;
	prefix = strtoul(slash + 1, &end, 10);
	if (*end)
		return -EINVAL;
	if (prefix > all_bits(address.family)) {
		*why = address.family == AF_INET ? "has a prefix above 32, all bits of an address"
						 : "has a prefix above 128, all bits of an address";
		return -EINVAL;
	}
	address.prefix = (uint8_t)prefix;
	*to = address;
	return 0;
}

static int hex(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

int hc_mac_parse(const char *text, struct hc_mac *to)
{
	struct hc_mac mac;

	if (strlen(text) != 17)
		return -EINVAL;
	for (size_t i = 0; i < sizeof(mac.bytes); i++, text += 3) {
		int high = hex(text[0]), low = hex(text[1]);

		if (high < 0 || low < 0 || (i < 5 && text[2] != ':'))
			return -EINVAL;
		mac.bytes[i] = (uint8_t)(high << 4 | low);
	}
	*to = mac;
	return 0;
}

char *hc_mac_text(struct hc_arena *arena, const struct hc_mac *mac)
{
	const uint8_t *b = mac->bytes;

	return hc_printf(arena, "%02x:%02x:%02x:%02x:%02x:%02x", b[0], b[1], b[2], b[3], b[4],
			 b[5]);
}

char *hc_address_text(struct hc_arena *arena, const struct hc_address *address, bool with_prefix)
{
	char ip[INET6_ADDRSTRLEN];

	if (!address->family)
		return hc_strdup(arena, "");
	if (!inet_ntop(address->family, address->bytes, ip, sizeof(ip)))
		abort(); /* only of a family that nobody can have parsed */
	if (!with_prefix)
		return hc_strdup(arena, ip);
	return hc_printf(arena, "%s/%u", ip, address->prefix);
}

bool hc_address_same(const struct hc_address *a, const struct hc_address *b)
{
	return a->family == b->family && a->prefix == b->prefix &&
	       !memcmp(a->bytes, b->bytes, sizeof(a->bytes));
}

bool hc_address_overlap(const struct hc_address *a, const struct hc_address *b)
{
	unsigned bits = a->prefix < b->prefix ? a->prefix : b->prefix;

	if (!a->family || a->family != b->family)
		return false;
	if (memcmp(a->bytes, b->bytes, bits / 8) != 0)
		return false;
	return bits % 8 == 0 || !((a->bytes[bits / 8] ^ b->bytes[bits / 8]) >> (8 - bits % 8));
}
