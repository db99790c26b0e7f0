"""Does to real nodes what the world does to them: cut wires, wrong clocks, floods, kill -9, bad disks.

usage: run.py [--long] [start of the names of the wanted tests]
Prints one line a test; rows have nothing to do with each other and run side by side.
"""

import functools
import os
import sys
from pathlib import Path

import damage
from clocks import Clocks
from crowds import Flood, HalfOpen
from kills import ROUNDS_A_NETWORK, Kills
from partition import HEALED_WITHIN, Partition
from rows import run_all, timed
from siege import Siege

# Gossip refuses what is older than five minutes, sync looks back for half an hour (R-05-109).
CUTS = {False: [240], True: [240, 2_400]}
ROUNDS = {False: 50, True: 1_000}
IMAGES = {False: 50, True: 500}
# Most of a row is waiting.
ROWS_AT_ONCE = 3


def partition(seconds: int, root: Path):
    stage = Partition(root, seconds)
    name = f"partition-of-{seconds}-s"
    yield f"{name}-nodes-meet", timed(stage.meet, 180)
    yield f"{name}-both-sides-go-on", timed(stage.go_on_apart, seconds + 120)
    yield f"{name}-heals", timed(stage.heal, HEALED_WITHIN + 60)


def clocks(root: Path):
    stage = Clocks(root)
    yield "clock-nodes-meet", timed(stage.meet, 120)
    yield "clock-behind-near-a-deadline", stage.behind_near_a_deadline
    yield "clock-back-by-an-hour", stage.back_by_an_hour
    yield "clock-forth-by-a-day", stage.forth_by_a_day


def half_open(root: Path):
    stage = HalfOpen(root)
    yield "half-open-requests-leave-the-node-to-others", stage.hold
    yield "half-open-requests-cost-no-work", stage.stay_idle
    yield "half-open-requests-end", stage.let_go


def flood(root: Path):
    stage = Flood(root)
    yield "flood-of-large-posts-is-bounded", stage.pour
    yield "flood-of-small-posts-is-bounded", stage.drizzle
    yield "flood-leaves-the-operator-room", stage.leave_room


def siege(root: Path):
    stage = Siege(root)
    yield "siege-prepare", stage.prepare
    yield "siege-keeps-all-caps", stage.flood
    yield "siege-loses-nothing", stage.recover


def kills(number: int, rounds: int, root: Path):
    stage = Kills(root, rounds)
    yield f"kill-{number}-prepare", stage.prepare
    yield f"kill-{number}-{rounds}-times-at-the-answer", stage.kill_at_every_answer


def damaged_log(images: int, root: Path):
    def is_never_silently_wrong():
        assert damage.main(images, seed=1) == 0, "see the lines above"

    yield f"damage-in-{images}-images-of-the-log", timed(is_never_silently_wrong, 5 * images + 60)


def rows(is_long: bool, takes_siege: bool) -> list:
    lives = ROUNDS[is_long] // ROUNDS_A_NETWORK
    return [
        *(functools.partial(partition, seconds) for seconds in CUTS[is_long]),
        functools.partial(damaged_log, IMAGES[is_long]),
        clocks, half_open, flood, *([siege] if takes_siege else []),
        *(functools.partial(kills, number + 1, ROUNDS_A_NETWORK) for number in range(lives)),
    ]


def main(arguments: list[str]) -> int:
    is_long = "--long" in arguments
    wanted = next((word for word in arguments if not word.startswith("--")), "")
    # A siege takes both cores, so it is not played beside others unless there is time for it.
    return run_all(rows(is_long, is_long or wanted.startswith("siege")), wanted, ROWS_AT_ONCE)


if __name__ == "__main__":
    if os.geteuid():
        sys.exit("faults: network namespaces need root; run it as root or in a container")
    sys.exit(main(sys.argv[1:]))
