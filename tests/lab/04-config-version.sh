#!/usr/bin/env bash
# What corosync.conf says changes only under a higher config_version. Then it is taken by a reload on
# all nodes at once, without a restart; a node that was off meanwhile is brought back in.
. "$(dirname "$0")/lib.sh"

token_is() { # MILLISECONDS NODE...
	local want=$1 node
	shift
	for node; do
		[[ $(cmap "$node" totem.token) == "$want" ]] || fail "$node: the token is not $want"
	done
}

converged_lab
before=$(main_pids pve1 pve2 pve3)

say "a changed token under the same version"
set_token 4000
refused "write $(($(config_version) + 1))"
[[ $(cmap pve1 totem.token) != 4000 ]] || fail 'refused, and yet changed'

say "and under a higher one"
raise_version
converge
token_is 4000 pve1 pve2 pve3
[[ $(main_pids pve1 pve2 pve3) == "$before" ]] || fail 'a corosync was restarted'
no_change pve1 pve2 pve3

say "pve3 is off while it changes again"
lab power-off pve3
set_token 3500
raise_version
converge --node pve1 --node pve2
token_is 3500 pve1 pve2
lab power-on pve3
converge
token_is 3500 pve1 pve2 pve3
all_votes 3 pve1 pve2 pve3
no_change pve1 pve2 pve3
