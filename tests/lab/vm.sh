# shellcheck shell=bash
#
# What the scenarios of virtual machines share. They source this instead of ceph.sh, which it sources
# itself: their lab has all of manifests/lab, with the VM. What runs and where is asked of libvirt, of
# Ceph and of the guest, never of hcstate; watch.py looks all the time.
# shellcheck disable=SC2034,SC2119,SC2120 # for those who source it
WITH_VM=yes
. "$(dirname "${BASH_SOURCE[0]}")/ceph.sh"

VM=debian-pve1
GUEST=10.0.0.100
VM_MANIFEST=$MANIFESTS/40-vm.yaml
STORAGE_MANIFEST=$MANIFESTS/41-storage.yaml
SEEN_VM=$RUN/watched.json
SWITCH=$KEYS/net/switch

# --- libvirt ---

virsh() { # NODE ARGUMENT...
	local node=$1
	shift
	on "$node" timeout -k 5 60 virsh -q "$@"
}

# the nodes whose libvirt has it: in any state, or as the option says
nodes_with() { # VM [OPTION of virsh list]
	local node
	for node in $(nodes); do
		! virsh "$node" list --name "${2:---all}" 2>/dev/null | shows -x "$1" || echo "$node"
	done | paste -sd' '
}

runs_on() { # NODE [VM]: there, and defined nowhere else
	[[ $(nodes_with "${2:-$VM}" --state-running) == "$1" && $(nodes_with "${2:-$VM}") == "$1" ]]
}

expect_on() { # NODE [VM]
	runs_on "$@" || fail "${2:-$VM} runs on '$(nodes_with "${2:-$VM}" --state-running)' and is defined on \
'$(nodes_with "${2:-$VM}")', not on $1"
}

# --- the guest ---

# in the network of the switches, where no node's death is felt
beside() { nsenter --net="$SWITCH" "$@"; }

beside_begin() {
	beside ip link set lo up
	[[ $(beside ip -o addr show dev ceph) == *10.0.0.250* ]] || beside ip addr add 10.0.0.250/24 dev ceph
}

ask() { # QUESTION [ADDRESS]
	beside python3 - "$1" "${2:-$GUEST}" <<-'END'
	import socket, sys
	s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
	s.settimeout(1)
	s.sendto(sys.argv[1].encode(), (sys.argv[2], 7))
	try:
	    print(s.recv(2000).decode(), end="")
	except OSError:
	    sys.exit(1)
	END
}

answers() { ask count "${1:-$GUEST}" >/dev/null; }

wait_guest() { # [SECONDS [ADDRESS]]
	beside_begin
	wait_until "${1:-60}" answers "${2:-$GUEST}" || fail "the guest at ${2:-$GUEST} does not answer"
}

# it is the same since it was asked last: it was not started anew
boot_of() { ask count "${1:-$GUEST}" | cut -d' ' -f3; }

# a line of its report
reports() { # PATTERN
	ask report | shows -E -- "$1"
}

expect_report() { # PATTERN
	wait_until 10 reports "$1" || fail "the guest does not say $1: $(ask report | paste -sd'|')"
}

# --- watching ---

watch_begin() { # [VM [ADDRESS]]
	beside_begin
	nsenter --net="$SWITCH" python3 "$TOP/tests/lab/watch.py" "$LAB" "${1:-$VM}" "${2:-$GUEST}" >"$SEEN_VM" &
	WATCH=$! # which nsenter has become; a function would be a shell between us
}

seen() { jq -r "$1" "$SEEN_VM"; }

# ... and it never ran twice, or for no longer than that
watch_end() { # [MILLISECONDS]
	kill "$WATCH"
	wait "$WATCH" || fail 'watch.py failed'
	WATCH=
	(($(seen .twice_ms) <= ${1:-0})) ||
		fail "it ran twice: $(seen '.twice | join(", ")'), for $(seen .twice_ms) ms"
	(($(seen .looks) > 0)) || fail 'it was never seen to run'
	[[ $(seen .back) == 0 ]] || fail "its counter went back: $(<"$SEEN_VM")"
}

