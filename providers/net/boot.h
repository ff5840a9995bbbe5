/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* What sets the network up at boot: our files for systemd-networkd. */

#include <hcstate/net.h>
#include <hcstate/provider.h>

#define BOOT_DIRECTORY "/etc/systemd/network"

struct boot_file {
	const char *name; /* without the directory */
	const char *text;
};

struct boot_files {
	struct boot_file *v; /* by name */
	size_t n, room;
};

/* Ours, by their names. */
int boot_read(struct hc_call *call, const char *directory, struct boot_files *files);
const char *boot_text(const struct boot_files *files, const char *name); /* "": no such file */

/* The file of a resource; suffix is "network" or "netdev". A port's is named BRIDGE:LINK, which no
 * link is. */
const char *boot_name(struct hc_arena *arena, const char *resource, const char *suffix);
/* The other way round: the resource's name, or NULL when it is no file of that suffix. */
const char *boot_resource(struct hc_arena *arena, const char *file, const char *suffix);

/* Writes it, or with "" removes it. Says its error. */
int boot_write(struct hc_call *call, const struct hc_resource *about, const char *name,
	       const char *text);

/* Remembers that they changed (service.c). */
void boot_stamp(void);

/* What the files should say (networkd.c). */
const char *networkd_netdev(struct hc_call *call, const struct hc_resource *bridge);
const char *networkd_bridge(struct hc_call *call, const struct hc_resource *bridge);
const char *networkd_ethernet(struct hc_call *call, const struct hc_resource *ethernet,
			      const char *bridge); /* bridge: that it is a port of, or NULL */
const char *networkd_port(struct hc_call *call, const struct hc_resource *port);
const char *networkd_with_mac(struct hc_arena *arena, const char *netdev, const struct hc_mac *mac);
const char *networkd_without_mac(struct hc_arena *arena, const char *netdev,
				 const struct hc_mac *mac);
/* The mark of a bridge that was there before hcstate: added to the file's first line, or taken. */
const char *networkd_with_mark(struct hc_arena *arena, const char *netdev);
const char *networkd_without_mark(struct hc_arena *arena, const char *netdev, bool *marked);
/* Of a bridge that is to be made. */
struct hc_mac bridge_mac(const struct hc_call *call, const struct hc_resource *bridge);
