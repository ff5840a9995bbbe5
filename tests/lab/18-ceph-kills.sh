#!/usr/bin/env bash
# hcstate is killed, or a node loses power, at any moment of Ceph's bootstrap or of a disk's replacement:
# the next run ends converged. There is one cluster, and no OSD id, key or mark that belongs to nothing.
. "$(dirname "$0")/ceph.sh"
. "$(dirname "$0")/disturb.sh"

mended() {
	converge
	sound 3 3 pve1 pve2 pve3
}

# every second kill is one of a replacement, in the cluster that the one before has left
disk_dies() { # NODE WRITER
	random 30
	lab disk-replace "$1" "$((RANDOM_VALUE + 10))G" >"$LOG" 2>&1 || fail_with_log "disk-replace $1"
	osd_dies "$1" "$2"
}

random_begin
count=$(times 3 30)
for ((i = 1; i <= count; i++)); do
	random 3
	victim=pve$((RANDOM_VALUE + 1))
	if ((i % 2 == 0)); then
		what=replacement
		object_put "$victim" before
		disk_dies "$victim" "pve$((RANDOM_VALUE % 3 + 1 == ${victim#pve} ? ${victim#pve} % 3 + 1 : RANDOM_VALUE % 3 + 1))"
		random 12000
	else
		what=bootstrap
		bare_lab
		random 20000
	fi
	say "kill $i of $count, $what: $victim, $RANDOM_VALUE ms in"
	disturbed_converge kill_later "$victim" "$RANDOM_VALUE"
	mended
	[[ $what == bootstrap ]] || object_same "$victim" before
done

bare_lab
random 15000
say "pve2 loses power, $RANDOM_VALUE ms in"
disturbed_converge off_later pve2 "$RANDOM_VALUE"
mended

say "all lose power"
for node in pve1 pve2 pve3; do lab power-off "$node"; done
for node in pve1 pve2 pve3; do lab power-on "$node"; done
wait_healthy pve1 3 120
mended
