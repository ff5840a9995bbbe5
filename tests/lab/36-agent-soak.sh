#!/usr/bin/env bash
# Things break at random on random nodes, several at a time, with nobody but the agents to mend them: in
# the end all is as it was pushed, the agents are those that were there, and they have not grown.
. "$(dirname "$0")/agent.sh"
. "$(dirname "$0")/idle.sh"
. "$(dirname "$0")/soak.sh"

random_begin
agents_lab
agents_move_data
soak 15 # once each has mended something it has what it needs
declare -A memory
for node in "${NODES[@]}"; do memory[$node]=$(idle_memory "$node" "$(agent_pid "$node")"); done
soak "$(times 60 1800)"
for node in "${NODES[@]}"; do
	grown=$(($(idle_memory "$node" "$(agent_pid "$node")") - memory[$node]))
	say "$node: the agent has grown by $grown KiB"
	((grown < 8 * 1024)) || fail "$node: the agent grows"
done
agents_usual
idle_agents "$(times 10 60)"
