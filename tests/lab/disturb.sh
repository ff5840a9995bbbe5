# shellcheck shell=bash
#
# For scenarios in which a converge is disturbed: hcstate is killed or a node loses power, so many
# milliseconds after it has begun. Whom it hits runs hcstate again while the others are still at it.

DISTURBED_LIMIT=90s # for those who wait for the victim

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
	lab power-on "$1"
}

# Whom it hits has not converged, and the others may have given up on that one.
disturbed_converge() { # FUNCTION NODE MILLISECONDS
	local job others
	"$@" &
	job=$!
	LOG=$LOG.disturbed try_converge -- --timeout "$DISTURBED_LIMIT" || exit 1 &
	others=$!
	wait "$job"
	converge --node "$2" -- --timeout "$DISTURBED_LIMIT"
	wait "$others" || say "$2 was hit"
}
