/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdio.h>

#include <reconciler/registry.h>

/* The script for bash. */
void completion_print(FILE *out, const struct hc_registry *registry);
