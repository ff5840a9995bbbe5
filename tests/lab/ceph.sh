# shellcheck shell=bash
#
# What the scenarios of Ceph share. They source this instead of lib.sh, which it sources itself: their
# lab has all of manifests/lab. What Ceph is, is asked of Ceph and of the nodes, never of hcstate.
# shellcheck disable=SC2034,SC2119,SC2120 # for those who source it
WITH_CEPH=yes
CONVERGE_LIMIT=${CONVERGE_LIMIT:-280}
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

POOL=stockage_ceph
OBJECT=$RUN/object # what was written to Ceph, see object_put
CEPH_MANIFEST=$MANIFESTS/30-ceph.yaml

# --- asking ---

ceph() { # NODE ARGUMENT...
	local node=$1
	shift
	on "$node" timeout -k 5 30 ceph --connect-timeout 10 "$@"
}

# what jq's FILTER makes of the command's answer
asked() { # NODE FILTER COMMAND...
	local node=$1 filter=$2
	shift 2
	ceph "$node" -f json "$@" 2>/dev/null | jq -r "$filter"
}

# no complaint, so many OSDs up and in, and every PG of at least one pool active and clean. Without
# OSDs and PGs Ceph finds itself healthy too.
healthy() { # NODE OSDS
	[[ $(asked "$1" ".health.status == \"HEALTH_OK\" and .osdmap.num_osds == $2
		and .osdmap.num_up_osds == $2 and .osdmap.num_in_osds == $2 and .pgmap.num_pgs > 0
		and all(.pgmap.pgs_by_state[]; .state_name | startswith(\"active+clean\"))" status) == true ]]
}

wait_healthy() { # NODE OSDS [SECONDS]
	wait_until "${3:-60}" healthy "$1" "$2" || {
		ceph "$1" -s >&2 || :
		ceph "$1" health detail >&2 || :
		fail "Ceph is not healthy with $2 OSDs"
	}
}

# pve1 pve2 pve3: those that agree
quorum() { asked "$1" '.quorum_names | sort | join(" ")' quorum_status; }

osd_of() { # NODE: the id of its only OSD, or of the first
	asked "$1" "[.nodes[] | select(.name == \"$1\").children[]] | sort | .[0]" osd tree
}

osd_is_down() { # NODE ID
	[[ $(asked "$1" ".osds[] | select(.osd == $2).up" osd dump) == 0 ]]
}

pool_value() { # NODE POOL FIELD
	asked "$1" ".pools[] | select(.pool_name == \"$2\").$3" osd dump
}

# --- what must hold whatever happened ---

# no OSD id, key or mark that belongs to nothing
no_orphans() { # NODE OSDS
	local ids uuids keys marks
	ids=$(asked "$1" '.osds[] | "osd.\(.osd)"' osd dump | sort)
	uuids=$(asked "$1" '.osds[].uuid' osd dump | sort)
	keys=$(asked "$1" '.auth_dump[].entity | select(startswith("osd."))' auth ls | sort)
	marks=$(asked "$1" 'keys[] | select(startswith("hcstate/osd/"))[12:]' config-key dump | sort)
	[[ $(wc -l <<<"$ids") -eq $2 ]] || fail "not $2 OSDs but $(paste -sd' ' <<<"$ids")"
	[[ $keys == "$ids" ]] || fail "OSDs $(paste -sd' ' <<<"$ids"), keys of $(paste -sd' ' <<<"$keys")"
	[[ $marks == "$uuids" ]] || fail "OSDs $uuids, and hcstate's marks are of $marks"
}

manifest_fsid() { sed -n '/^kind: CephFsid/,/^---/ s/^ *fsid: //p' "$KEYS/manifests/secrets.yaml"; }

# every monitor, asked for itself, belongs to the one cluster and agrees with so many
one_cluster() { # MONITORS NODE...
	local want got node
	want="$(manifest_fsid) $1"
	shift
	[[ $want =~ ^[0-9a-f-]{36}\  ]] || fail 'the manifests have no fsid'
	for node; do
		got=$(on "$node" timeout -k 5 20 ceph daemon "mon.$node" mon_status |
			jq -r '"\(.monmap.fsid) \(.quorum | length)"')
		[[ $got == "$want" ]] || fail "$node: its monitor's cluster and quorum are $got, not $want"
	done
}

sound() { # OSDS MONITORS NODE...: healthy, nothing left over, nothing left to do
	local osds=$1 monitors=$2
	shift 2
	wait_healthy "$1" "$osds"
	no_orphans "$1" "$osds"
	one_cluster "$monitors" "$@"
	no_change "$@"
}

# --- data ---

object_put() { # NODE NAME
	[[ -s $OBJECT ]] || head -c 8388608 /dev/urandom >"$OBJECT"
	feed "$1" timeout -k 5 60 rados -p "$POOL" put "$2" - <"$OBJECT" || fail "$2 cannot be written"
}

# byte for byte
object_same() { # NODE NAME
	on "$1" timeout -k 5 60 rados -p "$POOL" get "$2" - | cmp - "$OBJECT" || fail "$2 is not as it was"
}

# Writes until the OSD notices that its disk is dead, which it does not before it is used. For a second
# or two from then on Ceph counts placement groups as they were, or as peering: hcstate has to wait.
osd_dies() { # NODE WRITER
	local id end=$((SECONDS + 60))
	id=$(osd_of "$1")
	until osd_is_down "$2" "$id"; do
		((SECONDS < end)) || fail "osd.$id on $1 does not notice that its disk is dead"
		head -c 4194304 /dev/urandom | feed "$2" timeout -k 5 60 rados -p "$POOL" put noise - || :
	done
}

# --- manifests ---

# takes a document out
without() { # KIND
	python3 - "$CEPH_MANIFEST" "$1" <<-'END'
	import pathlib, sys
	path, kind = pathlib.Path(sys.argv[1]), sys.argv[2]
	documents = path.read_text().split("---\n")
	left = [d for d in documents if f"kind: {kind}\n" not in d]
	assert len(left) < len(documents), f"there is no {kind}"
	path.write_text("---\n".join(left))
	END
}

# lets a document be of these nodes only
only_on() { # KIND NODE...
	local kind=$1 nodes
	shift
	nodes=$(printf '%s, ' "$@")
	nodes=${nodes%, }
	sed -i "/^kind: $kind\$/,/^spec/ { /^  nodes:/d; s/^  name: .*/&\n  nodes: [$nodes]/ }" \
		"$CEPH_MANIFEST"
}

# a further OSD
osd_document() { # NAME NODE DEVICE [LINE OF spec]...
	local name=$1 node=$2 device=$3
	shift 3
	printf '%s\n' 'apiVersion: hcstate/v1' 'kind: CephOsd' 'metadata:' "  name: $name" \
		"  nodes: [$node]" 'spec:' "  device: $device" "${@/#/  }" >"$MANIFESTS/50-osd-$name.yaml"
}

# --- the end ---

# for whoever reads why it failed, see finish
show_ceph() {
	local node
	for node in $(nodes); do
		printf -- '--- %s: ceph\n' "$node"
		on "$node" timeout -k 5 10 ceph --connect-timeout 3 -s 2>&1 || continue
		on "$node" timeout -k 5 10 ceph --connect-timeout 3 osd tree 2>&1 || :
		break
	done
	return 0
}
