/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whether this node's watchdog is to run: it does where a stuck agent would leave VMs alone that
 * others could have, and nowhere else, as a reset is no small matter.
 */

#include "self.h"
#include "watchdog.h"

static const struct hc_ha_policy *policy_of(const struct hc_set *whole)
{
	size_t n;
	struct hc_resource *const *v = hc_of_type(whole, &hc_ha_policy, &n);

	return n ? v[0]->spec : NULL;
}

/* It runs on its node, is to, or may. */
static bool may_run(enum ha_is is)
{
	switch (is) {
	case HA_IS_STOPPED:
		return false;
	case HA_IS_REQUEST_STOP:
	case HA_IS_STARTED:
	case HA_IS_MIGRATE:
	case HA_IS_RELOCATE:
	case HA_IS_FENCE:
	case HA_IS_RECOVERY:
	case HA_IS_FREEZE:
	case HA_IS_ERROR:
		break;
	}
	return true;
}

bool ha_holds_vms(const struct hc_call *call, const struct sight *sight)
{
	for (size_t i = 0; i < sight->memory.nvm; i++) {
		const struct ha_vm *vm = &sight->memory.vms[i];
		const struct ha_want *want = ha_find_want(&sight->wants, vm->vm);

		if (want && !want->pinned && may_run(vm->is) &&
		    ha_may_be_here(call, &sight->memory, vm->vm))
			return true;
	}
	return false;
}

void ha_tend_watchdog(struct hc_call *call, struct watchdog *watchdog, struct sight *sight,
		      bool known)
{
	const struct hc_ha_policy *policy = policy_of(call->whole);
	bool never = !policy || !policy->watchdog || !sight->wants.n || ha_is_alone(call);

	if (!watchdog)
		return;
	if (never || (known && (sight->said.disarmed || !ha_holds_vms(call, sight))))
		watchdog_set(watchdog, NULL, 0);
	else if (known)
		watchdog_set(watchdog, policy->watchdog, (policy->watchdog_timeout + 999) / 1000);
	watchdog_said(watchdog, sight->arena, &sight->warnings);
}
