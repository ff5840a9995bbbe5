# shellcheck shell=bash
#
# Nodes. What a node is while it is off lies in nodes/NODE:
#	image		the root image it began with (a link)
#	guest		the guest that it found there, see guest.sh (a link)
#	upper, work	what it changed of it: its system disk
#	root		where the two are mounted as one while it is on
#	disk, disk-sdc	/dev/sdb and /dev/sdc, see disk.sh
#	dead/		disks that failed
#	unplugged.NIC	a pulled cable, see wire.sh
#	console		what it said at boot
#	hcstate.tar	the build it has, see build.sh
# Power-off kills its PID 1, and with it, in one go of the kernel, all that runs in the node.

NODE_BOOT_LIMIT=60 # seconds

node_names() {
	local dir
	for dir in "$STATE"/nodes/pve*/; do
		[[ ! -d $dir ]] || basename "$dir"
	done | sort -V
}

node_known() { # NODE
	[[ $1 =~ ^pve[1-9][0-9]*$ && -d $STATE/nodes/$1 ]] ||
		usage_error "lab $NAME has no node $1: $(node_names | paste -sd' ')"
}

node_on() { # NODE
	cgroup_init "$1" >/dev/null
}

# becomes the command, in the node; the calling shell is gone
node_enter() { # NODE COMMAND...
	local node=$1 init
	shift
	if ! init=$(cgroup_init "$node") || ! cgroup_enter "$node" 2>/dev/null; then
		echo "tools/lab: $node is off" >&2
		exit 125
	fi
	exec nsenter -t "$init" -a env -i TERM="${TERM:-dumb}" LANG=C.UTF-8 HOME=/root \
		PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin "$@"
}

node_run() { # NODE COMMAND...
	(
		state_forget_lock
		node_enter "$@"
	)
}

# A machine as it comes from the shop: a name and an identity, no more, or as agent.sh says. Two nodes of one machine-id
# would give their bridges the same address.
node_make() { # NODE IMAGE GUEST
	local dir=$STATE/nodes/$1 new=$STATE/nodes/.$1 id
	[[ ! -d $dir ]] || return 0
	rm -rf "$new"
	mkdir -p "$new"/{work,root} "$new"/upper/{etc,var/lib/dbus}
	ln -s "$2" "$new/image"
	ln -s "$3" "$new/guest"
	id=$(tr -d - </proc/sys/kernel/random/uuid)
	echo "$id" | tee "$new/upper/etc/machine-id" >"$new/upper/var/lib/dbus/machine-id"
	echo "$1" >"$new/upper/etc/hostname"
	printf '127.0.0.1\tlocalhost\n127.0.1.1\t%s\n' "$1" >"$new/upper/etc/hosts"
	[[ ! -e $STATE/installed ]] || agent_install "$1" "$new/upper"
	mv "$new" "$dir"
}

node_mount() { # NODE
	local dir=$STATE/nodes/$1 lower=() link
	for link in guest image; do
		[[ -L $dir/$link ]] || continue # a node from before there was a guest
		lower+=("$(readlink -e "$dir/$link")") || die "$1: its $(readlink "$dir/$link") is gone"
	done
	mount -t overlay "lab-$1" "$dir/root" \
		-o "lowerdir=$(IFS=:; echo "${lower[*]}"),upperdir=$dir/upper,workdir=$dir/work"
}

node_unmounted() { # NODE
	! mountpoint -q "$STATE/nodes/$1/root" || umount "$STATE/nodes/$1/root" 2>/dev/null
}

# The node lives on when this command has ended, so it takes nothing of it along: no environment, no
# terminal, and no open file, which might be the lab's lock or a pipe that somebody reads to its end.
node_start() { # NODE
	local dir=$STATE/nodes/$1 devices=() device fd
	for device in /dev/net/tun /dev/fuse; do
		[[ ! -e $device ]] || devices+=(--bind="$device")
	done
	cgroup_make "$1"
	(
		cgroup_enter "$1"
		exec </dev/null >>"$dir/console" 2>&1
		for fd in /proc/self/fd/*; do
			((${fd##*/} < 3)) || eval "exec ${fd##*/}>&-"
		done
		exec env -i PATH="$PATH" setsid systemd-nspawn --quiet --settings=no \
			--keep-unit --register=no --link-journal=no --resolv-conf=off --timezone=off \
			--directory="$dir/root" --machine="hcstate-lab.$NAME.$1" --hostname="$1" \
			--network-namespace-path="$STATE/net/$1" \
			--capability=all --system-call-filter='@raw-io bpf' "${devices[@]}" \
			--console=read-only --setenv=TERM=dumb --boot
	) &
	NODE_STARTED=$!
}

node_boot() { # NODE
	node_clear "$1"
	disk_sweep "$1"
	node_mount "$1"
	disk_boot "$1"
	build_install "$1"
	wire_node "$1"
	node_start "$1"
}

# fails while the node is booting
node_booted() { # NODE
	local system
	node_on "$1" || return 1
	system=$(node_run "$1" systemctl is-system-running 2>/dev/null) || :
	[[ $system == running || $system == degraded ]]
}

# ... and there is hope: its nspawn, if this command started it, has not ended
node_decided() { # NODE
	node_booted "$1" || ! kill -0 "${NODE_STARTED:-$BASHPID}" 2>/dev/null
}

node_wait() { # NODE
	wait_until "$NODE_BOOT_LIMIT" node_decided "$1" || :
	node_booted "$1" || {
		tail -n 30 "$STATE/nodes/$1/console" >&2
		node_journal "$1" --lines=30 >&2 || :
		die "$1 does not boot; above is its console and its journal"
	}
	local failed
	failed=$(node_run "$1" systemctl --failed --plain --no-legend | awk '{ print $1 }' | paste -sd' ')
	[[ -z $failed ]] || say "$1 is on, failed units: $failed"
}

# ends what is left of a node, so that nothing but its directory remains
node_clear() { # NODE
	local init
	wire_cut "$1"
	if init=$(cgroup_init "$1"); then
		kill -KILL "$init" 2>/dev/null || :
		wait_until 2 cgroup_empty "$1" || : # nspawn puts its own things away
	fi
	wait_until 10 cgroup_emptied "$1" ||
		die "$1: processes that do not end: $(cgroup_pids "$1" | paste -sd' ')"
	rmdir "/run/systemd/nspawn/propagate/hcstate-lab.$NAME.$1" 2>/dev/null || : # of a killed nspawn
	wait_until 10 node_unmounted "$1" || die "$1: its root is still in use"
	wire_drop "$1"
	wait_until 10 cgroup_removed "$1" || die "$1: its cgroups are still in use"
}

node_up() { # NODE
	node_on "$1" || node_boot "$1"
	build_install "$1"
	node_wait "$1"
}

node_journal() { # NODE [ARGUMENT...]
	local node=$1
	shift
	if node_on "$node"; then
		node_run "$node" journalctl --no-pager "$@"
	else
		journalctl --no-pager --directory="$STATE/nodes/$node/upper/var/log/journal" "$@"
	fi
}

power_off() { # NODE
	state_lock
	node_clear "$1"
}

power_on() { # NODE
	state_lock
	node_on "$1" || node_boot "$1"
	node_wait "$1"
}
