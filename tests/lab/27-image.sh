#!/usr/bin/env bash
# Images from a https server: one that ends in the middle is asked for the rest; a wrong checksum, a file
# that is not there, a certificate of nobody and a pool that is full are clear errors, and leave nothing
# half that could be used. What is half made goes with its document, here and in Ceph.
. "$(dirname "$0")/vm.sh"

WEB=$RUN/web
PORT=8443
URL=https://10.0.0.250:$PORT
IMAGES=$MANIFESTS/50-image.yaml
FILE_MANIFEST=$MANIFESTS/60-file.yaml

certificate_make() { # NAME
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj "/CN=$1" \
		-addext subjectAltName=IP:10.0.0.250 -keyout "$WEB.$1.key" -out "$WEB.$1.crt" 2>/dev/null
}

server_begin() { # NAME of the certificate
	beside_begin
	nsenter --net="$SWITCH" python3 "$TOP/tests/lab/https.py" "$WEB" "$WEB.$1.crt" "$WEB.$1.key" $PORT \
		>"$WEB.log" &
	SERVER=$!
	wait_until 10 serves || fail 'the https server does not begin'
}

serves() { beside python3 -c "import socket; socket.create_connection(('127.0.0.1', $PORT), 1)" 2>/dev/null; }

server_end() {
	kill "$SERVER"
	wait "$SERVER" || :
}

sha() { sha256sum "$WEB/$1" | cut -d' ' -f1; }

# a document; what is there under that path has the checksum of FILE
image() { # NAME PATH SHA256 STORAGE [LINE OF spec]...
	local name=$1 path=$2 sha=$3 storage=$4
	shift 4
	printf '%s\n' --- 'apiVersion: hcstate/v1' 'kind: Image' 'metadata:' "  name: $name" 'spec:' \
		"  source: $path" "  sha256: $sha" "  storage: $storage" "${@/#/  }" >>"$IMAGES"
}

# ... which cannot be had, and why is said; nothing of it is there
image_refused() { # TEXT PATH SHA256 STORAGE [LINE OF spec]...
	local text=$1
	shift
	cp "$IMAGES" "$RUN/images.yaml"
	image bad "$@"
	refused "$text" -- --timeout 15s
	[[ $(images "$3") != *image-bad* ]] || fail "refused, and yet there is $(images "$3")"
	cp "$RUN/images.yaml" "$IMAGES"
}

content_is() { # STORAGE NAME FILE
	local size
	size=$(stat -c %s "$WEB/$3")
	[[ $(image_size "$1/image-$2") == "$size" ]] || fail "image-$2 is of $(image_size "$1/image-$2") bytes, not $size"
	on pve1 timeout -k 5 100 rbd export --no-progress "$1/image-$2@hcstate" - | cmp - "$WEB/$3" ||
		fail "image-$2 is not what was served"
}

# nothing half fetched waits for a document that went
nothing_fetched() {
	local node
	for node in pve1 pve2 pve3; do
		[[ -z $(on "$node" ls -A /var/lib/hcstate/fetch) ]] ||
			fail "$node: there still is $(on "$node" ls -A /var/lib/hcstate/fetch | paste -sd' ')"
	done
}

# half of it is in Ceph
half_there() { # NAME
	[[ $(images) == *"image-$1.new"* ]]
}

converged_lab
rm -rf "$WEB"
mkdir "$WEB"
: >"$IMAGES"
head -c 12582912 /dev/urandom >"$WEB/disk.raw"
head -c 3145728 /dev/urandom >"$WEB/small.iso"
certificate_make good
certificate_make bad
for node in pve1 pve2 pve3; do
	feed "$node" sh -c 'mkdir -p /etc/ssl/certs; cat >>/etc/ssl/certs/ca-certificates.crt' <"$WEB.good.crt"
done
server_begin good

say "one that ends in the middle, again and again"
image disk $URL/cut/disk.raw "$(sha disk.raw)" $POOL
converge
content_is $POOL disk disk.raw
(($(grep -c '^/cut/disk.raw [1-9]' "$WEB.log") >= 1)) || fail "the rest was never asked for: $(<"$WEB.log")"
(($(grep -c '^/cut/disk.raw 0 ' "$WEB.log") <= 3)) || fail "a node began it more than once: $(<"$WEB.log")"
[[ $(rbd pve1 snap ls --format json $POOL/image-disk | jq -r '.[] | "\(.name) \(.protected)"') == 'hcstate true' ]] ||
	fail 'it has no protected snapshot'
no_change pve1 pve2 pve3

say "what cannot be had"
image_refused 'sha256' $URL/small.iso "$(sha disk.raw)" $POOL
image_refused '404' $URL/missing.iso "$(sha disk.raw)" $POOL
image_refused 'connect' https://10.0.0.250:9/small.iso "$(sha small.iso)" $POOL
server_end
server_begin bad
image_refused 'ertificate' $URL/small.iso "$(sha small.iso)" $POOL
server_end
server_begin good

say "one that has no end"
for node in pve1 pve2 pve3; do
	on "$node" sh -c 'mkdir -p /var/lib/hcstate/fetch && mount -t tmpfs -o size=64M none /var/lib/hcstate/fetch'
