#!/usr/bin/env bash
# A file system: metadata servers, one of them active; it is mounted and a file is read back on another
# node. The active server's node loses power, and a standby takes over. It goes only when approved.
. "$(dirname "$0")/ceph.sh"

mount_fs() { # NODE
	on "$1" sh -c 'mkdir -p /mnt/files && timeout -k 5 60 ceph-fuse -n client.admin /mnt/files' >"$LOG" 2>&1 ||
		fail_with_log "$1: ceph-fuse"
}

active() { # NODE: who is, as that node hears
	asked "$1" '.filesystems[0].mdsmap.info[] | select(.state == "up:active").name' fs dump
}

taken_over() {
	local now
	now=$(active "$survivor")
	[[ $now && $now != "$first" ]]
}

converged_lab
spoil_lab
cat >"$MANIFESTS/40-files.yaml" <<-'END'
	apiVersion: hcstate/v1
	kind: CephMds
	metadata: {name: mds}
	spec: {}
	---
	apiVersion: hcstate/v1
	kind: CephPool
	metadata: {name: files_metadata}
	spec: {size: 3, min_size: 2, pg_num: 16, application: cephfs}
	---
	apiVersion: hcstate/v1
	kind: CephPool
	metadata: {name: files_data}
	spec: {size: 3, min_size: 2, pg_num: 16, application: cephfs}
	---
	apiVersion: hcstate/v1
	kind: CephFs
	metadata: {name: files}
	spec: {metadata_pool: files_metadata, data_pools: [files_data]}
END
converge
sound 3 3 pve1 pve2 pve3
first=$(active pve1)
[[ $first =~ ^pve[123]$ ]] || fail "active is $first"

say "a file"
mount_fs pve1
mount_fs pve2
head -c 8388608 /dev/urandom >"$OBJECT"
feed pve1 sh -c 'cat >/mnt/files/file && sync /mnt/files/file' <"$OBJECT"
on pve2 cat /mnt/files/file | cmp - "$OBJECT" || fail 'the file is not as it was written'
for node in pve1 pve2; do on "$node" umount /mnt/files; done

say "$first loses power"
survivor=pve1
[[ $first != pve1 ]] || survivor=pve2
lab power-off "$first"
wait_until 120 taken_over || fail 'no standby takes over'
mount_fs "$survivor"
on "$survivor" cat /mnt/files/file | cmp - "$OBJECT" || fail 'the file is not as it was written'
on "$survivor" umount /mnt/files
lab power-on "$first"
wait_healthy "$survivor" 3 120
converge
no_change pve1 pve2 pve3

say "it goes only when approved"
rm "$MANIFESTS/40-files.yaml"
converge
[[ $(active pve1) ]] || fail 'the file system is gone'
converge -- --approve CephFs/files --approve CephPool/files_data --approve CephPool/files_metadata \
	--approve CephMds/pve1@pve1 --approve CephMds/pve2@pve2 --approve CephMds/pve3@pve3
[[ $(asked pve1 '.filesystems | length' fs dump) == 0 ]] || fail 'the file system is still there'
sound 3 3 pve1 pve2 pve3
