/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who it is that connected. The loop's thread asks, so it must not wait: the usual calls would ask
 * whatever nsswitch.conf names, and a directory server that is gone would hold up the agent for as
 * long as that takes. /etc/passwd is enough: who is not in it is a number in what is said and kept.
 */

#include "user.h"

#include <pwd.h>
#include <stdio.h>
#include <string.h>

#include <hcstate/base.h>

/* NULL: it is not in there, or there is no such file. */
static char *find(const char *passwd, uid_t uid)
{
	FILE *file = fopen(passwd, "re");
	struct passwd entry, *found = NULL;
	char buffer[4096], *name = NULL;

	if (!file)
		return NULL;
	while (!name && !fgetpwent_r(file, &entry, buffer, sizeof(buffer), &found))
		if (found->pw_uid == uid)
			name = strdup(found->pw_name);
	(void)fclose(file); /* it was only read */
	return name;
}

char *user_name(const char *passwd, uid_t uid)
{
	char *name = uid ? find(passwd, uid) : strdup("root");

	if (!name && asprintf(&name, "%u", (unsigned)uid) < 0)
		abort(); /* memory has run out */
	return name;
}
