#!/usr/bin/env python3
"""Watches one virtual machine of a lab until it is told to stop, and says what it saw as JSON.

usage: watch.py LAB VM [ADDRESS]

Two things, thirty times a second. What each node's libvirt holds of the VM: its status file says whether
the VM runs or is paused, the process in it has to live, and its processors have to have run since the last
look: a guest that was suspended while its disk does not answer is "running" to libvirt until the disk does.
And what the guest at ADDRESS answers when it is asked for its counter (tools/lab.d/guest.c). It runs on the
host, so that no node's death ends it.

The VM runs twice when one node was seen to run it, then another, then the first again as the same
process: then both ran in between. That is the strictest that can be said of looks one after the other.
"""

import glob
import json
import os
import re
import select
import signal
import socket
import sys
import time

PAUSE = 0.03
STATUS = re.compile(rb"<domstatus state='(\w+)' reason='([^']*)' pid='(\d+)'")


def init_of(lab, node):
    """The node's PID 1 as the host counts; None when it is off."""
    for path in glob.glob(f"/sys/fs/cgroup/**/hcstate-lab.{lab}.{node}/payload", recursive=False) + \
            glob.glob(f"/sys/fs/cgroup/*/hcstate-lab.{lab}.{node}/payload"):
        for name in ("init.scope/cgroup.procs", "cgroup.procs"):
            try:
                pids = open(f"{path}/{name}").read().split()
            except OSError:
                continue
            for pid in pids:
                try:
                    if re.search(r"^NSpid:.*\s1$", open(f"/proc/{pid}/status").read(), re.M):
                        return pid
                except OSError:
                    pass
    return None


def state_of(init, vm):
    """(state, process) of the VM in that node; None when it has none there."""
    try:
        with open(f"/proc/{init}/root/run/libvirt/qemu/{vm}.xml", "rb") as file:
            found = STATUS.search(file.read(4096))
        if not found:
            return None
        pid = found[3].decode()
        with open(f"/proc/{init}/root/proc/{pid}/stat") as file:
            if file.read().rpartition(")")[2].split()[0] in "ZX":
                return None
        return found[1].decode(), pid
    except OSError:
        return None


def ran_for(init, pid):
    """Nanoseconds that the VM's processors have run."""
    total = 0
    for task in glob.glob(f"/proc/{init}/root/proc/{pid}/task/*"):
        try:
            with open(f"{task}/comm") as file:
                if not file.read().startswith("CPU "):
                    continue
            with open(f"{task}/schedstat") as file:
                total += int(file.read().split()[0])
        except OSError:
            pass
    return total


class Places:
    """Where the VM was seen to run."""

    def __init__(self, lab, vm):
        self.lab, self.vm = lab, vm
        self.inits, self.looked = {}, 0
        self.last = {}  # node -> (look, process) of the last time that it was seen to run there
        self.ran = {}  # node -> (process, nanoseconds) at the last look
        self.look_count = 0
        self.path, self.twice = [], set()
        self.both = None  # the first and the last moment at which it was known to run twice

    def nodes(self):
        now = time.monotonic()
        if now - self.looked > 0.3:
            self.looked = now
            names = {path.rpartition(".")[2]
                     for path in glob.glob(f"/sys/fs/cgroup/*/hcstate-lab.{self.lab}.*") +
                     glob.glob(f"/sys/fs/cgroup/hcstate-lab.{self.lab}.*")}
            self.inits = {name: init_of(self.lab, name) for name in sorted(names)}
        return self.inits

    def look(self):
        for node, init in self.nodes().items():
            found = state_of(init, self.vm) if init else None
            if not found or found[0] != "running":
                self.last.pop(node, None)
                self.ran.pop(node, None)
                continue
            before, self.ran[node] = self.ran.get(node), (found[1], ran_for(init, found[1]))
            if not before or before == self.ran[node]:
                continue
            self.look_count += 1
            before = self.last.get(node)
            self.last[node] = (self.look_count, found[1])
            if not self.path or self.path[-1] != node:
                self.path.append(node)
            if before and before[1] == found[1]:
                self.note({f"{node} and {other}" for other, (look, _) in self.last.items()
                           if other != node and look > before[0]})

    def note(self, twice):
        if twice:
            now = time.monotonic()
            self.both = (self.both[0] if self.both else now, now)
            self.twice |= twice

    def twice_ms(self):
        return int((self.both[1] - self.both[0]) * 1000) + 1 if self.both else 0


class Guest:
    """What the guest says of itself."""

    def __init__(self, address):
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.setblocking(False)
        self.address = address
        self.answers = self.back = 0
        self.backwards = []  # what was heard, and what before
        self.count = self.changed = self.heard = None
        self.still = self.silence = 0.0
        self.boots, self.uptime, self.booted = [], 0, 0

    def ask(self):
        try:
            self.socket.sendto(b"count", (self.address, 7))
        except OSError:
            pass  # nobody there, for now

    def hear(self):
        now = time.monotonic()
        try:
            count, uptime, boot = self.socket.recv(2000).split()
        except (OSError, ValueError):
            return
        count, uptime, boot = int(count), int(uptime), boot.decode()
        self.answers += 1
        if self.count is not None and (count < self.count or
                                       (boot in self.boots and boot != self.boots[-1])):
            self.goes_back(count, uptime, boot)
        if self.heard is not None:
            self.silence = max(self.silence, now - self.heard)
        if self.count != count:
            if self.changed is not None:
                self.still = max(self.still, now - self.changed)
            self.count, self.changed = count, now
        self.heard = now
        if not self.boots or self.boots[-1] != boot:
            self.boots.append(boot)
            self.booted = uptime  # before that it could not answer
        elif uptime < self.uptime:
            self.goes_back(count, uptime, boot)
        self.uptime = uptime

    def goes_back(self, count, uptime, boot):
        self.back += 1
        self.backwards = self.backwards[:9] + [[[count, uptime, boot], [self.count, self.uptime, self.boots[-1]]]]


def main():
    lab, vm = sys.argv[1:3]
    places, guest = Places(lab, vm), Guest(sys.argv[3]) if len(sys.argv) > 3 else None
    stopped = []
    signal.signal(signal.SIGTERM, lambda *_: stopped.append(True))
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    parent = os.getppid()
    while not stopped and os.getppid() == parent:
        places.look()
        if guest:
            guest.ask()
        end = time.monotonic() + PAUSE
        while (left := end - time.monotonic()) > 0:
            if not guest:
                time.sleep(left)
            elif select.select([guest.socket], [], [], left)[0]:
                guest.hear()
    said = {"looks": places.look_count, "places": places.path[:99], "twice": sorted(places.twice),
            "twice_ms": places.twice_ms()}
    if guest:
        said |= {"answers": guest.answers, "back": guest.back, "backwards": guest.backwards, "boots": len(guest.boots),
                 "still_ms": int(guest.still * 1000), "silence_ms": int(guest.silence * 1000),
                 "booted_ms": guest.booted, "count": guest.count}
    json.dump(said, sys.stdout)


main()
