# shellcheck shell=bash
#
# The guest: the kernel, the initrd and the disk that the lab's virtual machines boot. Debian's kernel
# for clouds, of which the initrd has the few modules that a guest of libvirt needs, and one program,
# guest.c. The disk is for those who boot as a machine of their own does: a FAT file system with syslinux,
# the same kernel and the same initrd; its guest counts behind that file system, at GUEST_DISK_AT.
#
# It lies in a cache beside the root images, under a name made of what it is made from, and is the layer
# between a node's own disk and the root image: all nodes see it in /usr/share/hcstate-lab.

GUEST_KERNEL=linux-image-cloud-amd64
GUEST_DISK_AT=$((48 << 20))
GUEST_CMDLINE='console=ttyS0 quiet mitigations=off panic=1'

# in the order in which they need each other
GUEST_MODULES=(
	drivers/virtio/virtio{_ring,,_pci_legacy_dev,_pci_modern_dev,_pci,_balloon}
	drivers/block/virtio_blk drivers/scsi/scsi_{common,mod} drivers/scsi/{virtio_scsi,sd_mod}
	net/core/failover drivers/net/{net_failover,virtio_net}
	drivers/acpi/button drivers/input/evdev
)

guest_path() {
	local key
	key=$({
		printf '%s\n' "$GUEST_KERNEL" "$GUEST_DISK_AT" "$GUEST_CMDLINE" "${GUEST_MODULES[@]}"
		declare -f guest_packages guest_initrd guest_disk
		cat "$TOP/tools/lab.d/guest.c"
	} | sha256sum)
	echo "$IMAGE_CACHE/guest-${key:0:16}"
}

# the kernel's package, by the host's apt: unpacked, not installed
guest_packages() { # DIRECTORY
	local package
	image_sources >/dev/null # it is Debian of the same release
	package=$(apt-cache depends "$GUEST_KERNEL" | awk '$1 == "Depends:" { print $2 }')
	(cd "$1" && apt-get -q -o APT::Sandbox::User=root download "$package")
	dpkg-deb -x "$1/$package"_*.deb "$1/kernel"
}

guest_initrd() { # DIRECTORY
	local root=$1/initrd modules module number=0
	modules=$(echo "$1"/kernel/lib/modules/*/kernel)
	mkdir -p "$root"/{dev,modules}
	for module in "${GUEST_MODULES[@]}"; do
		printf -v number '%02d' $((10#$number + 1))
		cp "$modules/$module.ko" "$root/modules/$number-${module##*/}.ko"
	done
	gcc -std=c11 -Os -static -s -Wall -Wextra -Werror -o "$root/init" "$TOP/tools/lab.d/guest.c"
	(cd "$root" && find . -print0 | sort -z | cpio --quiet -0 -o -H newc) | gzip -n
}

guest_disk() { # DIRECTORY VMLINUZ INITRD DISK
	local dir=$1 disk=$4
	truncate -s $((GUEST_DISK_AT + (16 << 20))) "$disk"
	mkfs.vfat -n GUEST "$disk" $((GUEST_DISK_AT >> 10)) >&2
	printf '%s\n' 'DEFAULT guest' 'LABEL guest' ' KERNEL vmlinuz' ' INITRD initrd' \
		" APPEND $GUEST_CMDLINE hclab.at=$GUEST_DISK_AT hclab.ip=10.0.0.101/24" >"$dir/syslinux.cfg"
	mcopy -i "$disk" "$2" ::vmlinuz
	mcopy -i "$disk" "$3" ::initrd
	mcopy -i "$disk" "$dir/syslinux.cfg" ::
	syslinux --install "$disk"
}

guest_build() { # PATH
	local new=$1.new out=$1.new/usr/share/hcstate-lab log=$1.log lock
	mkdir -p "$IMAGE_CACHE"
	exec {lock}<"$IMAGE_CACHE"
	flock -w 600 "$lock" || die "another tools/lab has been building an image for 10 minutes"
	if [[ ! -d $1 ]]; then
		say "building the guest of the virtual machines"
		rm -rf --one-file-system "$new"
		mkdir -p "$out" "$new.tmp"
		{
			guest_packages "$new.tmp"
			cp "$new.tmp"/kernel/boot/vmlinuz-* "$out/vmlinuz"
			guest_initrd "$new.tmp" >"$out/initrd"
			guest_disk "$new.tmp" "$out/vmlinuz" "$out/initrd" "$out/disk.raw"
			chmod 0644 "$out"/*
			mv "$new" "$1"
		} >"$log" 2>&1 </dev/null &
		wait $! || {
			tail -n 30 "$log" >&2
			die "the guest could not be built; all of it is in $log"
		}
		rm -rf "$new".* "$log"
	fi
	exec {lock}<&-
}

# prints the path of the guest of this recipe, made if need be
guest_ready() {
	local path
	path=$(guest_path)
	[[ -d $path ]] || guest_build "$path"
	echo "$path"
}
