/* SPDX-License-Identifier: Apache-2.0 */
/* One question to corosync. */

#include "quorum.h"

#include <corosync/corotypes.h>
#include <corosync/quorum.h>

enum quorum quorum_now(void)
{
	quorum_callbacks_t none = {0};
	quorum_handle_t handle;
	uint32_t type;
	int quorate = 0;
	cs_error_t r = quorum_initialize(&handle, &none, &type);

	if (r != CS_OK)
		return QUORUM_UNKNOWN;
	r = quorum_getquorate(handle, &quorate);
	(void)quorum_finalize(handle); /* it goes either way */
	if (r != CS_OK)
		return QUORUM_UNKNOWN;
	return quorate ? QUORUM_THERE : QUORUM_LOST;
}
