/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* A disk image of another format, made raw. */

#include <hcstate/provider.h>

/* Makes `to` a raw file of what is in `from`, a qcow2 of nobody else's. 0 or an error, said. */
int image_convert(struct hc_call *call, const char *from, const char *to);
