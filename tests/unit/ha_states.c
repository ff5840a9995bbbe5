/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Every state of a VM and every way out of it: a row says what it was, what is asked and seen, and
 * what it is a round later.
 */

#include "ha_scene.h"

/* What is with n1, on which the VM is. */
enum its_node {
	THERE,
	AWAY,      /* not long enough */
	LOST,      /* long enough */
	SHUT_OUT,  /* ... and proven */
	TENDED,    /* asked to be left alone */
	REBOOTING, /* with the default policy its VMs wait for it */
	LEAVING,   /* it stops its VMs by itself */
};

struct row {
	enum ha_is was;
	enum hc_ha_wish wish;
	enum ha_answer answer;
	enum its_node n1;
	enum ha_is is;
	const char *node; /* NULL: n1 */
	bool ordered;     /* with a new order */
};

#define STOPPED HC_HA_STOPPED
#define STARTED HC_HA_STARTED
#define DISABLED HC_HA_DISABLED
#define NONE HA_NO_ANSWER
#define DONE HA_DONE
#define FAILED HA_FAILED
#define THERE_NOT HA_NOT_HERE /* it is on n3 */

static const struct row rows[] = {
	{HA_IS_STARTED, STARTED, NONE, THERE, HA_IS_STARTED},
	{HA_IS_STARTED, STARTED, DONE, THERE, HA_IS_STARTED},
	{HA_IS_STARTED, STARTED, FAILED, THERE, HA_IS_STARTED, .ordered = true},
	{HA_IS_STARTED, STARTED, THERE_NOT, THERE, HA_IS_STARTED, "n3", .ordered = true},
	{HA_IS_STARTED, STOPPED, NONE, THERE, HA_IS_REQUEST_STOP, .ordered = true},
	{HA_IS_STARTED, DISABLED, DONE, THERE, HA_IS_REQUEST_STOP, .ordered = true},
	{HA_IS_STARTED, STARTED, DONE, AWAY, HA_IS_STARTED},
	{HA_IS_STARTED, STARTED, FAILED, AWAY, HA_IS_STARTED},
	{HA_IS_STARTED, STOPPED, DONE, AWAY, HA_IS_STARTED},
	{HA_IS_STARTED, STARTED, DONE, LOST, HA_IS_FENCE},
	{HA_IS_STARTED, STOPPED, DONE, LOST, HA_IS_FENCE},
	{HA_IS_STARTED, DISABLED, DONE, LOST, HA_IS_FENCE},
	{HA_IS_STARTED, STARTED, DONE, SHUT_OUT, HA_IS_FENCE}, /* not believed before its time */
	{HA_IS_STARTED, STARTED, DONE, TENDED, HA_IS_MIGRATE, .ordered = true},
	{HA_IS_STARTED, STOPPED, DONE, TENDED, HA_IS_REQUEST_STOP, .ordered = true},
	{HA_IS_STARTED, STARTED, DONE, REBOOTING, HA_IS_FREEZE},
	{HA_IS_STARTED, STARTED, DONE, LEAVING, HA_IS_STARTED},
	{HA_IS_STARTED, STARTED, FAILED, LEAVING, HA_IS_STARTED},

	{HA_IS_REQUEST_STOP, STOPPED, NONE, THERE, HA_IS_REQUEST_STOP},
	{HA_IS_REQUEST_STOP, STOPPED, DONE, THERE, HA_IS_STOPPED},
	{HA_IS_REQUEST_STOP, DISABLED, DONE, THERE, HA_IS_STOPPED},
	{HA_IS_REQUEST_STOP, STOPPED, FAILED, THERE, HA_IS_ERROR},
	{HA_IS_REQUEST_STOP, STOPPED, THERE_NOT, THERE, HA_IS_REQUEST_STOP, "n3", .ordered = true},
	{HA_IS_REQUEST_STOP, STARTED, NONE, THERE, HA_IS_STARTED, .ordered = true},
	{HA_IS_REQUEST_STOP, STOPPED, DONE, AWAY, HA_IS_REQUEST_STOP},
	{HA_IS_REQUEST_STOP, STOPPED, NONE, LOST, HA_IS_FENCE},
	{HA_IS_REQUEST_STOP, DISABLED, NONE, LOST, HA_IS_FENCE},
	{HA_IS_REQUEST_STOP, STOPPED, DONE, TENDED, HA_IS_STOPPED},
	{HA_IS_REQUEST_STOP, STOPPED, NONE, REBOOTING, HA_IS_FREEZE},
	{HA_IS_REQUEST_STOP, STOPPED, DONE, LEAVING, HA_IS_STOPPED},

	{HA_IS_STOPPED, STOPPED, NONE, THERE, HA_IS_STOPPED},
	{HA_IS_STOPPED, STARTED, NONE, THERE, HA_IS_STARTED, .ordered = true},
	{HA_IS_STOPPED, DISABLED, NONE, THERE, HA_IS_STOPPED},
	{HA_IS_STOPPED, STOPPED, THERE_NOT, THERE, HA_IS_REQUEST_STOP, "n3", .ordered = true},
	{HA_IS_STOPPED, DISABLED, THERE_NOT, THERE, HA_IS_REQUEST_STOP, "n3", .ordered = true},
	{HA_IS_STOPPED, STARTED, NONE, AWAY, HA_IS_STOPPED},
	{HA_IS_STOPPED, STOPPED, NONE, AWAY, HA_IS_STOPPED},
	{HA_IS_STOPPED, STARTED, NONE, LOST, HA_IS_FENCE},
	{HA_IS_STOPPED, STOPPED, NONE, LOST, HA_IS_FENCE},
	{HA_IS_STOPPED, DISABLED, NONE, LOST, HA_IS_STOPPED},
	{HA_IS_STOPPED, STARTED, NONE, TENDED, HA_IS_RELOCATE, .ordered = true},
	{HA_IS_STOPPED, STOPPED, NONE, TENDED, HA_IS_STOPPED},
	{HA_IS_STOPPED, STOPPED, NONE, REBOOTING, HA_IS_FREEZE},
	{HA_IS_STOPPED, STARTED, NONE, LEAVING, HA_IS_STOPPED},

	{HA_IS_MIGRATE, STARTED, NONE, THERE, HA_IS_MIGRATE},
	{HA_IS_MIGRATE, STARTED, DONE, THERE, HA_IS_STARTED, "n2", .ordered = true},
	{HA_IS_MIGRATE, STARTED, FAILED, THERE, HA_IS_STARTED, .ordered = true},
	{HA_IS_MIGRATE, STARTED, THERE_NOT, THERE, HA_IS_ERROR, "n3"},
	{HA_IS_MIGRATE, STOPPED, NONE, THERE, HA_IS_MIGRATE},
	{HA_IS_MIGRATE, STOPPED, DONE, THERE, HA_IS_REQUEST_STOP, "n2", .ordered = true},
	{HA_IS_MIGRATE, STOPPED, FAILED, THERE, HA_IS_REQUEST_STOP, .ordered = true},
	{HA_IS_MIGRATE, DISABLED, DONE, THERE, HA_IS_REQUEST_STOP, "n2", .ordered = true},
	{HA_IS_MIGRATE, STARTED, DONE, AWAY, HA_IS_MIGRATE},
	{HA_IS_MIGRATE, STARTED, NONE, LOST, HA_IS_FENCE},
	{HA_IS_MIGRATE, STARTED, NONE, TENDED, HA_IS_MIGRATE},
	{HA_IS_MIGRATE, STARTED, NONE, REBOOTING, HA_IS_MIGRATE},
	{HA_IS_MIGRATE, STARTED, DONE, REBOOTING, HA_IS_STARTED, "n2", .ordered = true},
	{HA_IS_MIGRATE, STARTED, NONE, LEAVING, HA_IS_MIGRATE},

	{HA_IS_RELOCATE, STARTED, NONE, THERE, HA_IS_RELOCATE},
	{HA_IS_RELOCATE, STARTED, DONE, THERE, HA_IS_STARTED, "n2", .ordered = true},
	{HA_IS_RELOCATE, STOPPED, DONE, THERE, HA_IS_STOPPED, "n2"},
	{HA_IS_RELOCATE, DISABLED, DONE, THERE, HA_IS_STOPPED, "n2"},
	{HA_IS_RELOCATE, STARTED, FAILED, THERE, HA_IS_STARTED, .ordered = true},
	{HA_IS_RELOCATE, STOPPED, FAILED, THERE, HA_IS_REQUEST_STOP, .ordered = true},
	{HA_IS_RELOCATE, STARTED, THERE_NOT, THERE, HA_IS_ERROR, "n3"},
	{HA_IS_RELOCATE, STARTED, NONE, LOST, HA_IS_FENCE},

	{HA_IS_FENCE, STARTED, NONE, LOST, HA_IS_FENCE},
	{HA_IS_FENCE, STARTED, DONE, LOST, HA_IS_FENCE},
	{HA_IS_FENCE, STARTED, NONE, SHUT_OUT, HA_IS_STARTED, "n2", .ordered = true},
	{HA_IS_FENCE, STOPPED, NONE, SHUT_OUT, HA_IS_STOPPED, "n2", .ordered = true},
	{HA_IS_FENCE, DISABLED, NONE, LOST, HA_IS_FENCE},
	{HA_IS_FENCE, DISABLED, NONE, SHUT_OUT, HA_IS_STOPPED},
	{HA_IS_FENCE, STARTED, DONE, THERE, HA_IS_FENCE}, /* it shows up again: no proof */

	{HA_IS_RECOVERY, STARTED, NONE, LOST, HA_IS_STARTED, "n2", .ordered = true},
	{HA_IS_RECOVERY, STOPPED, NONE, LOST, HA_IS_STOPPED, "n2", .ordered = true},
	{HA_IS_RECOVERY, DISABLED, NONE, LOST, HA_IS_STOPPED},
	{HA_IS_RECOVERY, STARTED, NONE, THERE, HA_IS_STARTED, .ordered = true},

	{HA_IS_FREEZE, STARTED, NONE, THERE, HA_IS_STARTED, .ordered = true},
	{HA_IS_FREEZE, STOPPED, NONE, THERE, HA_IS_REQUEST_STOP, .ordered = true},
	{HA_IS_FREEZE, DISABLED, NONE, THERE, HA_IS_REQUEST_STOP, .ordered = true},
	{HA_IS_FREEZE, STARTED, NONE, TENDED, HA_IS_STARTED, .ordered = true},
	{HA_IS_FREEZE, STARTED, DONE, AWAY, HA_IS_FREEZE},
	{HA_IS_FREEZE, STARTED, NONE, LOST, HA_IS_FREEZE},
	{HA_IS_FREEZE, DISABLED, NONE, LOST, HA_IS_FREEZE},
	{HA_IS_FREEZE, STARTED, NONE, REBOOTING, HA_IS_FREEZE},

	{HA_IS_ERROR, STARTED, NONE, THERE, HA_IS_ERROR},
	{HA_IS_ERROR, STARTED, DONE, THERE, HA_IS_ERROR},
	{HA_IS_ERROR, STOPPED, NONE, THERE, HA_IS_ERROR},
	{HA_IS_ERROR, DISABLED, NONE, THERE, HA_IS_STOPPED},
	{HA_IS_ERROR, STARTED, NONE, LOST, HA_IS_ERROR},
	{HA_IS_ERROR, DISABLED, NONE, LOST, HA_IS_STOPPED},
	{HA_IS_ERROR, STARTED, NONE, REBOOTING, HA_IS_ERROR},
};

