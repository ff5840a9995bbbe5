# shellcheck shell=bash
#
# What the scenarios share: a lab of their own, its manifests as they are now, and what can be asked
# of its nodes. A scenario sources this file first, and can be run by itself as well as by `run`.
#
# A lab that a scenario left converged is the next one's to begin with, if it wants the same of it: the
# scenarios of Ceph source ceph.sh, those of virtual machines vm.sh, those of the agent agent.sh, the
# others leave all of that out. Whoever fails, or leaves the nodes in a state of its own, lets the next one
# begin with bare nodes.
#
# Everything that could wait waits with a limit. When a scenario fails, this shows what its nodes say.
# shellcheck disable=SC2034,SC2119,SC2120 # for those who source it
set -Eeuo pipefail
shopt -s inherit_errexit
export LC_ALL=C.UTF-8

TOP=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
LAB=${HCSTATE_LAB_NAME:-test}
RUN=$TOP/build/lab-$LAB          # what the scenarios keep
MANIFESTS=$RUN/manifests         # what the cluster should be, now
KEYS=/var/lib/hcstate-lab/$LAB   # where tools/lab keeps keys and sealed secrets
NIGHTLY=${NIGHTLY:-}
SCENARIO=$(basename "$0" .sh)
LOG=$RUN/$SCENARIO.log           # what the last converge said
BRIDGES=(vmbr0 vmbr1)
SPOILT=
WITH_CEPH=${WITH_CEPH:-}
WITH_VM=${WITH_VM:-}
WITH_AGENTS=${WITH_AGENTS:-}
WITH_HA=${WITH_HA:-}
WITH="$WITH_CEPH $WITH_VM $WITH_AGENTS $WITH_HA ${HCSTATE_LAB_PRESET:-}" # what the lab of this scenario has
mkdir -p "$RUN"

say() { printf '  %3d s  %s\n' "$SECONDS" "$*"; }

fail() {
	printf 'FAILED: %s\n' "$*" >&2
	exit 1
}

# the fewer of the gate, or the many of the night
times() { # GATE NIGHTLY
	if [[ $NIGHTLY ]]; then echo "$2"; else echo "$1"; fi
}

# a number below LIMIT; SEED repeats them all
random() { # LIMIT
	RANDOM_VALUE=$((((RANDOM << 15) | RANDOM) % $1))
}

random_begin() {
	SEED=${SEED:-$(date +%s)}
	RANDOM=$SEED
	say "SEED=$SEED repeats this"
}

# Asks seldomer by and by: most questions start programs in a node, and several labs share the machine.
wait_until() { # SECONDS COMMAND...
	local end=$((SECONDS + $1)) pauses=(0.1 0.2 0.3 0.5) asked=0
	shift
	until "$@"; do
		((SECONDS < end)) || return 1
		sleep "${pauses[asked]}"
		((asked == 3)) || asked=$((asked + 1))
	done
}

# As grep -q, but it reads all of stdin: who writes to a grep that has seen enough dies of it, and pipefail
# takes that for the answer.
shows() { # ARGUMENT OF grep...
	(($(grep -c "$@" || :)))
}

# --- the lab ---

lab() {
	timeout -k 10 300 "$TOP/tools/lab" --name "$LAB" "$@" </dev/null
}

# a command in a node, with this shell's stdin and without
feed() { # NODE COMMAND...
	timeout -k 10 120 "$TOP/tools/lab" --name "$LAB" exec "$@"
}

on() { # NODE COMMAND...
	feed "$@" </dev/null
}

nodes() {
	lab status | awk 'NR > 1 && $2 == "on" { print $1 }'
}

manifests_reset() {
	rm -rf "$MANIFESTS"
	cp -rL "$TOP/manifests/lab${WITH_HA:+-ha}" "$MANIFESTS"
	[[ $WITH_CEPH ]] || rm -f "$MANIFESTS"/[3-9]*.yaml
	[[ $WITH_VM ]] || without_vm
}

# neither the VM nor what it needs of the nodes
without_vm() {
	rm -f "$MANIFESTS"/[4-9]*.yaml
	[[ ! $WITH_CEPH ]] || sed -i '/^  storage: true$/d' "$MANIFESTS/30-ceph.yaml"
}

# bare nodes and the manifests of the repository; arguments as for tools/lab up
bare_lab() {
	rm -f "$RUN/converged"
	lab down
	manifests_reset
	lab up "$@" 2>"$LOG" || fail_with_log "tools/lab up"
}

