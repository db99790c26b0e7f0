"""The life of an artefact in the market: copies outlive their uploader, and go when they shall."""

from pathlib import Path

from market import MIB, Market, causes
from networks import peers_of
from node import CommandError, Node, eventually


class Copies(Market):
    """Six nodes; the first one has three others keep an artefact of 20 MiB."""

    def __init__(self, root: Path, day: int):
        super().__init__(root, "copies", day)

    def refuse_short_days(self) -> None:
        """Only the local profile has short days; others say so, with the next step."""
        options = ["--profile", "server", "--market-day-seconds", str(self.day)]
        try:
            self.start(Node, *options)
        except CommandError as error:
            assert "24 hours in all profiles but local" in str(error), error
            assert "--profile local" in str(error), error
            return
        raise AssertionError("a node of the profile server has short days")

    def replicate(self) -> None:
        self.nodes = self.open(6)
        self.uploader = self.nodes[0]
        self.copy = self.make("artefact.bin", 20 * MIB)
        self.copy.replicate(self.uploader, copies=3)
        self.wait_for_holders(3)
        for holder in self.holders:
            assert self.copy.is_whole(holder), "a confirmed copy is not what was uploaded"

    replicate.seconds = 120

    def wait_for_holders(self, count: int) -> None:
        def are_there():
            contract = self.copy.contract(self.uploader)
            return contract.get("state") == "active" and len(contract["holders"]) == count

        eventually(f"{count} confirmed copies", are_there, 60)
        self.holders = self.copy.holders(self.uploader, self.nodes)

    @property
    def others(self) -> list[Node]:
        """Nodes that neither uploaded it nor keep it."""
        return [one for one in self.nodes[1:] if one not in self.holders]

    def outlive_the_uploader(self) -> None:
        self.uploader.kill()
        self.copy.get(self.others[0])
        self.uploader.start()
        eventually("the uploader's return", lambda: peers_of(self.uploader) >= 4, 40)

    outlive_the_uploader.seconds = 90

    def find_damage(self) -> None:
        """Challenges find a copy that changed on disk; every node's books have the penalty."""
        self.damaged, *witnesses = self.holders
        place = self.copy.place(self.damaged)
        place.chmod(0o600)
        with open(place, "r+b") as file:
            file.write(bytes(self.copy.size))
        judges = [self.uploader, *witnesses]

        def is_found(member: Node) -> bool:
            return self.copy.examinations(member, self.damaged).get("last_result") == "fail"

        def is_penalised(member: Node) -> bool:
            said = ("failed storage challenge", "took a copy")
            return any(cause.startswith(said) for cause in causes(member, self.damaged))

        for member in judges:
            eventually("a failed challenge", lambda: is_found(member), 2 * self.day + 10)
        for member in self.nodes:
            eventually("the penalty", lambda: is_penalised(member), self.day)

    def replace_the_lost(self) -> None:
        """A copy that fails day after day is replaced by another provider's."""

        def is_replaced():
            holders = self.copy.holders(self.uploader, self.nodes)
            return self.damaged not in holders and len(holders) == 3

        eventually("a copy in place of the lost one", is_replaced, 6 * self.day + 30)
        self.wait_for_holders(3)
        for holder in self.holders:
            assert self.copy.is_whole(holder), "the new copy is not what was uploaded"

    def hand_over(self) -> None:
        """A provider hands its copy over; the other one confirms, and is challenged."""
        giver = next(one for one in self.holders if one is not self.damaged)
        taker = next(one for one in self.others if not self.copy.place(one).exists())
        giver.command("storage", "transfer", self.copy.hash, "--to", taker.node_id)

        def is_done():
            holders = self.copy.holders(self.uploader, self.nodes)
            return taker in holders and giver not in holders

        eventually("the hand-over", is_done, 3 * self.day + 10)
        assert self.copy.is_whole(taker), "the copy is not what was uploaded"
        passed = [
            self.copy.examinations(member, taker).get("last_result") == "pass"
            for member in self.nodes
        ]
        assert any(passed), "nobody challenged the new holder"
        gone = lambda: not self.copy.place(giver).exists()
        eventually("the end of the copy that was handed over", gone, self.day)
        self.holders = self.copy.holders(self.uploader, self.nodes)

    def earn(self) -> None:
        """Providers are paid for days that passed, by the uploader's books, too."""

        def are_paid():
            found = causes(self.uploader, self.holders[-1])
            return any(cause.startswith("rent of") for cause in found)

        eventually("rent", are_paid, 8 * self.day)

    def withdraw(self) -> None:
        """What is taken back is gone from providers after its time, and honestly unavailable."""
        before = self.copy.holders(self.uploader, self.nodes)
        self.uploader.command("content", "withdraw", self.copy.hash)
        kept = [self.copy.place(holder).exists() for holder in before]
        assert all(kept), "a copy went before the time"

        def are_gone():
            return not any(self.copy.place(holder).exists() for holder in before)

        eventually("the end of all copies", are_gone, 2 * self.day + 10)
        self.uploader.kill()
        without = next(one for one in self.nodes[1:] if not self.copy.place(one).exists())
        said = self.copy.refusal(without)
        assert "no reachable node gave" in said, said

    def end_well(self) -> None:
        for member in self.nodes:
            if member.is_running:
                code = member.stop()
                assert code == 0, f"exit code {code}: {member.tail()}"
