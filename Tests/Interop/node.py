"""The node under test: the real binary, driven through its command line."""

import http.client
import json
import os
import resource
import socket
import subprocess
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

BINARY = os.environ.get("VALENCE_NODE", ".build/release/valence-node")


class CommandError(Exception):
    pass


@dataclass
class Place:
    """Where a node runs; by default on loopback, as this process does."""

    ip: str = "127.0.0.1"
    # Where it listens; 0 takes a free port at every start.
    port: int = 0
    # The description of its network; None makes one in which the node and `founders` have a say.
    genesis: Path | None = None
    # What stands in front of every command of this node, such as `ip netns exec NAME`.
    within: list[str] = field(default_factory=list)
    # A socket from which the node's local API can be reached.
    open_socket: Callable[[], socket.socket] = socket.socket
    # Whether it begins the network; others have to catch up with somebody.
    is_founder: bool = True
    environment: dict[str, str] = field(default_factory=dict)
    # Most open files; None leaves the limit as it is.
    descriptors: int | None = None


def describe_network(path: Path, founders: list[str]) -> Path:
    """Writes a network in which everybody named here may propose and vote."""
    scores = {key: 800_000 for key in founders}
    path.write_text(json.dumps({"name": "interop", "founders": scores}))
    return path


class Running:
    """A process of the program on a data directory."""

    process: subprocess.Popen

    def launch(self, command: list[str], errors, seconds: float, **options) -> dict:
        """Starts the process and returns the object that it prints first: that it is up, or why not.

        It is empty when the process ended without one, or was killed as it took longer.
        """
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=errors, **options)
        watch = threading.Timer(seconds, self.process.kill)
        watch.start()
        try:
            # A process that dies closes its output, so this ends either way.
            line = self.process.stdout.readline()
        finally:
            watch.cancel()
        return json.loads(line) if line else {}

    def kill(self) -> None:
        """Ends the process without a word, as a crash does."""
        self.process.kill()
        self.process.wait()

    @property
    def is_running(self) -> bool:
        return self.process.poll() is None


class Node(Running):
    """A running `valence-node`."""

    def __init__(
        self, directory: Path, *arguments: str, founders: list[str] = (), place: Place | None = None
    ):
        self.directory = directory
        self.place = place = place or Place()
        genesis = place.genesis
        if not (directory / "node.key").exists():
            own = self.command("init")["node_id"]
            genesis = genesis or describe_network(directory / "genesis.json", [own, *founders])
        self.log = open(directory / "stderr.log", "ab")
        options = ["--listen", f"/ip4/{place.ip}/tcp/{place.port}", "--profile", "local", "--json"]
        options.append("--check-answers")
        options += ["--log-level", "debug", "--genesis", str(genesis)]
        options += ["--genesis-node"] if place.is_founder else []
        # Foreign software does not say which network it belongs to: the protocol has no such member.
        options.append("--admit-undescribed")
        self.run = [*place.within, BINARY, "run", "--data-dir", str(directory), *options, *arguments]
        self.start()

    def start(self) -> None:
        """Starts the process, at first or again on what an earlier one left."""

        def limit() -> None:
            most = self.place.descriptors
            if most:
                resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))

        ready = self.launch(
            self.run, self.log, 30, env=os.environ | self.place.environment, preexec_fn=limit
        )
        if ready.get("event") != "ready":
            self.stop()
            raise CommandError(f"the node did not start: {ready} {self.tail()}")
        self.node_id: str = ready["node_id"]
        self.peer_id: str = ready["peer_id"]
        self.address: str = ready["listen"][0]
        self.api: str = ready["api"]

    def tail(self) -> str:
        return (self.directory / "stderr.log").read_text(errors="replace")[-2000:]

    def command(self, *words: str):
        """Runs a command of the command line and returns its JSON."""
        return json.loads(self._execute(*words).stdout)

    def talk(self, *words: str) -> str:
        """Runs a command of the command line and returns what it said beside its data."""
        return self._execute(*words).stderr.decode(errors="replace")

    def _execute(self, *words: str) -> subprocess.CompletedProcess:
        done = subprocess.run(
            [*self.place.within, BINARY, *words, "--data-dir", str(self.directory), "--json"],
            capture_output=True,
            timeout=30,
        )
        if done.returncode != 0:
            said = (done.stdout + done.stderr).decode(errors="replace").strip()
            raise CommandError(f"{' '.join(words)}: {said}")
        return done

    def connect(self) -> http.client.HTTPConnection:
        """A connection with the local API, for whoever asks often or at a certain moment."""
        address = urlsplit(self.api)
        connection = http.client.HTTPConnection(address.netloc, timeout=30)
        connection.sock = self.place.open_socket()
        connection.sock.settimeout(30)
        connection.sock.connect((address.hostname, address.port))
        return connection

    def ask(
        self,
        method: str,
        path: str,
        body: bytes | None = None,
        kind: str | None = None,
        key: str | None = None,
        over: http.client.HTTPConnection | None = None,
    ):
        """One request to the local API, over a connection of its own if there is none."""
        token = (self.directory / "api.token").read_text().strip()
        headers = {"Authorization": f"Bearer {token}"} | ({"Content-Type": kind} if kind else {})
        headers |= {"Idempotency-Key": key} if key else {}
        connection = over or self.connect()
        try:
            connection.request(method, path, body, headers)
            answer = connection.getresponse()
            said = answer.read()
            assert answer.status < 300, f"{method} {path}: {answer.status} {said[:300]!r}"
            return json.loads(said)
        finally:
            if not over:
                connection.close()

    def peer(self, node_id: str) -> dict:
        """A row of the peer table; empty for an unknown peer."""
        rows = self.command("peer", "list")["peers"]
        return next((row for row in rows if row["node_id"] == node_id), {})

    def titles(self) -> list[str]:
        """Titles of the requests that the node accepted."""
        return [r["payload"]["title"] for r in self.command("request", "list")["requests"]]

    def proposals(self) -> list[str]:
        """Ids of the proposals that the node accepted."""
        return [p["id"] for p in self.command("proposal", "list")["proposals"]]

    def stop(self) -> int:
        """Ends the node and returns its exit code."""
        if self.is_running:
            self.process.terminate()
            try:
                self.process.wait(timeout=15)
            except subprocess.TimeoutExpired:
                self.process.kill()
        self.log.close()
        return self.process.wait()


def eventually(what: str, condition, seconds: float = 15):
    """Waits until `condition()` is true and returns what it returned."""
    deadline = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > deadline:
            raise AssertionError(f"{what} did not happen within {seconds:g} s")
        time.sleep(0.2)
