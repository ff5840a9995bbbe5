#!/usr/bin/env bash
# Agents are killed, one or all of them, at random moments of a push that makes work: systemd starts them
# again, and they converge. The minority of a network that was cut does nothing for the whole cluster; when
# it is back it does what was pushed meanwhile.
. "$(dirname "$0")/agent.sh"
. "$(dirname "$0")/disturb.sh"

# work for every node, for the cluster and for the VM: a pool comes or goes, cards and disks of the VM too
next_state() { # NUMBER
	sed -i -e '/^  ageing:/d' -e "s/^  ports: \[enp0s8\]\$/&\n  ageing: $((100 + $1))/" "$MANIFESTS/20-network.yaml"
	vm_set cpus $(($1 % 2 + 1))
	if (($1 % 2)); then
		printf '%s\n' 'apiVersion: hcstate/v1' 'kind: CephKey' 'metadata:' '  name: client.killed' 'spec:' \
			'  caps: {mon: profile rbd}' >"$MANIFESTS/50-key.yaml"
	else
		rm -f "$MANIFESTS/50-key.yaml"
	fi
}

kill_agent() { # NODE
	on "$1" systemctl kill -s KILL hcstate.service 2>/dev/null || : # it may be between two lives
}

# What a node did for the whole cluster: by its own word, and by what it told Ceph to do.
cluster_steps() { # NODE SINCE
	events "$1" "$2" | jq -r 'select(.event == "step" and (.object | contains("@") | not)).text'
	# shellcheck disable=SC2016 # awk's
	on pve1 cat /var/log/ceph/ceph.audit.log | awk -v since="${2%Z}" -v from="$(address "$1" vmbr1):" \
		'$1 >= since && index($0, from) && /dispatch/'
}

leader() { # by the lock itself; nobody, for a moment, when it changes hands
	on pve1 rados -p hcstate -N lease lock info leader hcstate --format json 2>/dev/null |
		jq -r '.lockers[].description'
}

led_by_others() {
	local node
	node=$(leader)
	[[ $node == pve1 || $node == pve2 ]]
}

# all but what needs pve3: that Ceph is healthy, that pve3 is a member
# shellcheck disable=SC2016 # jq fills it in
majority_did() { # NODE
	[[ $(status "$1" '.generation == $commit and all(.resources[] | select(.kind | IN("CephCluster", "Node") | not);
		.state | IN("converged", "unmanaged", "kept"))' --arg commit "$COMMIT") == true ]]
}

random_begin
agents_lab
for ((i = 1; i <= $(times 4 40); i++)); do
	next_state "$i"
	push -m "Push $i"
	random 6000
	victims=("${NODES[@]}")
	((i % 2)) || victims=("pve$((RANDOM % 3 + 1))")
	say "push $i: ${victims[*]} killed after $RANDOM_VALUE ms"
	sleep "$(seconds "$RANDOM_VALUE")"
	for node in "${victims[@]}"; do kill_agent "$node" & done
	wait
	wait_settled 60
done
vm_sound pve1
wait_healthy pve1 3

say "pve3 is cut off"
for nic in enp0s3 enp0s8; do lab unplug pve3 $nic; done
alone() { ! on pve3 corosync-quorumtool -s 2>/dev/null | shows '^Quorate: *Yes'; }
wait_until 40 alone || fail 'pve3 believes to be in the majority'
since=$(now)
next_state "$i"
push -m "While pve3 is away"
for node in pve1 pve2; do
	wait_until 90 majority_did "$node" || fail "$node did not do it: $(on "$node" hcstate status)"
done
# an OSD whose monitor was cut off too finds another after half a minute; before, its PGs wait
wait_until 120 led_by_others || fail "the lease is held by '$(leader)'"
[[ $(generation pve3) != "$COMMIT" ]] || fail 'pve3 has what it cannot have'
[[ $(cluster_steps pve1 "$since")$(cluster_steps pve2 "$since") == *client.killed* ]] || fail 'who made that key?'

say "it hears what is wanted, and nothing of the others"
for other in pve1 pve2; do
	on pve3 ip route add blackhole "$(address $other vmbr0)/32"
done
lab plug pve3 enp0s3
heard() { [[ $(generation pve3) == "$COMMIT" ]]; }
# not before what it asks of Ceph has come to an end
wait_until 120 heard || fail "pve3 does not get what was pushed: $(on pve3 hcstate status)"
sleep 5
alone || fail 'pve3 is not alone'
[[ $(leader) != pve3 ]] || fail 'pve3 holds the lease'
steps=$(cluster_steps pve3 "$since")
[[ ! $steps ]] || fail "the minority did: $steps"
for other in pve1 pve2; do
	on pve3 ip route del blackhole "$(address $other vmbr0)/32"
done
lab plug pve3 enp0s8
say "pve3 is back"
wait_settled 90
wait_healthy pve1 3 90
vm_sound pve1
