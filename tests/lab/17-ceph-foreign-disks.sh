#!/usr/bin/env bash
# A disk with a file system, with another cluster's OSD, too small, missing, or in two OSDs: each is
# refused by name, nothing is written to it, and the cluster goes on.
. "$(dirname "$0")/ceph.sh"

add_disk() { # NODE SIZE
	lab disk-add "$1" "$2" >"$LOG" 2>&1 || fail_with_log "disk-add $1 $2"
}

digest() { # NODE: of what the disk holds, wherever that is
	on "$1" sh -c 'head -c 67108864 /dev/sdc; tail -c 67108864 /dev/sdc' | sha256sum
}

# only this node converges: a disk that is none of their business does not keep the others
disk_refused() { # NODE TEXT...
	local node=$1 before text
	shift
	before=$(digest "$node")
	refused "$1" --node "$node" -- --timeout 8s
	for text; do
		grep -Fiq -- "$text" "$LOG" || fail_with_log "refused, but without saying: $text"
	done
	[[ $(digest "$node") == "$before" ]] || fail 'refused, and yet something was written to it'
	no_orphans pve1 3
	wait_healthy pve1 3
}

converged_lab
spoil_lab
object_put pve1 before

say "an ext4 file system"
add_disk pve1 8G
on pve1 mkfs.ext4 -q -L precious /dev/sdc
osd_document sdc pve1 /dev/sdc
disk_refused pve1 /dev/sdc ext4
say "... not even with wipe alone"
osd_document sdc pve1 /dev/sdc 'wipe: true'
disk_refused pve1 '--approve CephOsd/sdc@pve1' ext4
rm "$MANIFESTS/50-osd-sdc.yaml"

say "another cluster's OSD"
add_disk pve2 8G
feed pve2 sh -eu <<-'IN'
	cd "$(mktemp -d)"
	printf '[global]\nfsid = 11111111-2222-3333-4444-555555555555\n' >conf
	mkdir osd
	ln -s /dev/sdc osd/block
	ceph-osd --conf conf --no-mon-config --osd-data osd --mkfs -i 7 \
		--osd-uuid "$(cat /proc/sys/kernel/random/uuid)" 2>/dev/null
IN
osd_document sdc pve2 /dev/sdc
disk_refused pve2 /dev/sdc 11111111-2222-3333-4444-555555555555
rm "$MANIFESTS/50-osd-sdc.yaml"

say "too small"
add_disk pve3 100M
osd_document sdc pve3 /dev/sdc
disk_refused pve3 /dev/sdc small
say "missing"
osd_document sdc pve3 /dev/sdx
disk_refused pve3 /dev/sdx
say "the same disk under another name"
on pve3 sh -c 'mkdir -p /dev/disk/by-id && ln -s /dev/sdb /dev/disk/by-id/lab-second'
osd_document sdc pve3 /dev/disk/by-id/lab-second
disk_refused pve3 /dev/disk/by-id/lab-second CephOsd/sdb
say "the same device twice"
osd_document sdc pve3 /dev/sdb
refused '/dev/sdb on pve3 is the device of CephOsd/sdb already'
rm "$MANIFESTS/50-osd-sdc.yaml"

say "mounted"
on pve1 sh -c 'mkdir -p /mnt/precious && mount /dev/sdc /mnt/precious && echo data >/mnt/precious/file && sync'
osd_document sdc pve1 /dev/sdc 'wipe: true'
refused mounted --node pve1 -- --approve CephOsd/sdc@pve1 --timeout 8s
[[ $(on pve1 cat /mnt/precious/file) == data ]] || fail 'it was written to'
on pve1 umount /mnt/precious

say "wipe, approved: now it is an OSD"
refused '--approve CephOsd/sdc@pve1' --node pve1 -- --timeout 8s
converge -- --approve CephOsd/sdc@pve1
sound 4 3 pve1 pve2 pve3
object_same pve1 before
