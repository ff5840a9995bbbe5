/* SPDX-License-Identifier: Apache-2.0 */
/* Which bridge a guest's tap is in, by what the kernel shows. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <libvirt/tap.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static void make(struct hc_arena *arena, const char *links, const char *tap, const char *bridge)
{
	assert_int_equal(mkdir(hc_printf(arena, "%s/%s", links, tap), 0755), 0);
	if (bridge)
		assert_int_equal(symlink(hc_printf(arena, "../%s", bridge),
					 hc_printf(arena, "%s/%s/master", links, tap)),
				 0);
}

static void the_kernel_says_which_bridge_a_tap_is_in(void **state)
{
	_cleanup_(hc_arena_freep) struct hc_arena *arena = hc_arena_new();
	char links[] = "/tmp/hcstate-unit-XXXXXX";

	(void)state;
	assert_non_null(mkdtemp(links));
	make(arena, links, "vnet0", "vmbr1");
	make(arena, links, "vnet1", NULL);
	assert_string_equal(tap_bridge(arena, links, "vnet0"), "vmbr1");
	assert_string_equal(tap_bridge(arena, links, "vnet1"), "");
	assert_null(tap_bridge(arena, links, "vnet2"));
	assert_null(tap_bridge(arena, links, NULL));
	assert_null(tap_bridge(arena, links, "../vnet0"));
	(void)unlink(hc_printf(arena, "%s/vnet0/master", links));
	(void)rmdir(hc_printf(arena, "%s/vnet0", links));
	(void)rmdir(hc_printf(arena, "%s/vnet1", links));
	(void)rmdir(links);
}

static void what_is_no_device_joins_nothing(void **state)
{
	(void)state;
	assert_int_equal(tap_join("hcnone0", "lo"), -ENODEV);
	assert_int_equal(tap_join("lo", "a-name-that-is-too-long-for-a-device"), -ENODEV);
	assert_int_equal(tap_join(NULL, "lo"), -ENODEV);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_kernel_says_which_bridge_a_tap_is_in),
		cmocka_unit_test(what_is_no_device_joins_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
