#!/usr/bin/env bash
# Three machines as Debian's installer leaves them, with hcstate, a node key and the URL of a repository.
# They idle as long as that is empty. One push, and they become the cluster of the demo, Ceph healthy and
# the VM running, without a command on any node; and so they come up again after a power cut.
. "$(dirname "$0")/agent.sh"

LIMIT=180 # seconds; by hand and in the best order it takes some 40

# the only words anybody says to the nodes are in here; they ask, and change nothing
say "nothing was pushed yet"
installed_lab
for node in "${NODES[@]}"; do
	[[ $(on "$node" systemctl is-active hcstate.service || :) == active ]] || fail "$node: hcstate does not run"
	on "$node" ip -br addr show dev enp0s3 | shows "UP .*192.168.4.20${node#pve}/24" ||
		fail "$node: its address is not on enp0s3"
	[[ ! $(on "$node" find /etc/hcstate/manifests -type f) ]] || fail "$node has manifests"
	code=0
	on "$node" timeout 5 hcstate status >"$RUN/status" 2>&1 || code=$?
	((code != 124)) || fail "$node: an agent that has no manifests does not answer"
	[[ $(on "$node" systemctl show -P NRestarts hcstate.service) == 0 ]] || fail "$node: hcstate was started again"
done

say "one push"
began=$SECONDS
push
wait_settled "$LIMIT"
say "converged $((SECONDS - began)) s after the push"
sound 3 3 "${NODES[@]}"
all_votes 3 "${NODES[@]}"
vm_sound pve1
for node in "${NODES[@]}"; do
	[[ $(generation "$node") == "$COMMIT" ]] || fail "$node: the generation is $(generation "$node")"
	[[ $(on "$node" systemctl show -P NRestarts hcstate.service) == 0 ]] || fail "$node: hcstate was started again"
	for bridge in "${BRIDGES[@]}"; do
		on "$node" ip -br addr show dev "$bridge" | shows "UP .*$(address "$node" "$bridge")/24" ||
			fail "$node: $bridge is not up with its address"
	done
	on "$node" ip route show default | shows 'via 192.168.4.1 dev vmbr0' || fail "$node lost its gateway"
	! on "$node" grep -q '^iface enp0s3' /etc/network/interfaces || fail "$node: two programs configure enp0s3"
	[[ $(on "$node" stat -c '%a %U %G' /run/hcstate/hcstate.sock) == '660 root hcstate' ]] ||
		fail "$node: the socket is $(on "$node" stat -c '%a %U %G' /run/hcstate/hcstate.sock)"
done

say "what any node says of the others"
for node in "${NODES[@]}"; do
	for other in "${NODES[@]}"; do
		on pve2 hcstate status | shows "$other" || fail "pve2's status does not name $other"
	done
done

say "a power cut, and no git server"
lab git off
for node in "${NODES[@]}"; do lab power-off "$node"; done
for node in "${NODES[@]}"; do lab power-on "$node" 2>/dev/null; done
wait_settled "$LIMIT"
vm_sound pve1
wait_healthy pve1 3
lab git on 2>/dev/null
