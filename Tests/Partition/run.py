"""Real nodes on hosts of their own are cut apart and meet again; cold ones catch up with a large log.

usage: run.py [--long] [start of the names of the wanted tests]
Prints one line a test, and below it what was measured. Ends with status 77 where the machine lets nobody
make network namespaces.
"""

import functools
import os
import sys
from pathlib import Path

from catchup import CatchUp
from halves import HEALED_WITHIN, Brief, Halves
from islands import missing_rights
from rows import run_all, timed

# What test harnesses take for "left out".
LEFT_OUT = 77
NODES = 10
# Longer than it takes to notice that nobody answers (ADR 0011).
APART = 150
MESSAGES = 20_000
# Seconds in which a log is written, or read by somebody who had nothing.
LARGE_LOG = 3_600


def brief(root: Path):
    stage = Brief(root)
    yield "partition-in-brief-nodes-meet", stage.meet
    yield "partition-in-brief-two-sides", timed(lambda: stage.halves(15, adopt=False), 120)


def ten(root: Path):
    stage = Halves(root, NODES)
    yield "partition-ten-nodes-meet", timed(stage.meet, 240)
    allowed = HEALED_WITHIN + APART + 300
    yield "partition-of-two-sides", timed(lambda: stage.halves(APART, adopt=True), allowed)
    yield "partition-of-three-parts", timed(lambda: stage.three_parts(APART), allowed)
    yield "partition-one-way", timed(lambda: stage.one_way(APART), allowed)
    yield "partition-with-a-slow-side", timed(lambda: stage.slow_side(APART), allowed)


def catch_up(messages: int, root: Path):
    stage = CatchUp(root, messages, LARGE_LOG)
    yield "catch-up-a-log-is-written", timed(stage.write, LARGE_LOG)
    yield f"catch-up-with-{messages}-messages", timed(stage.join, LARGE_LOG)
    yield "catch-up-of-who-missed-a-part", timed(stage.come_back, 180)


def main(arguments: list[str]) -> int:
    is_long = "--long" in arguments
    wanted = next((word for word in arguments if not word.startswith("--")), "")
    reason = "it needs root" if os.geteuid() else missing_rights()
    if reason:
        print(f"left out: partition: no network namespaces here: {reason}", flush=True)
        return LEFT_OUT
    messages = int(os.environ.get("MESSAGES", MESSAGES))
    rows = [ten, functools.partial(catch_up, messages)] if is_long else [brief]
    return run_all(rows, wanted, 1)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
