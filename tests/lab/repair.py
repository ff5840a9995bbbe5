#!/usr/bin/env python3
"""Breaks one thing on this node again and again, and waits each time until somebody has mended it.

usage: repair.py KIND COUNT [ARGUMENT]

  address ADDRESS/BITS   taken from vmbr1
  down                   vmbr1 is set down
  corosync               stopped; mended when it has quorum again
  out                    this node's OSD is marked out
  domain NAME            destroyed

Prints when it broke it, in microseconds of the clock that the journal has, a line each time. Ends with 1
when nothing was mended for a minute.
"""

import json
import random
import subprocess
import sys
import time

LIMIT = 60  # seconds


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


def things(kind, argument):
    return {
        "address": lambda: (lambda: run("ip", "addr", "del", argument, "dev", "vmbr1"),
                            lambda: says(f" {argument} ", "ip", "-o", "addr", "show", "dev", "vmbr1")),
        "down": lambda: (lambda: run("ip", "link", "set", "vmbr1", "down"),
                         lambda: says(",UP", "ip", "-o", "link", "show", "vmbr1")),
        "corosync": lambda: (lambda: run("systemctl", "stop", "corosync.service"),
                             lambda: says("Quorate:          Yes", "corosync-quorumtool", "-s")),
        "out": out,
        "domain": lambda: (lambda: run("virsh", "-q", "destroy", argument),
                           lambda: says("running", "virsh", "-q", "domstate", argument)),
    }[kind]()


def main():
    kind, count = sys.argv[1], int(sys.argv[2])
    smash, whole = things(kind, sys.argv[3] if len(sys.argv) > 3 else None)
    for _ in range(count):
        print(time.time_ns() // 1000, flush=True)
        smash()
        end = time.monotonic() + LIMIT
        while not whole():
            if time.monotonic() > end:
                sys.exit(f"{kind} was not mended in {LIMIT} s")
            time.sleep(0.05)
        time.sleep(random.uniform(1.0, 2.0))


main()
