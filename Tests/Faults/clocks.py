"""A node whose machine has a wrong clock, which is then set right while it runs (libfaketime)."""

import glob
import time
from pathlib import Path

from networks import Network
from node import CommandError, Node, Place, eventually

HOUR, DAY = 3_600, 86_400
# As long as it takes to notice a jump, to dial again and to catch up.
BACK_WITHIN = 180
# Far enough to be told, too near for anybody to ignore the node.
BEHIND = 20


class FakeClock:
    """The wall clock of one process, ahead of the machine's by so many seconds.

    The monotonic clock is left alone, as it is when a clock is corrected.
    """

    def __init__(self, file: Path):
        found = glob.glob("/usr/lib/*/faketime/libfaketime.so.1")
        if not found:
            raise AssertionError("no libfaketime: scripts/faults installs it")
        self.file = file
        self.set(0)
        self.environment = {
            "LD_PRELOAD": found[0],
            "FAKETIME_TIMESTAMP_FILE": str(file),
            "FAKETIME_CACHE_DURATION": "1",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
        }

    def set(self, seconds: int) -> None:
        # In one piece, as the library may read at any moment.
        part = self.file.with_suffix(".part")
        part.write_text(f"{seconds:+d}\n")
        part.rename(self.file)


def while_it_rebuilds(look):
    """A look at nodes one of which may be gone for a moment, since it has noticed a jump of its clock."""

    def patient_look():
        try:
            return look()
        except CommandError:
            return False

    return patient_look


class Clocks(Network):
    """Two nodes at the right time and one whose clock is moved."""

    def __init__(self, root: Path):
        super().__init__(root, "clocks")
        self.clock = FakeClock(self.root / "clock")

    def meet(self) -> None:
        # The library changes the environment when it is first loaded, and Swift then loses the
        # arguments; behind `env` it has done so before.
        wrong = Place(environment=self.clock.environment, within=["env"])
        self.right, self.other, self.wrong = self.found([Place(), Place(), wrong])
        self._talk("at first")

    def back_by_an_hour(self) -> None:
        self._wander(HOUR)
        self.clock.set(0)
        self._talk("after the clock went back by an hour", BACK_WITHIN)
        self._is_told()

    back_by_an_hour.seconds = 2 * BACK_WITHIN + 60

    def forth_by_a_day(self) -> None:
        self.clock.set(DAY)
        time.sleep(5)
        self.clock.set(0)
        self._talk("after a day forth and back", BACK_WITHIN)
        self._is_told()

    forth_by_a_day.seconds = 2 * BACK_WITHIN + 60

    def behind_near_a_deadline(self) -> None:
        """Whoever votes or looks is warned, and the vote counts."""
        self.clock.set(-BEHIND)
        self._talk("from behind", BACK_WITHIN)

        def is_known():
            offset = self.wrong.command("status")["verification"]["clock_offset_ms"]
            return abs((offset or 0) + BEHIND * 1_000) < 3_000

        eventually("the clock is known to be behind", while_it_rebuilds(is_known), BACK_WITHIN)
        artefact = self.root / "artefact.txt"
        artefact.write_text("what we do\n")
        words = ["--title", "soon", "--description", "soon", "--deadline-seconds", "45"]
        made = self.right.command("proposal", "new", *words, "--file", str(artefact))["id"]
        eventually("arrival", lambda: made in self.wrong.proposals(), 15)
        for words in [("show", made), ("vote", made, "endorse")]:
            said = self.wrong.talk("proposal", *words)
            assert f"clock is {BEHIND} s behind" in said, f"{words}: {said}"
            assert "are left until the deadline" in said, f"{words}: {said}"
            assert "Warning" not in self.right.talk("proposal", *words)
        counted = lambda: len(self.right.command("proposal", "show", made)["votes"]) == 2
        eventually("the vote is heard", counted, 15)

    behind_near_a_deadline.seconds = 3 * BACK_WITHIN

    def _wander(self, seconds: int) -> None:
        """Long enough at a wrong time to have taken it in."""
        self.clock.set(seconds)
        time.sleep(10)

    def _talk(self, when: str, seconds: float = 30) -> None:
        """Both sides hear what the other one posts now."""

        def is_heard(sender: Node, hearer: Node, title: str) -> None:
            def look():
                if title not in sender.titles():
                    sender.command("request", "new", "--title", title)
                return title in hearer.titles()

            eventually(f"{title!r} heard", while_it_rebuilds(look), seconds)

        is_heard(self.right, self.wrong, f"to the wrong clock {when}")
        is_heard(self.wrong, self.right, f"from the wrong clock {when}")

    def _is_told(self) -> None:
        log = (self.wrong.directory / "stderr.log").read_text(errors="replace")
        assert "clock" in log, "the log says nothing of the clock"
