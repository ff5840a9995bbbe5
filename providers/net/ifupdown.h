/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* What /etc/network/interfaces configures. */

#include <hcstate/provider.h>

#define IFUPDOWN_FILE "/etc/network/interfaces"

/* For each link that the file or one it includes configures: where, as "FILE:LINE, FILE:LINE". A
 * file that is not there configures nothing. */
int ifupdown_read(struct hc_call *call, const char *path, struct hc_map *places);

/*
 * Makes comments of what configures the link. Each file that changes is kept once as it was: beside
 * it, as FILE.hcstate-orig; of an included FILE as .FILE.hcstate-orig, which no pattern includes.
 */
int ifupdown_adopt(struct hc_call *call, const char *path, const char *link);
