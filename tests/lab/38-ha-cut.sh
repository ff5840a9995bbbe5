#!/usr/bin/env bash
# Nodes that are cut off and not dead. A switch without power for 20 s costs a pause, and no reboot; a node
# without any cable, or without the one to the storage, loses its VM, which never runs twice; one without
# corosync's first link alone loses nothing. When the cables are back all is as before, also when the guest on
# the node that was cut off still lives then.
. "$(dirname "$0")/ha.sh"

NICS=(enp0s3 enp0s8)
IMAGE=$POOL/vm-100-disk-0
SELF_FENCE_MS=5000 # of the profile `fast`

cables() { # plug|unplug NODE:NIC...
	local verb=$1 one pids=()
	shift
	for one; do
		lab "$verb" "${one%:*}" "${one#*:}" &
		pids+=($!)
	done
	wait "${pids[@]}" # and not for who watches
}

every() { printf '%s\n' "${NODES[@]/%/:${NICS[0]}}" "${NODES[@]/%/:${NICS[1]}}"; }

# as before, and everybody has what was pushed
all_well() {
	wait_healthy pve1 3 120
	wait_home pve3 120
	wait_guest
	wait_settled 120
}

switch_blip() {
	local all
	mapfile -t all < <(every)
	watched
	cables unplug "${all[@]}"
	sleep 20
	cables plug "${all[@]}"
	wait_until 90 answers || fail "the guest does not answer after the blip"
	all_well
	watch_end
	[[ $(seen .boots) == 1 ]] || fail "the guest was started anew: $(<"$SEEN_VM")"
	say "all ports down for 20 s: the guest stood still for $(stood_still) ms"
}

# what must follow when pve3 cannot reach the storage: the VM is elsewhere, and comes home
cut_loses() { # WHAT NIC...
	local what=$1 nic cut=()
	shift
	for nic; do cut+=("pve3:$nic"); done
	watched
	cables unplug "${cut[@]}"
	wait_until 90 elsewhere pve3 || fail "$what: $VM is not recovered: $(ha pve1 .)"
	wait_until 60 answers || fail "$what: the guest does not answer"
	sleep 5
	cables plug "${cut[@]}"
	all_well
	watch_end "$SELF_FENCE_MS" # cut off, it may not know yet that the others have taken it
	[[ $(seen .boots) == 2 ]] || fail "$what: the guest was started $(seen .boots) times: $(<"$SEEN_VM")"
	say "$what: the guest did not write for $(stood_still) ms, two ran for $(seen .twice_ms) ms"
}

one_link_is_nothing() {
	watched
	lab unplug pve3 enp0s3
	sleep 15
	lab plug pve3 enp0s3
	sleep 5
	watch_lived
	expect_on pve3
	wait_settled 60
	say "corosync's first link alone: nothing happened"
}

# as by its package's upgrade
corosync_restarted() {
	local before
	before=$(ha_vm pve1 .last_failover)
	watched
	on pve3 systemctl restart corosync.service
	sleep 20
	all_well
	watch_end
	[[ $(seen .boots) == 1 ]] || fail "corosync restarted: the guest was started anew: $(<"$SEEN_VM")"
	[[ $(ha_vm pve1 .last_failover) == "$before" ]] || fail "corosync restarted: pve3 was taken for lost"
	say "corosync restarted on pve3: the guest stood still for $(stood_still) ms"
}

# --- longer than Ceph would remember ---

writes() { # NODE FIELD: what QEMU counts of the guest's writes to its first disk
	virsh "$1" qemu-monitor-command "$VM" '{"execute": "query-blockstats"}' |
		jq "[.return[].stats.$2] | add"
}

has_failed_writes() { (($(writes pve3 failed_wr_operations) > 0)); }

# Ceph's own, of managers that died, are for a day
shut_out() { # ADDRESS: entries of the blocklist for years
	asked pve1 ".[] | select((.addr | startswith(\"$1:\")) and .until > (now + 86400 * 365 | todate)).addr" \
		osd blocklist ls | wc -l
}

is_let_in() { # ADDRESS ENTRIES: no more than were there before
	(($(shut_out "$1") <= $2))
}

# The agent of the node that was cut stands still, so that what is left of the guest there can be let run
# again, as a person could.
longer_than_the_blocklist() {
	local done_before entries
	entries=$(shut_out 10.0.0.3)
	ceph pve1 config set mon mon_osd_blocklist_default_expire 10
	cables unplug pve3:enp0s3 pve3:enp0s8
	wait_until 90 elsewhere pve3 || fail "$VM is not recovered: $(ha pve1 .)"
	wait_guest
	sleep 25
	on pve3 systemctl kill -s STOP hcstate.service
	cables plug pve3:enp0s3 pve3:enp0s8
	wait_healthy pve1 3
	(($(shut_out 10.0.0.3) > entries)) || fail "pve3 is not shut out any more"
	done_before=$(writes pve3 wr_operations)
	virsh pve3 resume "$VM"
	wait_until 20 has_failed_writes || fail "pve3's guest was not kept from writing"
	[[ $(writes pve3 wr_operations) == "$done_before" ]] || fail "pve3's guest has written"
	wait_until 20 only_watcher "$(ha_vm pve1 .place)" ||
		fail "its disk is open on '$(watchers "$IMAGE")'"
	on pve3 systemctl kill -s CONT hcstate.service
	all_well
	wait_until 90 is_let_in 10.0.0.3 "$entries" || fail "pve3 is still shut out: $(ceph pve1 osd blocklist ls)"
	ceph pve1 config rm mon mon_osd_blocklist_default_expire
	say "cut off for longer than Ceph's own entries last: it could not write, and is gone"
}

ha_lab
cut_loses 'no cable at all' enp0s3 enp0s8
switch_blip
if [[ $NIGHTLY ]]; then
	cut_loses 'no cable to the storage' enp0s8
	one_link_is_nothing
	corosync_restarted
	longer_than_the_blocklist
fi
vm_sound pve3
