/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* What others need to know of a Storage, and how its noun is cut into files. */

#include <libvirt/libvirt.h>

#include "nouns.h"

/* The uuid of libvirt's secret with the key of a CephKey, the same on every node: of the client's
 * name and the cluster's fsid. */
const char *storage_secret_of(struct hc_call *call, const char *user);

/* Of the Storage of that name on this node: who libvirt is for Ceph ("client.libvirt"), and the
 * uuid of the secret with its key. NULL: there is none, or it is none of Ceph's. */
const char *storage_user(const struct hc_call *call, const char *storage);
const char *storage_secret(struct hc_call *call, const char *storage);

/* The mark of a pool that hcstate defined: pools have no place for one but their uuid. */
const char *storage_uuid(struct hc_arena *arena, const char *storage);

/* The node's libvirt was never used: what it does not tell is not there. */
bool storage_unborn(void);

/* storage_secret.c. Beside the sealed key: an enum hc_keyring. */
unsigned secret_judge(struct hc_call *call, virConnectPtr connect, const char *user);
/* Why there is no key to give: no CephKey, or none that is sealed. NULL: there is one. */
const char *secret_missing(struct hc_call *call, const char *user);
int secret_give(struct hc_call *call, virConnectPtr connect, const struct hc_resource *storage,
		const char *user);
int secret_take_away(struct hc_call *call, virConnectPtr connect, const char *user);

/* storage_read.c */
int storage_read(const struct look *look);

/* storage_step.c */
enum storage_op {
	STORAGE_SECRET,
	STORAGE_DEFINE,
	STORAGE_START,
	STORAGE_AUTOSTART,
	STORAGE_REMOVE,
};
int storage_apply(struct hc_call *call, struct libvirt *self, const struct hc_step *step);
