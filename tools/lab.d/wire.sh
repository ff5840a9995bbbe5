# shellcheck shell=bash
#
# Cables and switches. The two switches are bridges in a network namespace of their own, each node is
# a namespace, and a cable is a veth pair: the node's end has the name of the NIC, the switch's end is
# NODE-NIC. To cut a cable is to set the switch's end down, which the node sees as carrier lost.
#
# A node's namespace lives from power-on to power-off, so that it comes up as a kernel would leave it:
# NICs down, no addresses, no bridges of yesterday. A pulled cable stays pulled, the file
# nodes/NODE/unplugged.NIC says so.
#
# The namespaces are mounted below the lab's directory and not where `ip netns` keeps its own: its
# first use on a host mounts that place over itself, for ever, and "down" is to leave nothing.

WIRE_NICS=(enp0s3 enp0s8)
declare -A WIRE_SWITCH=([enp0s3]=management [enp0s8]=ceph)

netns_present() { # NAME
	[[ -e $STATE/net/$1 && $(stat -f -c %T "$STATE/net/$1") == nsfs ]]
}

netns_make() { # NAME
	mkdir -p "$STATE/net"
	touch "$STATE/net/$1"
	unshare --net="$STATE/net/$1" true
}

netns_drop() { # NAME
	! netns_present "$1" || umount "$STATE/net/$1"
	rm -f "$STATE/net/$1"
}

# ip in the switches' namespace, a command a line on stdin
switch_ip() { # [OPTION]
	nsenter --net="$STATE/net/switch" ip "$@" -batch -
}

switches_made() {
	netns_present switch || return 1
	local up
	up=$(nsenter --net="$STATE/net/switch" ip -o link show up type bridge | wc -l)
	((up == ${#WIRE_SWITCH[@]}))
}

# The switches carry jumbo frames, so that the nodes may choose; the only address is the git server's.
wire_switches() {
	local switch
	! switches_made || return 0
	netns_drop switch
	netns_make switch
	for switch in "${WIRE_SWITCH[@]}"; do
		echo "link add $switch mtu 9216 type bridge mcast_snooping 0"
		echo "link set $switch addrgenmode none up"
	done | switch_ip
}

wire_node() { # NODE
	local nic mac
	netns_make "$1"
	for nic in "${WIRE_NICS[@]}"; do
		printf -v mac '02:00:00:00:%02x:%02x' "${nic#enp0s}" "${1#pve}"
		echo "link add $1-$nic mtu 9216 type veth" \
			"peer name $nic mtu 1500 address $mac netns $STATE/net/$1"
		echo "link set $1-$nic addrgenmode none master ${WIRE_SWITCH[$nic]}"
		[[ -e $STATE/nodes/$1/unplugged.$nic ]] || echo "link set $1-$nic up"
	done | switch_ip
}

# Nobody hears of the node's end: not a FIN, not a reset.
wire_cut() { # NODE
	local nic
	netns_present "$1" || return 0
	for nic in "${WIRE_NICS[@]}"; do
		echo "link set $1-$nic down"
	done | switch_ip 2>/dev/null || : # a half-made one has no cables
}

# Takes the dead node's namespace away, for good: a connection that was cut would go on saying goodbye
# in there for minutes, and keep it and the cables alive.
wire_drop() { # NODE
	! netns_present "$1" || nsenter --net="$STATE/net/$1" ss --tcp --kill &>/dev/null || :
	# there may be none
	printf "link del $1-%s\n" "${WIRE_NICS[@]}" | switch_ip -force 2>/dev/null || :
	netns_drop "$1"
}

cable() { # unplug|plug NODE NIC
	local side=up
	[[ -v WIRE_SWITCH[$3] ]] || usage_error "no NIC $3, there are: ${WIRE_NICS[*]}"
	state_lock
	if [[ $1 == unplug ]]; then
		side=down
		touch "$STATE/nodes/$2/unplugged.$3"
	else
		rm -f "$STATE/nodes/$2/unplugged.$3"
	fi
	! netns_present "$2" || switch_ip <<<"link set $2-$3 $side"
}
