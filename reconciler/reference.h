/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* The reference of the kinds as Markdown, written from their tables. */

#include <stdio.h>

#include "registry.h"

void hc_reference_index(FILE *out, const struct hc_registry *registry);
void hc_reference_kind(FILE *out, const struct hc_type *type);
