/* SPDX-License-Identifier: Apache-2.0 */
/* Looking at the cluster is logged by it; that must not have it looked at again, without end. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "providers/ceph/connection.h"

static void own_questions_are_no_news(void **state)
{
	(void)state;
	assert_false(
		connection_is_news("audit",
				   "from='client.? 10.0.0.2:0/33' entity='client.admin' "
				   "cmd=[{\"prefix\":\"auth ls\",\"format\":\"json\"}]: dispatch"));
	assert_false(connection_is_news("audit", ""));
	assert_false(connection_is_news("audit", NULL));
}

static void what_was_done_is(void **state)
{
	(void)state;
	assert_true(
		connection_is_news("audit",
				   "from='client.? ' entity='client.admin' "
				   "cmd='[{\"prefix\":\"osd out\",\"ids\":[\"1\"]}]': finished"));
	assert_true(connection_is_news("cluster", "osd.1 marked itself down and dead"));
	assert_true(connection_is_news(NULL, "anything"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(own_questions_are_no_news),
		cmocka_unit_test(what_was_done_is),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
