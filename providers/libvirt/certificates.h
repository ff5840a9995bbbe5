/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* The files by which libvirtd and QEMU of a node are known to those of other nodes. */

#include <hcstate/ceph_cluster.h>

#include "nouns.h"

/* Whether the files beside the sealed values are right; *changed: the last change of one that only
 * a libvirtd reads which is started afterwards, in s of the real-time clock. Errors are said. */
int certificates_judge(struct hc_call *call, enum hc_keyring *verdict, double *changed);
/* Why no other node would take the sealed certificate: it does not name this one's addresses, it
 * has expired. "": they would. */
int certificates_flaw(struct hc_call *call, const char **flaw);
int certificates_write(struct hc_call *call);
/* The sealed value that is missing in the manifests, "pve1.key"; NULL: none. */
const char *certificates_missing(struct hc_call *call);

/* Whether the certificate (PEM) is good for that name or address now. NULL: yes; else why not. */
const char *certificate_check(struct hc_arena *arena, const uint8_t *data, size_t size,
			      const char *host);
