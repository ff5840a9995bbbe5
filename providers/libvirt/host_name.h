/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * What this node is called in the manifests, for programs that libvirt runs: they get no --node.
 * hcstate leaves it in its state directory when it installs the hook.
 */

#include <hcstate/base.h>

/* In the arena. Where nothing was left, the hostname; "": it has none. */
char *host_name(struct hc_arena *arena);
/* 0 or a negative errno. */
int host_name_put(struct hc_arena *arena, const char *node);
