/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The text of ceph.conf. Only what has to be known before a monitor can be asked is in it: which
 * cluster, where its monitors are, and, for a monitor that joins and is not in the map yet, its own
 * address. All other configuration is in the monitors' database. Keys are where Ceph looks for them
 * by itself, and cephx is what it does anyhow, so neither needs a line.
 */

#include "conf.h"

#include <string.h>
#include <sys/socket.h>

#include <hcstate/directory.h>

char *conf_render(struct hc_arena *arena, const struct wants *wants, const char *node)
{
	const char *hosts = "", *own = "", *family = "";

	if (!wants->fsid)
		return NULL;
	for (size_t i = 0; i < wants->nmon; i++) {
		const struct want_mon *mon = &wants->mons[i];

		if (!mon->address.family)
			continue;
		hosts = hc_printf(arena, "%s%s%s", hosts, *hosts ? "," : "",
				  mon_addresses(arena, &mon->address));
		if (mon->address.family == AF_INET6) /* Ceph takes either the one or the other */
			family = "\tms_bind_ipv4 = false\n\tms_bind_ipv6 = true\n";
		if (!strcmp(mon->node, node))
			own = hc_printf(arena, "\n[mon.%s]\n\tpublic_addrv = %s\n", node,
					mon_addresses(arena, &mon->address));
	}
	return hc_printf(arena,
			 "# Made by hcstate from the manifests; what is changed here is undone.\n"
			 "[global]\n"
			 "\tfsid = %s\n"
			 "\tmon_host = %s\n"
			 "%s%s",
			 wants->fsid, hosts, family, own);
}

char *conf_fsid(struct hc_arena *arena, const char *text)
{
	for (const char *line = text; line && *line; line = strchr(line, '\n')) {
		line += strspn(line, "\n");
		line += strspn(line, " \t");
		if (strncmp(line, "fsid", 4) != 0)
			continue;
		line += 4 + strspn(line + 4, " \t");
		if (*line != '=')
			continue;
		line += 1 + strspn(line + 1, " \t");
		return hc_strndup(arena, line, strcspn(line, " \t\r\n;#"));
	}
	return NULL;
}

char *conf_disk(struct hc_arena *arena, const char *id)
{
	return hc_printf(arena, "%s/osd-%s", hc_state_directory(), id);
}

/*
 * A whole disk belongs to root at every boot, as nobody has told udev about it; the OSD runs as
 * ceph. What ceph-volume made it gives to ceph itself, so root's is all that is taken.
 *
 * This is root's doing, so the link that it follows is in a directory of root's: the OSD's own
 * `block` may be made to point at any file, by whoever is ceph.
 */
char *conf_drop_in(struct hc_arena *arena)
{
	return hc_printf(arena,
			 "# Made by hcstate; what is changed here is undone.\n"
			 "[Service]\n"
			 "ExecStartPre=-+/bin/chown --dereference --from=root ceph:ceph %s\n",
			 conf_disk(arena, "%i"));
}
