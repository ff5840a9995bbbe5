#!/usr/bin/env python3
"""Breaks one thing on this node again and again, and waits each time until somebody has mended it.

usage: repair.py KIND COUNT [ARGUMENT]

  address ADDRESS/BITS   taken from vmbr1
  down                   vmbr1 is set down
  corosync               stopped; mended when it has quorum again
  out                    this node's OSD is marked out
  domain NAME            destroyed

Prints from when to when it broke, in microseconds of the clock that the journal has, a line each time. Ends
with 1 when nothing was mended for a minute.
"""

import datetime
import json
import random
import subprocess
import sys
import time

LIMIT = 60  # seconds
AT_ITS_END = ("domain", "out")  # it runs until QEMU has ended, and is in until the monitors have agreed
# Until the agent has seen that it is mended: what is broken before that was no mending, for all that it can
# see, and is tried later and later. Reading Ceph takes longer than the rest.
PAUSE = {"out": 4.0}


def run(*command):
    return subprocess.run(command, capture_output=True, text=True, check=False)


def says(word, *command):
    return word in run(*command).stdout


def ceph():
    import rados
    cluster = rados.Rados(conffile="/etc/ceph/ceph.conf", name="client.admin",
                          conf={"keyring": "/etc/ceph/ceph.client.admin.keyring"})
    cluster.connect(timeout=10)

    def ask(**words):
        return cluster.mon_command(json.dumps({"format": "json", **words}), b"")[1]
    return ask


def out():
    ask = ceph()
    tree = json.loads(ask(prefix="osd tree"))["nodes"]
    osd = next(n["children"][0] for n in tree if n["name"] == run("hostname").stdout.strip())

    def is_in():
        return any(o["osd"] == osd and o["in"] for o in json.loads(ask(prefix="osd dump"))["osds"])
    return lambda: ask(prefix="osd out", ids=[str(osd)]), is_in


def destroy(name):
    """When it had ended: QEMU takes its time to go, and libvirt tells nobody before. 2026-11-23 03:00:00.123+0000"""
    run("virsh", "-q", "destroy", name)
    with open(f"/var/log/libvirt/qemu/{name}.log", encoding="utf-8", errors="replace") as log:
        ended = [line for line in log if "shutting down, reason=destroyed" in line][-1]
    moment = datetime.datetime.strptime(ended.partition(": ")[0], "%Y-%m-%d %H:%M:%S.%f%z")
    return int(moment.timestamp() * 1000000)


def stop(unit):
    """It has stopped: one whose agent has just begun to start it may not, and is not broken then."""
    while run("systemctl", "stop", unit).returncode:
        time.sleep(0.2)


def things(kind, argument):
    return {
        "address": lambda: (lambda: run("ip", "addr", "del", argument, "dev", "vmbr1"),
                            lambda: says(f" {argument} ", "ip", "-o", "addr", "show", "dev", "vmbr1")),
        "down": lambda: (lambda: run("ip", "link", "set", "vmbr1", "down"),
                         lambda: says(",UP", "ip", "-o", "link", "show", "vmbr1")),
        "corosync": lambda: (lambda: stop("corosync.service"),
                             lambda: says("Quorate:          Yes", "corosync-quorumtool", "-s")),
        "out": out,
        "domain": lambda: (lambda: destroy(argument),
                           lambda: says("running", "virsh", "-q", "domstate", argument)),
    }[kind]()


def main():
    kind, count = sys.argv[1], int(sys.argv[2])
    smash, whole = things(kind, sys.argv[3] if len(sys.argv) > 3 else None)
    for _ in range(count):
        began = time.time_ns() // 1000
        moment = smash()
        ended = moment if kind == "domain" else time.time_ns() // 1000
        print(ended if kind in AT_ITS_END else began, ended, flush=True)
        end = time.monotonic() + LIMIT
        while not whole():
            if time.monotonic() > end:
                sys.exit(f"{kind} was not mended in {LIMIT} s")
            time.sleep(0.05)
        time.sleep(PAUSE.get(kind, 0) + random.uniform(1.0, 2.0))


main()
