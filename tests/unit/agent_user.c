/* SPDX-License-Identifier: Apache-2.0 */
/* Names of users, for which nobody on a network is asked. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <pwd.h>

#include <hcstate/base.h>
#include <reconciler/agent/user.h>

/* What may ask elsewhere, and wait. */
int getpwuid_r(uid_t uid, struct passwd *entry, char *buffer, size_t size, struct passwd **found)
{
	(void)uid, (void)entry, (void)buffer, (void)size, (void)found;
	fail_msg("a user's name is looked up beyond /etc/passwd");
	return -1;
}

static void is(const char *passwd, uid_t uid, const char *want)
{
	char *name = user_name(passwd, uid);

	assert_string_equal(name, want);
	free(name);
}

static void a_name_is_what_the_file_says_else_the_number(void **state)
{
	static const char text[] = "root:x:0:0::/root:/bin/sh\nbroken\n+::::::\n"
				   "eve:x:1000:1000::/:/bin/sh\n";
	char path[] = "/tmp/agent-user-XXXXXX";
	int fd = mkstemp(path);

	(void)state;
	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	hc_closep(&fd);
	is(path, 1000, "eve");
	is(path, 1001, "1001");
	is(path, 4294967294, "4294967294");
	is(path, 0, "root");
	assert_int_equal(unlink(path), 0);
	is(path, 1000, "1000");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_name_is_what_the_file_says_else_the_number),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
