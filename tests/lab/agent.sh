# shellcheck shell=bash
#
# What the scenarios of the agent share. They source this instead of vm.sh, which it sources itself: their
# nodes are as Debian's installer leaves them, hcstate runs there as a service, and the only way to tell the
# nodes anything is a push to the lab's git server. What a node is, is asked of its agent (status, events);
# what the cluster is, of the cluster, as elsewhere.
# shellcheck disable=SC2034,SC2119,SC2120 # for those who source it
WITH_AGENTS=yes
. "$(dirname "${BASH_SOURCE[0]}")/vm.sh"

NODES=(pve1 pve2 pve3)
INTERVAL=5 # seconds between two fetches, as tools/lab has it
WORK=$KEYS/git/work
COMMIT=

# --- the lab ---

# nodes that know nothing yet; arguments as for tools/lab up
installed_lab() {
	rm -f "$RUN/converged"
	lab down
	manifests_reset
	lab up --installed "$@" 2>"$LOG" || fail_with_log "tools/lab up --installed"
}

# a converged lab of three with agents, perhaps the last scenario's
agents_lab() {
	if left_converged; then
		rm "$RUN/converged"
		manifests_reset # whoever raised config_version spoils the lab
	else
		installed_lab
	fi
	push
	wait_settled 300
	wait_healthy pve1 3
	wait_guest
}

# --- git ---

# the manifests as they are now are the next commit; arguments as for tools/lab git push
push() {
	COMMIT=$(lab git push -f "$MANIFESTS" "$@" 2>"$LOG") || fail_with_log "tools/lab git push"
}

# git in the lab's clone
work() {
	env GIT_CONFIG_NOSYSTEM=1 HOME="$KEYS/git" git -C "$WORK" "$@"
}

# --- the agent ---

# what jq's FILTER makes of the node's status
status() { # NODE FILTER [ARGUMENT OF jq]...
	local node=$1 filter=$2
	shift 2
	on "$node" timeout -k 5 20 hcstate status -o json 2>/dev/null | jq -r "$@" "$filter"
}

# shellcheck disable=SC2016 # jq fills it in
SETTLED='.generation == $commit and all(.resources[]; .state | IN("converged", "unmanaged", "kept"))'

settled() { # NODE
	[[ $(status "$1" "$SETTLED" --arg commit "$COMMIT") == true ]]
}

# every node has the commit that was pushed last, and nothing left to do
wait_settled() { # [SECONDS [NODE...]]
	local seconds=${1:-60} node end=$((SECONDS + ${1:-60}))
	(($# < 1)) || shift
	(($#)) || set -- "${NODES[@]}"
	for node; do
		wait_until $((end > SECONDS ? end - SECONDS : 1)) settled "$node" ||
			fail "$node is not converged with ${COMMIT:0:12} after $seconds s: $(on "$node" hcstate status 2>&1)"
	done
}

generation() { status "$1" .generation; }

agent_pid() { on "$1" systemctl show -P MainPID hcstate.service; }

# The events since a moment of seconds() (or all there are), a JSON object a line.
events() { # NODE [SINCE]
	on "$1" hcstate events -o json | jq -c --arg since "${2:-}" 'select(.at >= $since)'
}

now() { date -u +%Y-%m-%dT%H:%M:%S.%3NZ; }

# whether an event since then is such
happened() { # NODE SINCE FILTER
	[[ $(events "$1" "$2" | jq -s "any(.[]; $3)") == true ]]
}

# ... and no step was taken since: the cluster is untouched
no_steps() { # SINCE
	local node steps
	for node in "${NODES[@]}"; do
		steps=$(events "$node" "$1" | jq -r 'select(.event == "step").text')
		[[ ! $steps ]] || fail "$node did something: $steps"
	done
}

refused_with() { # NODE TEXT
	status "$1" '.agent | [.refused[]?, .source.error?] | tostring' | shows -F -- "$2"
}

wait_refused() { # TEXT [NODE...]
	local text=$1 node
	shift
	(($#)) || set -- "${NODES[@]}"
	for node; do
		wait_until $((3 * INTERVAL)) refused_with "$node" "$text" ||
			fail "$node does not say that it refuses: $text; but: $(status "$node" .agent)"
	done
}

# a node's agent.yaml: as the lab made it, and more lines of `spec` from stdin
agent_config() { # NODE
	local node=$1
	{
		on "$node" sh -c 'test -e /etc/hcstate/agent.lab || cp /etc/hcstate/agent.yaml /etc/hcstate/agent.lab
			cat /etc/hcstate/agent.lab'
		sed 's/^/  /'
	} | feed "$node" sh -c 'cat >/etc/hcstate/agent.new && mv /etc/hcstate/agent.new /etc/hcstate/agent.yaml'
	on "$node" systemctl reload hcstate.service || fail "$node: the agent does not take that configuration"
}

# what moves data is done at any time too: an OSD that somebody marked out
agents_move_data() {
	local node
	for node in "${NODES[@]}"; do
		printf '%s\n' 'policy:' '  osds:' '    kinds: [CephOsd]' \
			'    at_once: [none, blip, restart, data-move]' | agent_config "$node"
	done
}

# as the lab made them
agents_usual() {
	local node
	for node in "${NODES[@]}"; do
		agent_config "$node" </dev/null
	done
}

# --- the end ---

show_agents() {
	local node
	for node in $(nodes); do
		printf -- '--- %s: the agent\n' "$node"
		on "$node" systemctl status --no-pager --lines=0 hcstate.service 2>&1
		on "$node" timeout -k 5 20 hcstate status 2>&1 | head -n 20
		on "$node" journalctl --no-pager -u hcstate.service -n 40 -o short-precise 2>&1
	done
	tail -n 5 "$KEYS"/git/*.log 2>/dev/null
	return 0
}