# whether the last scenario left what this one begins with
left_converged() {
	[[ -e $RUN/converged && $(<"$RUN/converged") == "$WITH" && $(nodes | wc -l) -eq 3 ]]
}

# a converged lab of three, perhaps the last scenario's
converged_lab() {
	if left_converged; then
		rm "$RUN/converged"
	else
		bare_lab
	fi
	converge
	no_change pve1 pve2 pve3
}

# the next scenario begins with bare nodes
spoil_lab() { SPOILT=yes; }

# --- manifests ---

config_version() { sed -n 's/^ *config_version: //p' "$MANIFESTS/10-cluster.yaml"; }

raise_version() {
	sed -i "s/^\( *config_version:\).*/\1 $(($(config_version) + 1))/" "$MANIFESTS/10-cluster.yaml"
}

# a fourth node in the manifests, and out of them again; the lab has it after up --nodes 4
add_pve4() {
	cat >"$MANIFESTS/40-pve4.yaml" <<-END
	apiVersion: hcstate/v1
	kind: Node
	metadata:
	  name: pve4
	spec:
	  id: 4
	  links: {link0: 192.168.4.204, link1: 10.0.0.4}
	END
	sed -i -E '/^ *pve3: \{addresses/{p;s/pve3/pve4/;s/3\/24/4\/24/}' "$MANIFESTS/20-network.yaml"
	raise_version
}

remove_pve4() {
	rm "$MANIFESTS/40-pve4.yaml"
	sed -i '/^ *pve4: /d' "$MANIFESTS/20-network.yaml"
	raise_version
}

set_token() { # MILLISECONDS
	sed -i -e '/^  token:/d' -e "/^  config_version:/a \  token: $1" "$MANIFESTS/10-cluster.yaml"
}

fail_with_log() { # CLAIM
	sed 's/^/    /' "$LOG" >&2
	fail "$1"
}

# arguments as for tools/lab converge; what it said is in $LOG
try_converge() {
	timeout -k 10 "${CONVERGE_LIMIT:-150}" "$TOP/tools/lab" --name "$LAB" \
		converge -f "$MANIFESTS" "$@" >"$LOG" 2>&1 </dev/null
}

converge() {
	try_converge "$@" || fail_with_log "converge $* ended with $?"
}

refused() { # TEXT [ARGUMENT...]: converge fails and says TEXT
	local text=$1
	shift
	! try_converge "$@" || fail_with_log "converge $* was to be refused"
	grep -Fq -- "$text" "$LOG" || fail_with_log "refused, but without saying: $text"
}

# --- what hcstate says ---

# a line per change: ACTION Kind/name[@node] FIELD,FIELD
changes() { # NODE
	local json
	json=$(on "$1" hcstate plan -o json)
	jq -r '.changes[] | "\(.action) \(.kind)/\(.name)\(if .node then "@" + .node else "" end) " +
		([.fields[].name] | join(","))' <<<"$json"
}

expect_changes() { # NODE LINE...: exactly these
	local node=$1 want got
	shift
	want=$(printf '%s\n' "$@" | sort)
	got=$(changes "$node" | sort)
	[[ $got == "$want" ]] || fail "$node: the plan is"$'\n'"$got"$'\n'"and not"$'\n'"$want"
}

at_rest() { # NODE...
	local node
	for node; do
		on "$node" hcstate plan --detailed-exitcode >/dev/null 2>&1 || return 1
	done
}

no_change() { # NODE...
	local node
	for node; do
		on "$node" hcstate plan --detailed-exitcode >"$RUN/plan" 2>&1 || {
			sed 's/^/    /' "$RUN/plan" >&2
			fail "$node: there is something left to do"
		}
	done
}

apply() { # NODE [ARGUMENT...]
	local node=$1
	shift
	on "$node" timeout -k 5 100 hcstate apply "$@" >"$LOG" 2>&1 || fail_with_log "$node: apply ended with $?"
}

# --- corosync ---

main_pid() { on "$1" systemctl show -P MainPID corosync.service; }

main_pids() {
	local node
	for node; do
		main_pid "$node"
	done | paste -sd' '
}

cmap() { # NODE KEY
	on "$1" corosync-cmapctl -g "$2" 2>/dev/null | sed 's/.* = //'
}

