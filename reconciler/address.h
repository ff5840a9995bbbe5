/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* Addresses as text. Each parser gives 0, or -EINVAL and leaves `to` alone. */

#include <hcstate/value.h>

int hc_ip_parse(const char *text, struct hc_address *to);
int hc_cidr_parse(const char *text, struct hc_address *to, const char **why);
int hc_mac_parse(const char *text, struct hc_mac *to);
char *hc_mac_text(struct hc_arena *arena, const struct hc_mac *mac);
