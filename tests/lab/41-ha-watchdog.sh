#!/usr/bin/env bash
# The watchdog of a node with HA VMs, over a stand-in for the device (watchdog_standin.c), which resets
# nothing: it runs where the VM is and nowhere else; an agent that is killed is followed by one that feeds it
# in time; stopping hcstate stops it; a cluster whose nodes do not hear each other goes on feeding; while
# somebody else has it that is said. When the agent stands still it is not fed, and the node, reset as the
# hardware would do it, loses its VM to another, where it is started once.
. "$(dirname "$0")/ha.sh"

TIMEOUT=10 # seconds, the least that HaPolicy takes
STANDIN=/usr/local/lib/watchdog_standin.so
DROPIN=/etc/systemd/system/hcstate.service.d/watchdog.conf
NICS=(enp0s3 enp0s8)

# --- the stand-in ---

standin_install() { # NODE
	feed "$1" sh -c "cat >$STANDIN" <"$RUN/watchdog_standin.so"
	printf '[Service]\nEnvironment=LD_PRELOAD=%s\n' "$STANDIN" |
		feed "$1" sh -c "mkdir -p ${DROPIN%/*} && cat >$DROPIN"
	agent_anew "$1"
}

standin_remove() { # NODE
	on "$1" rm -f "$STANDIN" "$DROPIN" /run/watchdog.log /run/watchdog.fed
	agent_anew "$1"
}

agent_anew() { # NODE
	on "$1" systemctl daemon-reload
	on "$1" systemctl restart hcstate.service
}

# what was done with it last: armed, stopped or left; nothing: it never ran since the boot
done_last() { # NODE
	on "$1" sh -c 'tail -n 1 /run/watchdog.log 2>/dev/null || :' | cut -d' ' -f1
}

runs() { [[ $(done_last "$1") == armed ]]; }
is_stopped() { [[ $(done_last "$1") == stopped ]]; }

starts() { # NODE: how often it was started
	on "$1" sh -c 'grep -c "^armed " /run/watchdog.log' || :
}

started_again() { # NODE NUMBER
	(($(starts "$1") > $2))
}

hunger() { # NODE: milliseconds since it was fed
	# shellcheck disable=SC2016 # the node's shell fills them in
	on "$1" sh -c 'echo $(($(date +%s%3N) - $(date -r /run/watchdog.fed +%s%3N)))'
}

# nobody has fed it for its whole time: the hardware would reset the node
would_reset() { # NODE
	(($(hunger "$1") > TIMEOUT * 1000))
}

expect_fed() { # WHAT NODE: for so long that it would have run out
	local end=$((SECONDS + TIMEOUT + 5))
	while ((SECONDS < end)); do
		! would_reset "$2" || fail "$1: $2's watchdog is not fed for $(hunger "$2") ms"
		sleep 0.5
	done
	runs "$2" || fail "$1: $2's watchdog: $(done_last "$2")"
}

policy_warns() { # NODE TEXT
	ha "$1" '.resources[] | select(.kind == "HaPolicy").spec.warnings[]?' | shows -F -- "$2"
}

# --- what is shown ---

only_where_the_vm_is() {
	wait_until 30 runs pve3 || fail "pve3 has $VM, and its watchdog does not run: $(ha pve3 .)"
	expect_fed 'nothing happens' pve3
	[[ ! $(done_last pve1)$(done_last pve2) ]] || fail "a watchdog runs where no VM is"
	say "it runs on pve3 alone, and is fed"
}

agent_is_killed() {
	local before
	before=$(starts pve3)
	on pve3 systemctl kill -s KILL hcstate.service
	wait_until "$TIMEOUT" started_again pve3 "$before" || fail "no agent went on with pve3's watchdog"
	expect_fed 'the agent is killed' pve3
	say "the agent is killed: the next one feeds"
}

