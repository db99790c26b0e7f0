"""Real nodes keep copies for each other, in days of some seconds (ADR 0050).

usage: run.py [--long] [start of the names of the wanted tests]
Prints one line a test; rows have nothing to do with each other and run side by side.
"""

import functools
import os
import sys
from pathlib import Path

from breaks import Disks, Resumption
from copies import Copies
from market import MIB
from rows import run_all, timed

# Seconds of a day of the market, in the short form and in the long one.
DAYS = {False: 20, True: 40}
# The largest artefact may have 100 MB.
LARGE = {False: 40 * MIB, True: 90 * MIB}
ROWS_AT_ONCE = 3


def copies(is_long: bool, root: Path):
    day = DAYS[is_long]
    stage = Copies(root, day)
    yield "market-short-days-need-the-local-profile", stage.refuse_short_days
    yield "market-copies-are-made", stage.replicate
    yield "market-copies-outlive-their-uploader", stage.outlive_the_uploader
    yield "market-damage-is-found-and-penalised", timed(stage.find_damage, 3 * day + 60)
    if is_long:
        yield "market-a-lost-copy-is-replaced", timed(stage.replace_the_lost, 7 * day + 120)
        yield "market-providers-earn", timed(stage.earn, 9 * day)
    yield "market-a-copy-is-handed-over", timed(stage.hand_over, 4 * day + 60)
    yield "market-withdrawn-content-is-gone", timed(stage.withdraw, 2 * day + 90)
    yield "market-nodes-end-well", stage.end_well


def resumption(is_long: bool, root: Path):
    stage = Resumption(root, DAYS[is_long], LARGE[is_long])
    yield "market-a-provider-is-killed-while-it-fetches", stage.kill_in_the_middle
    yield "market-a-killed-provider-goes-on-where-it-was", stage.resume


def disks(is_long: bool, root: Path):
    stage = Disks(root, DAYS[is_long])
    yield "market-a-full-disk-is-told", stage.fill
    yield "market-a-copy-comes-once-there-is-room", stage.make_room
    yield "market-a-read-only-disk-is-told", stage.read_only


def main(arguments: list[str]) -> int:
    is_long = "--long" in arguments
    wanted = next((word for word in arguments if not word.startswith("--")), "")
    rows = [functools.partial(row, is_long) for row in (copies, resumption, disks)]
    return run_all(rows, wanted, ROWS_AT_ONCE)


if __name__ == "__main__":
    if os.geteuid():
        sys.exit("market: small disks need root; run it as root or in a container")
    sys.exit(main(sys.argv[1:]))
