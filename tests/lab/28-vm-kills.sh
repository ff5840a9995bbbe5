#!/usr/bin/env bash
# hcstate is killed, a node loses power or libvirtd is restarted, at any moment while a VM is made, moved or
# grown: it never runs twice, no image is lost, and the next run ends converged.
. "$(dirname "$0")/vm.sh"
. "$(dirname "$0")/disturb.sh"

EXTRA=$MANIFESTS/50-extra.yaml
GROWN=1024 # MiB, of the first disk

another() { # NODE: one of the others
	random 2
	echo "pve$(((${1#pve} + RANDOM_VALUE) % 3 + 1))"
}

libvirtd_later() { # NODE MILLISECONDS
	sleep "$(seconds "$2")"
	on "$1" systemctl restart libvirtd.service
}

place() { sed -n 's/^  node: //p' "$VM_MANIFEST"; }

# each says in VICTIMS who may be hit
begin_move() {
	local from
	from=$(place)
	vm_set node "$(another "$from")"
	VICTIMS=("$from" "$(place)")
}

begin_growth() {
	sed -i "s/^      size: .*/      size: $((GROWN += 64))M/" "$VM_MANIFEST"
	VICTIMS=("$(place)" "$(place)")
}

begin_creation() { # NUMBER
	random 3
	VICTIMS=(pve$((RANDOM_VALUE + 1)) pve$((RANDOM_VALUE + 1)))
	sed "s/^  name: .*/  name: extra-$1/; s/^  id: .*/  id: $((200 + $1))/; s/^  node: .*/  node: ${VICTIMS[0]}/
		s/10\.0\.0\.100/10.0.0.111/; s/^      size: .*/      size: 64M/" "$VM_MANIFEST" >"$EXTRA"
}

end_creation() { # NUMBER
	wait_guest 60 10.0.0.111
	expect_on "${VICTIMS[0]}" "extra-$1"
	rm "$EXTRA"
	converge -- --approve "VirtualMachine/extra-$1" --approve "VmDisk/extra-$1/disk-0"
	converge -- --approve "VmDisk/extra-$1/disk-0"
	[[ $(images) == vm-100-disk-0 ]] || fail "the images are $(images)"
}

mended() {
	converge
	# a guest that has just been started gives back memory for a moment, which is a difference
	[[ $what != creation ]] || wait_guest 60 10.0.0.111
	watch_end
	vm_sound "$(place)"
	[[ $(image_size $POOL/vm-100-disk-0) == $((GROWN << 20)) ]] || fail "its disk is of $(image_size $POOL/vm-100-disk-0) bytes"
}

random_begin
converged_lab
wait_guest
count=$(times 3 30)
for ((i = 1; i <= count; i++)); do
	case $((i % 3)) in
	0) what=creation lasts=3000 watched="extra-$i 10.0.0.111" ;;
	1) what=move lasts=5000 watched= ;;
	2) what=growth lasts=1000 watched= ;;
	esac
	# shellcheck disable=SC2086 # two words
	watch_begin $watched
	"begin_$what" "$i"
	random 2
	victim=${VICTIMS[RANDOM_VALUE]}
	random "$lasts"
	say "kill $i of $count, $what: $victim, $RANDOM_VALUE ms in"
	disturbed_converge kill_later "$victim" "$RANDOM_VALUE"
	mended
	[[ $what != creation ]] || end_creation "$i"
done

what=move
for role in source target; do
	watch_begin
	begin_move
	[[ $role == source ]] && victim=${VICTIMS[0]} || victim=${VICTIMS[1]}
	random 5000
	say "$victim, the $role of a move, loses power, $RANDOM_VALUE ms in"
	disturbed_converge off_later "$victim" "$RANDOM_VALUE"
	mended
	wait_healthy pve1 3 120
done

for role in source target; do
	watch_begin
	begin_move
	[[ $role == source ]] && victim=${VICTIMS[0]} || victim=${VICTIMS[1]}
	random 5000
	say "libvirtd of $victim, the $role of a move, is restarted, $RANDOM_VALUE ms in"
	libvirtd_later "$victim" "$RANDOM_VALUE" &
	job=$!
	try_converge || say "$victim's libvirtd was hit" # hcstate lives and may have gone on
	wait "$job"
	mended
done

vm_set node pve1
converge
vm_sound pve1
spoil_lab # the disk has grown
