/* SPDX-License-Identifier: Apache-2.0 */
/*
 * These programs have no manifests and no key to open Secrets with: libvirt's hook must answer when
 * hcstate is not even running. What hcstate writes to /etc/ceph for the Ceph of this node is what
 * they go by; only root reads the key ring there.
 */

#include "ceph.h"

#include <string.h>
#include <unistd.h>

#define CONF "/etc/ceph/ceph.conf"
#define ENTITY "client.admin"

static const struct {
	const char *name, *value;
} settings[] = {
	{"mon_client_hunt_interval", "1"}, {"log_file", ""},     {"log_to_stderr", "false"},
	{"err_to_stderr", "false"},        {"admin_socket", ""},
};

static const char *const limits[] = {"client_mount_timeout", "rados_mon_op_timeout",
				     "rados_osd_op_timeout"};

static int set_up(rados_t rados, const char *seconds)
{
	int r = rados_conf_read_file(rados, CONF);

	for (size_t i = 0; r >= 0 && i < HC_COUNT(limits); i++)
		r = rados_conf_set(rados, limits[i], seconds);
	for (size_t i = 0; r >= 0 && i < HC_COUNT(settings); i++)
		r = rados_conf_set(rados, settings[i].name, settings[i].value);
	return r < 0 ? r : rados_connect(rados);
}

int ceph_open(struct hc_arena *arena, rados_t *rados, unsigned seconds, const char **why)
{
	int r;

	*rados = NULL;
	if (access(CONF, F_OK))
		return 0;
	r = rados_create2(rados, "ceph", ENTITY, 0);
	if (r < 0)
		*rados = NULL;
	else
		r = set_up(*rados, hc_printf(arena, "%u", seconds));
	if (r >= 0)
		return 0;
	*why = hc_printf(arena, "Ceph does not answer %s: %s", ENTITY, strerror(-r));
	ceph_close(rados);
	*rados = NULL;
	return r;
}

void ceph_close(const rados_t *rados)
{
	if (*rados)
		rados_shutdown(*rados);
}
