"""A cold node joins a network with a large log, is killed on its way, and goes on where it was."""

import itertools
import json
import socket
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from clocks import DAY
from networks import Network
from node import Node, Place, eventually
from states import MESSAGES, await_one_state

SEEDS = 5
# The log goes back so many days, so that who was killed and asks for the last half hour again (R-05-109) asks for
# a small part of it.
DAYS = 5
WRITERS_A_SEED = 4
KILLED_AT = [0.15, 0.4, 0.75]
# Of what it had, this much may be asked for again after a kill.
AGAIN_MAX = 0.1
# One message in so many is a vote.
VOTES = 100
# What came in the last moment before a kill may not be on the disk yet: a page.
UNWRITTEN = 100
# What gossip may have on its way to somebody who is synced.
UNDER_WAY = 5
MISSED = 300
BACK_WITHIN = 60


class CatchUp(Network):
    """Five seeds that wrote a log, and a sixth node that has nothing."""

    def __init__(self, root: Path, messages: int, seconds: int):
        super().__init__(root, "catch-up")
        self.messages = messages
        self.seconds = seconds
        self.names = itertools.count(1)
        # Most of what the cold node lacked when it said that it was synced.
        self.lacking = 0
        self.clock = self.root / "shift.so"
        source = Path(__file__).with_name("shift.c")
        command = ["clang", "-shared", "-fPIC", "-O1", "-o", str(self.clock), str(source)]
        subprocess.run(command, check=True, timeout=60)

    # The log

    def write(self) -> None:
        """Five nodes write the messages of five days, most of them requests."""
        places = [self._place() for _ in range(SEEDS)]
        began = time.monotonic()
        self.seeds = self.found(places, "--no-mdns")
        proposal = self._propose()
        for day in range(DAYS):
            if day:
                self._restart_at(day - DAYS)
            self._write_day(proposal, day)
        self._restart_at(0)
        taken = await_one_state(self.seeds, MESSAGES, 600, time.monotonic())
        seconds = time.monotonic() - began
        self.held = held(self.seeds[0])
        print(
            f"    {self.held} messages by {SEEDS} nodes in {seconds:.0f} s; one state after {taken:.1f} s",
            flush=True,
        )

    def _place(self) -> Place:
        return Place(port=free_port(), environment=self._clock(-DAYS))

    def _clock(self, days: int) -> dict[str, str]:
        """What has a process live in another day."""
        return {"LD_PRELOAD": str(self.clock), "VALENCE_CLOCK_SHIFT": str(days * DAY)}

    def _restart_at(self, days: int) -> None:
        """All stop, and start again on another day."""
        for seed in self.seeds:
            seed.kill()
        for seed in self.seeds:
            seed.place.environment = self._clock(days)
            seed.start()

    def _write_day(self, proposal: str, day: int) -> None:
        share = self.messages // DAYS // SEEDS // WRITERS_A_SEED
        with ThreadPoolExecutor(SEEDS * WRITERS_A_SEED) as pool:
            writers = [
                pool.submit(self._write, seed, proposal, f"day {day} writer {writer}", share)
                for seed in self.seeds for writer in range(WRITERS_A_SEED)
            ]
            for writer in writers:
                writer.result()

    @staticmethod
    def _write(seed: Node, proposal: str, name: str, count: int) -> None:
        connection = seed.connect()
        for number in range(count):
            if number % VOTES == 0:
                path, said = f"/v1/proposals/{proposal}/vote", {"stance": "endorse", "reason": name}
            else:
                path = "/v1/requests"
                said = {"title": f"{name} {number}", "body": "", "tags": ["large"], "expires": None}
            body = json.dumps(said).encode()
            seed.ask("POST", path, body, "application/json", over=connection)
        connection.close()

    def _propose(self) -> str:
        artefact = self.root / "artefact.txt"
        artefact.write_text("what is voted on\n")
        words = ["proposal", "new", "--title", "an artefact", "--file", str(artefact)]
        words += ["--description", "an artefact", "--deadline-seconds", str(13 * DAY)]
        made = self.seeds[0].command(*words)["id"]
        for seed in self.seeds:
            eventually("the proposal's arrival", lambda: made in seed.proposals(), 60)
        return made

    # The cold node

    def join(self) -> None:
        """It is killed at several moments of its catch-up, and ends with what the others have."""
        began = time.monotonic()
        served = self._served()
        self.joiner = self._cold()
        again = sum(self._kill_at(int(part * self.held)) for part in KILLED_AT)
        self._hold(self.held)
        seconds = time.monotonic() - began
        is_synced = lambda: status(self.joiner)["sync"]["state"] == "synced"
        eventually("being synced", is_synced, self.seconds)
        synced = time.monotonic() - began
        await_one_state([self.seeds[0], self.joiner], MESSAGES, 60, time.monotonic())
        print(
            f"    {self.held} messages in {seconds:.0f} s with {len(KILLED_AT)} kills, "
            f"{self.held / seconds:.0f} a second; synced after {synced:.0f} s; "
            f"{again} came a second time; {self._served() - served} answers of {SEEDS} peers",
            flush=True,
        )
        assert again <= AGAIN_MAX * self.held, f"it started over: {again} messages came a second time"
        lacking = self.lacking
        assert lacking <= UNDER_WAY, f"it said that it was synced, and lacked {lacking} messages"

    def _kill_at(self, wanted: int) -> int:
        """Kills it when it has so many messages; how many of them it then got again before news came."""
        self._hold(wanted)
        # What is new in the network must not stand for what is old and still missing.
        self._post(self.seeds[0], 1)
        time.sleep(1)
        before = held(self.joiner)
        self.joiner.kill()
        self.joiner.start()
        kept = held(self.joiner)
        assert kept >= before - UNWRITTEN, f"{before} messages were here, and {kept} are after the kill"
        self._hold(min(kept + 2, self.held))
        now = status(self.joiner)
        return max(0, now["sync"]["obtained"] - (now["consensus"]["requests"] - kept))

    def _hold(self, wanted: int) -> None:
        """Waits until it has so many messages, and sees what it lacks while it says that it is synced."""
        deadline = time.monotonic() + self.seconds
        while True:
            now = status(self.joiner)
            has = now["consensus"]["requests"]
            if now["sync"]["state"] == "synced":
                self.lacking = max(self.lacking, self.held - has)
            if has >= wanted:
                return
            assert time.monotonic() < deadline, f"{has} of {wanted} messages after {self.seconds} s"
            time.sleep(0.2)

    def come_back(self) -> None:
        """Who missed a part has it within seconds."""
        self.joiner.process.terminate()
        self.joiner.process.wait()
        self._post(self.seeds[0], MISSED)
        since = time.monotonic()
        self.joiner.start()
        taken = await_one_state([*self.seeds, self.joiner], MESSAGES, BACK_WITHIN, since)
        print(f"    {MISSED} missed messages were here {taken:.1f} s after the start", flush=True)

    def _cold(self) -> Node:
        place = Place(genesis=self.root / "network.json", is_founder=False)
        bootstrap = [word for seed in self.seeds for word in ("--bootstrap", seed.address)]
        joiner = Node(self.directory("joiner"), *bootstrap, "--no-mdns", place=place)
        self.started.append(joiner)
        return joiner

    def _post(self, member: Node, count: int) -> None:
        for _ in range(count):
            member.command("request", "new", "--title", f"news {next(self.names)}")
            self.held += 1

    def _served(self) -> int:
        return sum(status(seed)["sync"]["served"] for seed in self.seeds)


def status(member: Node) -> dict:
    return member.ask("GET", "/v1/status/brief")


def held(member: Node) -> int:
    """How many requests it holds, of which most of the log consists."""
    return status(member)["consensus"]["requests"]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
