#!/usr/bin/env bash
# Somebody breaks something on a node, again and again, and its agent mends it. Printed is how long it takes
# from the break to the first step that mends it; ten times the aim is a failure. And what an agent costs
# when nothing happens.
. "$(dirname "$0")/agent.sh"
. "$(dirname "$0")/idle.sh"

# breaks and waits, then reads in the nodes' journals when the steps began
repairs() { # KIND COUNT AIM_MS OBJECT NODE [ARGUMENT]
	local kind=$1 count=$2 aim=$3 object=$4 node=$5 since other journals=()
	shift 5
	since=@$(date +%s)
	timeout -k 5 $((count * 60 + 60)) "$TOP/tools/lab" --name "$LAB" exec "$node" \
		python3 - "$kind" "$count" "$@" <"$TOP/tests/lab/repair.py" >"$RUN/moments" || fail "$kind is not mended"
	wait_settled 60 >/dev/null
	for other in "${NODES[@]}"; do
		on "$other" journalctl -u hcstate.service --since "$since" -o json >"$RUN/journal.$other"
		journals+=("$RUN/journal.$other")
	done
	python3 "$TOP/tests/lab/repaired.py" "$kind" "$RUN/moments" "$aim" "$object" "${journals[@]}" |
		sed 's/^/         /' || fail "$kind: mended too late"
}

agents_lab
agents_move_data
count=$(times 10 100)
repairs address "$count" 200 Address/ pve2 10.0.0.2/24
repairs down "$count" 200 Bridge/vmbr1@ pve2
repairs domain "$count" 200 "VirtualMachine/$VM" pve1 "$VM"
repairs corosync "$count" 200 Corosync/ pve3
repairs out "$count" 2000 CephOsd/ pve2
wait_healthy pve1 3
vm_sound pve1
agents_usual
idle_agents "$(times 20 300)"
