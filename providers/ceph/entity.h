/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Who Ceph knows: a daemon or a client, "osd.0" or "client.libvirt", its key and what it may do.
 * Caps are daemon types and what is allowed there in turn; NULL ends them.
 */

#include "ceph.h"

/* Ceph makes its key; one that has these caps already keeps the key that it has. */
int entity_make(struct hc_call *call, struct ceph *self, const char *name, const char *const *caps);
int entity_set_caps(struct hc_call *call, struct ceph *self, const char *name,
		    const char *const *caps);
/* One that is not there is removed as well. */
int entity_remove(struct hc_call *call, struct ceph *self, const char *name);
/* Ceph's key for it; it is made, or given those caps, where need be. */
int entity_key(struct hc_call *call, struct ceph *self, const char *name, const char *const *caps,
	       const char **text);
/* Writes the key ring of a daemon, Ceph's user's alone. */
int entity_write(struct hc_call *call, const char *name, const char *key, const char *path);
/* Both. */
int entity_keyring(struct hc_call *call, struct ceph *self, const char *name,
		   const char *const *caps, const char *path);
