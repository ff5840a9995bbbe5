# shellcheck shell=bash
#
# For scenarios in which a converge does not come to its end on all nodes: hcstate is killed or a node
# loses power, so many milliseconds after it has begun.

DISTURBED_LIMIT=60s # for those who wait for the victim

seconds() { printf '%d.%03d' $(($1 / 1000)) $(($1 % 1000)); }

# Kills hcstate in the node, so long after it has begun there. Begun before the converge, so that the
# moment is the node's own.
kill_later() { # NODE MILLISECONDS
	# shellcheck disable=SC2016 # the node's shell fills them in
	on "$1" timeout 90 sh -c 'until pgrep -x hcstate >/dev/null; do sleep 0.01; done
		sleep "$1"; pkill -KILL -x hcstate' sh "$(seconds "$2")" || say "$1 was through already"
}

off_later() { # NODE MILLISECONDS
	sleep "$(seconds "$2")"
	lab power-off "$1"
}

# Whom it hits has not converged, and the others may wait for that one.
disturbed_converge() { # FUNCTION NODE MILLISECONDS
	local job
	"$@" &
	job=$!
	try_converge -- --timeout "$DISTURBED_LIMIT" || say "$2 has not converged"
	wait "$job"
}
