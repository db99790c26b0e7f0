"""The stages of the tests: a node, the foreign peers around it, and what is tried with them."""

import os
import time
from pathlib import Path

import valence
from go_peer import GoPeer
from node import Node, eventually
from py_peer import PyPeer
from stage import Stage


class Conversation(Stage):
    """A foreign peer that dialled the node and authenticated."""

    def __init__(self, root: Path, kind):
        super().__init__(root, kind.name)
        self.kind = kind

    def meet(self) -> None:
        self.peer = self.start(self.kind)
        self.node = self.start(Node, founders=[self.peer.key.node_id])
        if self.kind is GoPeer:
            self._meet_go()
        else:
            self.peer.connect(self.node.address)
            self._wait_until_authenticated()

    def _meet_go(self) -> None:
        # The daemon cannot answer an exchange (see go_peer). Authentication belongs to a peer and
        # not to a connection: a second host with the daemon's key answers in its name and leaves.
        twin = self.start(PyPeer, key=self.peer.key)
        twin.connect(self.node.address)
        self._wait_until_authenticated()
        self.peer.connect(self.node.address)
        twin.disconnect(self.node.peer_id)
        time.sleep(1)
        self._wait_until_authenticated()
        assert self.peer.is_connected(self.node.peer_id), "go is not connected"

    def _wait_until_authenticated(self) -> None:
        def is_authenticated():
            row = self.node.peer(self.peer.key.node_id)
            return row.get("authenticated") and row["direction"] == "inbound"

        eventually("authentication", is_authenticated)

    # What both kinds are tested with

    def prove_node(self) -> None:
        nonce = os.urandom(32)
        challenge = valence.canonical(valence.challenge(self.peer.key, nonce))
        answer = self.peer.exchange(self.node.peer_id, valence.AUTH, challenge)
        valence.check_response(answer, nonce, self.peer.key, self.node.node_id)

    def refuse_to_sign_for_others(self) -> None:
        """D-09: the signature could be the consent to a link."""
        challenge = valence.canonical(valence.challenge(valence.Key(), os.urandom(32)))
        try:
            answer = self.peer.exchange(self.node.peer_id, valence.AUTH, challenge)
        except (AssertionError, EOFError, OSError):
            return
        raise AssertionError(f"the node answered {answer[:80]}")

    def identify(self) -> None:
        """R-03-001, R-03-002, R-03-003, R-03-004: the node offers its protocols by their names."""
        said = self.peer.identify(self.node.peer_id)
        assert said[1] == [bytes.fromhex("08011220" + self.node.node_id)], "wrong key"
        offered = {name.decode() for name in said[3]}
        missing = {valence.AUTH, valence.SYNC, valence.CONTENT, "/meshsub/1.1.0"} - offered
        assert not missing, f"not offered: {missing}"
        assert said[6][0].startswith(b"valence-node/"), said[6]

    def ping(self) -> None:
        for _ in range(3):
            payload = os.urandom(32)
            assert self.peer.ping(self.node.peer_id, payload) == payload

    def publish_proposals(self) -> None:
        title = f"a request of {self.peer.name}"
        self._publish(valence.PROPOSALS, valence.request(self.peer.key, title))
        eventually("the request's arrival", lambda: title in self.node.titles())
        self.proposal = valence.proposal(self.peer.key, f"a proposal of {self.peer.name}")
        self._publish(valence.PROPOSALS, self.proposal)
        eventually("its arrival", lambda: self.proposal["id"] in self.node.proposals())

    def publish_votes(self) -> None:
        made = self._propose(b"small")
        self._publish(valence.VOTES, valence.vote(self.peer.key, made))

        def has_counted():
            votes = self.node.command("proposal", "show", made)["votes"]
            return any(
                v["identity"] == self.peer.key.node_id and v["not_counted_because"] is None
                for v in votes
            )

        eventually("the vote's counting", has_counted)

    def publish_peers(self) -> None:
        said = valence.announcement(self.peer.key, self.peer.address)
        self._publish(valence.PEERS, said)

        def is_known():
            row = self.node.peer(self.peer.key.node_id)
            return "interop" in row["capabilities"] and self.peer.address in row["addresses"]

        eventually("the announcement's arrival", is_known)

    def hear_proposals(self) -> None:
        made = self.node.command("request", "new", "--title", "a request of the node")
        self.hear(valence.PROPOSALS, made["id"])
        self.hear(valence.PROPOSALS, self._propose(b"artefact"))

    def hear_votes(self) -> None:
        made = self.node.command("proposal", "vote", self.proposal["id"], "endorse")
        self.hear(valence.VOTES, made["id"])

    def hear_peers(self) -> None:
        def is_announcement(message):
            return message["type"] == "PEER_ANNOUNCE" and message["from"] == self.node.node_id

        # The node announces itself when its reach changes, and every five minutes otherwise.
        heard = self.find(valence.PEERS, is_announcement, seconds=20)
        valence.check_proof(heard["payload"]["vdf_proof"], self.node.node_id)

    def survive_large(self) -> None:
        """go-libp2p resets streams that bring more than 1 MiB; what follows must still arrive."""
        self._propose(os.urandom(1_000_000))
        time.sleep(3)
        made = self.node.command("request", "new", "--title", "after the large one")
        self.hear(valence.PROPOSALS, made["id"])

    def refuse_forgery(self) -> None:
        """A wrong signature is not accepted and does not cost the honest the connection."""
        forged = valence.request(self.peer.key, "forged")
        self._publish(valence.PROPOSALS, forged | {"signature": "00" * 64})
        title = f"honest again, {self.peer.name}"
        self._publish(valence.PROPOSALS, valence.request(self.peer.key, title))
        eventually("the honest request's arrival", lambda: title in self.node.titles())
        assert "forged" not in self.node.titles()

    def leave(self) -> None:
        assert self.node.is_running, f"the node died: {self.node.tail()}"
        code = self.node.stop()
        assert code == 0, f"exit code {code}: {self.node.tail()}"

    def _publish(self, topic: str, message: dict) -> None:
        self.peer.publish(topic, valence.canonical(message))

    def _propose(self, content: bytes) -> str:
        path = self.root / "artefact"
        path.write_bytes(content)
        words = ["proposal", "new", "--title", "a proposal of the node", "--file", str(path)]
        return self.node.command(*words)["id"]

    def hear(self, topic: str, identifier: str) -> None:
        self.find(topic, lambda message: message["id"] == identifier)

    def find(self, topic: str, condition, seconds: float = 15) -> dict:
        """Waits for a message that meets the condition; all that come by must be sound."""
        own = f'"from":"{self.peer.key.node_id}"'.encode()
        found = []

        def look():
            inbox = self.peer.inboxes[topic]
            while not inbox.empty():
                data = inbox.get()
                # What the peer published itself comes back to it, forgeries and all.
                if own in data:
                    continue
                message = valence.check_envelope(data)
                if condition(message):
                    found.append(message)
            return found

        return eventually(f"hearing it on {topic}", look, seconds)[0]


