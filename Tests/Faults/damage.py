#!/usr/bin/env python3
"""Damages the log of a real node in many ways and starts the real program on every image.

An image must be told (the start ends with one message and a next step), repaired (the node starts,
says what it rebuilt, and holds everything) or harmless (it starts and holds everything). It must never
be silently wrong, and never end in a signal.

    PYTHONPATH=Tests/Interop Tests/Faults/damage.py [ROUNDS] [SEED]      500 rounds and seed 1 by default

The program is $VALENCE_NODE, by default .build/release/valence-node.
"""

import collections
import concurrent.futures
import json
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import node as program
from lmdb_file import DataFile
from node import Running

POSTS = 240
START_SECONDS = 60
STOP_SECONDS = 20
# The kinds that most faults are aimed at come several times.
KINDS = [
    "record", "large record", "index by id", "index by time", "index by time", "page header", "page header",
    "meta page", "meta page", "meta page", "offsets in a page", "entry header", "branch", "link to a large value",
    "figures", "table of tables", "list of free pages", "zeroed page", "cut file", "older commit", "mark",
]


class Outcome(Exception):
    """An image that ended as no image may."""


def command(directory: Path, *words: str) -> dict:
    done = subprocess.run(
        [program.BINARY, *words, "--json", "--data-dir", str(directory)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=60
    )
    if done.returncode != 0:
        raise Outcome(f"`{' '.join(words[:2])}` ended with {done.returncode}: {done.stderr.decode()[:300]}")
    return json.loads(done.stdout)


class Node(Running):
    """The program on a data directory; `ready` is None when it ended before it was up."""

    def __init__(self, directory: Path):
        self.errors = directory / "errors.txt"
        options = ["--json", "--profile", "local", "--listen", "/ip4/127.0.0.1/tcp/0", "--no-mdns"]
        run = [program.BINARY, "run", *options, "--data-dir", str(directory)]
        with open(self.errors, "wb") as errors:
            said = self.launch(run, errors, START_SECONDS)
        if not said and self.process.wait() == -signal.SIGKILL:
            raise Outcome("neither up nor ended within a minute")
        # A start that fails says so in one object, too.
        self.ready = said if said.get("event") == "ready" else None

    def said(self) -> str:
        return self.errors.read_text(errors="replace")

    def end(self) -> int:
        """Waits for the process, which is asked to end if it is up."""
        if self.ready:
            self.process.send_signal(signal.SIGTERM)
        try:
            return self.process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.kill()
            raise Outcome("did not end when asked to") from None


class Sound:
    """A data directory with a log of small and large messages, and what must be found in it."""

    def __init__(self, directory: Path, chance: random.Random):
        self.directory = directory
        command(directory, "init")
        bodies = ["x" * chance.choice([0, 40, 400, 1_500, 3_000, 9_000]) for _ in range(POSTS)]
        node = Node(directory)
        try:
            with concurrent.futures.ThreadPoolExecutor(4) as pool:
                posts = range(len(bodies) - 1)
                list(pool.map(lambda number: self.post(number, bodies[number]), posts))
            # One commit of its own at the end, the one that a damaged meta page takes back.
            older = (directory / "log/data.mdb").read_bytes()
            self.post(len(bodies) - 1, "the last")
            self.seen = self.look(directory)
        finally:
            status = node.end()
        assert status == 0, f"the sound node ended with {status}"
        self.data = (directory / "log/data.mdb").read_bytes()
        self.older = older + self.data[len(older):] if len(older) < len(self.data) else older
        self.file = DataFile(self.data)
        self.mark = (directory / "log.format").read_bytes()

    def post(self, number: int, body: str) -> None:
        command(self.directory, "request", "new", "--title", f"request {number}", "--body", body)

    @staticmethod
    def look(directory: Path) -> dict[str, str]:
        """The requests that a node knows, by id."""
        found = command(directory, "request", "list", "--limit", "1000")["requests"]
        return {request["id"]: json.dumps(request["payload"], sort_keys=True) for request in found}

    def copy(self, directory: Path) -> None:
        shutil.copytree(self.directory, directory)

    def compare(self, directory: Path) -> None:
        """Everything is there, in the tables as in memory."""
        tables = DataFile((directory / "log/data.mdb").read_bytes()).tables
        for name in ("log", "id", "type_time"):
            there, expected = tables[name], self.file.tables[name]
            lost = [key for key, value in expected.items() if there.get(key) != value]
            if lost:
                raise Outcome(f"silently wrong: {len(lost)} of {len(expected)} entries of {name} differ")
            foreign = [key for key, value in there.items() if key not in expected and not self.is_newer(name, key, value)]
            if foreign:
                raise Outcome(f"silently wrong: {len(foreign)} entries of {name} come from nowhere")

    def is_newer(self, name: str, key: bytes, value: bytes) -> bool:
        """Whether an entry was added by the node that ran on the image."""
        sequence = int.from_bytes(key if name == "log" else value, "big")
        return sequence > len(self.file.tables["log"])


def damage(sound: Sound, kind: str, directory: Path, chance: random.Random) -> str:
    """Damages a copy; says where."""
    data, mark = bytearray(sound.data), bytearray(sound.mark)
    if kind == "mark":
        place = chance.choice([0, 4096, 8192]) + chance.randrange(113)
        place = min(place, len(mark) - 1)
        mark[place] ^= 1 << chance.randrange(8)
    elif kind == "cut file":
        place = chance.randrange(len(data))
        del data[place:]
    elif kind == "zeroed page":
        place = chance.randrange(len(data) // 4096) * 4096
        data[place : place + 4096] = bytes(4096)
    elif kind == "older commit":
        # Both meta pages as they were before the last commit, which nobody may take back.
        place = 0
        data[: 2 * 4096] = sound.older[: 2 * 4096]
    else:
        start, count = chance.choice(sound.file.places[kind])
        place = start + chance.randrange(max(1, count))
        data[place] ^= 1 << chance.randrange(8)
    (directory / "log/data.mdb").write_bytes(data)
    (directory / "log.format").write_bytes(mark)
    return f"byte {place}"


def judge(sound: Sound, directory: Path) -> str:
    """Starts the program on an image: told, repaired or harmless."""
    node = Node(directory)
    try:
        if node.ready:
            seen = sound.look(directory)
            if seen != sound.seen:
                raise Outcome(f"silently wrong: {len(seen)} requests of {len(sound.seen)}, or other ones")
    except BaseException:
        node.kill()
        raise
    status = node.end()
    said = node.said()
    if node.ready:
        if status != 0:
            raise Outcome(f"ended with {status}: {said[-300:]}")
        sound.compare(directory)
        return "repaired" if "rebuilt" in said or "written anew" in said else "harmless"
    if status != 1:
        raise Outcome(f"ended with {status}: {said[-300:]}")
    message = said[said.rfind("Error: ") :]
    if "Error: " not in said or len(message.splitlines()) > 3:
        raise Outcome(f"no message that says what to do: {said[-300:]}")
    return "told"


def main(rounds: int, seed: int) -> int:
    chance = random.Random(seed)
    counts: dict[str, collections.Counter] = collections.defaultdict(collections.Counter)
    wrong: list[str] = []
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="valence-damage-") as root:
        sound = Sound(Path(root) / "sound", chance)
        kinds = [kind for kind in KINDS if kind in sound.file.places or kind in ("mark", "cut file", "zeroed page", "older commit")]
        for number in range(rounds):
            kind = kinds[number % len(kinds)]
            directory = Path(root) / "image"
            sound.copy(directory)
            place = damage(sound, kind, directory, chance)
            try:
                counts[kind][judge(sound, directory)] += 1
            except Outcome as outcome:
                counts[kind]["WRONG"] += 1
                wrong.append(f"round {number}, {kind}, {place}: {outcome}")
                print("WRONG", wrong[-1], flush=True)
            shutil.rmtree(directory)
    for kind in sorted(counts):
        print(f"{kind:24}" + "  ".join(f"{name} {count}" for name, count in sorted(counts[kind].items())))
    total = sum(counts.values(), collections.Counter())
    print(
        f"{rounds} damaged logs in {time.monotonic() - began:.0f} s, seed {seed}: "
        + ", ".join(f"{count} {name}" for name, count in sorted(total.items()))
    )
    return 1 if wrong else 0


if __name__ == "__main__":
    arguments = [int(word) for word in sys.argv[1:]]
    sys.exit(main(arguments[0] if arguments else 500, arguments[1] if len(arguments) > 1 else 1))
