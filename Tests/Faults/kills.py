"""The node is killed at the moment at which it has answered a post; nothing answered is lost, or done twice."""

import itertools
import json
import uuid
from pathlib import Path

from networks import Network, tool
from node import Node, Place, eventually

# A longer trial is several networks, as an identity may post only so much in a day.
ROUNDS_A_NETWORK = 50


class Kills(Network):
    """One node that is killed again and again, and two that voted with it at the beginning."""

    def __init__(self, root: Path, rounds: int):
        super().__init__(root, "kills")
        self.rounds = rounds
        self.numbers = itertools.count(1)

    def prepare(self) -> None:
        """Makes what some posts refer to: ratified proposals to adopt, and an open one to vote on."""
        self.victim, *others = self.found([Place(), Place(), Place()])
        members = [self.victim, *others]
        self.ratified = [self._propose(other, seconds=25) for other in others for _ in range(2)]
        self.open = self._propose(others[0], seconds=86_400)
        for member in members:
            for proposal in [*self.ratified, self.open]:
                eventually("arrival", lambda: proposal in member.proposals(), 30)
            for proposal in self.ratified:
                member.command("proposal", "vote", proposal, "endorse")
        for proposal in self.ratified:
            eventually("ratification", lambda: self._show(proposal)["state"] == "ratified", 60)
        for other in others:
            other.stop()

    prepare.seconds = 240

    def kill_at_every_answer(self) -> None:
        for number, kind in zip(range(self.rounds), self._kinds()):
            self.posted = None
            is_there = kind()
            self.victim.kill()
            self.victim.start()
            assert is_there(), f"round {number + 1}: {kind.__name__} was answered and is lost"
            self._post_again(f"round {number + 1}: {kind.__name__}")

    kill_at_every_answer.seconds = 600

    def _kinds(self):
        """First what can be posted a few times only, then the rest in turn."""
        yield from [self.adopt] * len(self.ratified)
        yield from (self.propose, self.withdraw, self.link, self.revoke)
        yield from (self.rotate, self.rotate_by_halves)
        # No more comments and offers than an hour allows (R-07-023, R-06-007).
        often = (self.request, self.vote)
        yield from itertools.cycle((*often, self.comment, *often, self.share, *often))

    # Kinds of posts: each posts once and returns how to look whether it is there.

    def request(self):
        title = f"request {next(self.numbers)}"
        payload = {"title": title, "body": "", "tags": [], "expires": None}
        self.target = self._post("/v1/requests", payload)["id"]
        return lambda: title in self.victim.titles()

    def propose(self):
        self.own = self._propose(self.victim, seconds=86_400)
        return lambda: self.own in self.victim.proposals()

    def withdraw(self):
        self._post(f"/v1/proposals/{self.own}/withdraw", {"reason": "mistaken"})
        return lambda: self._show(self.own)["state"] == "withdrawn"

    def comment(self):
        text = f"comment {next(self.numbers)}"
        self._post(f"/v1/proposals/{self.target}/comment", {"body": text})
        return lambda: text in json.dumps(self.victim.command("request", "show", self.target))

    def vote(self):
        stance = ("endorse", "reject")[next(self.numbers) % 2]
        made = self._post(f"/v1/proposals/{self.open}/vote", {"stance": stance})["id"]
        return lambda: any(vote["vote_id"] == made for vote in self._show(self.open)["votes"])

    def adopt(self):
        target = self.ratified.pop()
        self._post(f"/v1/proposals/{target}/adopt", {})
        return lambda: self._show(target)["adopted"]

    def share(self):
        content = f"shared {next(self.numbers)}".encode()
        answer = self.victim.ask("POST", "/v1/content?filename=a.txt", content, "text/plain")
        # That the message which offers it is in the log as well, SharingProcessTests shows.
        return lambda: self.victim.ask("GET", f"/v1/content/{answer['content_hash']}") is not None

    def link(self):
        directory = self.directory("device")
        tool(directory, "init")
        consent = tool(directory, "id", "consent", self.victim.node_id)
        self.device = consent["child_key"]
        self._post("/v1/identity/link", consent)
        return lambda: self.device in self.victim.command("id", "show")["keys"]

    def revoke(self):
        revocation = {"root_key": self.victim.node_id, "revoked_key": self.device}
        self._post("/v1/identity/revoke", revocation)
        return lambda: self.device not in self.victim.command("id", "show")["keys"]

    def rotate(self):
        old = self.victim.node_id
        self.victim.command("id", "rotate")
        return lambda: self._is_rotated(old)

    def rotate_by_halves(self):
        """The command dies at the answer, before it has put the new key in the place of the old one."""
        old, key = self.victim.node_id, self.victim.directory / "node.key"
        self.victim.command("id", "rotate")
        key.rename(key.with_name("node.key.next"))
        key.with_name("node.key.retired").rename(key)

        def is_finished_by_asking_again():
            if self.victim.node_id != old or not self._successor(old):
                return False
            self.victim.command("id", "rotate")
            self.victim.kill()
            self.victim.start()
            return self._is_rotated(old)

        return is_finished_by_asking_again

    def _is_rotated(self, old: str) -> bool:
        """The node runs under the key that the log names as the successor of the old one."""
        return self.victim.node_id != old and self.victim.node_id == self._successor(old)

    def _successor(self, old: str) -> str | None:
        return self.victim.command("id", "show", old)["rotated_to"]

    # How

    def _propose(self, member: Node, seconds: int) -> str:
        artefact = self.root / "artefact.txt"
        artefact.write_text(f"artefact {next(self.numbers)}\n")
        words = ["proposal", "new", "--title", "an artefact", "--file", str(artefact)]
        words += ["--description", "an artefact", "--deadline-seconds", str(seconds)]
        return member.command(*words)["id"]

    def _show(self, proposal: str) -> dict:
        return self.victim.command("proposal", "show", proposal)

    def _post(self, path: str, payload: dict) -> dict:
        body, key = json.dumps(payload).encode(), uuid.uuid4().hex
        answer = self.victim.ask("POST", path, body, "application/json", key)
        self.posted = path, body, key, answer["id"]
        return answer

    def _post_again(self, what: str) -> None:
        """A caller that missed the answer asks again with the same key (ADR 0060)."""
        if self.posted is None:
            return
        path, body, key, made = self.posted
        answer = self.victim.ask("POST", path, body, "application/json", key)
        assert answer["id"] == made, f"{what}: {made}, and again {answer['id']}"
