# shellcheck shell=bash
#
# The root image: one Debian for all nodes of all labs, below every node's overlay and never written
# to after it is made. It is kept outside the checkout under a name made of what it is made from, so
# a changed recipe makes a new image, and a node keeps the one it began with.
#
# It is built aside and renamed when done: what has its name is whole, whoever was killed on the way.

IMAGE_CACHE=/var/cache/hcstate-lab
IMAGE_SUITE=bookworm

IMAGE_PACKAGES=(
	# a Debian machine
	systemd systemd-sysv dbus udev kmod procps iproute2 iputils-ping ifupdown
	# what hcstate links
	libyaml-0-2 libjson-c5 libsodium23 libmnl0
	# the cluster
	corosync libcmap4 libcfg7 libquorum5 libvotequorum8 libcpg4
	# storage
	ceph-mon ceph-mgr ceph-osd ceph-mds ceph-common ceph-fuse librados2 libblkid1 uuid-runtime
	# virtual machines
	libvirt-daemon-system libvirt-daemon-driver-storage-rbd libvirt-clients
	qemu-system-x86 qemu-utils qemu-block-extra dosfstools mtools
	librbd1 libvirt0 libxml2 libcurl3-gnutls libgnutls30
	# manifests by git, signed commits, and who edits them
	libgit2-1.5 openssh-client vim-tiny tzdata
	# builds with sanitizers
	libasan8 libubsan1
)

# What a machine of one's own wants and a node of the lab does not: timers that wake up in the middle
# of a measurement, a login prompt that nobody sees, and the host's own debug mounts.
IMAGE_MASKED=(
	apt-daily.timer apt-daily-upgrade.timer dpkg-db-backup.timer fstrim.timer
	e2scrub_all.timer e2scrub_reap.service systemd-pstore.service
	console-getty.service getty@.service
	modprobe@.service sys-kernel-debug.mount sys-kernel-tracing.mount
	# came along with Ceph
	ceph-crash.service rbdmap.service smartmontools.service
	lvm2-lvmpolld.socket lvm2-monitor.service nvmefc-boot-connections.service nvmf-autoconnect.service
	# ... and with libvirt
	qemu-kvm.service
)

# the recipe, without its comments, decides the name
image_path() {
	local key
	key=$({
		printf '%s\n' "$IMAGE_SUITE" "${IMAGE_PACKAGES[@]}" "${IMAGE_MASKED[@]}"
		declare -f image_bootstrap image_configure image_ceph image_libvirt image_cards
	} | sha256sum)
	echo "$IMAGE_CACHE/${key:0:16}"
}

# Debian's own package sources, as the host has them: one line each, whatever file format it uses.
image_sources() {
	# shellcheck disable=SC2016 # apt fills these in
	local format=('deb $(REPO_URI) $(RELEASE) $(COMPONENT)' 'Created-By: Packages' 'Origin: Debian')
	local found
	found=$(apt-get indextargets --format "${format[@]}")
	if [[ -z $found ]]; then # apt knows a source's origin once it has its index
		apt-get -q update >&2
		found=$(apt-get indextargets --format "${format[@]}")
	fi
	grep -E "^deb \S+ $IMAGE_SUITE(-updates|-security)? " <<<"$found" ||
		die "apt on this host has no Debian $IMAGE_SUITE among its sources"
}

image_bootstrap() { # DIRECTORY
	image_sources >"$1.list"
	# how the host's apt gets there: proxies, certificates, whether old indexes are fine
	apt-config dump | grep -E '^Acquire::(http|https|Check-|Retries|ForceIPv)' >"$1.conf" || :
	mmdebstrap --mode=root --variant=minbase --format=directory \
		--include="$(IFS=,; echo "${IMAGE_PACKAGES[*]}")" \
		--aptopt="$1.conf" --aptopt='Acquire::Languages "none"' \
		--setup-hook='copy-in /etc/apt/auth.conf.d /etc/apt' \
		--dpkgopt=force-unsafe-io \
		--dpkgopt='path-exclude=/usr/share/doc/*' --dpkgopt='path-exclude=/usr/share/man/*' \
		--dpkgopt='path-exclude=/usr/share/locale/*' --dpkgopt='path-exclude=/usr/share/info/*' \
		"$IMAGE_SUITE" "$1" "$1.list"
}

