#!/usr/bin/env bash
# The lab's VM from bare nodes: it runs on pve1 and nowhere else, from its own image on Ceph, on the Ceph
# bridge; the storage is there on every node. Its guest counts on that disk and answers everybody. What
# keeps it from running twice is in place, and no secret is where others could read it.
. "$(dirname "$0")/vm.sh"
. "$(dirname "$0")/leaks.sh"

mode() { on "$1" stat -c '%a %U' "$2"; }

# Ceph's key of libvirt, and the private halves of libvirt's certificates
take_keys() {
	local node
	ceph pve1 auth get-key client.libvirt 2>/dev/null | base64 -d | tail -c 16 >"$SECRETS/client.libvirt"
	for node in pve1 pve2 pve3; do
		on "$node" cat /etc/pki/libvirt/private/serverkey.pem | sed '/^-/d' | base64 -d >"$SECRETS/$node"
	done
	(($(find "$SECRETS" -type f -size +15c | wc -l) == 4)) || fail 'not all keys were found'
}

leaks_begin
if ! left_converged; then
	bare_lab
fi
rm -f "$RUN/converged"
leaks_watch
converge
leaks_watched
cp "$LOG" "$SEEN/converge"
wait_healthy pve1 3 60
sound 3 3 pve1 pve2 pve3
vm_sound pve1

say "the VM"
[[ $(images) == vm-100-disk-0 ]] || fail "the images are $(images)"
[[ $(image_size $POOL/vm-100-disk-0) == 1073741824 ]] || fail 'its disk is not of 1 GiB'
virsh pve1 dumpxml $VM | shows "name='$POOL/vm-100-disk-0'" || fail 'it is not on its image'
card=$(virsh pve1 domiflist $VM | awk '$3 == "vmbr1" { print $1 }')
on pve1 ip -o link show "$card" | shows ' master vmbr1 ' || fail "$card is not on vmbr1"
[[ $(virsh pve1 dominfo $VM | sed -n 's/^Autostart: *//p') == disable ]] || fail 'libvirt would start it'
expect_report "^cpus 1\$"
expect_report "^disk vda 1073741824 disk-0\$"

say "the guest"
read -r first began _ < <(ask count)
sleep 1
read -r second ended _ < <(ask count)
((second > first && (second - first) * 100 <= ended - began + 200)) ||
	fail "in $((ended - began)) ms it counted from $first to $second"
(($(count_on_disk) >= second)) || fail "it has said $second, and on the disk is $(count_on_disk)"
for node in pve1 pve2 pve3; do
	on "$node" ping -q -n -c 3 -i 0.2 -W 1 $GUEST >/dev/null || fail "$node does not reach the guest"
done

say "the nodes"
for node in pve1 pve2 pve3; do
	virsh "$node" pool-list --all | shows -E "^ *$POOL +active +yes" || fail "$node: $POOL is not active"
	virsh "$node" pool-refresh $POOL >/dev/null # libvirt does not look again by itself
	virsh "$node" vol-list $POOL | shows vm-100-disk-0 || fail "$node: $POOL does not show the disk"
	[[ $(on "$node" systemctl is-enabled libvirt-guests.service || :) == masked ]] || fail "$node: libvirt-guests"
	[[ $(on "$node" systemctl is-active libvirtd-tls.socket || :) == active ]] || fail "$node: libvirtd-tls.socket"
	[[ $(mode "$node" /etc/pki/libvirt/private/serverkey.pem) == '600 root' ]] || fail "$node: libvirt's key"
	[[ $(mode "$node" /etc/pki/qemu/server-key.pem) == '640 root' ]] || fail "$node: QEMU's key"
	! on "$node" ss -Hltn sport = :16509 | shows . || fail "$node: libvirtd listens without TLS"
	readable=$(on "$node" find /etc/pki /etc/libvirt /var/lib/libvirt /run/libvirt -xdev -type f -perm /007 \
		\( -name '*key.pem' -o -name '*.base64' -o -name '*.aes' \))
	[[ ! $readable ]] || fail "$node: others can read $readable"
done
on pve1 sh -c 'virsh -q -c qemu+tls://192.168.4.202/system hostname' | shows -x pve2 || fail 'pve1 does not reach pve2'
stranger=$(on pve1 sh -c 'mkdir -p /run/pki && cp /etc/pki/CA/cacert.pem /run/pki &&
	virsh -q -c "qemu+tls://192.168.4.202/system?pkipath=/run/pki" hostname 2>&1; :')
[[ $stranger == *TLS* && $stranger != *pve2* ]] || fail "without a certificate libvirtd says $stranger"

say "nobody else starts it"
virsh pve1 dumpxml --inactive --security-info $VM | feed pve2 sh -c 'cat >/run/copy.xml'
virsh pve2 define /run/copy.xml >/dev/null
! virsh pve2 start $VM >"$RUN/start" 2>&1 || fail 'virsh start on pve2 began it a second time'
grep -q 'pve1' "$RUN/start" || fail "refused, but it does not say that pve1 has it: $(<"$RUN/start")"
expect_changes pve2 'update VmHost/libvirt@pve2 leftovers'
apply pve2
vm_sound pve1

say "what hcstate says of it"
status=$(on pve3 hcstate status)
for words in VirtualMachine debian-pve1 running VmDisk Storage; do
	grep -q "$words" <<<"$status" || fail "status does not say $words: $status"
done
on pve2 hcstate claim show $VM >"$RUN/claim"
grep -q pve1 "$RUN/claim" || fail "the claim is $(<"$RUN/claim")"

say "search"
for node in pve1 pve2 pve3; do
	leaks_collect "$node"
	on "$node" tar -C /var/log -cf - libvirt >"$SEEN/$node.libvirt"
done
take_keys
leaks_search
