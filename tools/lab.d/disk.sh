# shellcheck shell=bash
#
# Disks of a node: sparse files behind loop devices. /dev/sdb is there from the start, /dev/sdc on
# demand. The node's /dev is its own tmpfs, so a device's name there is a node of the right number:
# made at boot by a line in its tmpfiles.d (early, before any service looks), root's and group disk's
# as udev would, and made anew in the running node when the disk is added or replaced.

DISK_SIZE=20G
declare -A DISK_FILE=([sdb]=disk [sdc]=disk-sdc)

disk_size() { # SIZE
	[[ $1 =~ ^[1-9][0-9]*[KMGT]?$ ]] || usage_error "not a size: $1 (say 20G)"
}

# prints the loop device of a node's disk, attached if need be; nothing when there is none
disk_attach() { # NODE DISK
	local file=$STATE/nodes/$1/${DISK_FILE[$2]} loop
	[[ -e $file ]] || return 0
	loop=$(losetup --noheadings --output NAME --associated "$file")
	[[ -n $loop ]] || loop=$(losetup --find --show "$file")
	echo "$loop"
}

# attaches all disks of a node, and writes what makes their names at its next boot
disk_boot() { # NODE
	local dir=$STATE/nodes/$1 disk loop lines=()
	[[ -e $dir/disk ]] || truncate -s "$DISK_SIZE" "$dir/disk"
	for disk in "${!DISK_FILE[@]}"; do
		loop=$(disk_attach "$1" "$disk")
		[[ -z $loop ]] || lines+=("b! /dev/$disk 0660 root disk - 7:${loop#/dev/loop}")
	done
	mkdir -p "$dir/root/etc/tmpfiles.d"
	printf '%s\n' "${lines[@]}" >"$dir/root/etc/tmpfiles.d/lab-disk.conf"
}

# a blank disk, in the node at once when that runs
disk_blank() { # NODE DISK SIZE
	local loop init
	truncate -s "$3" "$STATE/nodes/$1/${DISK_FILE[$2]}"
	if init=$(cgroup_init "$1"); then
		disk_boot "$1"
		loop=$(disk_attach "$1" "$2")
		nsenter -t "$init" -m sh -euc "rm -f /dev/$2
			mknod /dev/$2 b 7 ${loop#/dev/loop}
			chmod 0660 /dev/$2
			chgrp disk /dev/$2"
	fi
	echo "$1: /dev/$2 is a blank disk of $3"
}

# Every read and write fails from now on, for those that have it open too: the file has no content,
# and being immutable it takes none. Its device goes when the last that has it open lets go, the file
# at the node's next boot.
disk_fail() { # NODE
	local dir=$STATE/nodes/$1 loop dead
	dead=$dir/dead/$EPOCHREALTIME
	loop=$(disk_attach "$1" sdb)
	[[ -n $loop ]] || die "$1 has no disk yet: it was never on"
	mkdir -p "$dir/dead"
	mv "$dir/disk" "$dead"
	truncate -s 0 "$dead"
	chattr +i "$dead"
	while [[ -s $dead ]]; do # of what was written in between
		chattr -i "$dead"
		truncate -s 0 "$dead"
		chattr +i "$dead"
	done
	blockdev --flushbufs "$loop" || : # what the kernel had cached of it; it may well fail now
	! dd if="$loop" of=/dev/null bs=4096 count=1 iflag=direct status=none 2>/dev/null ||
		die "$1: $loop can still be read"
	echo "$1: /dev/sdb: Input/output error"
	losetup --detach "$loop"
}

# forgets the failed disks, which nobody has open any more
disk_sweep() { # NODE
	local file loop
	for file in "$STATE/nodes/$1/dead"/*; do
		[[ -e $file ]] || continue
		loop=$(losetup --noheadings --output NAME --associated "$file")
		[[ -z $loop ]] || losetup --detach "$loop"
		chattr -i "$file"
		rm -f "$file"
	done
}

# detaches every loop device that has a file of this lab, be it deleted
disk_detach_all() {
	local loop file
	losetup --noheadings --raw --output NAME,BACK-FILE | while read -r loop file; do
		[[ $file != "$STATE"/* ]] || losetup --detach "$loop"
	done
}

disk_replace() { # NODE [SIZE]
	local size=${2:-$DISK_SIZE}
	disk_size "$size"
	state_lock
	disk_fail "$1"
	disk_blank "$1" sdb "$size"
}

disk_add() { # NODE [SIZE]
	local size=${2:-$DISK_SIZE}
	disk_size "$size"
	state_lock
	[[ ! -e $STATE/nodes/$1/${DISK_FILE[sdc]} ]] || die "$1 has a /dev/sdc already"
	disk_blank "$1" sdc "$size"
}

# whoever has it open keeps it until he lets go
disk_remove() { # NODE
	local file=$STATE/nodes/$1/${DISK_FILE[sdc]} loop init
	state_lock
	[[ -e $file ]] || die "$1 has no /dev/sdc"
	loop=$(disk_attach "$1" sdc)
	losetup --detach "$loop"
	rm "$file"
	if init=$(cgroup_init "$1"); then
		disk_boot "$1"
		nsenter -t "$init" -m rm -f /dev/sdc
	fi
	echo "$1: /dev/sdc is out"
}
