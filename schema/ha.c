/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The kinds of high availability. What is written here says which VMs come back elsewhere, on which
 * nodes and how fast; what was decided from it is shown as fields of the same kinds. The words and
 * the defaults are those that users of Proxmox VE know.
 *
 * HaGroup and its nodes are passive: nothing in the system answers to them, they only mean
 * something where a HaResource names them.
 */

#include <hcstate/ha.h>

#include <hcstate/resource.h>

const char *const hc_ha_profile_words[] = {"fast", "reference", NULL};
const char *const hc_ha_shutdown_words[] = {"conditional", "freeze", "failover", "migrate", NULL};
const char *const hc_ha_spread_words[] = {"count", "room", NULL};
/* Who comes from Proxmox VE may write enabled for started, see finish_resource(). */
const char *const hc_ha_wish_words[] = {"started", "stopped", "disabled",
					"ignored", "enabled", NULL};

#define HOUR 3600000
#define COMMENT .max = 255, .doc = "A note; it is kept nowhere."

static const struct hc_field policy_fields[] = {
	hc_enum(struct hc_ha_policy, profile, .words = hc_ha_profile_words, .absent = HC_RESET,
		.unset = "fast", .column = "PROFILE",
		.doc = "Where the times come from that are not said one by one. fast: seconds. "
		       "reference: those of Proxmox VE 7, about two minutes."),
	hc_u32(struct hc_ha_policy, interval, .unit = "ms", .min = 100, .max = HOUR,
	       .doc = "How often it is looked at when nothing happens. The profile's where it is "
		      "not said: 1s, reference 10s."),
	hc_u32(struct hc_ha_policy, fence_delay, .unit = "ms", .max = HOUR,
	       .doc = "How long a node must be gone before it is fenced. The profile's where it is "
		      "not said: 1s, as corosync has waited before that, and a membership that "
		      "only forms anew has settled; reference 60s."),
	hc_u32(struct hc_ha_policy, lease, .unit = "ms", .min = 1000, .max = HOUR,
	       .doc = "How long the leader need not be heard of before another node follows it. "
		      "The profile's where it is not said: 5s, reference 120s."),
	hc_u32(struct hc_ha_policy, self_fence, .unit = "ms", .min = 1000, .max = HOUR,
	       .doc = "How long a node runs on without contact to the others before it suspends "
		      "its HA VMs. The profile's where it is not said: 5s, reference 60s."),
	hc_u32(struct hc_ha_policy, storage_delay, .unit = "ms", .min = 2000, .max = HOUR,
	       .doc = "How long a node may fail to reach Ceph, while others do, before it is lost "
		      "for HA. The profile's where it is not said: 10s, reference 120s."),
	hc_enum(struct hc_ha_policy, shutdown_policy, .words = hc_ha_shutdown_words,
		.absent = HC_RESET, .unset = "conditional",
		.doc = "What becomes of a node's HA VMs when it goes down in an orderly way. "
		       "conditional: a reboot is waited for, after a power-off they are recovered "
		       "elsewhere. freeze: they wait for the node. failover: they are recovered "
		       "elsewhere. migrate: they move away live first."),
	hc_enum(struct hc_ha_policy, spread, .words = hc_ha_spread_words, .absent = HC_RESET,
		.unset = "count",
		.doc = "Which of several equal nodes gets a VM: the one with the fewest HA VMs, or "
		       "the one with the most room in memory."),
	hc_string(
		struct hc_ha_policy, watchdog, .absent = HC_RESET,
		.pattern = "^/dev(/[A-Za-z0-9_-][A-Za-z0-9._-]*)+$", .max = 255,
		.pattern_doc = "a device's path, as /dev/watchdog",
		.doc = "The watchdog of each node that resets it when its agent is stuck. It runs "
		       "while the node holds VMs that others could have; loss of contact, to all "
		       "others or to Ceph, resets nothing. sbd must not have it, nor systemd "
		       "(RuntimeWatchdogSec=). None where it is not said."),
	hc_u32(struct hc_ha_policy, watchdog_timeout, .unit = "ms", .min = 10000, .max = 600000,
	       .absent = HC_RESET, .unset = "30s",
	       .doc = "How long the watchdog waits until it resets a node that does not feed it, "
		      "and how long the agent's loop may stand still before it is not fed any "
		      "more. It must be above the seconds in which an agent that was killed is "
		      "started again. systemd starts an agent that hangs anew within 60 s "
		      "(WatchdogSec= of hcstate.service); with less than 60s here the node is "
		      "often reset before that. The device gets whole seconds, rounded up."),
	hc_string(struct hc_ha_policy, comment, COMMENT),
	hc_bool(struct hc_ha_policy, settled, .origin = HC_DERIVED, .own = true,
		.doc = "Whether there is nothing new to be noted."),
	hc_string(struct hc_ha_policy, leader, .origin = HC_OBSERVED, .column = "LEADER",
		  .doc = "The node that decides now."),
	hc_bool(struct hc_ha_policy, disarmed, .origin = HC_OBSERVED, .column = "DISARMED",
		.doc = "Whether nothing is fenced, recovered or moved: hcstate ha disarm."),
	hc_strings(struct hc_ha_policy, warnings, .origin = HC_OBSERVED, .column = "WARNINGS",
		   .doc = "What would go wrong, or does."),
};