class PyConversation(Conversation):
    def __init__(self, root: Path):
        super().__init__(root, PyPeer)

    def sync(self) -> None:
        made = self.node.command("request", "new", "--title", "to be synced")
        asked = valence.sync_request(self.peer.key, types=["REQUEST"])
        said = self._ask(asked)
        assert said["type"] == "SYNC_RESPONSE", said["type"]
        envelopes = [valence.check_envelope(valence.canonical(m)) for m in said["payload"]["messages"]]
        assert {m["type"] for m in envelopes} == {"REQUEST"}, "the filter was ignored"
        assert made["id"] in [m["id"] for m in envelopes], "the new request is missing"
        asked = valence.sync_request(self.peer.key, ids=[self.proposal["id"]])
        found, *votes = self._ask(asked)["payload"]["messages"]
        assert found["id"] == self.proposal["id"], "asking by id does not work"
        # Whoever asks for a proposal gets the votes on it, too (R-05-074).
        on = {(m["type"], m["payload"]["proposal_id"]) for m in votes}
        assert on == {("VOTE", self.proposal["id"])}, f"{on} beside it"

    def list_peers(self) -> None:
        payload = {"limit": 10, "after": None}
        said = self._ask(valence.envelope(self.peer.key, "PEER_LIST_REQUEST", payload))
        assert said["type"] == "PEER_LIST_RESPONSE", said["type"]
        assert isinstance(said["payload"]["peers"], list)

    def _ask(self, message: dict) -> dict:
        sent = valence.canonical(message)
        return valence.check_envelope(self.peer.exchange(self.node.peer_id, valence.SYNC, sent))