agent_is_stopped() {
	on pve3 systemctl stop hcstate.service
	is_stopped pve3 || fail "hcstate is stopped, and the watchdog not: $(done_last pve3)"
	on pve3 touch /run/watchdog.busy
	on pve3 systemctl start hcstate.service
	wait_until 30 policy_warns pve3 'somebody else has it' || fail "nobody says that the watchdog is another's"
	on pve3 rm /run/watchdog.busy
	wait_until 30 runs pve3 || fail "the watchdog does not run when it is free again"
	say "hcstate is stopped: it is too; while it was another's that was said"
}

vm_leaves() {
	on pve1 hcstate ha maintenance on pve3 >/dev/null
	wait_until 90 runs pve2 || fail "$VM left pve3, and no other watchdog runs"
	wait_until 30 is_stopped pve3 || fail "$VM left pve3, and its watchdog runs on"
	on pve1 hcstate ha maintenance off pve3 >/dev/null
	wait_home pve3 120
	wait_until 30 runs pve3 || fail "$VM is at home, and the watchdog does not run"
	wait_until 30 is_stopped pve2 || fail "$VM left pve2, and its watchdog runs on"
	say "the VM leaves and comes home: the watchdogs follow it"
}

disarmed() {
	on pve1 hcstate ha disarm >/dev/null
	wait_until 30 is_stopped pve3 || fail "HA is disarmed, and the watchdog runs on"
	on pve1 hcstate ha arm >/dev/null
	wait_until 30 runs pve3 || fail "HA is armed again, and the watchdog does not run"
	say 'disarmed: it is stopped; armed: it runs again'
}

cables() { # plug|unplug: all of them
	local node nic pids=()
	for node in "${NODES[@]}"; do
		for nic in "${NICS[@]}"; do
			lab "$1" "$node" "$nic" &
			pids+=($!)
		done
	done
	wait "${pids[@]}"
}

no_contact() {
	cables unplug
	expect_fed 'all ports are down' pve3
	# one that begins then knows nothing yet, and feeds all the same
	on pve3 systemctl kill -s KILL hcstate.service
	sleep 2
	expect_fed 'the agent is killed while all ports are down' pve3
	cables plug
	wait_until 90 answers || fail "the guest does not answer when the ports are up again"
	wait_healthy pve1 3 120
	wait_home pve3 120
	wait_settled 120
	runs pve3 || fail "pve3's watchdog: $(done_last pve3)"
	say "all ports down: fed on, also by an agent that began then"
}

agent_stands_still() {
	local since
	watched
	since=$SECONDS
	on pve3 systemctl kill -s STOP hcstate.service
	wait_until $((2 * TIMEOUT)) would_reset pve3 || fail "the agent stands still, and the watchdog is fed"
	lab power-off pve3
	say "the agent stands still: reset after $((SECONDS - since)) s"
	wait_until 60 elsewhere pve3 || fail "$VM is not recovered: $(ha pve1 .)"
	wait_until 60 answers || fail "the guest does not answer"
	sleep 1
	watch_end 5000 # the others may have taken it a moment before the reset
	[[ $(seen .boots) == 2 ]] || fail "the guest was started $(seen .boots) times: $(<"$SEEN_VM")"
	lab power-on pve3
	wait_healthy pve1 3 120
	wait_home pve3 120
	wait_settled 120
	wait_until 30 runs pve3 || fail "pve3's watchdog does not run after its reset"
}

cc -shared -fPIC -D_GNU_SOURCE -o "$RUN/watchdog_standin.so" "$TOP/tests/lab/watchdog_standin.c"
ha_lab
for node in "${NODES[@]}"; do
	standin_install "$node"
done
sed -i "s|^  profile: fast|&\n  watchdog: /dev/watchdog\n  watchdog_timeout: ${TIMEOUT}s|" "$HA_MANIFEST"
push -m 'a watchdog'
wait_settled 60
only_where_the_vm_is
agent_is_killed
agent_stands_still
if [[ $NIGHTLY ]]; then
	agent_is_stopped
	no_contact
	vm_leaves
	disarmed
fi
for node in "${NODES[@]}"; do
	standin_remove "$node"
done
manifests_reset
push -m 'no watchdog'
wait_settled 120
vm_sound pve3
