#!/usr/bin/env bash
# The authkey is nowhere but in its file: not in the journal, in what hcstate prints or keeps, nor in
# a command line. Rotated, it is taken by all nodes, and they stay one cluster.
. "$(dirname "$0")/lib.sh"

SEEN=$RUN/seen

key_digest() { on "$1" sha256sum /etc/corosync/authkey | cut -d' ' -f1; }

watch_commands() {
	local node
	while [[ -e $SEEN/watching ]]; do
		for node in pve1 pve2 pve3; do
			on "$node" sh -c 'cat /proc/[0-9]*/cmdline /proc/[0-9]*/environ' 2>/dev/null || :
		done >>"$SEEN/commands"
	done
}

# everything that anybody could read, into files on the host
collect() { # NODE
	on "$1" journalctl --no-pager -o export >"$SEEN/$1.journal"
	on "$1" tar -C /var/lib/hcstate -cf - . >"$SEEN/$1.state"
	# shellcheck disable=SC2016 # the node's shell fills them in
	on "$1" sh -c 'for what in plan status get "get --desired" "get Secret" "apply --dry-run"; do
		for form in text json; do hcstate $what -o $form 2>&1; done; done; :' >"$SEEN/$1.output"
	on "$1" sh -c 'hcstate get --desired -o yaml 2>&1; :' >>"$SEEN/$1.output"
	on "$1" cat /etc/corosync/authkey >"$RUN/authkey.$1"
}

# a piece of the key, raw, in hex or in base64, from any byte of it
search() { # KEY DIRECTORY
	python3 - "$1" "$2" <<-'END'
	import base64, pathlib, sys
	key = pathlib.Path(sys.argv[1]).read_bytes()
	assert len(key) >= 128, "not a key"
	pieces = set()
	for i in range(0, len(key) - 24, 8):
	    piece = key[i:i + 12]
	    pieces |= {piece, piece.hex().encode(), piece.hex().upper().encode()}
	for i in range(3):
	    text = base64.b64encode(key[i:])
	    pieces |= {text[k:k + 16] for k in range(0, len(text) - 32, 16)}
	found = [str(path) for path in pathlib.Path(sys.argv[2]).iterdir()
	         for piece in pieces if piece in path.read_bytes()]
	sys.exit("the key is in " + ", ".join(sorted(set(found))) if found else 0)
	END
}

rm -rf "$SEEN" && mkdir "$SEEN"
converged_lab
old=$(key_digest pve1)
[[ $(on pve1 stat -c '%a %U' /etc/corosync/authkey) == '400 root' ]] || fail 'authkey can be read by others'

say "rotate"
HCSTATE_PROVIDERS=$TOP/build/release/providers timeout -k 5 60 "$TOP/build/release/hcstate" \
	secrets rotate corosync/authkey -f "$MANIFESTS" -f "$KEYS/manifests" \
	--recovery-key "$KEYS/keys/recovery.pub.yaml" >"$SEEN/secrets.yaml" 2>"$SEEN/rotate" </dev/null
cp "$SEEN/secrets.yaml" "$KEYS/manifests/secrets.yaml"
raise_version
touch "$SEEN/watching"
watch_commands &
watcher=$!
converge
rm "$SEEN/watching"
wait "$watcher"
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
[[ -s $SEEN/commands ]] || fail 'no command line was seen'
for node in pve1 pve2 pve3; do collect "$node"; done
search "$RUN/authkey.pve1" "$SEEN"
# the search does find
cp "$RUN/authkey.pve1" "$SEEN/planted"
! search "$RUN/authkey.pve1" "$SEEN" 2>/dev/null || fail 'the search finds nothing'
rm -f "$RUN"/authkey.* "$SEEN/planted"
