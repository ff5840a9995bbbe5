#!/usr/bin/env bash
# What runs on a node with HA VMs is killed or stands still: QEMU, the agent, libvirtd. Each time the VM runs
# once in the end. And nodes are lost until there is no quorum: the last one lets its VM stand still and does
# nothing else; all of them lose power at once: all comes back without a hand.
. "$(dirname "$0")/ha.sh"

qemu_pid() { on "$1" cat "/run/libvirt/qemu/$VM.pid"; }

at_home() { # WHAT SECONDS: all is as before
	wait_until "$2" answers || fail "$1: the guest does not answer: $(ha pve1 .)"
	wait_home pve3 120
	wait_settled 120
	wait_healthy pve1 3 120
}

# ... the guest was started so many times since the watching began, and never ran twice
ends_well() { # WHAT SECONDS STARTS
	local starts
	at_home "$1" "$2"
	watch_end
	starts=$(($(seen .boots) - 1))
	((starts == $3)) || fail "$1: the guest was started $starts times: $(<"$SEEN_VM")"
	say "$1: started $starts times, stood still for $(stood_still) ms"
	vm_sound pve3
}

qemu_is_killed() {
	watched
	on pve3 kill -KILL "$(qemu_pid pve3)"
	sleep 1
	ends_well 'QEMU is killed' 60 1
}

agent_is_killed() {
	watched
	on pve3 systemctl kill -s KILL hcstate.service
	sleep 3
	ends_well 'the agent is killed' 30 0
}

libvirtd_is_killed() {
	watched
	on pve3 systemctl kill -s KILL libvirtd.service
	sleep 3
	ends_well 'libvirtd is killed' 60 0
}

# Nothing on its node can suspend the guest then: it goes on until it writes. What holds is that the disk
# is the other's alone, whose counter goes on from what the first one wrote.
agent_stands_still() {
	local before after
	before=$(count_on_disk)
	on pve3 systemctl kill -s STOP hcstate.service
	wait_until 60 elsewhere pve3 || fail "$VM is not recovered from a node whose agent stands still: $(ha pve1 .)"
	wait_until 60 only_watcher "$(recovered_on)" || fail "its disk is open on '$(watchers "$POOL/vm-100-disk-0")'"
	after=$(count_on_disk)
	((after >= before)) || fail "its counter went back from $before to $after"
	on pve3 systemctl kill -s CONT hcstate.service
	at_home 'the agent stands still' 60
	before=$after
	after=$(count_on_disk)
	((after >= before)) || fail "its counter went back from $before to $after"
	say 'the agent stands still: recovered elsewhere, at home again when it goes on'
	vm_sound pve3
}

recovered_on() { ha_vm pve1 .place; }

quorum_is_lost() {
	local since one
	watched
	dies pve1 &
	one=$!
	dies pve2
	wait "$one"
	wait_until 20 stands_still pve3 || fail "pve3 alone lets $VM go on"
	since=$(now)
	sleep 10
	stands_still pve3 || fail "pve3 alone does not let $VM stand still"
	[[ ! $(events pve3 "$since" | jq -r 'select(.event == "step").text') ]] ||
		fail "pve3 alone did something: $(events pve3 "$since")"
	comes_back pve1 &
	one=$!
	comes_back pve2
	wait "$one"
	ends_well 'two of three nodes lost for a while' 120 0
}

all_are_lost() {
	local node
	for node in "${NODES[@]}"; do lab power-off "$node"; done
	for node in "${NODES[@]}"; do lab power-on "$node" & done
	wait
	at_home 'all nodes lost power' 240
	say 'all nodes lost power: all came back'
	vm_sound pve3
}

ha_lab
qemu_is_killed
agent_is_killed
quorum_is_lost
if [[ $NIGHTLY ]]; then
	libvirtd_is_killed
	agent_stands_still
	all_are_lost
fi
