"""Stories that take minutes where programs are built for debugging: the release plays them.

usage: run.py [start of the names of the wanted stories]
VALENCE_NODE names the release. Prints one line a story.
"""

import subprocess
import sys
from pathlib import Path

import node
from rows import run_all, timed

SECONDS = 900
CRASHES = 50


def play(name: str, *options: str) -> None:
    """Plays a story to its end; what a check that does not hold says is told."""
    told = subprocess.run(
        [node.BINARY, "simulate", "--story", name, *options],
        capture_output=True, text=True, timeout=SECONDS, check=False,
    )
    if told.returncode:
        raise AssertionError(f"{name} {' '.join(options)}: {told.stdout[-2000:]}{told.stderr[-2000:]}")


def late_constitution() -> None:
    """R-08-018, R-08-026, R-08-037, D-58: a vote of 90 days changes a rule 30 days later"""
    play("late-constitution")


def captured_founder() -> None:
    """D-61, D-85, R-09-035: a captured founder does little harm until it is rotated and banned"""
    play("captured-founder")


def stolen_device() -> None:
    """R-01-037, D-14, D-55: a stolen device's votes end in one tally, in all orders of arrival"""
    play("stolen-device")


def rotation_race() -> None:
    """R-01-013, R-01-014, D-08, D-47: a rotation race suspends both successors everywhere"""
    play("rotation-race")


def two_networks() -> None:
    """R-12-016, R-12-017, R-12-026, D-14: two networks meet, and count again what one of them revoked"""
    play("two-networks")


def crashes() -> None:
    """Fifty histories: the log is the whole truth, and all of what was acknowledged is in it (ADR 0045)."""
    for seed in range(1, CRASHES + 1):
        play("crashes-in-brief", "--seed", str(seed))


def governance(_root: Path):
    yield "story-late-constitution", timed(late_constitution, SECONDS)
    yield "story-stolen-device", timed(stolen_device, SECONDS)
    yield "story-two-networks", timed(two_networks, SECONDS)


def keys(_root: Path):
    yield "story-captured-founder", timed(captured_founder, SECONDS)
    yield "story-rotation-race", timed(rotation_race, SECONDS)
    yield "story-fifty-crashes", timed(crashes, SECONDS)


if __name__ == "__main__":
    wanted = sys.argv[1] if len(sys.argv) > 1 else ""
    sys.exit(run_all([governance, keys], wanted, 2))
