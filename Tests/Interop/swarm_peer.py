"""The stack under test without a node: `swarm-host` in a process of its own."""

import os
import re
from pathlib import Path

import valence
from commanded_peer import CommandedPeer

BINARY = os.environ.get("SWARM_HOST", ".build/release/swarm-host")


class SwarmPeer(CommandedPeer):
    name = "swarm"

    def __init__(
        self,
        directory: Path,
        key: valence.Key | None = None,
        port: str = "0",
        topics=valence.TOPICS,
        quiet: bool = False,
        ip: str = "127.0.0.1",
        reach: str = "unknown",
        announce: str | None = None,
    ):
        key = key or valence.Key()
        command = [BINARY, "--seed", key.seed.hex(), "--listen", f"/ip4/{ip}/tcp/{port}"]
        command += ["--reach", reach] + (["--announce", announce] if announce else [])
        for topic in topics:
            command += ["--topic", topic]
        if quiet:
            command.append("--quiet")
        super().__init__(directory, command, key, topics)

    def echo(
        self, peer: str, count: int, size: int, at_once: int, stays_open: bool = False
    ) -> None:
        """The half of each stream may stay open until the echo is whole."""
        self._do("echo", peer, count, size, at_once, stays_open, seconds=55)

    def addresses_of(self, peer: str) -> list[str]:
        """Where the peer is seen, by the connection in use."""
        address = self._do("address_of", peer)
        return [address] if address else []

    @property
    def reachability(self) -> str:
        return self._do("reachability")

    @property
    def relayed(self) -> list[str]:
        """Where others reach this host through relays."""
        return self._do("relayed")

    def hold(self, count: int) -> None:
        """Answers no request until so many wait."""
        self._do("hold", count)

    def flood(self, topic: str, count: int, size: int) -> None:
        self._do("flood", topic, count, size)

    @property
    def resident_mib(self) -> float:
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        return int(re.search(r"VmRSS:\s+(\d+)", status)[1]) / 1024