# one guest all the time, that never stood still for long
watch_lived() { # [MILLISECONDS]
	watch_end
	[[ $(seen .boots) == 1 ]] || fail "the guest was started anew: $(<"$SEEN_VM")"
	(($(seen .still_ms) < ${1:-2000})) || fail "its counter stood still for $(seen .still_ms) ms"
}

# --- disks ---

rbd() { # NODE ARGUMENT...
	local node=$1
	shift
	on "$node" timeout -k 5 60 rbd "$@"
}

images() { rbd pve1 ls "${1:-$POOL}" | sort | paste -sd' '; }

image_size() { rbd pve1 info --format json "$1" | jq .size; }

watchers() { # IMAGE: the nodes that have it open
	rbd pve1 status --format json "$1" | jq -r '[.watchers[].address | sub("10.0.0."; "pve") |
		sub(":.*"; "")] | sort | join(" ")'
}

only_watcher() { # NODE [IMAGE]
	[[ $(watchers "${2:-$POOL/vm-100-disk-0}") == "$1" ]]
}

# what the guest wrote at the beginning of its disk, as Ceph has it
count_on_disk() {
	local prefix
	prefix=$(rbd pve1 info --format json "$POOL/vm-100-disk-0" | jq -r .block_name_prefix)
	on pve1 timeout -k 5 30 rados -p "$POOL" get "$prefix.0000000000000000" - | { head -c 64; cat >/dev/null; } |
		tr -d '\0' | sed -n 's/^hclab //p'
}

# --- what must hold whatever happened ---

# the VM runs there and nowhere else, alone on its disk, and nobody has anything left to do
vm_sound() { # NODE
	wait_guest 60
	expect_on "$1"
	wait_until 40 only_watcher "$1" || fail "its disk is open on '$(watchers "$POOL/vm-100-disk-0")', not on $1"
	# agents tidy the blocklist when VMs have run for a while
	[[ ! $WITH_AGENTS ]] || wait_until 100 at_rest pve1 pve2 pve3 || :
	no_change pve1 pve2 pve3
}

# --- manifests ---

vm_set() { # FIELD VALUE
	sed -i "s|^  $1: .*|  $1: $2|" "$VM_MANIFEST"
	grep -q "^  $1: $2\$" "$VM_MANIFEST" || sed -i "s|^spec:\$|&\n  $1: $2|" "$VM_MANIFEST"
}

vm_unset() { # FIELD
	sed -i "/^  $1: /d" "$VM_MANIFEST"
}

# a directory of the nodes as a storage, for what is not on Ceph
dir_storage() { # NAME PATH
	printf '%s\n' 'apiVersion: hcstate/v1' 'kind: Storage' 'metadata:' "  name: $1" 'spec:' '  type: dir' \
		"  path: $2" >"$STORAGE_MANIFEST"
}

# --- the end ---

# what it says on its console, and what QEMU knows of its processors and disks
show_guest() { # NODE
	local console words
	console=$(virsh "$1" ttyconsole $VM 2>&1)
	# shellcheck disable=SC2016 # the node's shell fills them in
	on "$1" timeout 5 sh -c 'exec 3<>"$1" && printf "\ncount\nreport\n" >&3 && cat <&3' sh "$console" 2>&1
	for words in 'info status' 'info registers -a' 'info blockstats'; do
		virsh "$1" qemu-monitor-command --hmp $VM "$words" 2>&1 |
			grep -E 'status|CPU#|RIP|HLT|operations' | cut -c 1-300
	done
}

show_vm() {
	local node
	for node in $(nodes); do
		printf -- '--- %s: libvirt\n' "$node"
		virsh "$node" list --all 2>&1
		on "$node" sh -c 'tail -n 5 /var/log/libvirt/qemu/*.log' 2>&1 | cut -c 1-300
	done
	for node in $(nodes_with $VM --state-running); do
		printf -- '--- %s: the guest\n' "$node"
		show_guest "$node"
	done
	rbd pve1 status "$POOL/vm-100-disk-0" 2>&1
	on pve1 timeout -k 5 20 hcstate claim show "$VM" 2>&1
	return 0
}
