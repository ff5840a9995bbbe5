# shellcheck shell=bash
#
# hcstate for the nodes: built as a release, or by the preset that HCSTATE_LAB_PRESET names, and installed
# as a package would install it. The staged tree travels as one tar, whose identity says whether a node has
# it already: STATE/hcstate.tar is replaced only when its content changes, and a node's hcstate.tar is a link
# to the one it got.

PRESET=${HCSTATE_LAB_PRESET:-release}
BUILD=$TOP/build/$PRESET

build_steps() {
	cd "$TOP" || exit
	[[ $BUILD/build.ninja -nt CMakePresets.json ]] || cmake --preset "$PRESET"
	cmake --build --preset "$PRESET"
	rm -rf "$BUILD/stage"
	DESTDIR=$BUILD/stage cmake --install "$BUILD"
	tar -C "$BUILD/stage" --sort=name --owner=0 --group=0 --mtime=@0 -cf "$BUILD/stage.tar" .
}

# builds hcstate; shows the build's output when it fails
build() {
	local lock log=$BUILD/lab.log
	mkdir -p "$BUILD"
	exec {lock}<"$BUILD"
	flock -w 600 "$lock" || die "another tools/lab has been building in $BUILD for 10 minutes"
	say "building hcstate"
	build_steps >"$log" 2>&1 </dev/null &
	wait $! || {
		cat "$log" >&2
		die "hcstate does not build"
	}
	exec {lock}<&-
}

# makes the latest build the lab's
build_take() {
	! cmp -s "$BUILD/stage.tar" "$STATE/hcstate.tar" || return 0
	cp "$BUILD/stage.tar" "$STATE/hcstate.tar.new"
	mv "$STATE/hcstate.tar.new" "$STATE/hcstate.tar"
}

# Puts the lab's build into a node's root, running or not. tar replaces files and does not write into
# them, so what runs goes on running; what the last build had and this one has not, goes.
build_install() { # NODE
	local dir=$STATE/nodes/$1 gone
	[[ ! $STATE/hcstate.tar -ef $dir/hcstate.tar ]] || return 0
	tar -C "$dir/root" --touch --no-overwrite-dir --keep-directory-symlink -xf "$STATE/hcstate.tar"
	if [[ -e $dir/hcstate.tar ]]; then
		comm -23 <(build_files "$dir/hcstate.tar") <(build_files "$STATE/hcstate.tar") |
			while read -r gone; do rm -f "$dir/root/$gone"; done
	fi
	agent_users "$dir/root"
	ln -f "$STATE/hcstate.tar" "$dir/hcstate.tar"
}

build_files() { # TAR
	tar -tf "$1" | grep -v '/$' | sort
}
