#!/usr/bin/env bash
# The Debian package installs on a bare node, brings all that hcstate needs, and can be purged.
. "$(dirname "$0")/lib.sh"

bare_lab
spoil_lab
out=$RUN/package
rm -rf "$out"
(cd "$TOP/build/release" && timeout -k 10 300 cpack -G DEB -B "$out") >"$LOG" 2>&1 </dev/null ||
	fail_with_log 'cpack'
package=$(find "$out" -maxdepth 1 -name '*.deb')
[[ $(wc -l <<<"$package") -eq 1 && $package ]] || fail "not one package: $package"

# tools/lab has put the same files there without dpkg
# shellcheck disable=SC2016
on pve1 sh -c 'rm -rf /usr/bin/hcstate /usr/lib/*/libhcstate.so* /usr/lib/*/hcstate /usr/include/hcstate'
! on pve1 sh -c 'command -v hcstate' || fail 'hcstate is still there'
feed pve1 sh -c 'cat >/tmp/hcstate.deb' <"$package"
on pve1 timeout -k 5 100 dpkg -i /tmp/hcstate.deb >"$LOG" 2>&1 || fail_with_log 'dpkg -i'
version=$(on pve1 hcstate version)
for word in net corosync ceph; do
	grep -qw "$word" <<<"$version" || fail "version does not name $word: $version"
done
on pve1 test -d /etc/hcstate/manifests || fail 'there is no place for manifests'
say "$(head -n 1 <<<"$version"), $(stat -c %s "$package") bytes"
on pve1 timeout -k 5 100 dpkg --purge hcstate >"$LOG" 2>&1 || fail_with_log 'dpkg --purge'
! on pve1 test -e /usr/bin/hcstate || fail 'purged, and still there'
