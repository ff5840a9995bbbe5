#!/usr/bin/env bash
# What holds data or votes goes only when somebody said so for that very object: without, it is kept and
# that is no error. And not even then when Ceph says that data or the quorum would go with it.
. "$(dirname "$0")/ceph.sh"

kept() { # OBJECT: all nodes converge, and say so
	local node
	converge
	grep -Fq -- "= $1 " "$LOG" || fail_with_log "nobody says that $1 is kept"
	for node in pve1 pve2 pve3; do
		on "$node" hcstate plan --detailed-exitcode >"$RUN/plan" || fail "$node: plan ended with $?: $(<"$RUN/plan")"
	done
}

# the manifests as they were, and all that they ask for
restore() {
	rm -rf "$MANIFESTS"
	cp -r "$RUN/whole" "$MANIFESTS"
	converge
}

deletion_is_off() {
	[[ $(ceph pve1 config get mon mon_allow_pool_delete) == false ]] || fail 'pools can still be deleted'
	! asked pve1 '.[].name' config dump | shows mon_allow_pool_delete || fail 'mon_allow_pool_delete is still set'
}

pool_gone() { ! asked pve1 '.[].poolname' osd lspools | shows -x "$POOL"; }
mons() { asked pve1 '[.mons[].name] | sort | join(" ")' mon dump; }

converged_lab
rm -rf "$RUN/whole"
cp -r "$MANIFESTS" "$RUN/whole"
object_put pve1 before

say "a pool: kept"
without CephKey
without CephPool
kept "CephPool/$POOL"
object_same pve1 before
say "a pool: approved, and yet Ceph says no"
ceph pve1 osd pool set "$POOL" nodelete true 2>/dev/null
refused 'nodelete' -- --approve "CephPool/$POOL" --timeout 8s
object_same pve1 before
deletion_is_off
ceph pve1 osd pool set "$POOL" nodelete false 2>/dev/null
say "a pool: approved"
converge -- --approve "CephPool/$POOL"
pool_gone || fail 'the pool is still there'
deletion_is_off
restore
wait_healthy pve1 3
object_put pve1 before

say "an OSD: kept"
only_on CephOsd pve1 pve2
kept CephOsd/sdb@pve3
say "an OSD: approved, and yet its data has no other place"
refused 'copies' --node pve3 -- --approve CephOsd/sdb@pve3 --timeout 8s
restore
object_same pve1 before

say "an OSD that is not needed: kept, then approved"
lab disk-add pve3 >"$LOG" 2>&1 || fail_with_log 'disk-add'
osd_document sdc pve3 /dev/sdc
converge
sound 4 3 pve1 pve2 pve3
rm "$MANIFESTS/50-osd-sdc.yaml"
kept CephOsd/sdc@pve3
no_orphans pve1 4
converge -- --approve CephOsd/sdc@pve3
sound 3 3 pve1 pve2 pve3
[[ ! $(on pve3 ls /var/lib/ceph/osd | sed 1d) ]] || fail 'its directory is still there'
lab disk-remove pve3 >"$LOG" 2>&1 || fail_with_log 'disk-remove'
object_same pve1 before

say "a monitor: kept"
only_on CephMonitor pve1 pve2
kept CephMonitor/pve3@pve3
[[ $(mons) == 'pve1 pve2 pve3' ]] || fail "the monitors are $(mons)"
say "a monitor: approved, and yet the others would be no majority"
# Meanwhile pve3's calls upon pve2 so often that it takes another in its place minutes to be heard, if
# nothing is done about that (rejoin.h).
on pve3 ceph daemon mon.pve3 config set ms_max_backoff 0.1 >/dev/null
on pve2 systemctl stop ceph-mon@pve2.service
two() { [[ $(quorum pve1) == 'pve1 pve3' ]]; }
wait_until 60 two || fail 'the others find no quorum'
code=0
on pve3 timeout -k 5 60 hcstate apply --approve CephMonitor/pve3@pve3 --timeout 8s >"$LOG" 2>&1 || code=$?
((code == 1)) || fail_with_log "apply ended with $code"
[[ $(mons) == 'pve1 pve2 pve3' ]] || fail "refused, and yet the monitors are $(mons)"
grep -Fq '1 agree where 2 have to' "$LOG" || fail_with_log 'it does not say why'
converge
on pve1 systemctl restart --job-mode=ignore-dependencies ceph-mon@pve1.service
three() { [[ $(quorum pve1) == 'pve1 pve2 pve3' ]]; }
wait_until 60 three || fail 'the others find no quorum'
say "a monitor: approved"
converge -- --approve CephMonitor/pve3@pve3
[[ $(mons) == 'pve1 pve2' ]] || fail "the monitors are $(mons)"
! on pve3 test -e /var/lib/ceph/mon/ceph-pve3 || fail 'its database is still there'
[[ $(on pve3 systemctl is-enabled ceph-mon@pve3.service || :) == disabled ]] || fail 'its unit is still enabled'
say "... and asked for again"
restore
one_cluster 3 pve1 pve2 pve3
[[ $(on pve3 ceph daemon mon.pve3 config get ms_max_backoff | jq -r .ms_max_backoff) == 15.000000 ]] ||
	fail 'it still calls upon the others as often'

say "managers: one goes when approved, the last one stays"
only_on CephManager pve1
kept CephManager/pve2@pve2
converge -- --approve CephManager/pve2@pve2 --approve CephManager/pve3@pve3
[[ $(asked pve1 '[.active_name] + [.standbys[].name] | join(" ")' mgr dump) == pve1 ]] || fail 'not one manager'
without CephManager
kept CephManager/pve1@pve1
refused 'last' --node pve1 -- --approve CephManager/pve1@pve1 --timeout 8s
restore
sound 3 3 pve1 pve2 pve3
object_same pve1 before
