#!/usr/bin/env bash
# Somebody changes one thing of the VM, its storage or its node by hand: the plan shows exactly that and
# what mending it costs, and apply mends it. A VM and a pool that are not hcstate's stay as they are.
. "$(dirname "$0")/vm.sh"

KINDS=(destroy crash memory nic cable tap autostart undefine pool-stopped pool-undefined pool-autostart secret
	hook name guests tls libvirtd)
(($# == 0)) || KINDS=("$@") # of who works at one of them

# does it; WANT is what the plan is to show, IMPACT what it is to cost, RESTARTED whether the guest is
drift() { # KIND NODE
	IMPACT=none RESTARTED=
	case $1 in
	destroy)
		virsh "$2" destroy $VM
		WANT="update VirtualMachine/$VM" RESTARTED=yes
		;;
	crash)
		on "$2" pkill -KILL -f "guest=$VM,"
		wait_until 10 gone "$2" || fail 'QEMU does not end'
		WANT="update VirtualMachine/$VM" RESTARTED=yes
		;;
	memory)
		virsh "$2" setmem $VM 200M --live --config
		WANT="update VirtualMachine/$VM"
		;;
	nic)
		virsh "$2" detach-interface $VM bridge --live --config
		wait_until 10 no_card "$2" || fail 'the card is still there'
		WANT="create VmNet/$VM/net0"
		;;
	cable)
		virsh "$2" domif-setlink $VM "$(virsh "$2" domiflist $VM | awk '{ print $5 }')" down
		WANT="update VmNet/$VM/net0" IMPACT=blip
		;;
	tap) # as when its bridge was removed and made again
		on "$2" ip link set "$(virsh "$2" domiflist $VM | awk '{ print $1 }')" nomaster
		WANT="update VmNet/$VM/net0" IMPACT=blip
		;;
	autostart)
		virsh "$2" autostart $VM
		WANT="update VirtualMachine/$VM"
		;;
	undefine)
		virsh "$2" undefine $VM
		WANT=$'create VmNet/'"$VM/net0"$'\nupdate VirtualMachine/'"$VM"$'\nupdate VmDisk/'"$VM/disk-0"
		;;
	pool-stopped)
		virsh "$2" pool-destroy $POOL
		WANT="update Storage/$POOL@$2"
		;;
	pool-undefined)
		virsh "$2" pool-destroy $POOL
		virsh "$2" pool-undefine $POOL
		WANT="create Storage/$POOL@$2"
		;;
	pool-autostart)
		virsh "$2" pool-autostart --disable $POOL
		WANT="update Storage/$POOL@$2"
		;;
	secret)
		virsh "$2" secret-set-value "$(virsh "$2" secret-list | awk '/ceph/ { print $1 }')" \
			"$(head -c 28 /dev/zero | base64)" 2>/dev/null
		WANT="update Storage/$POOL@$2" IMPACT=blip
		;;
	hook)
		on "$2" rm /etc/libvirt/hooks/qemu.d/hcstate
		WANT="update VmHost/libvirt@$2" IMPACT=blip
		;;
	name) # by which the hook knows whose claims are this node's
		on "$2" sh -c 'echo pve9 >/var/lib/hcstate/node'
		WANT="update VmHost/libvirt@$2" IMPACT=blip
		;;
	guests)
		on "$2" systemctl --quiet unmask libvirt-guests.service
		WANT="update VmHost/libvirt@$2"
		;;
	tls)
		on "$2" systemctl --quiet disable libvirtd-tls.socket
		on "$2" systemctl --quiet stop libvirtd-tls.socket
		WANT="update VmHost/libvirt@$2" IMPACT=blip
		;;
	libvirtd)
		on "$2" systemctl --quiet stop libvirtd.service libvirtd{,-ro,-admin,-tls}.socket
		WANT="update VmHost/libvirt@$2"
		;;
	esac >/dev/null
}

# Devices that somebody gave our VM, and hcstate has no word for; a definition anew is to keep them.
add_devices() { # NODE
	printf '%s' "<channel type='unix'><target type='virtio' name='org.example.0'/></channel>" |
		feed "$1" sh -c 'cat >/run/channel.xml'
	printf '%s' "<serial type='null'><target port='1'/></serial>" | feed "$1" sh -c 'cat >/run/serial.xml'
	virsh "$1" attach-device $VM /run/channel.xml --config >/dev/null
	virsh "$1" attach-device $VM /run/serial.xml --config >/dev/null
}

