/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* Ceph's daemons of which a node has one each. A daemon's id is the node's name. */

#include <hcstate/type.h>

struct hc_ceph_monitor {
	struct hc_address address; /* without ports: it listens on 3300 (v2) and 6789 (v1) */

	/* derived */
	bool store;   /* it has its database */
	bool enabled; /* its unit starts at boot */
	bool active;  /* its unit runs */
	bool joined;  /* the monitors' map has it */
	bool quorate; /* it is one of those that agree */

	/* observed */
	bool failed;      /* its unit ended with an error */
	bool leader;      /* of the monitors */
	const char *gate; /* asked when it is to go: why it may not; "": it may */
};

struct hc_ceph_manager {
	/* derived */
	bool enabled, active;
	unsigned keyring; /* an enum hc_keyring */
	bool joined;      /* the managers' map has it */

	/* observed */
	bool failed;
	const char *role; /* active, standby */
};

struct hc_ceph_mds {
	/* derived */
	bool enabled, active;
	unsigned keyring;
	bool joined;

	/* observed */
	bool failed;
	const char *role; /* "up:active of NAME", "standby" */
};

extern const struct hc_type hc_ceph_monitor, hc_ceph_manager, hc_ceph_mds;
