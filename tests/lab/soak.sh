# shellcheck shell=bash
#
# Things break at random on random nodes, several at a time, with nobody but the agents to mend them: in
# the end all is as it was pushed, and the agents are those that were there.

# shellcheck disable=SC2016
BREAKAGES=(
	'ip addr flush dev vmbr1'
	'ip link set vmbr0 down'
	'ip link set enp0s8 down'
	'ip link set enp0s8 nomaster'
	'ip link set vmbr1 mtu 1300'
	'ip link del vmbr1'
	'rm -f /etc/systemd/network/10-hcstate-*'
	'echo junk >>/etc/corosync/corosync.conf'
	'chmod 644 /etc/corosync/authkey'
	'systemctl stop corosync.service'
	'systemctl kill -s KILL corosync.service'
	'systemctl --quiet disable systemd-networkd.service'
	'systemctl stop "ceph-mgr@$(hostname).service"'
	'systemctl stop "ceph-osd@*.service"'
	'systemctl kill -s KILL "ceph-mon@$(hostname).service"'
	'ceph --connect-timeout 3 osd out 0'
	'ceph --connect-timeout 3 osd pool set stockage_ceph min_size 1'
	'virsh destroy debian-pve1'
	'virsh pool-destroy stockage_ceph'
	'systemctl stop libvirtd.service libvirtd.socket'
	'rm -f /etc/libvirt/hooks/qemu.d/hcstate'
)

soak() { # SECONDS
	local node what i end=$((SECONDS + $1))
	local -A pids
	for node in "${NODES[@]}"; do pids[$node]=$(agent_pid "$node"); done
	while ((SECONDS < end)); do
		random 3
		for ((i = 0; i <= RANDOM_VALUE; i++)); do
			node=pve$((RANDOM % 3 + 1)) what=${BREAKAGES[RANDOM % ${#BREAKAGES[@]}]}
			say "$node: $what"
			timeout -k 5 20 "$TOP/tools/lab" --name "$LAB" exec "$node" sh -c "$what" </dev/null &>/dev/null || :
		done
		random 8000
		sleep "$((RANDOM_VALUE / 1000))"
	done
	say "all is left alone"
	wait_settled 180
	wait_healthy pve1 3 90
	vm_sound pve1
	for node in "${NODES[@]}"; do
		[[ $(agent_pid "$node") == "${pids[$node]}" ]] || fail "$node: it is another agent"
	done
}
