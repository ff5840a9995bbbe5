/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* Which generation is the one to make true: the newest good one. */

struct agent;

/* At the start: what the source has, else what was kept. */
void adopt_first(struct agent *agent);
/* The source may have another one. A good one is kept and made the engine's; a bad one is said, and
 * the one before stays. */
void adopt_news(struct agent *agent);
/* Tries again to keep the one that is made true, where that failed a while ago. */
void adopt_keep(struct agent *agent);
