#!/usr/bin/env bash
# Another node in the manifest moves the VM there, live: the guest's counter never goes back and never
# stands still for more than 2 s, no ping is lost beyond the downtime, and there is one domain afterwards.
# A VM that somebody else moved is where it is: no difference.
. "$(dirname "$0")/vm.sh"

PING_EVERY=50 # ms

guest_ping_begin() { # NODE
	# shellcheck disable=SC2016 # the node's shell fills them in
	on "$1" sh -c 'ping -n -D -i 0.05 -w 600 "$1" >/run/ping 2>&1 & echo $! >/run/ping.pid' ping $GUEST
}

# prints for how many milliseconds nobody answered at most; none of the others was lost
guest_ping_end() { # NODE
	# shellcheck disable=SC2016
	on "$1" sh -c 'kill -INT $(cat /run/ping.pid); tail --pid=$(cat /run/ping.pid) -f /dev/null; cat /run/ping' \
		>"$RUN/ping"
	python3 - "$RUN/ping" <<-'END'
	import re, sys
	seen = [(float(t), int(n)) for t, n in
	        re.findall(r"\[([\d.]+)\] 64 bytes .*icmp_seq=(\d+)", open(sys.argv[1]).read())]
	assert len(seen) > 10, "the guest does not answer to ping"
	gaps = [int((b[0] - a[0]) * 1000) for a, b in zip(seen, seen[1:]) if b[1] != a[1] + 1]
	assert len(gaps) <= 1, f"answers are missing in {len(gaps)} places: {gaps} ms"
	print(max(gaps, default=0))
	END
}

# what `hcstate status` has of the last migration: FROM TO SECONDS DOWNTIME-IN-MS
last_migration() {
	on "$1" hcstate status -o json | jq -r --arg vm $VM '.resources[] |
		select(.kind == "VirtualMachine" and .name == $vm).observed.last_migration' |
		sed -E 's/^(\S+) -> (\S+), ([0-9.]+) s, ([0-9]+) ms.*/\1 \2 \3 \4/'
}

move() { # FROM TO
	local third silent from to took down
	third=pve$((6 - ${1#pve} - ${2#pve}))
	vm_set node "$2"
	watch_begin
	guest_ping_begin $third
	sleep 1
	converge
	sleep 1
	silent=$(guest_ping_end $third)
	watch_lived 2000
	expect_on "$2"
	[[ $(seen '.places | join(" ")') == "$1 $2" ]] || fail "it was seen on $(seen '.places | join(", ")')"
	read -r from to took down <<<"$(last_migration "$2")"
	[[ "$from $to" == "$1 $2" ]] || fail "the last migration is said to be from '$from' to '$to'"
	awk -v t="$took" 'BEGIN { exit !(t > 0 && t < 10) }' || fail "it took $took s"
	((silent <= down + 4 * PING_EVERY + 500)) || fail "silent for $silent ms, with a downtime of $down ms"
	say "$1 -> $2: $took s, $down ms down; nobody answered a ping for $silent ms, the counter stood for $(seen .still_ms) ms"
}

converged_lab
wait_guest
boot=$(boot_of)
place=pve1
count=$(times 2 10)
for ((i = 0; i < count; i++)); do
	next=pve$((${place#pve} % 3 + 1))
	move "$place" "$next"
	place=$next
done
vm_sound "$place"
[[ $(boot_of) == "$boot" ]] || fail 'the guest is another one'

say "home"
vm_set node pve1
converge
vm_sound pve1

say "of a VM that does not run only the definition moves"
vm_set running false
converge
[[ ! $(nodes_with $VM --state-running) ]] || fail 'it runs still'
vm_set node pve3
converge
[[ $(nodes_with $VM) == pve3 ]] || fail "it is defined on '$(nodes_with $VM)'"
vm_set running true
converge
vm_sound pve3
vm_unset running
vm_set node pve1
converge
vm_sound pve1
