"""A network is cut in two, both sides go on, and the wire is mended."""

import time
from pathlib import Path

from islands import Islands
from networks import Network, governance, requests
from node import Node, Place, eventually

POSTS = 30
# Two cycles of incremental sync (R-05-108).
HEALED_WITHIN = 1_800


class Partition(Network):
    """Three nodes on hosts of their own; the third one's wire is cut."""

    def __init__(self, root: Path, seconds: int):
        super().__init__(root, "partition")
        self.seconds = seconds
        self.islands = Islands("vp")
        self.started.append(self.islands)

    def meet(self) -> None:
        self.hosts = [self.islands.add() for _ in range(3)]
        self.nodes = self.found([Place(ip=host.ip, within=host.within) for host in self.hosts])
        self.proposal = self._propose(self.nodes[0])
        for member in self.nodes:
            eventually("the proposal's arrival", lambda: self.proposal in member.proposals())

    def go_on_apart(self) -> None:
        self.hosts[2].cut()
        cut = time.monotonic()
        for number in range(POSTS):
            for side, member in (("here", self.nodes[0]), ("there", self.nodes[2])):
                member.command("request", "new", "--title", f"{side} {number}")
        self.nodes[0].command("proposal", "vote", self.proposal, "endorse")
        self.nodes[2].command("proposal", "vote", self.proposal, "reject", "--reason", "apart")
        time.sleep(max(0, self.seconds - (time.monotonic() - cut)))
        held = [set(requests(member)) for member in self.nodes]
        assert held[0] == held[1] and not held[0] & held[2], "the cut let something through"

    def heal(self) -> None:
        self.hosts[2].mend()

        def is_one():
            held = [(requests(member), governance(member)) for member in self.nodes]
            return held[0] == held[1] == held[2] and len(held[0][0]) == 2 * POSTS

        eventually("equal requests and votes everywhere", is_one, HEALED_WITHIN)
        votes = governance(self.nodes[1])[0][1]
        assert len(votes) == 2, f"votes at the node between: {votes}"

    @staticmethod
    def _propose(member: Node) -> str:
        artefact = member.directory / "artefact.txt"
        artefact.write_text("what is voted on\n")
        words = ["proposal", "new", "--title", "before the cut", "--file", str(artefact)]
        return member.command(*words, "--description", "an artefact")["id"]
