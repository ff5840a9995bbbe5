/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * A connection to a Ceph cluster as librados makes it, with nothing taken from the machine: no
 * ceph.conf, no key ring of /etc/ceph, no log file, no admin socket. All waiting has an end, which
 * librados wants to know before it connects.
 */

#include <hcstate/base.h>
#include <rados/librados.h>

struct dial {
	const char *entity; /* "client.admin" */
	const char *hosts;  /* "10.0.0.1,10.0.0.2" */
	const char *key;    /* base64 */
	const char *fsid;   /* whose cluster it has to be; NULL: any */
	const char *op_s;   /* seconds until an OSD's answer is given up */
};

/* 0, or a negative errno and why. *cluster is for rados_shutdown(). Blocks up to four seconds. */
int dial(struct hc_arena *arena, const struct dial *to, rados_t *cluster, const char **why);
