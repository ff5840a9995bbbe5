#!/usr/bin/env bash
# plan and apply --dry-run say the same, byte for byte, where nothing can be written; and afterwards
# everything is as it was. Two apply at once: the second is told to try later.
. "$(dirname "$0")/lib.sh"

# Every file system of the node read-only, in a mount namespace of its own; but /dev/shm, where
# corosync's own library keeps the buffers through which it is asked.
# shellcheck disable=SC2016 # the node's shell fills them in
READ_ONLY='
mount --make-rprivate /
cut -d" " -f5 /proc/self/mountinfo | grep -v "^/dev/shm" |
	while read -r place; do mount -o remount,bind,ro "$place" 2>/dev/null; done
for place in / /etc /run /tmp /var/lib; do
	touch "$place/probe" 2>/dev/null && { echo "$place can be written" >&2; exit 99; }
done
exec hcstate "$@"'

read_only() { # NODE ARGUMENT...
	local node=$1
	shift
	on "$node" unshare --mount sh -c "$READ_ONLY" hcstate "$@"
}

# what a node is, as far as hcstate could change it
snapshot() { # NODE
	on "$1" sh -c 'find /etc /var/lib/hcstate /run/hcstate -type f -exec sha256sum {} + 2>/dev/null | sort
		ip -d link | sed "s/_timer *[0-9.]*//g"; ip addr; ip route; systemctl list-unit-files --no-legend
		systemctl list-units --no-legend --plain --type=service' | grep -v valid_lft
}

looks_only() { # NODE
	local before after option
	before=$(snapshot "$1")
	for option in text json; do
		read_only "$1" plan -o $option >"$RUN/plan.$option" || fail "$1: plan -o $option ended with $?"
		read_only "$1" apply --dry-run -o $option >"$RUN/dry.$option" || fail "$1: the dry run ended with $?"
		cmp "$RUN/plan.$option" "$RUN/dry.$option" || fail "$1: plan and dry run differ"
		[[ -s $RUN/plan.$option ]] || fail "$1: the plan is empty"
	done
	after=$(snapshot "$1")
	[[ $before == "$after" ]] || {
		diff <(echo "$before") <(echo "$after") >&2 || :
		fail "$1: it is not as it was"
	}
}

bare_lab
say "on a bare node"
on pve1 mkdir -p /etc/hcstate/manifests
# shellcheck disable=SC2016,SC2094 # the node's shell fills it in; the node's file is another one
for file in "$MANIFESTS"/*.yaml "$KEYS"/manifests/*.yaml; do
	feed pve1 sh -c 'cat >"/etc/hcstate/manifests/$1"' sh "$(basename "$file")" <"$file"
done
looks_only pve1
grep -q '^+ Bridge/vmbr0@pve1' "$RUN/plan.text" || fail 'the plan of a bare node has no bridge'

say "a second apply while one runs"
on pve1 timeout -k 5 60 hcstate apply --timeout 50s >"$LOG" 2>&1 &
first=$!
waits() { grep -q 'wait for quorum: waits' "$LOG"; }
wait_until 30 waits || fail_with_log 'a node alone does not wait for quorum'
code=0
on pve1 hcstate apply >"$RUN/second" 2>&1 || code=$?
((code == 75)) || fail "the second apply ended with $code: $(cat "$RUN/second")"
(LOG=$LOG.others; converge --node pve2 --node pve3)
wait "$first" || fail_with_log "the first apply ended with $?"

say "on a converged node"
converge
looks_only pve2
grep -q '^Nothing to do' "$RUN/plan.text" || fail 'a converged node has something to do'
