# shellcheck shell=bash
#
# Cgroups: each node has one of its own, of the same name, in every hierarchy the host has mounted
# (v1, v2 or both). Without, the nodes' systemds would take each other's units for theirs. They also
# say which processes belong to a node, whatever became of who started them; so do the git server's.
#
# nspawn makes "payload" (the node's systemd) and "supervisor" (itself) below it, in v2 and in
# systemd's own v1 hierarchy; the v1 controllers have just the one.

CGROUP_ROOTS=()

cgroup_roots() {
	((${#CGROUP_ROOTS[@]})) || mapfile -t CGROUP_ROOTS < <(
		awk '$3 == "cgroup" || $3 == "cgroup2" { print $2 }' /proc/self/mounts | sort -u)
	((${#CGROUP_ROOTS[@]})) || die "no cgroup hierarchy is mounted"
}

cgroup_make() { # NODE
	local root dir file
	cgroup_roots
	for root in "${CGROUP_ROOTS[@]}"; do
		dir=$root/hcstate-lab.$NAME.$1
		mkdir -p "$dir"
		# a v1 cpuset takes no process before it has these
		for file in cpuset.cpus cpuset.mems; do
			[[ ! -e $root/$file ]] || cat "$root/$file" >"$dir/$file"
		done
		# With realtime group scheduling a new v1 cpu cgroup has no realtime budget, and corosync
		# could not get its priority. A tenth of what there is, if there is any left.
		file=$dir/cpu.rt_runtime_us
		[[ ! -e $file || $1 == git ]] || echo 95000 >"$file" 2>/dev/null || :
	done
}

# moves the calling shell into the node's cgroups, beside the node's own units; fails when they are gone
cgroup_enter() { # NODE
	local root dir
	cgroup_roots
	for root in "${CGROUP_ROOTS[@]}"; do
		dir=$root/hcstate-lab.$NAME.$1
		if [[ -d $dir/payload ]]; then
			dir+=/payload/exec
			mkdir -p "$dir" || return 1
		fi
		echo "$BASHPID" >"$dir/cgroup.procs" || return 1
	done
}

# prints the host's pids of all that runs in the node's cgroups, its nspawn too
cgroup_pids() { # NODE
	local root
	cgroup_roots
	for root in "${CGROUP_ROOTS[@]}"; do
		[[ ! -d $root/hcstate-lab.$NAME.$1 ]] || find "$root/hcstate-lab.$NAME.$1" \
			-name cgroup.procs -exec cat {} + 2>/dev/null || :
	done | sort -nu
}

# prints the node's PID 1, as the host counts; fails when the node is off
cgroup_init() { # NODE
	local root pid pids
	cgroup_roots
	for root in "${CGROUP_ROOTS[@]}"; do
		mapfile -t pids < <(
			cat "$root/hcstate-lab.$NAME.$1"/payload/{init.scope/,}cgroup.procs 2>/dev/null)
		for pid in "${pids[@]}"; do
			grep -qE '^NSpid:.*\s1$' "/proc/$pid/status" 2>/dev/null || continue
			echo "$pid"
			return
		done
	done
	return 1
}

cgroup_empty() { # NODE
	[[ -z $(cgroup_pids "$1") ]]
}

# ends what is left in the node's cgroups; fails as long as something is
cgroup_emptied() { # NODE
	local pids
	mapfile -t pids < <(cgroup_pids "$1")
	((${#pids[@]})) || return 0
	kill -KILL "${pids[@]}" 2>/dev/null || :
	return 1
}

# fails as long as a cgroup is not gone
cgroup_removed() { # NODE
	local root
	cgroup_roots
	for root in "${CGROUP_ROOTS[@]}"; do
		[[ ! -d $root/hcstate-lab.$NAME.$1 ]] || find "$root/hcstate-lab.$NAME.$1" \
			-depth -type d -exec rmdir {} + 2>/dev/null || return 1
	done
}

# prints the nodes of this lab that have cgroups
cgroup_nodes() {
	local root dir
	cgroup_roots
	for root in "${CGROUP_ROOTS[@]}"; do
		for dir in "$root/hcstate-lab.$NAME".*/; do
			[[ ! -d $dir ]] || basename "${dir##*."$NAME".}"
		done
	done | sort -u
}
