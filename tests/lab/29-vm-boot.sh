#!/usr/bin/env bash
# A VM that boots as a machine of one's own does: from its disk, which began as a clone of an Image. The
# Image cannot go while there is a clone of it.
. "$(dirname "$0")/vm.sh"

DISK=/usr/share/hcstate-lab/disk.raw
BOOTED=10.0.0.101

converged_lab
wait_guest
cat >"$MANIFESTS/50-boot.yaml" <<-END
	apiVersion: hcstate/v1
	kind: Image
	metadata:
	  name: guest
	spec:
	  source: $DISK
	  sha256: $(on pve1 sha256sum $DISK | cut -d' ' -f1)
	  storage: $POOL
	---
	apiVersion: hcstate/v1
	kind: VirtualMachine
	metadata:
	  name: boots
	spec:
	  id: 101
	  node: pve2
	  memory: 192M
	  disks:
	    disk-0:
	      storage: $POOL
	      size: 128M
	      image: guest
	  networks:
	    net0:
	      bridge: vmbr1
END
converge
wait_guest 60 $BOOTED
expect_on pve2 boots
[[ $(ask report $BOOTED) == *'disk vda 134217728 disk-0'* ]] || fail "it sees $(ask report $BOOTED)"
[[ $(rbd pve1 info --format json $POOL/vm-101-disk-0 | jq -r '.parent | "\(.image)@\(.snapshot)"') == image-guest@hcstate ]] ||
	fail 'its disk is no clone of the image'
no_change pve1 pve2 pve3

say "it moves too"
watch_begin boots $BOOTED
sed -i 's/^  node: pve2$/  node: pve3/' "$MANIFESTS/50-boot.yaml"
converge
watch_lived 3000
expect_on pve3 boots
no_change pve1 pve2 pve3

say "the image stays as long as there is a clone"
rm "$MANIFESTS/50-boot.yaml"
converge -- --approve VirtualMachine/boots
[[ ! $(nodes_with boots) ]] || fail "it is still defined on $(nodes_with boots)"
refused vm-101-disk-0 -- --approve Image/guest --timeout 8s
converge -- --approve VmDisk/boots/disk-0
converge -- --approve Image/guest
[[ $(images) == vm-100-disk-0 ]] || fail "the images are $(images)"
vm_sound pve1
