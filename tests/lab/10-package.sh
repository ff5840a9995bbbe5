#!/usr/bin/env bash
# The Debian package installs on a bare node, brings all that hcstate needs, agent, users and manual pages
# included, and begins nothing by itself. A newer one goes on where the older one ran. Removed, nothing runs
# any more; what the node knows of itself stays, even when it is purged.
. "$(dirname "$0")/lib.sh"

BROUGHT=(
	/usr/bin/hcstate /usr/libexec/hcstate/{hcstate-git,hcstate-claim,qemu-hook}
	/usr/lib/systemd/system/hcstate.service /usr/lib/sysusers.d/hcstate.conf
	/usr/share/bash-completion/completions/hcstate
	/usr/share/man/man1/hcstate.1.gz /usr/share/man/man5/hcstate-manifests.5.gz
	/usr/share/man/man8/hcstate-agent.8.gz
	/usr/share/doc/hcstate/examples/agent.yaml
)

content() { # FILE OF THE PACKAGE
	dpkg-deb --fsys-tarfile "$PACKAGE" | tar -xOf - ".$1"
}

# enabled or disabled, active or inactive
service_is() { # ENABLED ACTIVE
	local is
	is="$(on pve1 systemctl is-enabled hcstate.service 2>&1 || :) $(on pve1 systemctl is-active hcstate.service || :)"
	[[ $is == "$1 $2" ]] || fail "hcstate.service is $is, not $1 $2"
}

agent_pid() { on pve1 systemctl show -P MainPID hcstate.service; }

dpkg_does() { # ARGUMENT...
	on pve1 timeout -k 5 100 dpkg "$@" >"$LOG" 2>&1 || fail_with_log "dpkg $*"
}

bare_lab --nodes 1
spoil_lab
out=$RUN/package
rm -rf "$out"
(cd "$TOP/build/release" && timeout -k 10 300 cpack -G DEB -B "$out") >"$LOG" 2>&1 </dev/null ||
	fail_with_log 'cpack'
PACKAGE=$(find "$out" -maxdepth 1 -name '*.deb')
[[ $(wc -l <<<"$PACKAGE") -eq 1 && $PACKAGE ]] || fail "not one package: $PACKAGE"
files=$(dpkg-deb --fsys-tarfile "$PACKAGE" | tar -t | sed -n 's|^\.\(/.*[^/]\)$|\1|p')
for file in "${BROUGHT[@]}"; do
	grep -Fxq -- "$file" <<<"$files" || fail "the package does not bring $file"
done
while read -r page; do
	[[ $(content "$page" | gzip -dc) == *$'\n.Dt HCSTATE'* ]] || fail "$page is no manual page"
done < <(grep '/man/' <<<"$files")
content /usr/share/bash-completion/completions/hcstate | bash -n || fail 'bash does not understand the completion'

# tools/lab has put the same files there without dpkg, and the users
feed pve1 xargs rm -f <<<"$files"
on pve1 sh -c 'userdel _hcstate; groupdel hcstate; systemctl daemon-reload' 2>/dev/null
! on pve1 sh -c 'command -v hcstate || getent passwd _hcstate || getent group hcstate' || fail 'hcstate is still there'
feed pve1 sh -c 'cat >/tmp/hcstate.deb' <"$PACKAGE"
dpkg_does -i /tmp/hcstate.deb
version=$(on pve1 hcstate version)
for word in net corosync ceph libvirt; do
	grep -qw "$word" <<<"$version" || fail "version does not name $word: $version"
done
on pve1 test -d /etc/hcstate/manifests || fail 'there is no place for manifests'
say "$(head -n 1 <<<"$version"), $(stat -c %s "$PACKAGE") bytes"

say "it begins nothing by itself"
service_is disabled inactive
on pve1 getent group hcstate >/dev/null || fail 'there is no group hcstate'
[[ $(on pve1 getent passwd _hcstate) == *nologin ]] || fail 'there is no user _hcstate that nobody can be'

say "enabled"
content /usr/share/doc/hcstate/examples/agent.yaml | feed pve1 sh -c 'cat >/etc/hcstate/agent.yaml'
on pve1 hcstate validate -f /etc/hcstate/agent.yaml >"$LOG" 2>&1 || fail_with_log 'the example is not valid'
on pve1 systemctl --quiet enable --now hcstate.service || fail 'it does not start'
[[ $(on pve1 stat -c '%U:%G %a' /run/hcstate/hcstate.sock) == 'root:hcstate 660' ]] || fail 'whose is its socket?'
! on pve1 timeout 20 hcstate status >"$LOG" 2>&1 || fail_with_log 'status of what?'
grep -Fqx 'hcstate: there are no good manifests yet' "$LOG" || fail_with_log 'it does not say what it lacks'
before=$(agent_pid)
dpkg_does -i /tmp/hcstate.deb
service_is enabled active
[[ $(agent_pid) != "$before" ]] || fail 'the old program still runs'

say "removed"
dpkg_does --remove hcstate
service_is 'Failed to get unit file state for hcstate.service: No such file or directory' inactive
! on pve1 pgrep -a hcstate || fail 'something of it still runs'
! on pve1 sh -c 'ls /etc/systemd/system/*/hcstate.service' 2>/dev/null || fail 'it is still enabled'
dpkg_does --purge hcstate
! on pve1 test -e /usr/bin/hcstate || fail 'purged, and still there'
for kept in /etc/hcstate/agent.yaml /var/lib/hcstate; do
	on pve1 test -e $kept || fail "$kept is gone"
done
