#!/usr/bin/env bash
# What can change while the guest runs does, and the guest sees it: a larger disk, another disk, another
# card, memory and processors. The machine type waits for the next start, or for the operator's word. A disk
# that no manifest has any more is taken out and kept, until that is approved; none ever shrinks.
. "$(dirname "$0")/vm.sh"

same_boot() { [[ $(boot_of) == "$boot" ]] || fail "the guest was started anew: $1"; }

# a line behind the one that begins a block of the VM's document
vm_add() { # BLOCK LINE
	sed -i "s|^  $1:\$|&\n$2|" "$VM_MANIFEST"
}

machine() { virsh pve1 dumpxml $VM "$@" | sed -n "s/.*<type .*machine='\([^']*\)'.*/\1/p"; }

converged_lab
wait_guest
boot=$(boot_of)
cp "$VM_MANIFEST" "$RUN/vm.yaml"
watch_begin

say "a larger disk"
sed -i 's/^      size: 1G$/      size: 1280M/' "$VM_MANIFEST"
converge
expect_report '^disk vda 1342177280 disk-0$'
[[ $(image_size $POOL/vm-100-disk-0) == 1342177280 ]] || fail 'the image has not grown'

say "it does not shrink"
sed -i 's/^      size: 1280M$/      size: 1G/' "$VM_MANIFEST"
refused 'shrink' --node pve1 -- --timeout 8s
[[ $(image_size $POOL/vm-100-disk-0) == 1342177280 ]] || fail 'the image has shrunk'
sed -i 's/^      size: 1G$/      size: 1280M/' "$VM_MANIFEST"

say "another disk and another card"
vm_add disks '    disk-1: {storage: stockage_ceph, size: 64M}'
vm_add networks '    net1: {bridge: vmbr0}'
converge
expect_report '^disk vdb 67108864 disk-1$'
expect_report '^nic eth1 '
[[ $(ask 'write vdb') == written ]] || fail 'the guest cannot write the new disk'
[[ $(images) == 'vm-100-disk-0 vm-100-disk-1' ]] || fail "the images are $(images)"

say "memory and processors"
vm_set memory 320M
vm_set cpus 2
converge
expect_report '^memory 2[89][0-9]{7}$|^memory 3[0-9]{8}$'
expect_report '^cpus 2$'
vm_set memory 256M
converge
expect_report '^memory 2[0-3][0-9]{7}$'
same_boot 'for what can change while it runs'

say "all that came along goes with it"
vm_set node pve2
converge
vm_sound pve2
expect_report '^disk vdb 67108864 disk-1$'
vm_set node pve1
converge
vm_sound pve1
same_boot 'by a move'

say "the machine type: at the next start"
on pve1 hcstate plan >/dev/null
vm_set machine pc
converge
same_boot 'for a machine type that waits'
[[ $(machine) == pc-q35-* && $(machine --inactive) == pc-i440fx-* ]] ||
	fail "it runs as $(machine), and will as $(machine --inactive)"
on pve1 hcstate status >"$RUN/status"
grep -q 'machine' "$RUN/status" || fail "nobody says that machine waits: $(<"$RUN/status")"
vm_unset machine
converge
[[ $(machine --inactive) == pc-q35-* ]] || fail 'it was not taken back'

say "the machine type: with the operator's word"
vm_set machine pc
converge -- --approve VirtualMachine/$VM
wait_guest 60
[[ $(boot_of) != "$boot" && $(machine) == pc-i440fx-* ]] || fail 'it was not restarted as what was asked for'
expect_report '^disk vdb 67108864 disk-1$'
vm_sound pve1
watch_end

say "what is taken out is kept"
boot=$(boot_of)
sed -i '/^    disk-1:/d; /^    net1:/d' "$VM_MANIFEST"
converge
grep -Fq "= VmDisk/$VM/disk-1 " "$LOG" || fail_with_log 'nobody says that the disk is kept'
no_disk() { ! reports '^disk vdb '; }
no_nic() { ! reports '^nic eth1 '; }
wait_until 10 no_disk || fail 'the guest still has the disk'
wait_until 10 no_nic || fail 'the guest still has the card'
[[ $(images) == 'vm-100-disk-0 vm-100-disk-1' ]] || fail "the images are $(images)"
same_boot 'by taking something out'
converge -- --approve VmDisk/$VM/disk-1
[[ $(images) == vm-100-disk-0 ]] || fail "approved, and the images are $(images)"

say "a VM is kept, then removed; its disk is kept, then removed"
mv "$VM_MANIFEST" "$RUN/away.yaml"
converge
grep -Fq "= VirtualMachine/$VM " "$LOG" || fail_with_log 'nobody says that the VM is kept'
expect_on pve1
converge -- --approve VirtualMachine/$VM
[[ ! $(nodes_with $VM) ]] || fail "it is still defined on $(nodes_with $VM)"
[[ $(images) == vm-100-disk-0 ]] || fail "with the VM went its disk: $(images)"
converge -- --approve VmDisk/$VM/disk-0
[[ ! $(images) ]] || fail "approved, and the images are $(images)"
no_change pve1 pve2 pve3

say "a start that fails leaves nobody behind"
cp "$RUN/vm.yaml" "$VM_MANIFEST"
vm_set kernel /etc/hostname
! try_converge --node pve1 -- --timeout 20s || fail_with_log 'a text starts as a kernel'
grep -Fq 'too old' "$LOG" || fail_with_log 'nobody says what QEMU says'
! grep -Fq 'nobody knows who' "$LOG" || fail_with_log 'a QEMU of its own is a stranger to it'

say "as it was"
cp "$RUN/vm.yaml" "$VM_MANIFEST"
converge
! grep -Eq 'nobody knows who|still has a disk' "$LOG" || fail_with_log 'it had to wait for the one that died'
vm_sound pve1
