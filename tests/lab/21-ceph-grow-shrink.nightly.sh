#!/usr/bin/env bash
# A fourth node joins with a monitor and an OSD, takes its share of the data, and leaves again through the
# gates; alive, and once more dead. What was written stays.
. "$(dirname "$0")/ceph.sh"

grown() {
	converge
	all_votes 4 pve1 pve2 pve3 pve4
	sound 4 4 pve1 pve2 pve3 pve4
	object_same pve4 before
}

converged_lab
spoil_lab
object_put pve1 before

say "pve4 joins"
lab up --nodes 4 >"$LOG" 2>&1 || fail_with_log 'up --nodes 4'
add_pve4
grown
say "and writes"
object_put pve4 later

say "its daemons go first, when approved"
only_on CephMonitor pve1 pve2 pve3
only_on CephManager pve1 pve2 pve3
only_on CephOsd pve1 pve2 pve3
converge
no_orphans pve1 4
converge -- --approve CephOsd/sdb@pve4 --approve CephMonitor/pve4@pve4 --approve CephManager/pve4@pve4
sound 3 3 pve1 pve2 pve3
object_same pve1 before
object_same pve1 later
say "then the node"
remove_pve4
converge
all_votes 3 pve1 pve2 pve3
no_change pve1 pve2 pve3

say "pve4 joins again, dies, and is removed"
sed -i '/^  nodes: \[pve1, pve2, pve3\]$/d' "$CEPH_MANIFEST"
add_pve4
grown
dead=$(osd_of pve4)
lab power-off pve4
wait_until 90 osd_is_down pve1 "$dead" || fail 'nobody saw the OSD of pve4 die'
remove_pve4
refused '--approve Node/pve4' --node pve1 --node pve2 --node pve3 -- --timeout 30s
converge --node pve1 --node pve2 --node pve3 -- --approve Node/pve4
all_votes 3 pve1 pve2 pve3
sound 3 3 pve1 pve2 pve3
object_same pve1 before
object_same pve1 later
