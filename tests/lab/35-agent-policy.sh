#!/usr/bin/env bash
# What an agent may do by itself: differences that are only reported, or nobody's matter; that wait for a
# window, or for a person's word; and hands off for a while. Each is seen in status, in the events, and by
# a webhook where somebody is to know.
. "$(dirname "$0")/agent.sh"

NODE=pve2
OBJECT=Bridge/vmbr1@$NODE
HOOKED=$RUN/hooked.json
PORT=8080
WINDOW=()

# somebody's change, that costs nobody anything
drift() {
	SINCE=$(now)
	on $NODE ip link set vmbr1 type bridge ageing_time "$1"
}

mended() { on $NODE grep -qx 25000 /sys/class/net/vmbr1/bridge/ageing_time; }
is_mended() { wait_until "${1:-10}" mended || fail "it is not mended: $(on $NODE hcstate status | grep $OBJECT)"; }

stays() { # SECONDS
	sleep "${1:-3}"
	! mended || fail 'it was mended'
}

line() { status $NODE ".resources[] | select(.kind == \"Bridge\" and .name == \"vmbr1\") | .$1 // \"\""; }
says() { [[ $(line "$1") == *"$2"* ]]; }
expect_line() { # STATE REASON
	wait_until 5 says state "$1" || fail "$OBJECT is $(line state), not $1"
	wait_until 5 says reason "$2" || fail "$OBJECT: the reason is $(line reason), not $2"
}

hooked() { # EVENT: it was told of it since
	jq -se --arg since "$SINCE" --arg object $OBJECT --arg event "$1" \
		'any(.[]; .event == $event and .object == $object and .at >= $since)' "$HOOKED" >/dev/null
}
is_hooked() { wait_until 10 hooked "$1" || fail "the webhook was not told of $1: $(<"$HOOKED")"; }

event() { happened $NODE "$SINCE" ".event == \"$1\" and .object == \"$OBJECT\""; }
expect_event() { wait_until 5 event "$1" || fail "no event says $1"; }

# the rule for the bridge, beside the webhook and the window
policy() { # LINE...
	printf '%s\n' 'notify:' '  lab:' "    url: http://192.168.4.1:$PORT/" "${WINDOW[@]}" 'policy:' \
		'  test:' '    kinds: [Bridge]' "${@/#/    }" | agent_config $NODE
}

# HH:MM so many minutes from now
clock() { date -u -d "$1 minutes" +%H:%M; }

agents_lab
: >"$HOOKED"
beside_begin
nsenter --net="$SWITCH" python3 "$TOP/tests/lab/webhook.py" 192.168.4.1 $PORT >"$HOOKED" &
sed -i 's/^  ports: \[enp0s8\]$/&\n  ageing: 250/' "$MANIFESTS/20-network.yaml"
push
wait_settled

say "report"
policy 'mode: report'
drift 11100
expect_line drifted 'only reported'
stays
expect_event drift
is_hooked drift

say "ignore"
policy 'mode: ignore'
expect_line kept ignored
stays

say "enforce"
policy 'mode: enforce'
is_mended

say "approval"
policy 'at_once: []' 'in_windows: []'
drift 22200
expect_line waiting approval
expect_event approval
is_hooked approval
on $NODE hcstate plan >"$RUN/plan" 2>&1 || :
grep -q "hcstate approve" "$RUN/plan" || fail "the plan does not say how to approve: $(<"$RUN/plan")"
stays 1
! on $NODE hcstate approve Bridge/nothing@$NODE 2>/dev/null || fail 'approved what is not there'
on $NODE hcstate approve $OBJECT || fail 'approve'
is_mended
drift 22300
expect_line waiting approval
id=$(on $NODE hcstate plan -o json | jq -r .id)
on $NODE hcstate approve "$id" || fail "approve $id"
is_mended

say "a window"
((10#$(date +%S) < 45)) || sleep 16 # a minute that has just begun is long enough
WINDOW=('windows:' '  soon:' "    from: \"$(clock 1)\"" "    to: \"$(clock 3)\"" '    time_zone: UTC')
policy 'at_once: []' 'in_windows: [none, blip]' 'windows: [soon]'
drift 33300
expect_line waiting 'the window soon'
stays 1
is_mended 75

say "hands off"
on $NODE hcstate suspend Bridge/vmbr1 --reason 'moving racks' --until +10m || fail 'suspend'
policy 'mode: enforce'
drift 44400
expect_line waiting 'moving racks'
on $NODE systemctl restart hcstate.service
stays
on $NODE hcstate resume Bridge/vmbr1 || fail 'resume'
is_mended

on $NODE cp /etc/hcstate/agent.lab /etc/hcstate/agent.yaml
on $NODE systemctl reload hcstate.service
wait_settled
