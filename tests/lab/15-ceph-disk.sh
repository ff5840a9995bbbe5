#!/usr/bin/env bash
# A disk dies and a blank one of another size is in its place: the plan says what will be done and how
# much will be copied, one apply does it, and what was written before is read back. Without
# `replace: auto` it is done for the asking only.
. "$(dirname "$0")/ceph.sh"

disk_dies() { # NODE SIZE
	local other=pve1
	[[ $1 != pve1 ]] || other=pve2
	lab disk-replace "$1" "$2" >"$LOG" 2>&1 || fail_with_log "disk-replace $1 $2"
	osd_dies "$1" "$other"
	[[ $(asked "$other" .health.status status) == HEALTH_WARN ]] || fail 'Ceph has nothing to complain of'
}

total_is() { # NODE GIB: what the OSD on it has, as Ceph counts it
	local kb
	kb=$(asked "$1" ".nodes[] | select(.id == $(osd_of "$1")).kb" osd df)
	((kb / 1048576 == $2))
}

replaced() { # NODE GIB
	sound 3 3 pve1 pve2 pve3
	total_is "$1" "$2" || fail "the OSD of $1 is not of $2 GiB"
	object_same "$1" before
}

converged_lab
object_put pve1 before

say "pve3: a larger disk, and nobody said auto"
sed -i '/^  replace: auto/d' "$CEPH_MANIFEST"
converge
disk_dies pve3 40G
refused '--approve CephOsd/sdb@pve3' --node pve3 -- --timeout 10s
on pve3 sh -c 'head -c 1048576 /dev/sdb | cmp -n 1048576 - /dev/zero' || fail 'refused, and yet the disk was written to'
converge -- --approve CephOsd/sdb@pve3
replaced pve3 40
cp "$TOP/manifests/lab/30-ceph.yaml" "$CEPH_MANIFEST"
without_vm
converge

say "pve2: a smaller one, and a boot before hcstate comes to it"
disk_dies pve2 10G
expect_changes pve2 'replace CephOsd/sdb@pve2 data'
on pve2 hcstate plan >"$RUN/plan"
grep -Eq '^-/\+ CephOsd/sdb@pve2 .*data-move$' "$RUN/plan" || fail "the plan does not say data-move: $(<"$RUN/plan")"
grep -q 'GiB' "$RUN/plan" || fail "the plan does not say how much: $(<"$RUN/plan")"
lab power-off pve2
lab power-on pve2
converge
replaced pve2 10

say "a disk that is just not there is not replaced"
on pve3 mv /dev/sdb /dev/hidden
on pve3 systemctl stop "ceph-osd@$(osd_of pve3).service"
code=0
on pve3 timeout -k 5 60 hcstate apply --timeout 10s >"$LOG" 2>&1 || code=$?
((code == 1)) || fail_with_log "apply without the disk ended with $code"
no_orphans pve1 3
on pve3 mv /dev/hidden /dev/sdb
converge
replaced pve3 40
