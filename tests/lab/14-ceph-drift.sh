#!/usr/bin/env bash
# Somebody changes one thing of Ceph by hand: the plan shows exactly that, and apply mends exactly that.
. "$(dirname "$0")/ceph.sh"

KINDS=(mon mgr osd out enabled size autoscale option option-rm key caps conf keyring keyring-mode mgr-keyring
	active-mgr)

unit_stopped() { # NODE UNIT
	on "$1" systemctl stop "$2"
	[[ $(on "$1" systemctl is-active "$2" || :) == inactive ]]
}

# does it, and says in WANT what the plan is to show
drift() { # KIND NODE
	local osd
	osd=$(osd_of "$2")
	case $1 in
	mon)
		unit_stopped "$2" "ceph-mon@$2.service"
		WANT="update CephMonitor/mon@$2 active"
		;;
	mgr | active-mgr)
		unit_stopped "$2" "ceph-mgr@$2.service"
		WANT="update CephManager/mgr@$2 active"
		;;
	osd)
		unit_stopped "$2" "ceph-osd@$osd.service"
		wait_until 30 osd_is_down "$2" "$osd" || fail "osd.$osd is not down"
		WANT="update CephOsd/sdb@$2 active"
		;;
	out)
		ceph "$2" osd out "$osd" 2>/dev/null
		WANT="update CephOsd/sdb@$2 in"
		;;
	enabled)
		on "$2" systemctl --quiet disable "ceph-osd@$osd.service"
		WANT="update CephOsd/sdb@$2 enabled"
		;;
	size)
		ceph "$2" osd pool set $POOL min_size 1 2>/dev/null
		ceph "$2" osd pool set $POOL size 2 2>/dev/null
		WANT="update CephPool/$POOL size,min_size"
		;;
	autoscale)
		ceph "$2" osd pool set $POOL pg_autoscale_mode warn 2>/dev/null
		WANT="update CephPool/$POOL pg_autoscale_mode"
		;;
	option)
		ceph "$2" config set mon mon_data_avail_warn 7
		WANT="update CephConfig/ceph/mon/mon_data_avail_warn value"
		;;
	option-rm)
		ceph "$2" config rm mon mon_data_avail_warn
		WANT="create CephConfig/ceph/mon/mon_data_avail_warn value"
		;;
	key)
		ceph "$2" auth rm client.libvirt 2>/dev/null
		WANT="create CephKey/client.libvirt caps,key"
		;;
	caps)
		ceph "$2" auth caps client.libvirt mon 'allow *' 2>/dev/null
		WANT="update CephKey/client.libvirt caps"
		;;
	conf)
		on "$2" sh -c 'echo "# somebody was here" >>/etc/ceph/ceph.conf'
		WANT="update CephNode/ceph@$2 conf"
		;;
	keyring)
		on "$2" rm /etc/ceph/ceph.client.admin.keyring
		WANT="update CephNode/ceph@$2 admin_keyring"
		;;
	keyring-mode)
		on "$2" chmod 0644 /etc/ceph/ceph.client.admin.keyring
		WANT="update CephNode/ceph@$2 admin_keyring"
		;;
	mgr-keyring)
		# shellcheck disable=SC2016
		on "$2" sh -c 'echo "[mgr.nobody]" >"$1"' sh "/var/lib/ceph/mgr/ceph-$2/keyring"
		WANT="update CephManager/mgr@$2 keyring"
		;;
	esac
}

# the nodes by turns; but of the managers one is different
victim() { # KIND ROUND
	case $1 in
	mgr) asked pve1 '.standbys[0].name' mgr dump ;;
	active-mgr) asked pve1 .active_name mgr dump ;;
	*) echo "pve$((($2 + $2 / ${#KINDS[@]}) % 3 + 1))" ;;
	esac
}

libvirt_key() { ceph pve1 auth print-key client.libvirt | sha256sum; }

converged_lab
key=$(libvirt_key)
object_put pve1 before
count=$(times ${#KINDS[@]} $((${#KINDS[@]} * 3)))
for ((i = 0; i < count; i++)); do
	kind=${KINDS[i % ${#KINDS[@]}]}
	node=$(victim "$kind" "$i")
	say "$kind on $node"
	drift "$kind" "$node"
	expect_changes "$node" "$WANT"
	apply "$node"
	no_change "$node"
done
[[ $(libvirt_key) == "$key" ]] || fail 'client.libvirt came back with another key than the sealed one'
sound 3 3 pve1 pve2 pve3
object_same pve3 before

say "what is not hcstate's stays"
ceph pve1 osd set noscrub 2>/dev/null
ceph pve1 config set osd osd_max_backfills 2
ceph pve1 osd pool create somebodys 2>/dev/null
ceph pve1 auth get-or-create client.somebody mon 'allow r' >/dev/null
no_change pve1 pve2 pve3
converge
asked pve1 .flags osd dump | shows noscrub || fail 'noscrub was taken away'
[[ $(ceph pve1 config get osd osd_max_backfills) == 2 ]] || fail 'osd_max_backfills was reset'
ceph pve1 auth get client.somebody >/dev/null 2>&1 || fail 'client.somebody was removed'
[[ $(pool_value pve1 somebodys size) == 3 ]] || fail 'the pool somebodys was removed'
ceph pve1 osd unset noscrub 2>/dev/null
ceph pve1 config rm osd osd_max_backfills
ceph pve1 auth rm client.somebody 2>/dev/null
ceph pve1 config set mon mon_allow_pool_delete true
ceph pve1 osd pool rm somebodys somebodys --yes-i-really-really-mean-it 2>/dev/null
ceph pve1 config rm mon mon_allow_pool_delete

say "a node boots"
lab power-off pve2
lab power-on pve2
back() { on pve2 hcstate plan --detailed-exitcode >"$RUN/plan" 2>&1; }
wait_until 90 back || fail "pve2 does not come back by itself: $(<"$RUN/plan")"
sound 3 3 pve1 pve2 pve3
