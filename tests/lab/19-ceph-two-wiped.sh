#!/usr/bin/env bash
# Two of three nodes are wiped while the third is off, and later on: nobody makes a second cluster, though
# two monitors would be a majority of one. When an operator lets the survivor lead alone, the wiped
# ones join it, their disks are OSDs again, and all data is there.
. "$(dirname "$0")/ceph.sh"

store() { on "$1" test -e "/var/lib/ceph/mon/ceph-$1"; }

# As an installer leaves the machine: Ceph's files and hcstate's own state are gone, and the disk that
# would tell does not show.
reinstall() { # NODE
	on "$1" sh -euc 'systemctl stop "ceph-*@*"
		rm -rf /var/lib/ceph/mon/* /var/lib/ceph/osd/* /var/lib/ceph/mgr/* /var/lib/hcstate/*
		rm -f /etc/ceph/ceph.conf /etc/ceph/*.keyring
		find /etc/systemd/system -name "ceph-*@*.service" -delete
		systemctl daemon-reload
		mv /dev/sdb /root/hidden'
}

no_second_cluster() { # TEXT [ARGUMENT...]: it says TEXT, a regular expression
	local text=$1 node
	shift
	! try_converge "$@" -- --timeout 10s || fail_with_log 'it converges'
	grep -Eq -- "$text" "$LOG" || fail_with_log "it does not say: $text"
	for node in pve1 pve2; do
		! store "$node" || fail_with_log "$node: there is a monitor's database"
		! on "$node" systemctl --quiet is-active "ceph-mon@$node.service" || fail_with_log "$node: there is a monitor"
	done
}

converged_lab
spoil_lab
object_put pve1 before
fsid=$(ceph pve1 fsid)

say "the monitors of pve1 and pve2 lose their databases, pve3 is off"
lab power-off pve3
for node in pve1 pve2; do
	on "$node" sh -c 'systemctl stop "ceph-mon@*" && rm -rf /var/lib/ceph/mon/*'
done
no_second_cluster 'not made again' --node pve1 --node pve2

say "pve1 and pve2 are as new, pve3 is off"
for node in pve1 pve2; do reinstall "$node"; done
no_second_cluster 'missing: pve3' --node pve1 --node pve2

say "pve3 is on again"
lab power-on pve3
no_second_cluster 'pve3 knows this cluster'
store pve3 || fail 'pve3 lost its database'

say "an operator lets pve3 lead alone"
feed pve3 sh -eu <<-'END' >"$LOG" 2>&1 || fail_with_log 'pve1 and pve2 cannot be taken out of the map'
	systemctl stop ceph-mon@pve3
	dir=$(mktemp -d)
	chown ceph "$dir"
	ceph-mon -i pve3 --extract-monmap "$dir/map" --setuser ceph --setgroup ceph
	monmaptool --rm pve1 --rm pve2 "$dir/map"
	ceph-mon -i pve3 --inject-monmap "$dir/map" --setuser ceph --setgroup ceph
	rm -r "$dir"
	systemctl --job-mode=ignore-dependencies start ceph-mon@pve3
END
alone() { [[ $(quorum pve3) == pve3 ]]; }
wait_until 60 alone || fail 'pve3 does not lead alone'

say "and the others join it"
for node in pve1 pve2; do on "$node" mv /root/hidden /dev/sdb; done
converge
sound 3 3 pve1 pve2 pve3
[[ $(ceph pve1 fsid) == "$fsid" ]] || fail 'it is another cluster'
object_same pve1 before
