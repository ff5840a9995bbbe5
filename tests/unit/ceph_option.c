/* SPDX-License-Identifier: Apache-2.0 */
/* Options of the monitors' database: names with masks and modules, values in several writings. */

#include "../../providers/ceph/option_name.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void check_name(const char *name, const char *section, const char *option)
{
	struct hc_arena *arena = hc_arena_new();
	struct option_name found = option_name(arena, name);

	assert_string_equal(found.section, section);
	assert_string_equal(found.option, option);
	hc_arena_free(arena);
}

static void a_name_is_section_and_option(void **state)
{
	(void)state;
	check_name("ceph/osd/osd_max_backfills", "osd", "osd_max_backfills");
	check_name("ceph/osd.3/osd_max_backfills", "osd.3", "osd_max_backfills");
}

static void a_mask_is_of_the_section(void **state)
{
	(void)state;
	check_name("ceph/osd/class:ssd/osd_max_backfills", "osd/class:ssd", "osd_max_backfills");
	check_name("ceph/osd/host:pve1/class:ssd/x", "osd/host:pve1/class:ssd", "x");
}

static void a_modules_option_has_slashes(void **state)
{
	(void)state;
	check_name("ceph/mgr/mgr/balancer/mode", "mgr", "mgr/balancer/mode");
}

static void half_a_name_is_no_crash(void **state)
{
	(void)state;
	check_name("", "", "");
	check_name("ceph", "", "");
	check_name("ceph/osd", "osd", "");
	check_name("ceph/osd/class:ssd", "osd", "class:ssd");
}

static void values_that_mean_the_same(void **state)
{
	static const char *const pairs[][2] = {
		{"wpq", "wpq"},
		{"0.05", "0.050000"},
		{"4G", "4294967296"},
		{"4Gi", "4294967296"},
		{"4K", "4000"},
		{"1e-1", "0.100000"},
		{"yes", "true"},
		{"1", "true"},
		{"off", "false"},
		{"30.0", "30"},
		{"0.12345678", "0.123457"},
		{"2T", "2199023255552"},
	};

	(void)state;
	for (size_t i = 0; i < HC_COUNT(pairs); i++)
		assert_true(option_same(pairs[i][0], pairs[i][1]));
}

static void values_that_do_not(void **state)
{
	static const char *const pairs[][2] = {
		{"wpq", "mclock_scheduler"},
		{"0.05", "0.06"},
		{"4G", "4294967295"},
		{"true", "false"},
		{"2", "true"},
		{"", "0"},
		{"5m", "5"},
		{"10.0.0.1", "10"},
		{"inf", "inf "},
		{"4X", "4"},
	};

	(void)state;
	for (size_t i = 0; i < HC_COUNT(pairs); i++)
		assert_false(option_same(pairs[i][0], pairs[i][1]));
}

static void a_password_is_not_shown(void **state)
{
	(void)state;
	assert_true(option_is_secret("rgw_keystone_admin_password"));
	assert_true(option_is_secret("mgr/telegraf/token"));
	assert_true(option_is_secret("rgw_crypt_vault_secret_engine"));
	assert_true(option_is_secret("mgr/dashboard/private_key"));
	assert_false(option_is_secret("osd_max_backfills"));
	assert_false(option_is_secret("mon_osd_keyring_path"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_name_is_section_and_option),
		cmocka_unit_test(a_mask_is_of_the_section),
		cmocka_unit_test(a_modules_option_has_slashes),
		cmocka_unit_test(half_a_name_is_no_crash),
		cmocka_unit_test(values_that_mean_the_same),
		cmocka_unit_test(values_that_do_not),
		cmocka_unit_test(a_password_is_not_shown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
