# shellcheck shell=bash
#
# What an agent costs when nothing happens: memory that is its own, processor time, and what it writes. The
# aim is under 40 MiB and under 0.5 % of a processor.

IDLE_MEMORY=$((40 * 1024)) # KiB
IDLE_CPU=5                 # thousandths of a processor

# name and ticks (of 10 ms) of each thread
idle_threads() { # NODE PID
	# shellcheck disable=SC2016 # the node's shell fills them in
	on "$1" sh -c 'for t in /proc/$1/task/*; do sed "s/.*(\(.*\)) . /\1 /;s/ /_/" $t/stat; done' sh "$2" |
		awk '{ print $1, $(12) + $(13) }'
}

idle_ticks() { # NODE PID
	on "$1" cat "/proc/$2/stat" | sed 's/.*) //' | awk '{ print $12 + $13 }'
}

idle_memory() { # NODE PID: KiB that it does not share with others
	# shellcheck disable=SC2016 # awk's
	on "$1" awk '/^(Private_Clean|Private_Dirty|Shared_Dirty):/ { s += $2 } END { print s }' "/proc/$2/smaps_rollup"
}

idle_agents() { # SECONDS
	local node pid lines ticks memory permille
	local -A pids=() began=() said=()
	for node in "${NODES[@]}"; do
		pids[$node]=$(agent_pid "$node")
		said[$node]=$(on "$node" journalctl -q -u hcstate.service -o cat | wc -l)
		began[$node]=$(idle_ticks "$node" "${pids[$node]}")
	done
	sleep "$1"
	for node in "${NODES[@]}"; do
		pid=${pids[$node]}
		ticks=$(($(idle_ticks "$node" "$pid") - began[$node]))
		permille=$((ticks * 10 / $1))
		memory=$(idle_memory "$node" "$pid")
		lines=$(($(on "$node" journalctl -q -u hcstate.service -o cat | wc -l) - said[$node]))
		say "$node, idle for $1 s: $memory KiB, $((permille / 10)).$((permille % 10)) % of a processor, $lines lines"
		((memory < IDLE_MEMORY)) || fail "$node: the agent takes $memory KiB"
		((permille < 10 * IDLE_CPU)) || fail "$node: the agent is busy with nothing"
		((permille < IDLE_CPU)) || say "that is more than the aim"
		((lines == 0)) || fail "$node: it says something though nothing happens: $(on "$node" journalctl -q \
			-u hcstate.service -o cat -n "$lines")"
	done
}
