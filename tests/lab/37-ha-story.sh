#!/usr/bin/env bash
# A node dies, and its VM comes back elsewhere with its disk as it was; the node comes back, and the VM goes
# home live. Again and again, also when the dead node led HA, led the monitors or had the active manager.
# Printed is how long the guest did not write, and how long each phase of it took; ten times the aim is a
# failure.
. "$(dirname "$0")/ha.sh"

AIM_MS=10000
WORST_MS=15000
HOMES=(pve3 pve3 pve1 pve2)

# each node in turn is the VM's home, so that each role dies now and then
home_is() { # NODE
	case $1 in
	pve1) prefer 3 2 1 ;;
	pve2) prefer 2 3 1 ;;
	pve3) prefer 1 2 3 ;;
	esac
	wait_settled 60
	wait_home "$1"
}

failover() { # NODE NUMBER
	local roles survivor
	roles=$(roles "$1")
	survivor=$([[ $1 == pve1 ]] && echo pve2 || echo pve1)
	watched
	dies "$1"
	wait_until 60 runs_elsewhere "$1" || fail "$VM is not recovered from $1: $(ha "$survivor" .)"
	wait_until 60 answers || fail "the guest does not answer on $(nodes_with "$VM" --state-running)"
	sleep 1
	watch_end
	[[ $(seen .boots) == 2 ]] || fail "the guest was started $(seen .boots) times: $(<"$SEEN_VM")"
	say "$1 dies ($roles): the guest wrote again after $(stood_still) ms, $(seen .booted_ms) of it its kernel's \
boot; $(ha_vm "$survivor" .last_failover)"
	(($(stood_still) < 10 * AIM_MS)) || fail "that took too long"
	stood_still >>"$RUN/failovers"
	echo $(($(stood_still) - $(seen .booted_ms))) >>"$RUN/failovers.without"
	comes_back "$1"
	wait_healthy "$survivor" 3 120
	wait_home "$1" 120
	wait_guest
	wait_settled 120
}

runs_elsewhere() { # NODE
	local on
	on=$(nodes_with "$VM" --state-running 2>/dev/null)
	[[ $on && $on != "$1" ]]
}

rm -f "$RUN"/failovers*
ha_lab
for ((i = 0; i < $(times 2 20); i++)); do
	home=${HOMES[i % ${#HOMES[@]}]}
	[[ $(nodes_with "$VM") == "$home" ]] || home_is "$home"
	failover "$home" "$i"
done
say "aim: median $AIM_MS ms, worst $WORST_MS ms; $(summary <"$RUN/failovers"); \
without the kernel's boot: $(summary <"$RUN/failovers.without")"
prefer 1 2 3
wait_settled 60
wait_home pve3
vm_sound pve3
