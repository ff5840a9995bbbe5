# shellcheck shell=bash
#
# The lab's keys, as documents that go with any manifests: a NodeKey per node (its private half never
# leaves the node) and the cluster's secrets, sealed to the nodes and to a recovery key that stays on
# the host, in a directory that is not the lab's own: hcstate locks the one it writes to, and the
# lab's is locked already. All calls of hcstate that make keys are here.

KEYS_LIMIT=60 # seconds, of each call

hcstate_here() {
	(
		state_forget_lock
		export HCSTATE_PROVIDERS=$BUILD/providers
		exec timeout --signal=KILL "$KEYS_LIMIT" "$BUILD/hcstate" "$@"
	)
}

key_of_node() { # NODE
	local document=nodekey-$1.yaml
	[[ ! -s $STATE/manifests/$document ]] || return 0
	node_run "$1" timeout --signal=KILL "$KEYS_LIMIT" \
		hcstate keygen </dev/null >"$STATE/keys/$document"
	mv "$STATE/keys/$document" "$STATE/manifests/$document"
}

key_of_recovery() {
	local keys=$STATE/keys
	[[ ! -s $keys/recovery.pub.yaml ]] || return 0
	hcstate_here keygen --key-file "$keys/recovery.key" --name recovery >"$keys/recovery.new"
	mv "$keys/recovery.new" "$keys/recovery.pub.yaml"
}

# prints the nodes of manifests/lab that this lab does not have
nodes_missing() {
	local node names
	names=$(hcstate_here get --desired Node -f "$TOP/manifests/lab")
	while read -r node _; do
		node=${node#Node/}
		[[ -s $STATE/manifests/nodekey-$node.yaml ]] || echo "$node"
	done <<<"$names" | paste -sd' '
}

# What hcstate prints takes the place of all secrets there were, complete or not at all. Where nothing
# changes it has nothing to say that matters here.
secrets_renew() { # VERB OPTION...
	local new=$STATE/keys/secrets.new sealed=$STATE/manifests/secrets.yaml code=0
	hcstate_here secrets "$@" -f "$TOP/manifests/lab" -f "$STATE/manifests" \
		>"$new" 2>"$new.said" || code=$?
	cmp -s "$new" "$sealed" || cat "$new.said" >&2
	rm "$new.said"
	((code == 0)) || return "$code"
	mv "$new" "$sealed"
}

# Boxes for nodes that came since the last time, then the values that the manifests ask for since.
secrets_seal() {
	local keys=$STATE/keys sealed=$STATE/manifests/secrets.yaml missing key stale=
	for key in "$STATE"/manifests/nodekey-*.yaml; do
		[[ ! $key -nt $sealed ]] || stale=yes
	done
	missing=$(nodes_missing)
	if [[ -n $missing ]]; then
		say "manifests/lab needs $missing too, so this lab gets no secrets until they are there"
		return
	fi
	if [[ -s $sealed && -n $stale ]]; then
		secrets_renew rekey --key-file "$keys/recovery.key"
	fi
	secrets_renew init --recovery-key "$keys/recovery.pub.yaml"
}

keys_make() { # NODE...
	install -d -m 0700 "$STATE/keys"
	mkdir -p "$STATE/manifests"
	for_all key_of_node "$@"
	key_of_recovery
	secrets_seal
}
