# shellcheck shell=bash
#
# A lab's state directory, the lock on it, and what every part needs: talking and waiting.
#
# All that a lab is beside running processes lies in one directory, so "down" is to remove it:
#	nodes/pveN/	the node's disks, cables and console, see node.sh
#	git/		the git server's files, see git.sh
#	installed	the nodes are as Debian's installer leaves them, see agent.sh
#	net/		its network namespaces, see wire.sh
#	manifests/	the lab's own documents: public keys and sealed secrets, see keys.sh
#	keys/		the recovery key
#	hcstate.tar	the build that the nodes run, see build.sh

BEGAN=${EPOCHREALTIME/./}
STATE_LOCK= # the file descriptor

state_open() {
	NAME=$1
	STATE=/var/lib/hcstate-lab/$1
}

# progress, with the seconds since the start
say() {
	local tenths=$(((${EPOCHREALTIME/./} - BEGAN) / 100000))
	printf '[%3d.%d s] %s\n' $((tenths / 10)) $((tenths % 10)) "$*" >&2
}

die() {
	echo "tools/lab: $*" >&2
	exit 1
}

# runs the command again and again until it succeeds or SECONDS have passed
wait_until() { # SECONDS COMMAND...
	local end=$((${EPOCHREALTIME/./} + $1 * 1000000)) pauses=(0.02 0.05 0.1 0.2) asked=0
	shift
	until "$@"; do
		((${EPOCHREALTIME/./} < end)) || return 1
		sleep "${pauses[asked]}"
		((asked == 3)) || asked=$((asked + 1))
	done
}

# One change to a lab at a time. The lock is on the directory itself, which `down` removes: so see,
# when the lock is there, whether it is still the directory of that name.
# The helpers of this command hold it with it: who comes after a killed one waits for their end. What
# is not ours and may stay, a node or a command in it, must not have it: state_forget_lock.
state_lock() {
	[[ -z $STATE_LOCK ]] || return 0 # a step before this one took it
	while :; do
		install -d -m 0700 "$STATE"
		{ exec {STATE_LOCK}<"$STATE"; } 2>/dev/null || continue # just removed
		flock -w 300 "$STATE_LOCK" ||
			die "another tools/lab has been busy with lab $NAME for 5 minutes"
		[[ $STATE -ef /proc/self/fd/$STATE_LOCK ]] && return
		exec {STATE_LOCK}<&-
	done
}

# in a subshell that is about to become something else
state_forget_lock() {
	[[ -z $STATE_LOCK ]] || exec {STATE_LOCK}<&-
}

# Runs FUNCTION NODE for all nodes at once, and ends this command when one failed. Not to be used in a
# condition: there the shell would not stop at a function's first error.
for_all() { # FUNCTION NODE...
	local action=$1 node failed=0
	local -A job
	shift
	for node; do
		"$action" "$node" &
		job[$node]=$!
	done
	for node; do
		wait "${job[$node]}" || failed=1
	done
	((!failed)) || exit 1
}
