#!/usr/bin/env bash
# An agent that watches files: edited with vim, replaced by mv, a directory moved into place, a thousand
# edits in a row, all of it taken away, a link to nothing, a full disk. It takes what is whole and keeps what
# it has otherwise, says what it refuses, and never ends. What it has it works from without its files too.
. "$(dirname "$0")/agent.sh"

NODE=pve2
WATCHED=/srv/manifests
BRIDGE=$WATCHED/20-network.yaml

ageing() { on $NODE cat /sys/class/net/vmbr1/bridge/ageing_time; }
is_ageing() { [[ $(ageing) == "${1}00" ]]; }

# the change was made on the machine, and nothing else is left to do
took() { # SECONDS-OF-AGEING
	wait_until 10 is_ageing "$1" || fail "$NODE: ageing is $(ageing), not $1 s: $(on $NODE hcstate status | head)"
}

complains() { refused_with $NODE "$1"; }

refuses() { # TEXT
	wait_until 10 complains "$1" || fail "$NODE does not say: $1, but $(status $NODE .agent)"
}

well() { [[ $(status $NODE '[.agent.refused[]?, .agent.source.error?] | map(values) | length') == 0 ]]; }

is_well() { wait_until 15 well || fail "$NODE still complains: $(status $NODE .agent)"; }

same_agent() {
	[[ $(agent_pid $NODE) == "$PID" ]] || fail "$NODE: the agent has ended; it is another one now"
}

# a line of the watched file, in place
edit() { # SECONDS
	on $NODE sed -i -e '/^  ageing:/d' -e "s/^  ports: \[enp0s8\]\$/&\n  ageing: $1/" $BRIDGE
}

agents_lab
spoil_lab # its agent.yaml is another one
say "the manifests are files"
tar -C "$WORK" --exclude=.git -cf - . | feed $NODE sh -c "mkdir -p $WATCHED && tar -C $WATCHED --no-same-owner -xf -"
# shellcheck disable=SC2016 # sed's
on $NODE sed -i '/^  git:/,$d' /etc/hcstate/agent.yaml
feed $NODE sh -c 'cat >>/etc/hcstate/agent.yaml' <<<"  source: $WATCHED"
on $NODE systemctl reload hcstate.service
PID=$(agent_pid $NODE)
from_files() { [[ $(status $NODE .agent.source.kind) == path ]]; }
wait_until 10 from_files || fail "$NODE: the source is $(status $NODE .agent.source)"
edit 100
took 100

say "vim"
on $NODE vim.tiny -N -u NONE -es -c '%s/ageing: 100/ageing: 101/' -c wq $BRIDGE
took 101
on $NODE vim.tiny -N -u NONE -es -c 'set backup backupcopy=no backupext=~' -c '%s/ageing: 101/ageing: 102/' -c wq $BRIDGE
took 102

say "mv"
on $NODE sh -c "sed 's/ageing: 102/ageing: 103/' $BRIDGE >$WATCHED/.new && mv $WATCHED/.new $BRIDGE"
took 103
on $NODE sh -c "cp -a $WATCHED $WATCHED.new && sed -i 's/ageing: 103/ageing: 104/' $WATCHED.new/20-network.yaml &&
	mv $WATCHED $WATCHED.old && mv $WATCHED.new $WATCHED && rm -r $WATCHED.old"
took 104
on $NODE sh -c "mkdir $WATCHED.sub && mv $BRIDGE $WATCHED.sub/ && sed -i 's/ageing: 104/ageing: 105/' $WATCHED.sub/*"
sleep 2 # a network that nobody asks for any more goes when somebody says so, and not in parts either
[[ $(on $NODE ip -o addr show dev vmbr1) == *10.0.0.2* ]] || fail "$NODE gave its address away"
on $NODE mv $WATCHED.sub $WATCHED/sub
took 105
on $NODE mv $WATCHED/sub/20-network.yaml $BRIDGE
on $NODE rmdir $WATCHED/sub
is_well

say "a thousand edits"
# shellcheck disable=SC2016 # the node's shell fills them in
on $NODE sh -c 'i=0; while [ $i -lt 1000 ]; do
	sed -i "s/ageing: .*/ageing: $((200 + i % 50))/" "$1"; i=$((i + 1)); done; sed -i "s/ageing: .*/ageing: 106/" "$1"' \
	sh $BRIDGE
took 106
is_well
same_agent

say "half a file"
on $NODE sh -c "cp $BRIDGE /srv/whole && head -c 400 /srv/whole >$BRIDGE"
refuses 20-network.yaml
took 106
on $NODE cp /srv/whole $BRIDGE
is_well

say "gone"
since=$(now)
on $NODE mv $WATCHED /srv/away
refuses $WATCHED
happened $NODE "$since" '.event == "step"' && fail "$NODE did something though it has no manifests"
on $NODE ip link set vmbr1 type bridge ageing_time 30000
took 106
on $NODE mv /srv/away $WATCHED
is_well

say "a link to nothing"
on $NODE ln -s /nowhere $WATCHED/70-nothing.yaml
refuses 70-nothing.yaml
on $NODE rm $WATCHED/70-nothing.yaml
is_well
same_agent

say "a full disk"
on $NODE sh -c 'mkdir /srv/small && mount -t tmpfs -o size=16m tmpfs /srv/small &&
	cp -a /var/lib/hcstate/. /srv/small/ && mount --bind /srv/small /var/lib/hcstate'
! on $NODE sh -c 'cat /dev/zero >/var/lib/hcstate/filler' 2>/dev/null || fail 'that disk does not get full'
edit 107
sleep 2
same_agent
[[ $(on $NODE systemctl is-active hcstate.service) == active ]] || fail 'it does not run any more'
on $NODE rm -f /var/lib/hcstate/filler
edit 108
took 108
is_well
on $NODE sh -c 'umount --lazy /var/lib/hcstate && rm -rf /var/lib/hcstate/* &&
	cp -a /srv/small/. /var/lib/hcstate/'
edit 109
took 109
same_agent
on $NODE umount /srv/small

say "it begins from what it had"
on $NODE mv $WATCHED /srv/away
on $NODE systemctl restart hcstate.service
on $NODE ip link set vmbr1 type bridge ageing_time 30000
took 109
