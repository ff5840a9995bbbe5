#!/usr/bin/env bash
# hcstate is killed, a node loses power, a disk is full, at any moment of a converge: the next run
# ends converged, or says what stands in the way.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/disturb.sh"

change() { # NUMBER: something of every provider
	sed -i -E "s/^( *mtu:).*//; s/^( *ports: \[enp0s8\])/\1\n  mtu: $((1400 + $1))/" "$MANIFESTS/20-network.yaml"
	sed -i '/^$/d' "$MANIFESTS/20-network.yaml"
	set_token $((3000 + $1))
	raise_version
}

random_begin
count=$(times 3 30)
for ((i = 1; i <= count; i++)); do
	random 3
	victim=pve$((RANDOM_VALUE + 1))
	if ((i % 3 == 0)); then
		change "$i"
		random 300
	else
		bare_lab
		random 3000
	fi
	say "kill $i of $count: $victim, $RANDOM_VALUE ms in"
	disturbed_converge kill_later "$victim" "$RANDOM_VALUE"
	converge
	all_votes 3 pve1 pve2 pve3
	no_change pve1 pve2 pve3
done

bare_lab
random 3000
say "pve2 loses power, $RANDOM_VALUE ms in"
disturbed_converge off_later pve2 "$RANDOM_VALUE"
converge
all_votes 3 pve1 pve2 pve3
no_change pve1 pve2 pve3

say "a full disk"
on pve1 mount -t tmpfs -o size=16k tmpfs /var/lib/hcstate
on pve1 sh -c 'cat /dev/zero >/var/lib/hcstate/ballast 2>/dev/null; :'
on pve1 ip addr del 10.0.0.1/24 dev vmbr1
code=0
on pve1 timeout -k 5 60 hcstate apply --timeout 10s >"$LOG" 2>&1 || code=$?
((code == 1)) || fail_with_log "on a full disk apply ended with $code"
grep -Fq 'No space left on device' "$LOG" || fail_with_log 'it does not say what stands in the way'
on pve1 umount /var/lib/hcstate
apply pve1
no_change pve1
