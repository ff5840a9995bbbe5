/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Connecting. Whoever answers is asked for its fsid: another cluster may have the addresses that
 * ours had, and with its own keys lost or equal it would be changed in place of ours.
 */

#include "dial.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

/* How many characters a fsid has. */
enum {
	FSID = 36,
};

struct setting {
	const char *name, *value;
};

static int set(rados_t cluster, const struct setting *settings)
{
	int r = 0;

	for (; !r && settings->name; settings++)
		r = rados_conf_set(cluster, settings->name, settings->value);
	return r;
}

static int configure(rados_t cluster, const struct dial *to)
{
	const struct setting settings[] = {
		{"mon_host", to->hosts},
		{"key", to->key},
		{"keyring", ""},
		/* connecting and one answer that does not come are less than a read may take */
		{"client_mount_timeout", "4"},
		/* a quorum that has just been found is seen soon; it grows with each attempt */
		{"mon_client_hunt_interval", "1"},
		/* one that died without a word is left before it is needed: by itself a client
		 * waits half a minute for it, and hears of no new map meanwhile */
		{"mon_client_ping_interval", "1"},
		{"mon_client_ping_timeout", "3"},
		/* nor does one ask for a new map before an OSD has not answered for ten seconds */
		{"objecter_timeout", "2"},
		{"objecter_tick_interval", "1"},
		{"rados_mon_op_timeout", "4"},
		{"rados_osd_op_timeout", to->op_s},
		{"log_file", ""},
		{"log_to_stderr", "false"},
		{"err_to_stderr", "false"},
		{"log_to_syslog", "false"},
		{"admin_socket", ""},
		{NULL, NULL},
	};

	return set(cluster, settings);
}

static const char *why_not(struct hc_arena *arena, const struct dial *to, int r)
{
	switch (-r) {
	case ETIMEDOUT:
	case ENOENT:
		return hc_printf(arena, "no monitor with a quorum answers at %s", to->hosts);
	case EACCES:
	case EPERM:
		return hc_printf(arena, "the monitors at %s refuse the key of %s", to->hosts,
				 to->entity);
	}
	return hc_printf(arena, "the monitors at %s cannot be reached: %s", to->hosts,
			 strerror(-r));
}

static int check_fsid(struct hc_arena *arena, const struct dial *to, rados_t cluster,
		      const char **why)
{
	char fsid[FSID + 1] = "";
	int r = rados_cluster_fsid(cluster, fsid, sizeof(fsid));

	if (r < 0)
		*why = hc_printf(arena, "the monitors at %s do not say whose they are: %s",
				 to->hosts, strerror(-r));
	if (r < 0 || !to->fsid || !strcmp(fsid, to->fsid))
		return r < 0 ? r : 0;
	*why = hc_printf(arena, "the monitors at %s belong to cluster %s, not to %s", to->hosts,
			 fsid, to->fsid);
	return -EXDEV;
}

/*
 * librados makes a stderr that is a pipe non-blocking, for its log, which we do not have written
 * there. Who has both outputs on one pipe (2>&1) would lose lines of ours when its reader is slow.
 * What stderr was before is not asked: another thread may be just here, and stdio wants it
 * blocking.
 */
static int create(rados_t *cluster, const char *entity)
{
	int r = rados_create2(cluster, "ceph", entity, 0);
	int flags = fcntl(STDERR_FILENO, F_GETFL);

	if (flags >= 0 && (flags & O_NONBLOCK))
		(void)fcntl(STDERR_FILENO, F_SETFL, flags & ~O_NONBLOCK); /* it has just been set */
	return r;
}

int dial(struct hc_arena *arena, const struct dial *to, rados_t *cluster, const char **why)
{
	rados_t made;
	int r = create(&made, to->entity);

	if (r < 0) {
		*why = hc_printf(arena, "librados does not start: %s", strerror(-r));
		return r;
	}
	r = configure(made, to);
	if (r < 0)
		*why = hc_printf(arena, "librados takes no settings: %s", strerror(-r));
	if (r >= 0) {
		r = rados_connect(made);
		if (r < 0)
			*why = why_not(arena, to, r);
	}
	if (r >= 0)
		r = check_fsid(arena, to, made, why);
	if (r < 0) {
		rados_shutdown(made);
		return r;
	}
	*cluster = made;
	return 0;
}
