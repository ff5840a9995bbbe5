/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "job.h"

/*
 * One line of JSON to stdout, and after it the files' bytes in their order:
 * {"ok": BOOL, "same": BOOL, "verified": BOOL, "refused": BOOL, "reached": BOOL, "broken": BOOL,
 * "error": TEXT or null, "commits": [{"id", "author", "subject", "when", "signer"}, ...], the tip
 * first if it is known, "files": [{"path", "blob", "size", "hunks": [[FIRST, LINES, COMMIT'S
 * NUMBER], ...]}, ...]} Without ok there are no files; with same what the asker has is all that
 * there is. 0 or a negative errno: the answer is not whole.
 */
int answer(struct job *job, bool same);