static const struct hc_field member_fields[] = {
	hc_string(struct hc_ha_member, node, .refers = "Node",
		  .pattern = "^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$", .pattern_doc = "a node's name",
		  .doc = "Which node."),
	hc_u32(struct hc_ha_member, priority, .absent = HC_RESET, .unset = "0", .max = 1000,
	       .doc = "VMs are on the nodes of the highest priority that are online."),
};

static const struct hc_field group_fields[] = {
	hc_children("nodes", .item = &hc_ha_member, .form = HC_KEYED, .scalar = "priority",
		    .absent = HC_REQUIRED, .min = 1, .max = 1000,
		    .doc = "Its nodes and their priorities: {pve1: 1, pve2: 2}. A list of names "
			   "gives each the priority 0."),
	hc_bool(struct hc_ha_group, restricted, .absent = HC_RESET, .unset = "false",
		.doc = "Whether its VMs run on no other node, even when none of these is online."),
	hc_bool(struct hc_ha_group, nofailback, .absent = HC_RESET, .unset = "false",
		.doc = "Whether a VM stays where it is when a node of a higher priority comes "
		       "back."),
	hc_string(struct hc_ha_group, comment, COMMENT),
};

static const struct hc_field resource_fields[] = {
	hc_string(struct hc_ha_resource, vm, .absent = HC_REQUIRED, .refers = "VirtualMachine",
		  .column = "VM", .doc = "Name of the VM. No other HaResource has it."),
	hc_string(struct hc_ha_resource, group, .absent = HC_RESET, .refers = "HaGroup",
		  .column = "GROUP",
		  .doc = "Where it may and where it should run; on any node where it is not said."),
	hc_enum(struct hc_ha_resource, state, .words = hc_ha_wish_words, .absent = HC_RESET,
		.unset = "started", .column = "ASKED",
		.doc = "What is asked of it. started. stopped: off, and recovered, off, when its "
		       "node dies. disabled: off, and left where it is; it also clears an error. "
		       "ignored: as if it had no HaResource. enabled is another word for started."),
	hc_u32(struct hc_ha_resource, max_restart, .absent = HC_RESET, .unset = "1", .max = 10,
	       .doc = "How often a start that failed is tried again on the same node."),
	hc_u32(struct hc_ha_resource, max_relocate, .absent = HC_RESET, .unset = "1", .max = 10,
	       .doc = "On how many other nodes a start is tried then."),
	hc_string(struct hc_ha_resource, comment, COMMENT),
	hc_bool(struct hc_ha_resource, settled, .origin = HC_DERIVED, .own = true,
		.doc = "Whether there is nothing new to be decided about it."),
	hc_string(struct hc_ha_resource, is, .origin = HC_OBSERVED, .column = "STATE",
		  .doc = "stopped, request_stop, started, migrate, relocate, fence, recovery, "
			 "freeze or error."),
	hc_string(struct hc_ha_resource, place, .origin = HC_OBSERVED, .column = "NODE",
		  .doc = "The node that has it."),
	hc_string(struct hc_ha_resource, target, .origin = HC_OBSERVED, .column = "TO",
		  .doc = "Where it is to move to."),
	hc_bool(struct hc_ha_resource, live, .origin = HC_OBSERVED,
		.doc = "Whether it moves while it runs."),
	hc_bool(struct hc_ha_resource, runs, .origin = HC_OBSERVED,
		.doc = "Whether it is to run there."),
	hc_u64(struct hc_ha_resource, order, .origin = HC_OBSERVED,
	       .doc = "Rises with each new order to its node."),
	hc_string(struct hc_ha_resource, attempts, .origin = HC_OBSERVED, .column = "ATTEMPTS",
		  .doc = "What failed since the last success."),
	hc_string(struct hc_ha_resource, last_failover, .origin = HC_OBSERVED,
		  .column = "LAST FAILOVER",
		  .doc = "From where, and how long each of its phases took."),
};

