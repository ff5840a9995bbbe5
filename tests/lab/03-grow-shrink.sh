#!/usr/bin/env bash
# A fourth node joins and leaves again, dead or alive, while the corosync processes of the other three
# go on. Two of three at once are refused, with the arithmetic.
. "$(dirname "$0")/lib.sh"

same_processes() {
	[[ $(main_pids pve1 pve2 pve3) == "$before" ]] || fail "a corosync was restarted"
}

# only pve1 remains
only_pve1() {
	sed -i '/^---$/,$d' "$MANIFESTS/10-cluster.yaml"
	cat >>"$MANIFESTS/10-cluster.yaml" <<-END
	---
	apiVersion: hcstate/v1
	kind: Node
	metadata:
	  name: pve1
	spec:
	  id: 1
	  links: {link0: 192.168.4.201, link1: 10.0.0.1}
	END
	sed -i '/^ *pve[23]: /d' "$MANIFESTS/20-network.yaml"
	raise_version
}

converged_lab
spoil_lab
before=$(main_pids pve1 pve2 pve3)

say "two of three at once"
cp -r "$MANIFESTS" "$RUN/three"
only_pve1
refused 'hold'
grep -Eq 'pve1: .*1 of 3 expected votes where 2 are needed' "$LOG" || fail_with_log 'no arithmetic'
all_votes 3 pve1 pve2 pve3
same_processes
rm -rf "$MANIFESTS" && mv "$RUN/three" "$MANIFESTS"
converge
no_change pve1 pve2 pve3

say "pve4 joins"
lab up --nodes 4 >"$LOG" 2>&1 || fail_with_log "up --nodes 4"
add_pve4
converge
all_votes 4 pve1 pve2 pve3 pve4
no_change pve1 pve2 pve3 pve4
same_processes

say "pve4 leaves"
remove_pve4
converge
grep -Fq 'pve4: hcstate: pve4 is not in the manifests' "$LOG" || fail_with_log 'pve4 does not say so'
all_votes 3 pve1 pve2 pve3
no_change pve1 pve2 pve3
same_processes
on pve4 systemctl is-active -q corosync.service && fail 'pve4: corosync still runs'
on pve4 test -e /etc/corosync/corosync.conf && fail 'pve4: corosync.conf is still there'
reaches pve4 pve1 vmbr0 || fail 'pve4 lost its network'
code=0
on pve4 hcstate apply >"$LOG" 2>&1 || code=$?
((code == 1)) || fail_with_log "apply on a node that is not in the manifests ended with $code"

say "pve4 joins again, dies, and is removed"
add_pve4
converge
all_votes 4 pve1 pve2 pve3 pve4
lab power-off pve4
gone() { ! votes pve1 4; }
wait_until 30 gone || fail 'nobody saw pve4 die'
remove_pve4
refused '--approve Node/pve4' --node pve1 --node pve2 --node pve3
on pve1 corosync-quorumtool -s | shows '^Expected votes: *4$' || fail 'refused, and yet removed'
converge --node pve1 --node pve2 --node pve3 -- --approve Node/pve4
all_votes 3 pve1 pve2 pve3
no_change pve1 pve2 pve3
same_processes
