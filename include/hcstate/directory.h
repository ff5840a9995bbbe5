/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Directories, also below those of a user whom root must not trust: a daemon that was broken into
 * puts links into its own directories and waits for root to follow them.
 *
 * "By no link of others" is: symbolic links are followed out of directories that nobody but root
 * (or who runs this) can write to, as where /var is a link; -ELOOP for all others.
 */

#include <sys/types.h>

/* Opens it, by no link of others. The fd, or -errno. */
int hc_directory_open(const char *path);

/* strerror() of such a -errno; of -ELOOP in words that help. */
const char *hc_directory_error(int r);

/* Makes one of that mode and owner, by no link of others; one that is there gets both. -ENOENT:
 * that which it is to be in is missing. */
int hc_directory_give(const char *path, mode_t mode, uid_t user, gid_t group);

/* What hcstate keeps on this node: $HCSTATE_STATE, else /var/lib/hcstate. */
const char *hc_state_directory(void);
