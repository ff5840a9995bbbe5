/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdbool.h>

enum quorum {
	QUORUM_LOST,
	QUORUM_THERE,
	QUORUM_UNKNOWN, /* corosync does not answer */
};

/* Whether this machine is in the cluster's quorate part, as corosync says now. */
enum quorum quorum_now(void);
