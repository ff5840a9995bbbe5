#!/usr/bin/env bash
# The authkey is nowhere but in its file: not in the journal, in what hcstate prints or keeps, nor in
# a command line. Rotated, it is taken by all nodes, and they stay one cluster.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/leaks.sh"

key_digest() { on "$1" sha256sum /etc/corosync/authkey | cut -d' ' -f1; }

leaks_begin
converged_lab
old=$(key_digest pve1)
[[ $(on pve1 stat -c '%a %U' /etc/corosync/authkey) == '400 root' ]] || fail 'authkey can be read by others'

say "rotate"
HCSTATE_PROVIDERS=$TOP/build/release/providers timeout -k 5 60 "$TOP/build/release/hcstate" \
	secrets rotate corosync/authkey -f "$MANIFESTS" -f "$KEYS/manifests" \
	--recovery-key "$KEYS/keys/recovery.pub.yaml" >"$SEEN/secrets.yaml" 2>"$SEEN/rotate" </dev/null
cp "$SEEN/secrets.yaml" "$KEYS/manifests/secrets.yaml"
raise_version
leaks_watch
converge
leaks_watched
cp "$LOG" "$SEEN/converge"
new=$(key_digest pve1)
[[ $new != "$old" ]] || fail 'it is still the old key'
for node in pve2 pve3; do
	[[ $(key_digest "$node") == "$new" ]] || fail "$node has another key than pve1"
done
all_votes 3 pve1 pve2 pve3
no_change pve1 pve2 pve3

say "and once more from a cold start, as the file alone decides then"
for node in pve1 pve2 pve3; do on "$node" systemctl restart corosync.service; done
all_votes 3 pve1 pve2 pve3

say "search"
for node in pve1 pve2 pve3; do
	leaks_collect "$node"
	on "$node" cat /etc/corosync/authkey >"$SECRETS/$node"
done
leaks_search
