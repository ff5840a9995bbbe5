/* SPDX-License-Identifier: Apache-2.0 */
/* How often the disk is waited for. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <reconciler/agent/kept.h>

enum { SECOND = 1000 * 1000 };

static void a_percentage_is_kept_now_and_then(void **state)
{
	struct hc_status_line line = {.object = "CephPool/a", .condition = HC_WAITING, .since = 7};
	const struct hc_status status = {.v = &line, .n = 1};
	uint64_t begin = 1000 * (uint64_t)SECOND;
	struct kept kept = {0};
	unsigned written = 0;

	(void)state;
	for (unsigned i = 0; i < 240; i++) { /* a minute of looks, a quarter of a second each */
		line.reason = i % 2 ? "12 % done" : "13 % done";
		written += kept_due(&kept, &status, begin + i * SECOND / 4);
	}
	assert_in_range(written, 11, 13);
}

static void another_state_is_kept_at_once(void **state)
{
	struct hc_status_line line[] = {
		{.object = "Bridge/a@n1", .condition = HC_CONVERGED, .since = 7},
		{.object = "Bridge/b@n1", .condition = HC_CONVERGED, .since = 7},
	};
	struct hc_status status = {.v = line, .n = 2};
	uint64_t now = 1000 * (uint64_t)SECOND;
	struct kept kept = {0};

	(void)state;
	assert_true(kept_due(&kept, &status, now));
	assert_false(kept_due(&kept, &status, now));
	line[1].condition = HC_FAILED;
	assert_true(kept_due(&kept, &status, now));
	assert_false(kept_due(&kept, &status, now));
	line[1].since = 9;
	assert_true(kept_due(&kept, &status, now));
	line[0].object = "Bridge/c@n1";
	assert_true(kept_due(&kept, &status, now));
	status.n = 1;
	assert_true(kept_due(&kept, &status, now));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_percentage_is_kept_now_and_then),
		cmocka_unit_test(another_state_is_kept_at_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