done
image_refused 'the server does not say how much it is' $URL/endless/small.iso "$(sha small.iso)" $POOL
for node in pve1 pve2 pve3; do
	free=$(on "$node" df --output=avail -k /var/lib/hcstate/fetch | tail -n 1)
	((free > 3000)) || fail "$node: only $free KiB are left to others"
	on "$node" umount /var/lib/hcstate/fetch
done
converge
nothing_fetched

if [[ $NIGHTLY ]]; then
	say "a pool that is full"
	cat >"$MANIFESTS/45-small.yaml" <<-END
		apiVersion: hcstate/v1
		kind: CephPool
		metadata:
		  name: small
		spec:
		  size: 3
		  min_size: 2
		  pg_num: 8
		  application: rbd
		  quota_max_bytes: 8M
		  storage: true
	END
	sed -i 's/pool=stockage_ceph/&, profile rbd pool=small/' "$CEPH_MANIFEST"
	converge
	image_refused 'quota' $URL/disk.raw "$(sha disk.raw)" small

	say "another format"
	feed pve1 sh -c 'cat >/run/disk.raw' <"$WEB/disk.raw"
	on pve1 qemu-img convert -f raw -O qcow2 /run/disk.raw /run/disk.qcow2
	on pve1 cat /run/disk.qcow2 >"$WEB/disk.qcow2"
	image other $URL/disk.qcow2 "$(sha disk.qcow2)" $POOL 'format: qcow2'
	converge
	content_is $POOL other disk.raw
	on pve1 rm /run/disk.raw /run/disk.qcow2

	say "hcstate is killed while it fetches"
	image slow $URL/slow/disk.raw "$(sha disk.raw)" $POOL
	(trap - ERR; try_converge) &
	sleep 5
	for node in pve1 pve2 pve3; do on "$node" pkill -KILL -x hcstate || :; done
	wait $! && fail 'killed, and yet it converged'
	[[ $(images) != *image-slow\ * ]] || fail 'half an image is there'
	converge
	content_is $POOL slow disk.raw

	say "... just before it gets its name, and when that was of something else"
	rbd pve1 rename "$POOL/image-slow" "$POOL/image-slow.new"
	converge
	content_is $POOL slow disk.raw
	rbd pve1 rename "$POOL/image-slow" "$POOL/image-slow.new"
	rbd pve1 image-meta set "$POOL/image-slow.new" hcstate.sha256 "$(sha small.iso) raw 3145728"
	converge
	content_is $POOL slow disk.raw

	say "... and while it stores, and its document goes"
	head -c 268435456 /dev/urandom >"$WEB/big.raw"
	cp "$IMAGES" "$RUN/images.yaml"
	image big $URL/big.raw "$(sha big.raw)" $POOL
	(trap - ERR; try_converge) &
	wait_until 60 half_there big || fail "half of it never was there: $(images)"
	for node in pve1 pve2 pve3; do on "$node" pkill -KILL -x hcstate || :; done
	wait $! && fail 'killed, and yet it converged'
	half_there big || fail "it was whole before anybody was killed: $(images)"
	mv "$RUN/images.yaml" "$IMAGES"
	rm "$WEB/big.raw"
	converge
	! half_there big || fail "half of it stays: $(images)"
	! on pve1 rados -p hcstate -N volume listomapkeys volumes | shows image- ||
		fail 'a mark of what is gone stays'
	nothing_fetched
	no_change pve1 pve2 pve3
	spoil_lab
fi

say "in a directory, on every node"
dir_storage isos /srv/isos
image iso $URL/small.iso "$(sha small.iso)" isos
converge
for node in pve1 pve2 pve3; do
	on "$node" sha256sum /srv/isos/iso | shows "^$(sha small.iso) " || fail "$node: not what was served"
done
no_change pve1 pve2 pve3
server_end

say "a disk in a directory is kept when its VM goes"
cat >"$FILE_MANIFEST" <<-END
	apiVersion: hcstate/v1
	kind: VirtualMachine
	metadata:
	  name: file
	spec:
	  id: 200
	  node: pve1
	  running: false
	  memory: 64M
	  disks: {disk-0: {storage: isos, size: 16M}}
END
converge
on pve1 test -f /srv/isos/vm-200-disk-0 || fail 'its disk is not there'
rm "$FILE_MANIFEST"
for n in 1 2; do
	converge
	grep -Fq '= VmDisk/file/disk-0 ' "$LOG" || fail_with_log "look $n: nobody says that the disk is kept"
	on pve1 test -f /srv/isos/vm-200-disk-0 || fail "look $n: its disk is gone"
done
converge -- --approve VmDisk/file/disk-0
[[ $(on pve1 ls -A /srv/isos | sort | paste -sd' ') == '.iso.sha256 iso' ]] ||
	fail "in the directory there is $(on pve1 ls -A /srv/isos | sort | paste -sd' ')"
no_change pve1 pve2 pve3

say "gone, when that is approved"
: >"$IMAGES"
converge
grep -Fq '= Image/disk ' "$LOG" || fail_with_log 'nobody says that the image is kept'
[[ $(images) == *image-disk* ]] || fail "the images are $(images)"
rm -f "$IMAGES" "$STORAGE_MANIFEST"
converge -- --approve Image/disk --approve Image/iso --approve Image/other --approve Image/slow
[[ $(images) == vm-100-disk-0 ]] || fail "the images are $(images)"
nothing_fetched
vm_sound pve1
