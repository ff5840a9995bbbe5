#!/usr/bin/env bash
# What is pushed is done on all nodes, within one interval and the work itself. A commit that does not
# validate, is not signed, is signed by somebody else, or takes back what was there, is refused: every node
# says which and why, and nothing changes. The next good one goes on. One node fetches over ssh.
. "$(dirname "$0")/agent.sh"

# a change that costs nobody anything: how long vmbr1 remembers addresses
set_ageing() { # SECONDS
	sed -i -e '/^  ageing:/d' -e "s/^  ports: \[enp0s8\]\$/&\n  ageing: $1/" "$MANIFESTS/20-network.yaml"
}

# the commit that every node is to stay at, and since when nothing is to happen
keep() {
	KEPT=$COMMIT SINCE=$(now)
}

kept() { # TEXT: every node refuses with it, and is as it was
	local node
	wait_refused "$1"
	for node in "${NODES[@]}"; do
		[[ $(generation "$node") == "$KEPT" ]] || fail "$node has taken $(generation "$node")"
		happened "$node" "$SINCE" '.event == "refused"' || fail "$node: no event says that it was refused"
	done
	no_steps "$SINCE"
	SINCE=$(now)
}

# one more commit in the clone, with options of git and of git commit
commit_by_hand() { # MESSAGE [-c OPTION] -- [OPTION...]
	local message=$1 options=()
	shift
	while [[ $1 != -- ]]; do options+=("$1"); shift; done
	shift
	work "${options[@]}" commit --quiet --allow-empty --message="$message" "$@"
	work push --quiet --force origin HEAD:main
}

agents_lab
if type -P sshd >/dev/null || [[ -x /usr/sbin/sshd ]]; then
	say "pve3 fetches over ssh"
	on pve3 cat /etc/hcstate/agent.yaml | sed -e 's,url: .*,url: ssh://root@git.lab/hcstate.git,' \
		-e '/ username:\| password_file:\| ca_file:\| ssh_key:\| known_hosts:/d' >"$RUN/agent.yaml"
	printf '    %s\n' 'ssh_key: /etc/hcstate/git/client' 'known_hosts: /etc/hcstate/git/known_hosts' \
		>>"$RUN/agent.yaml"
	feed pve3 sh -c 'cat >/etc/hcstate/agent.yaml' <"$RUN/agent.yaml"
	on pve3 systemctl reload hcstate.service
fi

say "a pool, a virtual machine and a bridge change"
boot=$(boot_of)
sed -i 's/^  min_size: 2/  min_size: 3/' "$MANIFESTS/30-ceph.yaml"
vm_set cpus 2
set_ageing 200
began=$EPOCHREALTIME
push -m "More of everything"
wait_settled 60
say "done on all nodes $(printf '%.1f' "$(bc <<<"$EPOCHREALTIME - $began")") s after the push, interval $INTERVAL s"
[[ $(pool_value pve1 $POOL min_size) == 3 ]] || fail 'the pool has another min_size'
expect_report '^cpus 2$'
[[ $(boot_of) == "$boot" ]] || fail 'the guest was started anew'
for node in "${NODES[@]}"; do
	on "$node" grep -qx 20000 /sys/class/net/vmbr1/bridge/ageing_time || fail "$node: vmbr1 was not changed"
done

say "a manifest with a mistake"
keep
printf '%s\n' 'apiVersion: hcstate/v1' 'kind: Bridge' 'metadata:' '  name: vmbr2' 'spec:' '  potrs: []' \
	>"$MANIFESTS/60-broken.yaml"
push -m "A mistake"
BROKEN=$COMMIT
kept 60-broken.yaml:6
rm "$MANIFESTS/60-broken.yaml"

say "a commit without a signature"
set_ageing 210
push --unsigned -m "By nobody"
wait_refused "${COMMIT:0:12}"
kept 'not signed'

say "a commit signed by a stranger"
rm -f "$RUN"/stranger*
ssh-keygen -q -t ed25519 -N '' -C stranger -f "$RUN/stranger"
commit_by_hand "By a stranger" -c "user.signingkey=$RUN/stranger" -- --gpg-sign
kept "$(work rev-parse HEAD | cut -c 1-12)"

say "history is rewritten"
work reset --quiet --hard "$KEPT~1"
commit_by_hand "Never happened" -- --gpg-sign
kept "$(work rev-parse HEAD | cut -c 1-12)"

say "the fix" # of what was in force last: the mistake was signed
work reset --quiet --hard "$BROKEN"
work push --quiet --force origin HEAD:main
sed -i 's/^  min_size: 3/  min_size: 2/' "$MANIFESTS/30-ceph.yaml"
vm_set cpus 1
set_ageing 220
push -m "All is well again"
wait_settled 60
for node in "${NODES[@]}"; do
	[[ $(status "$node" '.agent.refused | length') == 0 ]] || fail "$node still says that something was refused"
	on "$node" grep -qx 22000 /sys/class/net/vmbr1/bridge/ageing_time || fail "$node: vmbr1 was not changed"
done

say "nobody answers"
lab git off
refuses_connection() { [[ $(status pve1 '.agent.source.error // ""') ]]; }
wait_until $((3 * INTERVAL)) refuses_connection || fail "pve1's status does not say that git is not there"
on pve1 ip link set vmbr1 down
wait_until 10 on pve1 sh -c 'ip -br link show vmbr1 | grep -q " UP "' || fail 'drift is not mended without git'
lab git on 2>/dev/null
answered() { [[ $(status "$1" '.agent.source.error // ""') == '' ]]; }
for node in "${NODES[@]}"; do
	wait_until 60 answered "$node" || fail "$node: the source still has an error: $(status "$node" .agent.source)"
done
wait_healthy pve1 3
vm_sound pve1
