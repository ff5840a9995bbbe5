#!/usr/bin/env python3
"""How long the first mending step took to begin: moments of repair.py against journals of agents.

usage: repaired.py KIND MOMENTS AIM_MS OBJECT JOURNAL...

MOMENTS is a file with a line per break, from when to when it took; a JOURNAL is of `journalctl -o json`;
OBJECT is what the name of the object begins with. Prints the median and the 95th percentile since the break
began; ends with 1 when the one since it ended, as a service takes its time to stop, is more than ten times
the aim, or a break was followed by no step. A break in the middle of a step is not counted, for that
step goes on with it; but one in two has to be.
"""

import json
import pathlib
import sys

kind, moments, aim, wanted = sys.argv[1], sys.argv[2], int(sys.argv[3]), sys.argv[4]
steps = []
for path in sys.argv[5:]:
    for line in pathlib.Path(path).read_text().splitlines():
        entry = json.loads(line)
        if entry.get("HCSTATE_EVENT") == "step" and entry.get("HCSTATE_RESOURCE", "").startswith(wanted):
            at = int(entry.get("_SOURCE_REALTIME_TIMESTAMP", entry["__REALTIME_TIMESTAMP"]))
            steps.append((at - int(entry.get("HCSTATE_DURATION_USEC", 0)), at))
steps.sort()
broken = [[int(word) for word in line.split()] for line in pathlib.Path(moments).read_text().splitlines()]
took, late = [], []
for i, (began, ended) in enumerate(broken):
    until = broken[i + 1][0] if i + 1 < len(broken) else float("inf")
    if any(first < began < last for first, last in steps):
        continue
    first = next((first for first, _ in steps if began <= first < until), None)
    if first is None:
        sys.exit(f"{kind}: break {i + 1} of {len(broken)} was followed by no step of {wanted}")
    took.append((first - began) / 1000)
    late.append(max(0, first - ended) / 1000)
if 2 * len(took) < len(broken):
    sys.exit(f"{kind}: {len(broken) - len(took)} of {len(broken)} breaks came while another was mended")
took.sort()
late.sort()


def percentile(v, p):
    return v[(len(v) - 1) * p // 100]


print(f"{kind:9} n {len(took)}  p50 {percentile(took, 50):7.1f} ms  p95 {percentile(took, 95):7.1f} ms  "
      f"max {took[-1]:7.1f} ms  aim {aim} ms")
sys.exit(percentile(late, 95) > 10 * aim)
