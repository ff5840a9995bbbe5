/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * The connection to Ceph that all threads of a provider share: as client.admin, with its sealed
 * key, to the monitors of the manifests. Made when first needed, kept, and made anew after it
 * failed.
 */

#include <hcstate/provider.h>
#include <rados/librados.h>

struct link_use {
	const char *op_s; /* seconds until an OSD's answer is given up */
	/* A new handle, and one that is about to end. Optional. */
	void (*opened)(rados_t rados, void *arg);
	void (*closes)(rados_t rados, void *arg);
	void *arg; /* theirs */
};

struct links;

struct links *links_new(const struct link_use *use);
/* false: somebody hangs in one of them and will give it back; so it stays, and `arg` has to. Takes
 * NULL. */
bool links_free(struct links *links);

/* Connects when nobody has. 0: *rados is to be given back; else what stands in the way, said.
 * -ENOENT: the manifests do not say which cluster, or where it is. */
int links_take(struct hc_call *call, struct links *links, rados_t *rados);
/* `failed`: nobody answered through it; the next to take gets a new one. */
void links_give(struct links *links, rados_t rados, bool failed);