static const struct hc_field node_fields[] = {
	hc_bool(struct hc_ha_node, settled, .origin = HC_DERIVED, .own = true,
		.doc = "Whether there is nothing new to be decided about it."),
	hc_string(struct hc_ha_node, is, .origin = HC_OBSERVED, .column = "STATE",
		  .doc = "online, unknown, fence, maintenance or gone."),
	hc_string(struct hc_ha_node, since, .origin = HC_OBSERVED, .column = "SINCE",
		  .doc = "How long it is so."),
	hc_string(struct hc_ha_node, beat, .origin = HC_OBSERVED, .column = "HEARD OF",
		  .doc = "When it last showed, through Ceph, that it is there."),
};

static const size_t time_offsets[] = {
	offsetof(struct hc_ha_policy, interval),      offsetof(struct hc_ha_policy, fence_delay),
	offsetof(struct hc_ha_policy, lease),         offsetof(struct hc_ha_policy, self_fence),
	offsetof(struct hc_ha_policy, storage_delay),
};

static uint32_t *time_at(struct hc_ha_policy *policy, size_t i)
{
	return (uint32_t *)(void *)((char *)policy + time_offsets[i]);
}

void hc_ha_times(unsigned profile, struct hc_ha_policy *policy)
{
	struct hc_ha_policy times[] = {
		/* corosync has waited its token and consensus before it says that a node is gone:
		 * one second more is for a membership that only forms anew */
		[HC_HA_FAST] = {.interval = 1000,
				.fence_delay = 1000,
				.lease = 5000,
				.self_fence = 5000,
				.storage_delay = 10000},
		[HC_HA_REFERENCE] = {.interval = 10000,
				     .fence_delay = 60000,
				     .lease = 120000,
				     .self_fence = 60000,
				     .storage_delay = 120000},
	};

	policy->profile = profile;
	for (size_t i = 0; i < HC_COUNT(time_offsets); i++)
		*time_at(policy, i) = *time_at(&times[profile], i);
}

/* Not defaults of the table, as they depend on the profile. */
static void finish_policy(struct hc_arena *arena, struct hc_resource *resource)
{
	struct hc_ha_policy *policy = resource->spec, times = {0};

	(void)arena;
	hc_ha_times(policy->profile, &times);
	for (size_t i = 0; i < HC_COUNT(time_offsets); i++)
		if (!hc_marked(resource, time_offsets[i])) {
			*time_at(policy, i) = *time_at(&times, i);
			hc_mark(resource, time_offsets[i]);
		}
}

static void finish_resource(struct hc_arena *arena, struct hc_resource *resource)
{
	struct hc_ha_resource *ha = resource->spec;

	(void)arena;
	if (ha->state > HC_HA_IGNORED)
		ha->state = HC_HA_STARTED;
}

const struct hc_type hc_ha_policy = {
	.name = "HaPolicy",
	.doc = "How fast HA is and what it prefers. There is at most one; without it all is as if "
	       "it were empty.",
	.scope = HC_CLUSTER,
	.from = HC_KIND,
	HC_FIELDS(policy_fields),
	.size = sizeof(struct hc_ha_policy),
	.finish = finish_policy,
	.check = hc_ha_policy_check,
};

const struct hc_type hc_ha_group = {
	.name = "HaGroup",
	.doc = "Nodes that VMs under HA prefer, or are bound to.",
	.scope = HC_CLUSTER,
	.from = HC_KIND,
	HC_FIELDS(group_fields),
	.size = sizeof(struct hc_ha_group),
	.passive = true,
};

const struct hc_type hc_ha_member = {
	.name = "HaGroupNode",
	.doc = "A node of a group.",
	.scope = HC_CLUSTER,
	.from = HC_CHILD,
	HC_FIELDS(member_fields),
	.size = sizeof(struct hc_ha_member),
	.passive = true,
};

const struct hc_type hc_ha_resource = {
	.name = "HaResource",
	.doc = "A VM that is highly available: when its node dies it comes back on another. Where "
	       "it runs, and whether, is then HA's to say; `node` and `running` of the "
	       "VirtualMachine count only for where it is created.",
	.scope = HC_CLUSTER,
	.from = HC_KIND,
	HC_FIELDS(resource_fields),
	.size = sizeof(struct hc_ha_resource),
	.finish = finish_resource,
	.check = hc_ha_resource_check,
};

const struct hc_type hc_ha_node = {
	.name = "HaNode",
	.doc = "A node as HA has it.",
	.scope = HC_CLUSTER,
	.from = HC_MADE,
	.evidence = true,
	HC_FIELDS(node_fields),
	.size = sizeof(struct hc_ha_node),
};
