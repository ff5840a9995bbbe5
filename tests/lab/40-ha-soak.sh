#!/usr/bin/env bash
# Nodes, cables and processes fail at random, one node at a time, also while the one before is still coming
# back. The VM never runs twice, its counter never goes back, and in the end it runs at home with nobody's
# hand.
. "$(dirname "$0")/ha.sh"

no_power() {
	dies "$1"
	sleep "$2"
	comes_back "$1"
}

no_cable() { # NODE SECONDS NIC
	lab unplug "$1" "$3"
	sleep "$2"
	lab plug "$1" "$3"
}

killed() { # NODE SECONDS UNIT
	on "$1" systemctl kill -s KILL "$3" 2>/dev/null || : # it may be between two lives
	sleep "$2"
}

no_guest() { # NODE SECONDS
	on "$1" sh -c "kill -KILL \$(cat /run/libvirt/qemu/$VM.pid)" 2>/dev/null || : # it may be elsewhere
	sleep "$2"
}

no_service() { # NODE SECONDS UNIT
	on "$1" systemctl stop "$3" || : # whose agent may want it back before it has stopped
	sleep "$2"
}

FAULTS=(
	no_power
	no_power
	'no_cable enp0s3'
	'no_cable enp0s8'
	'killed hcstate.service'
	'killed libvirtd.service'
	'killed corosync.service'
	'no_service corosync.service'
	no_guest
)

# Two nodes at once would be more than three can bear: the others hold the copies.
fault() { # NODE
	local words what
	random ${#FAULTS[@]}
	read -ra words <<<"${FAULTS[RANDOM_VALUE]}"
	what=${words[0]}
	random 15
	say "$1: ${words[*]}, $((RANDOM_VALUE + 1)) s"
	"$what" "$1" $((RANDOM_VALUE + 1)) "${words[@]:1}"
}

random_begin
ha_lab
watched
end=$((SECONDS + $(times 60 1800)))
while ((SECONDS < end)); do
	random 3
	fault "pve$((RANDOM_VALUE + 1))"
	wait_until 120 healthy pve1 3 || wait_until 120 healthy pve2 3 || fail "Ceph does not recover: $(ceph pve3 -s)"
done
say 'all is left alone'
wait_healthy pve1 3 180
wait_home pve3 180
wait_guest
wait_settled 180
watch_end
say "started $(($(seen .boots) - 1)) times, stood still for $(stood_still) ms at most"
vm_sound pve3