# As a Debian install leaves a machine, but nothing set up: no addresses, no cluster, no identity.
image_configure() { # DIRECTORY
	systemctl --root="$1" --quiet mask "${IMAGE_MASKED[@]}"
	systemctl --root="$1" --quiet set-default multi-user.target
	systemctl --root="$1" --quiet disable corosync.service
	rm -f "$1"/etc/corosync/{corosync.conf,authkey} "$1"/etc/hostname "$1"/etc/resolv.conf
	rm -f "$1"/var/lib/dbus/machine-id "$1"/var/lib/systemd/random-seed
	rm -f "$1"/etc/apt/auth.conf.d/* "$1"/etc/apt/apt.conf.d/99mmdebstrap
	printf '%s\n' 'source-directory /etc/network/interfaces.d' '' 'auto lo' 'iface lo inet loopback' \
		>"$1/etc/network/interfaces"
	mkdir -p "$1/etc/systemd/journald.conf.d" "$1/var/log/journal"
	# so that a node's journal is there when the node is off, and tells all
	printf '%s\n' '[Journal]' Storage=persistent SystemMaxUse=256M RateLimitIntervalSec=0 \
		>"$1/etc/systemd/journald.conf.d/lab.conf"
}

# A Ceph daemon's address carries its PID, and in a node that boots afresh that is the same as before:
# the cluster would take an OSD that was gone for one that never was, and its PGs would peer for ever.
# The daemons' own core files would fill the node's disk when a test kills a disk below them.
image_ceph() { # DIRECTORY
	local daemon
	for daemon in mon mgr osd mds; do
		mkdir -p "$1/etc/systemd/system/ceph-$daemon@.service.d"
		printf '%s\n' '[Service]' Environment=CEPH_USE_RANDOM_NONCE=1 LimitCORE=0 \
			>"$1/etc/systemd/system/ceph-$daemon@.service.d/lab.conf"
	done
}

# libvirt finds the host's v1 controllers and may not use them: a node has its cgroups, QEMU needs none
# of its own. All else is as the package leaves it, libvirtd enabled too.
image_libvirt() { # DIRECTORY
	echo 'cgroup_controllers = [ ]' >>"$1/etc/libvirt/qemu.conf"
}

# A container's /sys is mounted before it has its network namespace, and so shows the host's network
# cards. libvirt looks there whether a bridge exists.
image_cards() { # DIRECTORY
	local unit=lab-cards.service
	cat >"$1/etc/systemd/system/$unit" <<-'END'
	[Unit]
	Description=The node's own network cards in /sys
	DefaultDependencies=no
	Before=sysinit.target

	[Service]
	Type=oneshot
	RemainAfterExit=yes
	ExecStart=mkdir -p /run/lab-sys
	ExecStart=mount -t sysfs sysfs /run/lab-sys
	ExecStart=mount --bind /run/lab-sys/class/net /sys/class/net
	ExecStart=mount --bind /run/lab-sys/devices/virtual/net /sys/devices/virtual/net
	ExecStart=umount /run/lab-sys

	[Install]
	WantedBy=sysinit.target
	END
	systemctl --root="$1" --quiet enable "$unit"
}

image_build() { # PATH
	local new=$1.new lock log=$1.log
	mkdir -p "$IMAGE_CACHE"
	# The builder's children keep the lock too: who comes after a killed builder waits for what
	# that one began, and finds it done.
	exec {lock}<"$IMAGE_CACHE"
	flock -w 600 "$lock" || die "another tools/lab has been building an image for 10 minutes"
	if [[ ! -d $1 ]]; then
		say "building the nodes' root image (once, kept in $IMAGE_CACHE)"
		rm -rf --one-file-system "$new"
		# in the background, because the shell stops at the first error only outside of a condition
		{
			image_bootstrap "$new"
			image_configure "$new"
			image_ceph "$new"
			image_libvirt "$new"
			image_cards "$new"
			mv "$new" "$1"
		} >"$log" 2>&1 </dev/null &
		wait $! || {
			tail -n 30 "$log" >&2
			die "the root image could not be built; all of it is in $log"
		}
		rm -f "$new".* "$log"
	fi
	exec {lock}<&-
}

# prints the path of the image of this recipe, made if need be
image_ready() {
	local path
	path=$(image_path)
	[[ -d $path ]] || image_build "$path"
	echo "$path"
}
