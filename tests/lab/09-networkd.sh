#!/usr/bin/env bash
# systemd-networkd, restarted on a converged node, finds everything as it would make it: no packet is
# lost, nothing is left to do, and somebody else's tap stays in its bridge.
. "$(dirname "$0")/lib.sh"

converged_lab
tap_add pve2 vmbr0
for bridge in "${BRIDGES[@]}"; do ping_begin pve1 pve2 "$bridge"; done
for ((i = 0; i < $(times 3 20); i++)); do
	on pve2 systemctl restart systemd-networkd.service
	sleep 1
done
on pve2 /lib/systemd/systemd-networkd-wait-online --timeout=30
for bridge in "${BRIDGES[@]}"; do ping_unbroken pve1 pve2 "$bridge"; done
tap_stays pve2 vmbr0
no_change pve2
on pve2 ip link del tap9
