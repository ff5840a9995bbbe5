# shellcheck shell=bash
#
# The git server of the lab, for nodes whose agents pull their manifests: a host on the management switch,
# 192.168.4.1, that the nodes know as git.lab. It is two processes in the switches' namespace, in cgroups
# of their own, which say whether it is on: https by git.py, and ssh where the machine has an sshd. Its
# repository, its keys and what it said lie in git/:
#	hcstate.git	what it serves
#	work		a clone; what is committed there is signed by `signer`
#	ca, https	the certificate authority and the server's certificate
#	password	the nodes' password, user hcstate
#	ssh_host, client  the server's key and the nodes'
#	https.log, sshd.log

GIT_ADDRESS=192.168.4.1
GIT_NAME=git.lab

git_on() {
	[[ -n $(cgroup_pids git) ]]
}

git_here() { # ARGUMENT...: git, with no configuration but the clone's own
	(
		state_forget_lock
		exec env -i PATH="$PATH" HOME="$STATE/git" GIT_CONFIG_NOSYSTEM=1 GIT_TERMINAL_PROMPT=0 \
			git -C "$STATE/git/work" "$@"
	)
}

# prints the address of the repository
git_url() { # https|ssh
	case $1 in
	https) echo "https://$GIT_NAME/hcstate.git" ;;
	ssh) echo "ssh://root@$GIT_NAME/hcstate.git" ;;
	*) usage_error "git is served by https and ssh, not by $1" ;;
	esac
}

# Debian's libgit2 knows no addresses in certificates, so the server has a name.
git_certificates() { # DIRECTORY
	local make=(openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 365)
	"${make[@]}" -keyout "$1/ca.key" -out "$1/ca.pem" -subj "/CN=The lab's CA" 2>/dev/null
	"${make[@]}" -keyout "$1/https.key" -out "$1/https.pem" -subj "/CN=$GIT_NAME" \
		-CA "$1/ca.pem" -CAkey "$1/ca.key" -addext "subjectAltName=DNS:$GIT_NAME,IP:$GIT_ADDRESS" \
		-addext basicConstraints=critical,CA:FALSE -addext extendedKeyUsage=serverAuth 2>/dev/null
}

git_keys() { # DIRECTORY
	local key
	for key in ssh_host client signer; do
		ssh-keygen -q -t ed25519 -N '' -C "$key@$GIT_NAME" -f "$1/$key"
	done
	echo "$GIT_NAME $(cut -d' ' -f1,2 "$1/ssh_host.pub")" >"$1/known_hosts"
	echo "lab@$GIT_NAME namespaces=\"git\" $(cut -d' ' -f1,2 "$1/signer.pub")" >"$1/allowed_signers"
	tr -d - </proc/sys/kernel/random/uuid >"$1/password"
}

# Who comes with the clients' key may read this repository, whatever he asks for.
git_sshd_config() { # DIRECTORY
	echo "restrict,command=\"git upload-pack $STATE/git/hcstate.git\" $(<"$1/client.pub")" \
		>"$1/authorized_keys"
	printf '%s\n' "ListenAddress $GIT_ADDRESS" "HostKey $STATE/git/ssh_host" PidFile=none UsePAM=no \
		"AuthorizedKeysFile $STATE/git/authorized_keys" StrictModes=no LogLevel=VERBOSE \
		PermitRootLogin=forced-commands-only PasswordAuthentication=no AllowUsers=root \
		>"$1/sshd_config"
}

git_repository() { # DIRECTORY
	env -i PATH="$PATH" HOME="$1" git init --quiet --bare --initial-branch=main "$1/hcstate.git"
	env -i PATH="$PATH" HOME="$1" git init --quiet --initial-branch=main "$1/work"
	printf '%s\n' '[user]' ' name = The lab' " email = lab@$GIT_NAME" " signingkey = $STATE/git/signer" \
		'[gpg]' ' format = ssh' '[gpg "ssh"]' " allowedSignersFile = $STATE/git/allowed_signers" \
		'[commit]' ' gpgsign = true' '[remote "origin"]' " url = $STATE/git/hcstate.git" \
		' fetch = +refs/heads/*:refs/remotes/origin/*' >>"$1/work/.git/config"
}

