#!/usr/bin/env bash
# Somebody changes one thing on one node: the plan shows exactly that, and apply mends exactly that.
# A tap that somebody put into the bridge stays in it, and the other bridge loses no packet.
. "$(dirname "$0")/lib.sh"

KINDS=(address down port conf stop)

# does it, and says in WANT what the plan is to show
drift() { # KIND NODE BRIDGE
	local cidr
	cidr=$(address "$2" "$3")/24
	case $1 in
	address)
		on "$2" ip addr del "$cidr" dev "$3"
		WANT="create Address/$3/$cidr@$2 address"
		;;
	down)
		on "$2" ip link set "$3" down
		WANT="update Bridge/$3@$2 up"
		;;
	port)
		on "$2" ip link set "$(nic_of "$3")" nomaster
		WANT="create Port/$3/$(nic_of "$3")@$2 link"
		;;
	conf)
		on "$2" sh -c 'echo "# somebody was here" >>/etc/corosync/corosync.conf'
		WANT="update Corosync/corosync@$2 conf"
		;;
	stop)
		on "$2" systemctl stop corosync.service
		WANT="update Corosync/corosync@$2 active"
		;;
	esac
}

round() { # KIND NODE BRIDGE
	local untouched from=pve1
	untouched=$(other_bridge "$3")
	[[ $2 != pve1 ]] || from=pve2
	say "$1 on $2, $3"
	stop_networkd "$2"
	tap_add "$2" "$3"
	ping_begin "$from" "$2" "$untouched"
	drift "$@"
	expect_changes "$2" "$WANT"
	apply "$2"
	no_change "$2"
	tap_stays "$2" "$3"
	ping_unbroken "$from" "$2" "$untouched"
	on "$2" ip link del tap9
}

converged_lab
count=$(times 10 100)
for ((i = 0; i < count; i++)); do
	round "${KINDS[i % 5]}" "pve$((i % 3 + 1))" "${BRIDGES[i / 5 % 2]}"
done
all_votes 3 pve1 pve2 pve3
