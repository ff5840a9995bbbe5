# shellcheck shell=bash
#
# Whether a secret is anywhere where it has no business: in a command line or an environment, in a
# journal, in what hcstate prints or keeps. SEEN gets what could be seen, SECRETS the raw secrets.

SEEN=$RUN/seen
SECRETS=$RUN/secrets

leaks_begin() {
	rm -rf "$SEEN" "$SECRETS"
	mkdir "$SEEN"
	install -d -m 0700 "$SECRETS"
}

# until leaks_watched says so, or the scenario has failed
watch_commands() {
	local node
	while [[ -e $SEEN/watching ]] && kill -0 $$ 2>/dev/null; do
		for node in pve1 pve2 pve3; do
			on "$node" sh -c 'cat /proc/[0-9]*/cmdline /proc/[0-9]*/environ' 2>/dev/null || :
		done >>"$SEEN/commands"
	done
}

# from here to leaks_watched every command line is taken down
leaks_watch() {
	touch "$SEEN/watching"
	watch_commands &
	WATCHER=$!
}

leaks_watched() {
	rm "$SEEN/watching"
	wait "$WATCHER"
	[[ -s $SEEN/commands ]] || fail 'no command line was seen'
}

# everything that anybody could read, into files on the host
leaks_collect() { # NODE
	on "$1" journalctl --no-pager -o export >"$SEEN/$1.journal"
	on "$1" tar -C /var/lib/hcstate -cf - . >"$SEEN/$1.state"
	# shellcheck disable=SC2016 # the node's shell fills them in
	on "$1" sh -c 'for what in plan status get "get --desired" "get Secret" "apply --dry-run"; do
		for form in text json; do hcstate $what -o $form 2>&1; done; done; :' >"$SEEN/$1.output"
	on "$1" sh -c 'hcstate get --desired -o yaml 2>&1; :' >>"$SEEN/$1.output"
}

# a piece of a secret, raw, in hex or in base64, from any byte of it
leaks_found() {
	python3 - "$SECRETS" "$SEEN" <<-'END'
	import base64, pathlib, sys
	pieces = set()
	for secret in pathlib.Path(sys.argv[1]).iterdir():
	    key = secret.read_bytes()
	    assert len(key) >= 16, f"{secret} is too short"
	    for i in range(0, len(key) - 12 + 1, 4):
	        piece = key[i:i + 12]
	        pieces |= {piece, piece.hex().encode(), piece.hex().upper().encode()}
	    for i in range(3):
	        text = base64.b64encode(key[i:])[:len(key[i:]) // 3 * 4]
	        pieces |= {text[k:k + 16] for k in range(0, len(text) - 16 + 1, 16)}
	assert pieces, "no secrets"
	found = {str(path) for path in pathlib.Path(sys.argv[2]).iterdir()
	         for piece in pieces if piece in path.read_bytes()}
	sys.exit("a secret is in " + ", ".join(sorted(found)) if found else 0)
	END
}

# and the search does find
leaks_search() {
	local secret
	leaks_found || fail 'a secret leaked'
	secret=$(find "$SECRETS" -type f | head -n 1)
	cp "$secret" "$SEEN/planted"
	! leaks_found 2>/dev/null || fail 'the search finds nothing'
	base64 -w 0 <"$secret" >"$SEEN/planted"
	! leaks_found 2>/dev/null || fail 'the search finds nothing in base64'
	rm -rf "$SECRETS" "$SEEN/planted"
}