static void set_node(struct scene *s, enum its_node n1)
{
	struct ha_node *before = ha_find_node(&s->memory, "n1");

	switch (n1) {
	case THERE:
		break;
	case AWAY:
		away(s, "n1");
		break;
	case SHUT_OUT:
	case LOST:
		node(s, "n1")->shut_out = n1 == SHUT_OUT;
		away(s, "n1");
		before->is = HA_UNKNOWN;
		before->lost = s->seen.now - 60000;
		break;
	case TENDED:
		hc_strings_add(s->arena, &s->seen.maintenance, "n1");
		break;
	case REBOOTING:
		node(s, "n1")->leaving = HA_REBOOTS;
		break;
	case LEAVING:
		node(s, "n1")->leaving = HA_POWERS_OFF;
		break;
	}
}

static void a_row_holds(const struct row *row, size_t number)
{
	struct scene *s;
	uint64_t order;
	bool right;

	(void)scene_new((void **)&s);
	add(s, "vm1", "n1");
	next(s);
	set_node(s, row->n1);
	want(s, "vm1")->wish = row->wish;
	vm(s, "vm1")->is = row->was;
	if (row->was == HA_IS_MIGRATE || row->was == HA_IS_RELOCATE)
		vm(s, "vm1")->target = "n2";
	order = vm(s, "vm1")->order;
	answer(s, "vm1", row->answer);
	seen(s, "vm1")->on = row->answer == THERE_NOT ? "n3" : "n1";
	next(s);
	right = vm(s, "vm1")->is == row->is &&
		!strcmp(vm(s, "vm1")->node, row->node ? row->node : "n1") &&
		row->ordered == (vm(s, "vm1")->order != order) && vm(s, "vm1")->order >= order &&
		!vm(s, "vm1")->target == (row->is != HA_IS_MIGRATE && row->is != HA_IS_RELOCATE);
	if (!right)
		fail_msg("row %zu, from %s: it is %s on %s, order %d more", number,
			 ha_words[row->was], ha_words[vm(s, "vm1")->is], vm(s, "vm1")->node,
			 (int)(vm(s, "vm1")->order - order));
	(void)scene_free((void **)&s);
}

static void each_state_has_its_ways_out(void **state)
{
	(void)state;
	for (size_t i = 0; i < HC_COUNT(rows); i++)
		a_row_holds(&rows[i], i);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_state_has_its_ways_out),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
