# shellcheck shell=bash
#
# The lab as a whole: up, down, status. Whatever state it is in, "up" makes it whole and "down" leaves
# nothing: both look at what is there and never trust that the command before came to its end.

# What the nodes of a lab are when they come, they stay: bare, or installed.
lab_installed() { # https|ssh
	local nodes
	mapfile -t nodes < <(node_names)
	[[ -e $STATE/installed ]] || ((!${#nodes[@]})) ||
		die "the nodes of lab $NAME are bare ones; down first"
	[[ -e $STATE/installed ]] || echo "$1" >"$STATE/installed"
}

# Without a number: the nodes there are, three at least.
lab_up() { # NUMBER https|ssh|''
	local image guest node number=$1 nodes=()
	image=$(image_ready)
	guest=$(guest_ready)
	build
	state_lock
	build_take
	mkdir -p "$STATE/nodes"
	mapfile -t nodes < <(node_names)
	: "${number:=$((${#nodes[@]} > 3 ? ${#nodes[@]} : 3))}"
	mapfile -t nodes < <(seq -f 'pve%g' "$number")
	say "bringing up ${nodes[*]}"
	wire_switches
	[[ -z $2 ]] || lab_installed "$2"
	if [[ -e $STATE/installed ]]; then
		git_make
		git_start
	fi
	for node in "${nodes[@]}"; do
		node_make "$node" "$image" "$guest"
	done
	for_all node_up "${nodes[@]}"
	keys_make "${nodes[@]}"
	say "lab $NAME is up"
}

lab_down() {
	local nodes
	[[ -d $STATE ]] || [[ -n $(cgroup_nodes) ]] || return 0
	state_lock
	git_stop
	mapfile -t nodes < <({ node_names; cgroup_nodes; } | sort -u)
	for_all node_clear "${nodes[@]}"
	netns_drop switch
	disk_detach_all
	chattr -i -f "$STATE"/nodes/*/dead/* || :
	rm -rf --one-file-system "$STATE"
	rmdir --ignore-fail-on-non-empty "${STATE%/*}"
}

status_line() { # NODE POWER CABLE CABLE DISK DISK
	printf '%-7s %-6s %-10s %-10s %-8s %s\n' "$@"
}

node_status() { # NODE
	local dir=$STATE/nodes/$1 power=off nic cables=() disk disks=()
	! node_on "$1" || power=on
	for nic in "${WIRE_NICS[@]}"; do
		[[ -e $dir/unplugged.$nic ]] && cables+=(unplugged) || cables+=(plugged)
	done
	for disk in sdb sdc; do
		disks+=("$(stat -c %s "$dir/${DISK_FILE[$disk]}" 2>/dev/null | numfmt --to=iec || echo -)")
	done
	status_line "$1" "$power" "${cables[@]}" "${disks[@]}"
}

lab_status() {
	local node nodes
	mapfile -t nodes < <(node_names)
	((${#nodes[@]})) || { echo "lab $NAME is down"; return; }
	status_line NODE POWER "${WIRE_NICS[@]}" /dev/sdb /dev/sdc
	for node in "${nodes[@]}"; do
		node_status "$node"
	done
}