# all that the server has, before it was ever on
git_make() {
	local new=$STATE/git.new
	[[ ! -d $STATE/git ]] || return 0
	rm -rf "$new"
	install -d -m 0700 "$new"
	git_certificates "$new"
	git_keys "$new"
	git_sshd_config "$new"
	git_repository "$new"
	mv "$new" "$STATE/git"
}

# begins a process of the server, which takes nothing of this command along
git_process() { # LOG COMMAND...
	local log=$STATE/git/$1 fd
	shift
	(
		cgroup_enter git
		exec </dev/null >>"$log" 2>&1
		for fd in /proc/self/fd/*; do
			((${fd##*/} < 3)) || eval "exec ${fd##*/}>&-"
		done
		exec env -i PATH="$PATH" nsenter --net="$STATE/net/switch" setsid "$@"
	) &
}

git_listens() { # PORT
	nsenter --net="$STATE/net/switch" ss -Hltn "sport = :$1" | grep -q .
}

git_start() {
	local sshd
	! git_on || return 0
	say "git server on, $(git_url https)"
	printf '%s\n' "link set lo up" "addr replace $GIT_ADDRESS/24 dev management" | switch_ip
	cgroup_make git
	git_process https.log python3 "$TOP/tools/lab.d/git.py" "$STATE/git" "$GIT_ADDRESS"
	wait_until 10 git_listens 443 || die "the git server does not begin: $STATE/git/https.log"
	if sshd=$(type -P sshd || type -P /usr/sbin/sshd); then
		mkdir -p /run/sshd
		git_process sshd.log "$sshd" -D -e -f "$STATE/git/sshd_config"
		wait_until 10 git_listens 22 || die "the git server does not begin: $STATE/git/sshd.log"
	fi
}

git_stop() {
	wait_until 10 cgroup_emptied git || die "processes of the git server do not end"
	wait_until 10 cgroup_removed git || die "the git server's cgroups are still in use"
}

# What one writes whose machines have an address already: the bridge takes over from Debian's installer.
git_adopt() {
	local file=$STATE/git/work/20-network.yaml
	[[ ! -e $file ]] || grep -q '^  adopt:' "$file" ||
		sed -i "s/^  ports: \[enp0s3\]\$/&\n  adopt: true\n  gateway: $GIT_ADDRESS/" "$file"
}

# the manifests of PATH and the lab's own documents take the place of those in the clone
git_take() { # PATH...
	local path
	converge_check "$@"
	git_here rm -rq --ignore-unmatch .
	for path in "$@"; do
		[[ -d $path ]] && path+=/.
		cp -rL --no-preserve=mode,ownership "$path" "$STATE/git/work/"
	done
	[[ ! -e $STATE/installed ]] || git_adopt
	git_here add --all
}

git_push() { # MESSAGE OPTION-OF-COMMIT PATH...
	local message=$1 option=$2
	shift 2
	git_take "$@" "$STATE/manifests"
	if ! git_here diff --cached --quiet 2>/dev/null; then
		git_here commit --quiet "$option" --message="$message"
	fi
	git_here push --quiet origin HEAD:main
	git_here rev-parse HEAD
}

git_usage() {
	usage_error "git: $1; it takes on, off, url [https|ssh] or push [-f PATH]... [-m MESSAGE] [--unsigned]"
}

run_git_push() {
	local from=() message="What the lab should be" option=--gpg-sign
	while (($#)); do
		case $1 in
		-f) (($# > 1)) || git_usage "-f needs a path"; from+=("$2"); shift ;;
		-m) (($# > 1)) || git_usage "-m needs a message"; message=$2; shift ;;
		--unsigned) option=--no-gpg-sign ;;
		*) git_usage "unknown argument $1" ;;
		esac
		shift
	done
	((${#from[@]})) || from=("$TOP/manifests/lab")
	[[ -d $STATE/git ]] || die "lab $NAME has no git server: up --installed makes one, or git on"
	state_lock
	git_push "$message" "$option" "${from[@]}"
}

run_git() {
	local verb=${1-}
	(($#)) || git_usage "what of it"
	shift
	case $verb in
	on)
		arguments $# 0 0
		netns_present switch || die "lab $NAME is down"
		state_lock
		git_make
		git_start
		;;
	off) arguments $# 0 0; state_lock; git_stop ;;
	url) arguments $# 0 1; git_url "${1:-https}" ;;
	push) run_git_push "$@" ;;
	*) git_usage "no $verb" ;;
	esac
}
