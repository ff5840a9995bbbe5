#!/usr/bin/env bash
# A NIC that /etc/network/interfaces configures too, as Debian's installer leaves it, is refused with
# file and line. With adopt: true the stanza becomes a comment, and the file as it was is kept.
. "$(dirname "$0")/lib.sh"

FILE=/etc/network/interfaces

bare_lab
before=$(on pve1 cat $FILE)
feed pve1 tee -a $FILE >/dev/null <<-END

auto enp0s3
iface enp0s3 inet static
	address 192.168.4.201/24
END
line=$(on pve1 grep -n '^iface enp0s3' $FILE | cut -d: -f1)

say "refused"
refused "$FILE:$line" --node pve1 -- --timeout 5s
! on pve1 ip -o link show enp0s3 | shows ' master ' || fail 'refused, and yet enp0s3 is in a bridge'

say "adopted"
sed -i 's/^  ports: \[enp0s3\]/&\n  adopt: true/' "$MANIFESTS/20-network.yaml"
converge
all_votes 3 pve1 pve2 pve3
no_change pve1 pve2 pve3
! on pve1 grep -q '^iface enp0s3' $FILE || fail 'the stanza is still there'
on pve1 grep -q '^#.*iface enp0s3' $FILE || fail 'the stanza is not a comment'
[[ $(on pve1 head -n "$(wc -l <<<"$before")" $FILE) == "$before" ]] || fail 'other lines changed too'
on pve1 grep -rq --exclude=interfaces '^iface enp0s3' /etc/network || fail 'no copy was kept'
