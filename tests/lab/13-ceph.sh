#!/usr/bin/env bash
# Ceph from bare nodes: three monitors, managers and OSDs, a pool that is active and clean, HEALTH_OK, and
# nothing left to do. Keys are readable by those alone who need them, and appear nowhere else.
. "$(dirname "$0")/ceph.sh"
. "$(dirname "$0")/leaks.sh"

mode() { on "$1" stat -c '%a %U' "$2"; }

# the 16 secret bytes of each of Ceph's keys, behind the header of 12
take_keys() {
	local entity key
	asked pve1 '.auth_dump[] | "\(.entity) \(.key)"' auth ls | while read -r entity key; do
		base64 -d <<<"$key" | tail -c 16 >"$SECRETS/$entity"
	done
	on pve1 sh -c 'cat /var/lib/ceph/mon/*/keyring' | sed -n '/^\[mon\.\]/,/key/ s/.*key = //p' |
		head -n 1 | base64 -d | tail -c 16 >"$SECRETS/mon."
	(($(find "$SECRETS" -type f -size 16c | wc -l) >= 9)) || fail 'not all keys were found'
}

leaks_begin
bare_lab
leaks_watch
began=$SECONDS
converge
say "converged after $((SECONDS - began)) s"
leaks_watched
cp "$LOG" "$SEEN/converge"
wait_healthy pve1 3 20
sound 3 3 pve1 pve2 pve3

say "what there is"
addresses=$(asked pve1 '[.mons[] | .name + " " + (.public_addrs.addrvec | map(.addr) | join(" "))] | join(", ")' mon dump)
[[ $addresses == 'pve1 10.0.0.1:3300 10.0.0.1:6789, pve2 10.0.0.2:3300 10.0.0.2:6789, pve3 10.0.0.3:3300 10.0.0.3:6789' ]] ||
	fail "the monitors are $addresses"
[[ $(quorum pve2) == 'pve1 pve2 pve3' ]] || fail "the quorum is $(quorum pve2)"
managers=$(asked pve1 '[.active_name] + [.standbys[].name] | sort | join(" ")' mgr dump)
[[ $managers == 'pve1 pve2 pve3' ]] || fail "the managers are $managers"
for node in pve1 pve2 pve3; do
	label=$(on "$node" ceph-bluestore-tool show-label --dev /dev/sdb | jq -r '.[] | "\(.ceph_fsid) \(.whoami)"')
	[[ $label == "$(manifest_fsid) $(osd_of "$node")" ]] || fail "$node: /dev/sdb is of $label"
done
for pool in $POOL hcstate; do
	[[ $(pool_value pve1 "$pool" size) == 3 ]] || fail "$pool is not of size 3"
	[[ $(pool_value pve1 "$pool" min_size) == 2 ]] || fail "$pool is not of min_size 2"
done
[[ $(pool_value pve1 $POOL pg_autoscale_mode) == on ]] || fail 'no autoscaler'
[[ $(pool_value pve1 $POOL 'application_metadata | keys[]') == rbd ]] || fail "$POOL is not for rbd"

say "what hcstate says of it"
status=$(on pve1 hcstate status)
for words in HEALTH_OK CephMonitor CephManager CephOsd CephPool stockage_ceph; do
	grep -q "$words" <<<"$status" || fail "status does not say $words: $status"
done

say "keys"
for node in pve1 pve2 pve3; do
	[[ $(mode "$node" /etc/ceph/ceph.client.admin.keyring) == '600 root' ]] || fail "$node: the admin keyring"
	[[ $(mode "$node" "/var/lib/ceph/mgr/ceph-$node/keyring") == '600 ceph' ]] || fail "$node: the manager's"
	[[ $(mode "$node" "/var/lib/ceph/osd/ceph-$(osd_of "$node")/keyring") == '600 ceph' ]] || fail "$node: the OSD's"
	[[ $(mode "$node" /etc/ceph/ceph.conf) == '644 root' ]] || fail "$node: ceph.conf"
	readable=$(on "$node" find /etc/ceph /var/lib/ceph /run /tmp /var/tmp /var/lib/hcstate -xdev -type f \
		-name '*keyring*' -perm /077)
	[[ ! $readable ]] || fail "$node: others can read $readable"
	[[ $(on "$node" systemctl is-active systemd-networkd.service || :) == inactive ]] ||
		fail "$node: systemd-networkd was started"
done
ceph pve1 auth get client.libvirt 2>/dev/null | feed pve1 sh -c 'umask 077; cat >/run/libvirt.keyring'
libvirt() { on pve1 timeout -k 5 30 rados --id libvirt --keyring /run/libvirt.keyring "$@"; }
libvirt -p $POOL ls >/dev/null || fail 'client.libvirt cannot use the pool'
! libvirt -p hcstate ls &>/dev/null || fail "client.libvirt can read hcstate's own pool"
on pve1 rm /run/libvirt.keyring

say "search"
for node in pve1 pve2 pve3; do
	leaks_collect "$node"
	on "$node" tar -C /var/log -cf - ceph >"$SEEN/$node.ceph"
done
take_keys
leaks_search
