"""Nodes on hosts of their own are cut apart, govern on both sides, and meet again."""

import itertools
import time
from pathlib import Path

from islands import Host, Islands
from networks import Network, peers_of
from node import Node, Place, eventually
from states import MESSAGES, WITH_DECISIONS, await_one_state, shared_state

# Two cycles of incremental sync (R-05-108), which the local profile leaves as they are.
HEALED_WITHIN = 1_800
OPTIONS = ["--no-mdns"]


class Halves(Network):
    """So many nodes; who is on which side changes from cut to cut."""

    def __init__(self, root: Path, count: int):
        super().__init__(root, "halves")
        self.count = count
        self.islands = Islands("vq")
        self.started.append(self.islands)
        self.names = itertools.count(1)
        self.cuts = 0
        self.expected: set[str] = set()

    def meet(self) -> None:
        self.hosts = [self.islands.add() for _ in range(self.count)]
        places = [
            Place(ip=host.ip, within=host.within, open_socket=host.open_socket) for host in self.hosts
        ]
        self.nodes = self.found(places, *OPTIONS)
        self.common = self._propose(self.nodes[-1], seconds=86_400)
        self.expected.add(self.common)
        self._wait_for_one("after the start", 60)

    # Cuts

    def halves(self, seconds: float, adopt: bool) -> None:
        """Two sides that hear nothing of each other; both propose, vote, share and perhaps adopt."""
        middle = self.count // 2
        sides = [range(middle), range(middle, self.count)]
        self.islands.part(*([self.hosts[number] for number in side] for side in sides))
        self._govern_apart(sides, seconds, adopt)
        self.islands.join()
        self._wait_for_one("after two sides were apart", HEALED_WITHIN)

    def three_parts(self, seconds: float) -> None:
        sides = [range(0, 1), range(1, self.count - 3), range(self.count - 3, self.count)]
        self.islands.part(*([self.hosts[number] for number in side] for side in sides))
        self._govern_apart(sides, seconds, adopt=False)
        self.islands.join()
        self._wait_for_one("after three parts were apart", HEALED_WITHIN)

    def one_way(self, seconds: float) -> None:
        """The first three hear the others, who do not hear them."""
        sides = [range(3), range(3, self.count)]
        for number in sides[0]:
            self.hosts[number].mute([self.hosts[other] for other in sides[1]])
        self._govern_apart(sides, seconds, adopt=False, hearing=sides[0])
        self.islands.join()
        self._wait_for_one("after one side was not heard", HEALED_WITHIN)

    def slow_side(self, seconds: float) -> None:
        """Two sides are apart, and meet while one has a slow wire; one state comes all the same."""
        sides = [range(3), range(3, self.count)]
        self.islands.part(*([self.hosts[number] for number in side] for side in sides))
        self._govern_apart(sides, seconds, adopt=False)
        self.islands.join()
        left_out = [self.hosts[number].slow(kilobits=256, delay=200, loss=2) for number in sides[0]]
        if left_out[0]:
            print(f"    left out: {left_out[0]}; the side has 256 kbit/s", flush=True)
        self._post(self.nodes[0], "from the slow side")
        self._post(self.nodes[-1], "to the slow side")
        self._wait_for_one("with a slow side", HEALED_WITHIN)
        self.islands.join()

    # What sides do

    def _govern_apart(
        self, sides: list[range], seconds: float, adopt: bool, hearing: range | None = None
    ) -> None:
        """All that is done in a cut of so many seconds, and that nothing of it crosses the cut.

        What is on its way to a side that hears reaches it as long as a connection is taken for alive.
        """
        began = time.monotonic()
        self.cuts += 1
        own = [
            self._govern([self.nodes[number] for number in side], stance, adopt)
            for side, stance in zip(sides, itertools.cycle(("endorse", "reject")))
        ]
        time.sleep(max(0, seconds - (time.monotonic() - began)))
        for side, ids in zip(sides, own):
            for number in side:
                peers = peers_of(self.nodes[number])
                assert peers == len(side) - 1, f"node {number} has {peers} peers in the cut"
                held = shared_state(self.nodes[number])
                known = {*held["requests"], *held["proposals"]}
                others = set().union(*(other for other in own if other is not ids))
                assert side == hearing or not known & others, f"something crossed the cut to node {number}"

    def _govern(self, side: list[Node], stance: str, adopt: bool) -> set[str]:
        """What one side does; the ids of its requests and proposals."""
        made = {self._post(member, "apart") for member in side}
        # Nobody may propose more than three times in seven days.
        proposer = side[self.cuts % len(side)]
        proposal = self._propose(proposer, seconds=20 if adopt else 86_400)
        made.add(proposal)
        for member in side:
            eventually("arrival on one side", lambda: proposal in member.proposals(), 60)
            member.command("proposal", "vote", proposal, "endorse")
            member.command("proposal", "vote", self.common, stance)
        side[-1].command("proposal", "comment", proposal, f"comment {next(self.names)}")
        side[-1].command("content", "share", str(self._artefact()))
        if adopt:
            self._adopt(side[-1], proposal)
        self.expected |= made
        return made

    def _adopt(self, member: Node, proposal: str) -> None:
        def is_ratified():
            return member.command("proposal", "show", proposal)["state"] == "ratified"

        eventually("ratification on one side", is_ratified, 120)
        member.command("proposal", "adopt", proposal)

    def _post(self, member: Node, text: str) -> str:
        return member.command("request", "new", "--title", f"{text} {next(self.names)}")["id"]

    def _propose(self, member: Node, seconds: int) -> str:
        words = ["proposal", "new", "--title", "an artefact", "--file", str(self._artefact())]
        words += ["--description", "an artefact", "--deadline-seconds", str(seconds)]
        return member.command(*words)["id"]

    def _artefact(self) -> Path:
        path = self.root / f"artefact{next(self.names)}.txt"
        path.write_text(f"{path.name}\n")
        return path

    def _wait_for_one(self, when: str, seconds: float) -> None:
        since = time.monotonic()

        def is_complete(state: dict) -> bool:
            return self.expected <= {*state["requests"], *state["proposals"]}

        def wait(parts: tuple[str, ...], what: str) -> None:
            taken = await_one_state(self.nodes, parts, seconds, since, is_complete)
            print(f"    {len(self.nodes)} nodes have {what} {taken:.1f} s {when}", flush=True)

        wait(MESSAGES, "the same messages")
        wait(WITH_DECISIONS, "one state, decisions included,")


class Brief(Halves):
    """Four nodes whose connections end after seconds, so that a short cut is one."""

    def __init__(self, root: Path):
        super().__init__(root, count=4)

    def meet(self) -> None:
        super().meet()
        for host in self.hosts:
            host.give_up_early()
