#!/usr/bin/env bash
# Things break at random on random nodes, several at a time, and converge follows after converge.
. "$(dirname "$0")/lib.sh"

# shellcheck disable=SC2016
BREAKAGES=(
	'ip addr flush dev vmbr0'
	'ip addr flush dev vmbr1'
	'ip link set vmbr0 down'
	'ip link set enp0s8 down'
	'ip link set enp0s3 nomaster'
	'ip link set enp0s8 nomaster'
	'ip link set vmbr1 mtu 1300'
	'ip link del vmbr1'
	'rm -f /etc/systemd/network/10-hcstate-*'
	'echo junk >>/etc/corosync/corosync.conf'
	'rm -f /etc/corosync/corosync.conf'
	'chmod 644 /etc/corosync/authkey'
	'rm -f /etc/corosync/authkey'
	'systemctl stop corosync.service'
	'systemctl --quiet disable corosync.service'
	'systemctl kill -s KILL corosync.service'
	'systemctl --quiet disable systemd-networkd.service'
	'systemctl restart systemd-networkd.service'
)

random_begin
converged_lab
end=$((SECONDS + $(times 60 1800))) rounds=0
while ((SECONDS < end)); do
	killed=
	random 3
	for ((i = 0; i <= RANDOM_VALUE; i++)); do
		node=pve$((RANDOM % 3 + 1)) what=${BREAKAGES[RANDOM % ${#BREAKAGES[@]}]}
		say "$node: $what"
		on "$node" sh -c "$what" || : # it may be broken already
		[[ $what != *KILL* ]] || killed=yes
	done
	converge
	# the others notice a killed corosync only when its token is overdue, maybe after it is back
	[[ -z $killed ]] || sleep 5
	all_votes 3 pve1 pve2 pve3
	no_change pve1 pve2 pve3
	rounds=$((rounds + 1))
done
say "$rounds rounds"
