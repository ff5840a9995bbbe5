#!/usr/bin/env bash
# What a person does with nodes and VMs: maintenance, words to HA, disarming, and nodes that go down in good
# order under each shutdown policy. Where a VM moves live its guest is the same; where it is shut down it
# is started once, and never runs twice.
. "$(dirname "$0")/ha.sh"

policy_is() { # SHUTDOWN POLICY
	sed -i '/^  shutdown_policy: /d' "$HA_MANIFEST"
	sed -i "s/^  profile: fast/&\n  shutdown_policy: $1/" "$HA_MANIFEST"
	push -m "shutdown policy $1"
	wait_settled 60
}

# when this boot of pve3 began; nothing: it is off
life() { on pve3 cut -d" " -f22 /proc/1/stat 2>/dev/null || :; }

is_over() { [[ $(life) != "$LIFE" ]]; }

# pve3, as its power button does, or `reboot`
goes_down() { # poweroff|reboot
	LIFE=$(life)
	on pve3 systemctl --no-block "$1"
}

is_down() {
	wait_until 120 is_over || fail "pve3 does not go down"
}

comes_up() {
	sleep 2 # a reboot may be on its way
	[[ $(life) ]] || lab power-on pve3
}

is_started_by() { # NODE: HA has it there
	wait_until 90 runs_on "$1" || fail "$VM does not run on $1: it is on '$(nodes_with "$VM")'"
}

# --- words ---

maintenance() {
	watched
	on pve1 hcstate ha maintenance on pve3
	is_started_by pve2
	on pve1 hcstate ha maintenance on pve2
	is_started_by pve1
	on pve1 hcstate ha maintenance off pve2
	on pve1 hcstate ha maintenance off pve3
	wait_home pve3 90
	watch_lived
	say "maintenance of pve3 and pve2: moved live, and came home"
}

words() {
	watched
	sed -i 's/^  nodes: {.*/&\n  nofailback: true/' "$HA_MANIFEST"
	push -m nofailback
	wait_settled 60
	on pve1 hcstate ha migrate "$VM" pve1
	is_started_by pve1
	watch_lived
	watched
	on pve2 hcstate ha relocate "$VM" pve2
	is_started_by pve2
	wait_until 60 answers || fail "the guest does not answer on pve2"
	sleep 1
	watch_end
	[[ $(seen .boots) == 2 ]] || fail "relocated, and the guest was started $(seen .boots) times"
	sed -i '/^  nofailback: /d' "$HA_MANIFEST"
	push -m 'failback'
	wait_home pve3 120
	say "migrate: moved live; relocate: moved off"
}

disarmed() {
	on pve1 hcstate ha disarm
	dies pve3
	sleep 15
	[[ ! $(nodes_with "$VM") ]] || fail "disarmed, and yet $VM is on $(nodes_with "$VM")"
	[[ $(ha_vm pve1 .place) == pve3 ]] || fail "disarmed, and yet $VM was moved: $(ha pve1 .)"
	comes_back pve3
	wait_healthy pve1 3 120
	on pve1 hcstate ha arm
	wait_home pve3 120
	wait_settled 120
	say "disarmed: nothing was recovered while its node was away"
}

# --- going down ---

moves_live() { # REBOOT|POWEROFF: and comes home
	watched
	goes_down "$1"
	is_down
	is_started_by pve2
	comes_up
	all_well
	watch_lived 10000 # its node is busy going down
	say "migrate, $1: moved live and came home"
}

starts_elsewhere() { # WHAT
	watched
	goes_down "$1"
	is_started_by pve2
	is_down
	comes_up
	all_well
	watch_end
	[[ $(seen .boots) == 2 ]] || fail "$1: the guest was started $(($(seen .boots) - 1)) times"
	say "$2, $1: started elsewhere after $(stood_still) ms and came home"
}

waits_for_it() { # WHAT POLICY
	watched
	goes_down "$1"
	is_down
	sleep 3
	[[ $(life) ]] || sleep 12
	! elsewhere pve3 || fail "$2, $1: it did not wait for pve3: it is on '$(nodes_with "$VM")'"
	comes_up
	all_well
	watch_end
	[[ $(seen '.places | join(" ")') == pve3 ]] || fail "$2, $1: it was on $(seen '.places | join(" ")')"
	say "$2, $1: waited for pve3, stood still for $(stood_still) ms"
}

all_well() {
	wait_healthy pve1 3 120
	wait_home pve3 120
	wait_guest
	wait_settled 120
}

ha_lab
maintenance
words
disarmed
starts_elsewhere poweroff conditional
waits_for_it reboot conditional
policy_is freeze
waits_for_it poweroff freeze
policy_is failover
starts_elsewhere reboot failover
policy_is migrate
moves_live poweroff
moves_live reboot
vm_sound pve3
