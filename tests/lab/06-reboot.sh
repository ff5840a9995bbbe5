#!/usr/bin/env bash
# A node that loses power and boots again comes back by itself, network and corosync, without hcstate.
. "$(dirname "$0")/lib.sh"

back() {
	local bridge
	for bridge in "${BRIDGES[@]}"; do
		reaches pve2 pve1 "$bridge" || return 1
	done
	votes pve2 3
}

converged_lab
lab power-off pve2
lab power-on pve2
began=$SECONDS
wait_until 60 back || fail 'pve2 does not come back'
say "back $((SECONDS - began)) s after its boot"
no_change pve1 pve2 pve3
