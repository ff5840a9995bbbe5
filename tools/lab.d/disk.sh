# shellcheck shell=bash
#
# /dev/sdb of a node: a sparse file behind a loop device. The node's /dev is its own tmpfs, so the
# device's name there is a node of the right number: made at boot by a line in its tmpfiles.d (early,
# before any service looks), and made anew in the running node when the disk is replaced.

DISK_SIZE=20G

# prints the loop device of a node's disk, attached if need be
disk_attach() { # NODE
	local file=$STATE/nodes/$1/disk loop
	[[ -e $file ]] || truncate -s "$DISK_SIZE" "$file"
	loop=$(losetup --noheadings --output NAME --associated "$file")
	[[ -n $loop ]] || loop=$(losetup --find --show "$file")
	echo "$loop"
}

# writes what makes /dev/sdb at the node's next boot
disk_boot_line() { # NODE LOOP
	local dir=$STATE/nodes/$1/root/etc/tmpfiles.d
	mkdir -p "$dir"
	echo "b! /dev/sdb 0660 root disk - 7:${2#/dev/loop}" >"$dir/lab-disk.conf"
}

# Every read and write fails from now on, for those that have it open too: the file has no content,
# and being immutable it takes none. Its device goes when the last that has it open lets go, the file
# at the node's next boot.
disk_fail() { # NODE
	local dir=$STATE/nodes/$1 loop dead
	dead=$dir/dead/$EPOCHREALTIME
	loop=$(disk_attach "$1")
	mkdir -p "$dir/dead"
	mv "$dir/disk" "$dead"
	truncate -s 0 "$dead"
	chattr +i "$dead"
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
	local size=${2:-$DISK_SIZE} loop init
	[[ $size =~ ^[1-9][0-9]*[KMGT]?$ ]] || usage_error "not a size: $size (say 20G)"
	state_lock
	disk_fail "$1"
	truncate -s "$size" "$STATE/nodes/$1/disk"
	loop=$(disk_attach "$1")
	if init=$(cgroup_init "$1"); then
		disk_boot_line "$1" "$loop"
		nsenter -t "$init" -m sh -euc "rm -f /dev/sdb
			mknod /dev/sdb b 7 ${loop#/dev/loop}
			chmod 0660 /dev/sdb
			chgrp disk /dev/sdb"
	fi
	echo "$1: /dev/sdb is a blank disk of $size"
}
