"""Nodes that keep copies for each other, in days of some seconds."""

import hashlib
import random
import subprocess
import sys
from pathlib import Path

from networks import Network
from node import CommandError, Node, Place

MIB = 1_048_576


class Market(Network):
    """A network in which a day of the storage market lasts `day` seconds."""

    def __init__(self, root: Path, name: str, day: int):
        super().__init__(root, name)
        self.day = day

    def open(self, count: int) -> list[Node]:
        """Starts so many nodes; all but the first offer room for copies."""
        options = ["--market-day-seconds", str(self.day), "--no-mdns"]
        nodes = self.found([Place() for _ in range(count)], *options)
        for provider in nodes[1:]:
            provider.command("storage", "offer", "1000000000")
        return nodes

    def make(self, name: str, size: int) -> "Artefact":
        path = self.root / name
        path.write_bytes(random.Random(f"{name} {size}").randbytes(size))
        return Artefact(path)


class Artefact:
    """A file of which nodes keep copies."""

    def __init__(self, path: Path):
        self.path = path
        self.size = path.stat().st_size
        self.hash = sha256(path)

    def replicate(self, uploader: Node, copies: int) -> None:
        words = ["content", "replicate", str(self.path), "--copies", str(copies)]
        made = uploader.command(*words)["content_hash"]
        assert made == self.hash, f"the node computed {made}"

    def get(self, member: Node) -> None:
        """Fetches it, and compares what is written with what was uploaded."""
        target = member.directory / f"fetched-{self.hash[:8]}"
        member.command("content", "get", self.hash, "--output", str(target))
        assert sha256(target) == self.hash, "other bytes came"

    def refusal(self, member: Node) -> str:
        """Why it cannot be had."""
        try:
            member.command("content", "get", self.hash)
        except CommandError as error:
            return str(error)
        raise AssertionError("it was given although it should not be there")

    def place(self, member: Node) -> Path:
        """Where a node keeps its copy."""
        return member.directory / "blobs" / self.hash

    def is_whole(self, member: Node) -> bool:
        return self.place(member).exists() and sha256(self.place(member)) == self.hash

    def contract(self, member: Node) -> dict:
        """What a node has to do with it; empty when nothing."""
        rows = member.command("storage", "status")["contracts"]
        return next((row for row in rows if row["content_hash"] == self.hash), {})

    def examinations(self, member: Node, provider: Node) -> dict:
        """What a node's challenges of a provider's copy showed."""
        rows = member.command("storage", "challenges")["challenges"]
        wanted = (self.hash, provider.node_id)
        return next((r for r in rows if (r["content_hash"], r["provider"]) == wanted), {})

    def holders(self, member: Node, among: list[Node]) -> list[Node]:
        keys = self.contract(member).get("holders", [])
        return [one for one in among if one.node_id in keys]


def sha256(path: Path) -> str:
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def causes(member: Node, of: Node) -> list[str]:
    """Why a node's score is what it is, by another node's books."""
    entries = member.command("rep", "explain", of.node_id)["entries"]
    return [f"{entry['cause']} {entry['change']}" for entry in entries]


class Disk:
    """A small disk of its own under a node's blobs."""

    def __init__(self, member: Node, size: int):
        self.path = member.directory / "blobs"
        subprocess.run(
            ["mount", "-t", "tmpfs", "-o", f"size={size},mode=0700", "market", str(self.path)],
            check=True,
        )

    def change(self, option: str) -> None:
        subprocess.run(["mount", "-o", f"remount,{option}", str(self.path)], check=True)

    def stop(self) -> None:
        subprocess.run(["umount", "--lazy", str(self.path)], check=False, stderr=sys.stderr)
