/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* How the three files of a seed stand in one text: each behind a line with its name. No line of
 * theirs begins like that, as all their texts are quoted. In the order of their names. */

#define SEED_LINE "=== "
#define SEED_META "meta-data"
#define SEED_NETWORK "network-config"
#define SEED_USER "user-data"
