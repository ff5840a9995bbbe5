/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <sys/types.h>

/* The name of a user that the file `passwd` has, else the number; to be freed. */
char *user_name(const char *passwd, uid_t uid);
