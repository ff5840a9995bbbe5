#!/usr/bin/env bash
# The soak, with agents that were built with the sanitizers: nothing that they ran into, and nothing lost when
# they end.
export HCSTATE_LAB_PRESET=asan
. "$(dirname "$0")/agent.sh"
. "$(dirname "$0")/soak.sh"

REPORT=/var/log/hcstate-sanitizers # its reports' names begin so

# Who looks for leaks stops the threads of the agent from outside.
sanitized() { # NODE
	# shellcheck disable=SC2016 # the node's shell fills it in
	feed "$1" sh -c 'mkdir -p "$1" && cat >"$1/sanitizers.conf"' sh /etc/systemd/system/hcstate.service.d <<-END
	[Service]
	Environment=ASAN_OPTIONS=detect_leaks=1:log_path=$REPORT UBSAN_OPTIONS=print_stacktrace=1:log_path=$REPORT
	SystemCallFilter=
	END
	on "$1" systemctl daemon-reload
	on "$1" systemctl restart hcstate.service
}

# nothing may be in them, however the agent ended
reports() { # NODE
	# shellcheck disable=SC2016 # the node's shell fills it in
	on "$1" sh -c 'cat "$1".* 2>/dev/null || :' sh "$REPORT"
}

random_begin
spoil_lab
agents_lab
agents_move_data
for node in "${NODES[@]}"; do sanitized "$node"; done
wait_settled 120
soak "$(times 60 1800)"
for node in "${NODES[@]}"; do
	on "$node" systemctl stop hcstate.service
	result=$(on "$node" systemctl show -P Result hcstate.service)
	[[ $result == success ]] || fail "$node: the agent ended with $result: $(reports "$node")"
	[[ ! $(reports "$node") ]] || fail "$node: $(reports "$node")"
done
say "the sanitizers had nothing to say"
