# shellcheck shell=bash
#
# Making manifests true: the same documents to every node, then hcstate apply on all of them at once,
# as nobody does it in order on a real cluster either. The nodes find their order by looking.

CONVERGE_LIMIT=600 # seconds

converge_usage() {
	usage_error "converge: $1; it takes [-f PATH]... [--node NODE]... [-- ARG...]"
}

# The new directory takes the old one's place by rename: nobody ever reads half of it.
converge_copy() { # NODE PATH...
	local init etc path
	init=$(cgroup_init "$1")
	etc=/proc/$init/root/etc/hcstate # the lab's mount of it may go at any moment, by a power-off
	shift
	mkdir -p "$etc"
	rm -rf "$etc/manifests.new" "$etc/manifests.old"
	mkdir "$etc/manifests.new"
	for path in "$@"; do
		[[ -d $path ]] && path+=/.
		cp -rL --no-preserve=mode,ownership "$path" "$etc/manifests.new/"
	done
	[[ ! -d $etc/manifests ]] || mv -T "$etc/manifests" "$etc/manifests.old"
	mv -T "$etc/manifests.new" "$etc/manifests"
	rm -rf "$etc/manifests.old"
}

# hcstate refuses with 1 also on a node that no manifest names, because it has just left the cluster
converge_left() { # NODE CODE
	local code=0
	(($2 == 1)) || return 1
	node_run "$1" hcstate get --desired "Node/$1" &>/dev/null </dev/null || code=$?
	((code == 1))
}

# Lines go through one sed per node, which writes each at once: the nodes' lines do not mix.
converge_node() { # NODE
	local code=0
	if ! node_on "$1"; then
		echo "$1: off, not converged"
		return 1
	fi
	converge_copy "$1" "${CONVERGE_FROM[@]}"
	node_run "$1" timeout --kill-after=10 "$CONVERGE_LIMIT" \
		hcstate apply "${CONVERGE_ARGUMENTS[@]}" </dev/null 2>&1 | sed -u "s/^/$1: /" || code=$?
	if ((code == 0)); then
		echo "$1: converged"
	elif converge_left "$1" "$code"; then
		echo "$1: not in the manifests"
	else
		echo "$1: not converged, hcstate apply ended with $code"
		return 1
	fi
}

# A document of the lab must not hide one of the manifests, nor these each other.
converge_check() { # PATH...
	local path same
	for path; do
		[[ -e $path ]] || die "converge: there is no $path"
	done
	same=$(for path; do
		if [[ -d $path ]]; then ls "$path"; else basename "$path"; fi
	done | sort | uniq -d | paste -sd' ')
	[[ -z $same ]] || die "converge: more than one of: $same"
}

run_converge() {
	local from=() nodes=() node
	CONVERGE_ARGUMENTS=()
	while (($#)); do
		case $1 in
		-f) (($# > 1)) || converge_usage "-f needs a path"; from+=("$2"); shift ;;
		--node) (($# > 1)) || converge_usage "--node needs a node"; nodes+=("$2"); shift ;;
		--) shift; CONVERGE_ARGUMENTS=("$@"); break ;;
		*) converge_usage "unknown argument $1" ;;
		esac
		shift
	done
	for node in "${nodes[@]}"; do
		node_known "$node"
	done
	((${#from[@]})) || from=("$TOP/manifests/lab")
	((${#nodes[@]})) || mapfile -t nodes < <(node_names)
	((${#nodes[@]})) || die "lab $NAME is down"
	CONVERGE_FROM=("${from[@]}" "$STATE/manifests")
	converge_check "${CONVERGE_FROM[@]}"
	say "converging ${nodes[*]}"
	for_all converge_node "${nodes[@]}"
	say "converged"
}
