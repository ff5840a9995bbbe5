#!/usr/bin/env bash
# An ISO that is a file of one node ties the VM to it: the plan refuses the move and says which file and
# what frees the way. With `cdrom: none` the same apply ejects it and moves.
. "$(dirname "$0")/vm.sh"

ISO=/var/lib/libvirt/images/local.iso

medium() { # NODE: what is in the drive, as libvirt has it
	virsh "$1" domblklist $VM --details | awk '$2 == "cdrom" { print $4 }'
}

converged_lab
wait_guest
boot=$(boot_of)
on pve1 sh -c "head -c 1048576 /dev/zero >$ISO"
vm_set cdrom $ISO
converge
[[ $(medium pve1) == "$ISO" ]] || fail "in the drive is $(medium pve1)"
[[ $(boot_of) == "$boot" ]] || fail 'the guest was started anew for a medium'

say "the move is refused, and why"
vm_set node pve2
refused "$ISO" -- --timeout 8s
grep -q 'cdrom: none' "$LOG" || fail_with_log 'it does not say what frees the way'
code=0
on pve1 hcstate plan >"$RUN/plan" 2>&1 || code=$?
grep -q "$ISO" "$RUN/plan" || fail "the plan ($code) does not say why: $(<"$RUN/plan")"
expect_on pve1
[[ $(medium pve1) == "$ISO" ]] || fail 'refused, and yet the medium is out'
[[ $(boot_of) == "$boot" ]] || fail 'the guest was started anew'

say "ejected and moved by one apply"
watch_begin
vm_set cdrom none
converge
watch_lived
vm_sound pve2
[[ $(medium pve2) == - ]] || fail "in the drive is $(medium pve2)"
[[ $(boot_of) == "$boot" ]] || fail 'the guest was started anew'

say "home"
vm_unset cdrom
vm_set node pve1
converge
vm_sound pve1
on pve1 rm $ISO