drop_devices() { # NODE
	virsh "$1" detach-device $VM /run/channel.xml --config >/dev/null
	virsh "$1" detach-device $VM /run/serial.xml --config >/dev/null
}

expect_devices() { # NODE
	local xml
	xml=$(virsh "$1" dumpxml --inactive $VM)
	[[ $(grep -c 'org.example.0' <<<"$xml") == 1 ]] || fail "somebody's channel was lost: $xml"
	[[ $(grep -c "<serial type='null'" <<<"$xml") == 1 ]] || fail "somebody's serial port was lost: $xml"
}

gone() { [[ $(virsh "$1" domstate $VM) == 'shut off' ]]; }
no_card() { [[ ! $(virsh "$1" domiflist $VM) ]]; }

# these resources change, whatever of them, and all for this price
expect_plan() { # NODE
	local got
	got=$(changes "$1" | cut -d' ' -f1,2 | sort)
	[[ $got == "$WANT" ]] || fail "$1: the plan is of"$'\n'"$got"$'\n'"and not of"$'\n'"$WANT"
	got=$(on "$1" hcstate plan -o json | jq -r '[.changes[].impact] | unique | join(" ")')
	[[ $got == "$IMPACT" ]] || fail "$1: it is said to cost '$got', not '$IMPACT'"
}

# A VM and a pool that somebody made himself.
strangers_make() { # NODE
	on "$1" mkdir -p /srv/somebodys
	virsh "$1" pool-define-as somebodys dir --target /srv/somebodys >/dev/null
	virsh "$1" pool-start somebodys >/dev/null
	printf '%s' "<domain type='qemu'><name>somebodys</name><memory unit='MiB'>64</memory><os>" \
		"<type arch='x86_64' machine='q35'>hvm</type></os></domain>" |
		feed "$1" sh -c 'cat >/run/somebodys.xml'
	virsh "$1" define /run/somebodys.xml >/dev/null
	virsh "$1" start somebodys >/dev/null || fail 'the hook keeps somebody else from starting his VM'
}

strangers_stay() { # NODE
	[[ $(virsh "$1" domstate somebodys) == running ]] || fail "somebody's VM does not run any more"
	virsh "$1" pool-list --all | shows -E '^ *somebodys +active +no' || fail "somebody's pool was changed"
	on "$1" hcstate get VirtualMachine/somebodys >"$RUN/get" || fail "somebody's VM is not listed: $(<"$RUN/get")"
	on "$1" hcstate get Storage >"$RUN/get"
	grep -q "somebodys" "$RUN/get" || fail "somebody's pool is not listed: $(<"$RUN/get")"
}

strangers_leave() { # NODE
	virsh "$1" destroy somebodys
	virsh "$1" undefine somebodys
	virsh "$1" pool-destroy somebodys
	virsh "$1" pool-undefine somebodys
} >/dev/null

converged_lab
wait_guest
strangers_make pve1
add_devices pve1
no_change pve1
for ((i = 0; i < ${#KINDS[@]}; i++)); do
	kind=${KINDS[i]}
	say "$kind"
	boot=$(boot_of)
	drift "$kind" pve1
	expect_plan pve1
	apply pve1
	no_change pve1
	wait_guest 60
	[[ $RESTARTED || $(boot_of) == "$boot" ]] || fail "mending that started the guest anew"
	expect_devices pve1
done
drop_devices pve1
strangers_stay pve1
strangers_leave pve1
expect_report "^memory 2[0-9]{8}\$"
vm_sound pve1

say "a node without the VM"
for kind in pool-stopped secret hook; do
	drift "$kind" pve2
	expect_plan pve2
	apply pve2
	no_change pve2
done

say "the guest switches itself off"
virsh pve1 shutdown $VM >/dev/null
wait_until 20 gone pve1 || fail 'it does not switch itself off'
apply pve1
vm_sound pve1

say "the node boots"
count=$(ask count | cut -d' ' -f1)
watch_begin
lab power-off pve1
left_alone() { on pve2 hcstate plan >"$RUN/plan" 2>&1 && grep -q 'pve1 has it and is not a member' "$RUN/plan"; }
wait_until 90 left_alone || fail "pve2 does not say that pve1 has it: $(<"$RUN/plan")"
apply pve2 # its own part is as it should be
[[ ! $(nodes_with $VM) ]] || fail 'somebody else took it: that is not for now'
lab power-on pve1
converge --node pve1 # the others may find it no member yet
converge
watch_end
vm_sound pve1
(($(ask count | cut -d' ' -f1) >= count)) || fail 'what the guest wrote last is gone'
