#!/usr/bin/env bash
# A disk dies under an OSD while a VM under HA runs, on its own node and on another: the agent says what it
# would do and waits for a person's word, replaces the OSD, and the VM neither stops nor moves.
. "$(dirname "$0")/ha.sh"

# what tells an OSD from the one whose number it has
osd_uuid() { # ID
	asked pve1 ".osds[] | select(.osd == $1).uuid" osd dump
}

asks_for_a_word() { # NODE
	[[ $(status "$1" '.resources[] | select(.kind == "CephOsd" and .name == "sdb").reason // ""') == *approve* ]]
}

disk_dies() { # NODE WRITER
	local id before
	id=$(osd_of "$1")
	before=$(osd_uuid "$id")
	watched
	lab disk-replace "$1" 20G >"$LOG" 2>&1 || fail_with_log "disk-replace $1"
	osd_dies "$1" "$2"
	wait_until 60 asks_for_a_word "$1" || fail "nobody is asked: $(on "$1" hcstate status | grep CephOsd)"
	on "$1" hcstate approve "CephOsd/sdb@$1" || fail "approve CephOsd/sdb@$1"
	wait_settled 240
	wait_healthy pve1 3 240
	watch_lived 10000
	[[ $(osd_uuid "$(osd_of "$1")") != "$before" ]] || fail "the OSD of $1 is the one that died"
	expect_on pve3
	say "the disk of $1 died and was replaced: the guest did not write for $(stood_still) ms at most"
}

ha_lab
disk_dies pve1 pve2
[[ ! $NIGHTLY ]] || disk_dies pve3 pve1
vm_sound pve3
