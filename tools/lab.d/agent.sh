# shellcheck shell=bash
#
# Nodes with agents: as Debian's installer leaves a machine, which is an address and a gateway on its first
# card, by ifupdown, with hcstate installed and enabled, a key, and an agent.yaml that names the lab's git
# server. All of that is on the disk before the node is switched on for the first time: from then on nobody
# gives a command on it, and what it becomes is what is pushed. The file STATE/installed says that the
# nodes of this lab are such, and whether they fetch by https or ssh.

AGENT_LIMIT=600  # seconds
AGENT_INTERVAL=5 # seconds between two fetches

agent_yaml() { # https|ssh
	printf '%s\n' 'apiVersion: hcstate/v1' 'kind: Agent' 'metadata:' '  name: agent' 'spec:' '  git:' \
		"    url: $(git_url "$1")" "    interval: $AGENT_INTERVAL" \
		'    allowed_signers: /etc/hcstate/git/allowed_signers'
	case $1 in
	https)
		printf '    %s\n' 'username: hcstate' 'password_file: /etc/hcstate/git/password' \
			'ca_file: /etc/hcstate/git/ca.pem'
		;;
	ssh) printf '    %s\n' 'ssh_key: /etc/hcstate/git/client' 'known_hosts: /etc/hcstate/git/known_hosts' ;;
	esac
}

agent_interfaces() { # NODE
	printf '%s\n' 'source /etc/network/interfaces.d/*' '' '# The loopback network interface' 'auto lo' \
		'iface lo inet loopback' '' '# The primary network interface' 'auto enp0s3' \
		'iface enp0s3 inet static' "	address 192.168.4.$((200 + ${1#pve}))/24" "	gateway $GIT_ADDRESS"
}

# a new node's disk, which is not mounted yet
agent_install() { # NODE UPPER
	local etc=$2/etc file
	mkdir -p "$etc"/{network,hcstate,systemd/system/multi-user.target.wants}
	agent_interfaces "$1" >"$etc/network/interfaces"
	printf '%s\t%s\n' "$GIT_ADDRESS" "$GIT_NAME" >>"$etc/hosts"
	install -d -m 0700 "$etc/hcstate/git"
	for file in password ca.pem allowed_signers client known_hosts; do
		install -m 0600 "$STATE/git/$file" "$etc/hcstate/git/"
	done
	agent_yaml "$(<"$STATE/installed")" >"$etc/hcstate/agent.yaml"
	ln -s /lib/systemd/system/hcstate.service "$etc/systemd/system/multi-user.target.wants/"
	mkdir -p "$STATE/manifests"
	hcstate_here keygen --key-file "$etc/hcstate/node.key" --name "$1" \
		>"$STATE/manifests/nodekey-$1.yaml"
}

# what a package does when it is installed
agent_users() { # ROOT
	systemd-sysusers --root="$1" hcstate.conf 2>/dev/null
}

# fails while the node's agent works on something, or has another generation
agent_converged() { # NODE COMMIT
	local status
	sleep 1 # each question makes it look
	status=$(node_run "$1" timeout --kill-after=5 20 hcstate status -o json </dev/null 2>/dev/null) ||
		return 1
	jq -e --arg commit "$2" '.generation == $commit and all(.resources[];
		.state == "converged" or .state == "unmanaged" or .state == "kept")' <<<"$status" >/dev/null
}

agent_wait() { # NODE
	if ! wait_until "$AGENT_LIMIT" agent_converged "$1" "$AGENT_COMMIT"; then
		node_run "$1" timeout --kill-after=5 20 hcstate status </dev/null >&2 || :
		die "$1: not converged after $AGENT_LIMIT s"
	fi
	say "$1 is converged"
}

# The lab as `demo` makes it, by a push and without a command on a node.
agents_demo() { # MANIFESTS
	local commit
	state_lock
	commit=$(git_push "The lab" --gpg-sign "$1")
	say "pushed $commit"
	agents_wait "$commit"
}

agents_wait() { # COMMIT
	local nodes
	AGENT_COMMIT=$1
	mapfile -t nodes < <(node_names)
	for_all agent_wait "${nodes[@]}"
}

vm_runs() { # VM NODE
	node_run "$2" timeout --kill-after=5 10 virsh -q list --name --state-running </dev/null 2>/dev/null |
		grep -qx "$1"
}

ha_wait() { # VM NODE
	wait_until "$AGENT_LIMIT" vm_runs "$1" "$2" || die "$1 does not come to $2"
	say "$1 is at home on $2"
}
