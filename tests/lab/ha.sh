# shellcheck shell=bash
#
# What the scenarios of high availability share. They source this instead of agent.sh, which it sources
# itself: their lab is the one of `tools/lab demo --ha`, with agents, the timers of fast failover and VM 100
# at home on pve3. What HA decided is asked of hcstate; whether the VM lives, of libvirt and of the guest.
# shellcheck disable=SC2034,SC2119,SC2120 # for those who source it
WITH_HA=yes
. "$(dirname "${BASH_SOURCE[0]}")/agent.sh"

HA_MANIFEST=$MANIFESTS/50-ha.yaml

# --- the lab ---

# converged, and the VM is at home
ha_lab() {
	agents_lab
	wait_home pve3 60
}

# what jq's FILTER makes of what HA says on a node
ha() { # NODE FILTER
	on "$1" timeout -k 5 20 hcstate ha status -o json 2>/dev/null | jq -r "$2"
}

# ... of the VM
ha_vm() { # NODE FILTER
	ha "$1" ".resources[] | select(.kind == \"HaResource\" and .spec.vm == \"$VM\").spec | $2"
}

ha_at_rest() { # NODE: the VM's
	[[ $(ha_vm pve1 '"\(.is) \(.place)"') == "started $1" ]]
}

wait_home() { # NODE [SECONDS]
	wait_until "${2:-60}" runs_on "$1" || fail "$VM does not come to $1: it is on '$(nodes_with "$VM")'"
	wait_until 20 ha_at_rest "$1" || fail "HA does not have $VM started on $1: $(ha pve1 .)"
}

# In the place of ceph.sh's, for wait_healthy. Ceph's complaints are not asked: for minutes it goes on about
# heartbeats that were slow when a cable was out.
healthy() { # NODE OSDS
	[[ $(asked "$1" ".osdmap.num_osds == $2 and .osdmap.num_up_osds == $2 and .osdmap.num_in_osds == $2
		and all(.pgmap.pgs_by_state[]; .state_name | startswith(\"active+clean\"))" status) == true ]]
}

# a group's priorities, pve1 first: the nodes like most what is highest
prefer() { # PRIORITY PRIORITY PRIORITY
	sed -i -E "s/^( *nodes:).*/\1 {pve1: $1, pve2: $2, pve3: $3}/" "$HA_MANIFEST"
	push -m "prefer $*"
}

# --- deaths ---

# The node dies, with all that is on it. The others need not see it to have died: its cables go first.
dies() { # NODE
	lab unplug "$1" enp0s3 &
	lab unplug "$1" enp0s8
	wait $!
	lab power-off "$1"
}

comes_back() { # NODE
	lab plug "$1" enp0s3
	lab plug "$1" enp0s8
	lab power-on "$1"
}

# from now on, with the guest heard
watched() {
	watch_begin
	wait_until 10 answers || fail "the guest does not answer"
	sleep 1
}

# how long the VM's processors have run
ran_for() { # NODE
	on "$1" sh -c "grep -l '^CPU ' /proc/\$(cat /run/libvirt/qemu/$VM.pid)/task/*/comm |
		sed 's/comm\$/schedstat/' | xargs -r cut -d' ' -f1"
}

# The guest does, whatever libvirt says: to it one that was suspended runs until its disk answers again.
stands_still() { # NODE
	local before
	before=$(ran_for "$1")
	sleep 1
	[[ $before && $(ran_for "$1") == "$before" ]]
}

# it runs on another node, whatever is still on that one
elsewhere() { # NODE
	local node
	for node in $(nodes_with "$VM" --state-running 2>/dev/null); do
		[[ $node == "$1" ]] || return 0
	done
	return 1
}

# since the watching began, the longest time without a write of the guest
stood_still() { seen .still_ms; }

# who leads what, to say what died
roles() { # NODE
	local roles=()
	[[ $(leader) != "$1" ]] || roles+=("HA's leader")
	[[ $(asked pve1 .quorum_leader_name quorum_status) != "$1" ]] || roles+=("the monitors' leader")
	[[ $(asked pve1 .active_name mgr dump) != "$1" ]] || roles+=("the active manager")
	((${#roles[@]})) || roles+=("nobody's leader")
	(IFS=,; echo "${roles[*]}")
}

leader() { # of HA: who holds the lease; nobody, for a moment, when it changes hands
	on "${1:-pve1}" rados -p hcstate -N lease lock info leader hcstate --format json 2>/dev/null |
		jq -r '.lockers[].description'
}

# from a list of milliseconds: "median 7012 ms, worst 8120 ms of 20"
summary() {
	sort -n | awk '{ v[NR] = $1 } END { if (NR) printf "median %d ms, worst %d ms of %d\n",
		v[int((NR + 1) / 2)], v[NR], NR }'
}
