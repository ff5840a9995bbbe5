/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whose client an address is: one of an hcstate that lives is never taken for one that has ended,
 * whose entry on the blocklist would end what it does; and a stranger is neither. librados is
 * played by this file.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include <utime.h>

#include "providers/libvirt/client.h"

#define ADDRESS "10.0.0.1:0/3571"
#define FILE_OF "10.0.0.1:0_3571"

/* A handle is its address. */
int rados_getaddrs(rados_t rados, char **text)
{
	*text = strdup(rados);
	return *text ? 0 : -1;
}

void rados_buffer_free(char *text)
{
	free(text);
}

static int setup(void **state)
{
	char path[] = "/tmp/hcstate-client-XXXXXX";

	if (!mkdtemp(path) || setenv("HCSTATE_STATE", path, 1))
		return -1;
	*state = strdup(path);
	return 0;
}

static int teardown(void **state)
{
	const char *const argv[] = {"rm", "-rf", *state, NULL};
	pid_t pid = fork();

	if (!pid)
		(void)execvp(argv[0], (char *const *)(uintptr_t)argv);
	(void)waitpid(pid, NULL, 0);
	free(*state);
	return 0;
}

/* A process that had it, and was killed. */
static void leave(const char *address)
{
	pid_t pid = fork();
	int status;

	if (!pid) {
		char text[64] = "";

		(void)strncpy(text, address, sizeof(text) - 1);
		clients_add(clients_new(), text);
		_exit(client_kind(text) == CLIENT_LIVES ? 0 : 1);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

static void one_that_was_killed_has_ended(void **state)
{
	(void)state;
	assert_int_equal(client_kind(ADDRESS), CLIENT_STRANGE);
	leave(ADDRESS);
	assert_int_equal(client_kind(ADDRESS), CLIENT_ENDED);
	assert_int_equal(client_kind("10.0.0.1:0/3572"), CLIENT_STRANGE);
	client_forget(ADDRESS);
	assert_int_equal(client_kind(ADDRESS), CLIENT_STRANGE);
}

static void one_that_lives_has_not(void **state)
{
	struct clients *clients = clients_new();
	char one[] = ADDRESS, other[] = "10.0.0.1:0/99";

	(void)state;
	clients_add(clients, one);
	clients_add(clients, other);
	assert_int_equal(client_kind(ADDRESS), CLIENT_LIVES);
	clients_remove(clients, one);
	assert_int_equal(client_kind(ADDRESS), CLIENT_STRANGE);
	assert_int_equal(client_kind("10.0.0.1:0/99"), CLIENT_LIVES);
	(void)clients_free(clients);
	assert_int_equal(client_kind("10.0.0.1:0/99"), CLIENT_STRANGE);
}

static void what_is_left_for_long_is_swept(void **state)
{
	const struct utimbuf old = {1, 1};
	struct clients *clients = clients_new();
	char one[] = "10.0.0.1:0/99", other[] = "10.0.0.1:0/100", path[128];

	leave(ADDRESS);
	leave("10.0.0.1:0/7");
	clients_add(clients, one);
	(void)snprintf(path, sizeof(path), "%s/clients/" FILE_OF, (const char *)*state);
	assert_int_equal(utime(path, &old), 0);
	(void)snprintf(path, sizeof(path), "%s/clients/10.0.0.1:0_99", (const char *)*state);
	assert_int_equal(utime(path, &old), 0);
	clients_add(clients, other);
	assert_int_equal(client_kind(ADDRESS), CLIENT_STRANGE);
	assert_int_equal(client_kind("10.0.0.1:0/7"), CLIENT_ENDED);
	assert_int_equal(client_kind("10.0.0.1:0/99"), CLIENT_LIVES);
	(void)clients_free(clients);
}

static void what_is_no_address_is_no_path(void **state)
{
	static const char *const texts[] = {"", "..", "../../etc/passwd", "a b", "10.0.0.1:0/1\n"};

	(void)state;
	for (size_t i = 0; i < HC_COUNT(texts); i++)
		assert_int_equal(client_kind(texts[i]), CLIENT_STRANGE);
}

static void beside_is_who_has_the_same_host(void **state)
{
	(void)state;
	assert_true(client_is_beside("10.0.0.1:0/1", "10.0.0.1:0/2"));
	assert_false(client_is_beside("10.0.0.1:0/1", "10.0.0.11:0/1"));
	assert_false(client_is_beside("10.0.0.11:0/1", "10.0.0.1:0/1"));
	assert_true(client_is_beside("[fd00::1]:0/1", "[fd00::1]:0/2"));
	assert_false(client_is_beside("[fd00::1]:0/1", "[fd00::2]:0/2"));
	assert_false(client_is_beside("", ""));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(one_that_was_killed_has_ended),   TEST(one_that_lives_has_not),
		TEST(what_is_left_for_long_is_swept),  TEST(what_is_no_address_is_no_path),
		TEST(beside_is_who_has_the_same_host),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