class Dialling(Stage):
    """The node dials the foreign peer."""

    def py(self) -> None:
        peer = self.start(PyPeer)
        node = self.start(Node, "--bootstrap", peer.address, founders=[peer.key.node_id])

        def is_met():
            row = node.peer(peer.key.node_id)
            return row.get("authenticated") and row["direction"] == "outbound"

        eventually("authentication", is_met)
        peer.tell(node, "a request of whom was dialled")
        made = node.command("request", "new", "--title", "to whom was dialled")
        inbox = peer.inboxes[valence.PROPOSALS]
        for _ in range(5):
            if valence.check_envelope(inbox.get(timeout=15))["id"] == made["id"]:
                return
        raise AssertionError("the node's request did not arrive")

    def go(self) -> None:
        peer = self.start(GoPeer)
        node = self.start(Node, "--bootstrap", peer.address)
        asked = peer.challenges.get(timeout=15)
        valence.answer_challenge(peer.key, asked)
        assert node.node_id.encode() in asked, "the challenge is not in the node's name"
        # Addresses are learnt from outbound connections only after the peer proved its key.
        row = node.peer(peer.key.node_id)
        assert row["direction"] == "outbound" and peer.address in row["addresses"], row


class Strangers(Stage):
    """Who does not authenticate (D-10)."""

    def silence(self) -> None:
        peer = self.start(PyPeer, answers_auth=False)
        node = self.start(Node, founders=[peer.key.node_id])
        peer.connect(node.address)
        met = time.monotonic()
        peer.challenges.get(timeout=10)
        time.sleep(2)
        request = valence.request(peer.key, "a stranger's")
        peer.publish(valence.PROPOSALS, valence.canonical(request))
        asked = valence.canonical(valence.sync_request(peer.key))
        try:
            peer.exchange(node.peer_id, valence.SYNC, asked)
            raise RuntimeError("a stranger's sync request was answered")
        except AssertionError:
            pass
        assert node.peer(peer.key.node_id)["connected"], "disconnected before 30 s"
        gone = lambda: not node.peer(peer.key.node_id)["connected"]
        eventually("the disconnection", gone, seconds=35 - (time.monotonic() - met))
        assert time.monotonic() - met > 25, "disconnected before 30 s"
        assert node.titles() == [], "a stranger's request was accepted"

    def refusal(self) -> None:
        """A daemon that cannot answer loses the connection, and the node stays well."""
        peer = self.start(GoPeer)
        node = self.start(Node, founders=[peer.key.node_id])
        peer.connect(node.address)
        request = valence.request(peer.key, "a stranger's")
        peer.publish(valence.PROPOSALS, valence.canonical(request))
        eventually("the disconnection", lambda: not node.peer(peer.key.node_id)["connected"])
        assert node.titles() == [], "a stranger's request was accepted"
        assert node.stop() == 0


class Relay(Stage):
    """Two foreign peers that know only the node."""

    def carry(self, go: Conversation) -> None:
        peer = go.start(PyPeer)
        peer.connect(go.node.address)
        eventually("authentication", lambda: go.node.peer(peer.key.node_id).get("authenticated"))
        # Messages of go carry no key, those of py do; both check signatures strictly.
        time.sleep(2)
        there = valence.request(go.peer.key, "from go to py")
        go.peer.publish(valence.PROPOSALS, valence.canonical(there))
        inbox = peer.inboxes[valence.PROPOSALS]
        while valence.check_envelope(inbox.get(timeout=15))["id"] != there["id"]:
            pass
        back = valence.request(peer.key, "from py to go")
        peer.publish(valence.PROPOSALS, valence.canonical(back))
        go.hear(valence.PROPOSALS, back["id"])