# quorate, with N votes present of N expected
votes() { # NODE N
	local text
	text=$(on "$1" corosync-quorumtool -s 2>&1 || :)
	grep -q '^Quorate: *Yes' <<<"$text" && grep -q "^Expected votes: *$2\$" <<<"$text" &&
		grep -q "^Total votes: *$2\$" <<<"$text"
}

all_votes() { # N NODE...
	local n=$1 node
	shift
	for node; do
		wait_until 30 votes "$node" "$n" || fail "$node: not quorate with $n of $n votes"
	done
}

# --- the network ---

address() { # NODE BRIDGE
	case $2 in
	vmbr0) echo "192.168.4.20${1#pve}" ;;
	vmbr1) echo "10.0.0.${1#pve}" ;;
	esac
}

other_bridge() { if [[ $1 == vmbr0 ]]; then echo vmbr1; else echo vmbr0; fi; }
nic_of() { if [[ $1 == vmbr0 ]]; then echo enp0s3; else echo enp0s8; fi; }

reaches() { # NODE OTHER BRIDGE
	on "$1" ping -q -n -c 1 -W 1 "$(address "$2" "$3")" >/dev/null 2>&1
}

# begins to ping; the words name it for ping_unbroken
ping_begin() { # NODE OTHER BRIDGE
	local to
	to=$(address "$2" "$3")
	reaches "$@" || fail "$1 does not reach $2 over $3"
	# shellcheck disable=SC2016 # the node's shell fills them in
	on "$1" sh -c 'ping -n -i 0.05 -w 600 "$1" >"/run/ping-$1" 2>&1 & echo $! >"/run/ping-$1.pid"' ping "$to"
}

# ... and no answer was missed since. The last question may still be on its way.
ping_unbroken() { # NODE OTHER BRIDGE
	local to text sent heard last
	to=$(address "$2" "$3")
	# shellcheck disable=SC2016
	on "$1" sh -c 'kill -INT $(cat "/run/ping-$1.pid")' ping "$to"
	# shellcheck disable=SC2016
	wait_until 5 on "$1" grep -q transmitted "/run/ping-$to" || fail "$1: ping does not end"
	text=$(on "$1" cat "/run/ping-$to")
	sent=$(sed -n 's/^\([0-9]*\) packets transmitted.*/\1/p' <<<"$text")
	heard=$(grep -c 'bytes from' <<<"$text") || :
	last=$(sed -n 's/.*icmp_seq=\([0-9]*\) ttl.*/\1/p' <<<"$text" | tail -n 1)
	((heard && heard == last && sent - last <= 1)) ||
		fail "$1 -> $to: $sent sent, $heard answered, the last was $last"
	say "ping $1 -> $to: $heard of $heard answered"
}

# somebody else's port, as a virtual machine has one
tap_add() { # NODE BRIDGE
	on "$1" ip tuntap add tap9 mode tap
	on "$1" ip link set tap9 master "$2" up
}

tap_stays() { # NODE BRIDGE
	on "$1" ip -o link show tap9 | shows " master $2 " || fail "$1: the tap left $2"
}

# Nobody but hcstate mends: networkd, which runs since a boot, would put a port back at once.
stop_networkd() { # NODE
	on "$1" systemctl --quiet stop systemd-networkd.socket systemd-networkd.service
}

# --- the end ---

# every ping of a link, every module of Ceph's manager at each start
NOISE=' \[KNET  \] |has missing NOTIFY_TYPES member'

show_node() { # NODE
	printf -- '--- %s: plan\n' "$1"
	on "$1" timeout -k 5 30 hcstate plan 2>&1 || :
	printf -- '--- %s: journal\n' "$1"
	lab journal "$1" -n 300 2>&1 | grep -Ev "$NOISE" | tail -n 60 || :
}

finish() {
	local code=$? node
	trap - EXIT ERR
	set +e
	if ((code == 0)); then
		[[ $SPOILT ]] || echo "$WITH" >"$RUN/converged"
		exit 0
	fi
	for node in $(nodes); do
		show_node "$node"
	done >&2
	[[ ! $WITH_CEPH ]] || show_ceph >&2
	[[ ! $WITH_VM ]] || show_vm >&2
	[[ ! $WITH_AGENTS ]] || show_agents >&2
	exit "$code"
}

trap finish EXIT
trap 'printf "FAILED: %s:%s: %s\n" "${BASH_SOURCE[0]##*/}" "$LINENO" "$BASH_COMMAND" >&2' ERR
