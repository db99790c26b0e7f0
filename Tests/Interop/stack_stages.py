"""Stages without a node: the stack under test, `swarm-host`, among foreign peers."""

import functools
import os
import signal
import socket
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import valence
from go_peer import GoPeer
from node import Node, eventually
from py_peer import PyPeer
from stage import Stage
from swarm_peer import SwarmPeer
from tls_client import TLSClient

TOPIC = valence.PROPOSALS
MIB = 1_048_576
# Without a node there is nobody to authenticate to.
PlainPy = functools.partial(PyPeer, answers_auth=False)
PlainPy.name = PlainPy.__name__ = PyPeer.name


def free_port() -> str:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return str(server.getsockname()[1])


def hear(peer, data: bytes, seconds: float = 20) -> None:
    """Waits until the peer receives the message."""
    inbox = peer.inboxes[TOPIC]

    def look() -> bool:
        while not inbox.empty():
            if inbox.get() == data:
                return True
        return False

    eventually(f"hearing a message of {len(data)} bytes at {peer.name}", look, seconds)


def carry(sender, receiver, size: int = 300) -> None:
    data = os.urandom(size)
    sender.publish(TOPIC, data)
    hear(receiver, data)


class Streams(Stage):
    """Streams between the stack and one foreign peer, on one connection that the latter dialled."""

    def __init__(self, root: Path, kind):
        super().__init__(root, f"streams-{kind.name}")
        self.kind = kind

    def meet(self) -> None:
        self.host = self.start(SwarmPeer)
        self.peer = self.start(self.kind)
        self.peer.connect(self.host.address)
        connected = lambda: self.host.is_connected(self.peer.key.peer_id)
        eventually("the stream for gossip", connected)

    def pour(self) -> None:
        """10 MiB there and back at once, many times the window of a stream."""
        # The echo of a ping keeps 64 KiB beyond the window, of which half may be on its way back.
        self.peer.pour(self.host.key.peer_id, 10 * MIB, 2 * 65_536)

    def largest(self) -> None:
        """One document of 10 MiB; py half-closes before it reads."""
        self.peer.echo(self.host.key.peer_id, 1, 10 * MIB, 1)

    def thousand(self) -> None:
        self.peer.echo(self.host.key.peer_id, 1_000, 100, 16)

    def many_at_once(self) -> None:
        """As many streams as the specification asks room for, less those of the stack itself."""
        self.host.hold(200)
        self.peer.echo(self.host.key.peer_id, 200, 100, 200)
        self.host.hold(1)

    def own_largest(self) -> None:
        self._ask(1, 10 * MIB, 1)

    def own_thousand(self) -> None:
        self._ask(1_000, 100, 16)

    def _ask(self, count: int, size: int, at_once: int) -> None:
        # The daemon gives up both ways at a half-close, so it is told the end when it is done.
        stays_open = self.kind is GoPeer
        self.host.echo(self.peer.key.peer_id, count, size, at_once, stays_open)

    def own_half_close(self) -> None:
        """The daemon gives up both ways at a half-close, but not a byte in front of it is lost."""
        for size in (1, 65_536, 10 * MIB):
            try:
                self.host.echo(self.peer.key.peer_id, 1, size, 1)
            except AssertionError as error:
                assert "the peer reset" in str(error) or "without an answer" in str(error), error
            document = self.peer.documents.get(timeout=20)
            assert len(document) == size, f"{len(document)} bytes of {size} arrived"


class Security(Stage):
    """A Go host that speaks one security protocol alone; the stack dials it, or is dialled by it."""

    def __init__(self, root: Path, security: str):
        super().__init__(root, f"security-{security}")
        off = "noise" if security == "tls" else "tls"
        self.options = ("-relay=false", f"-{off}=false")

    def is_dialled(self) -> None:
        self._talk(lambda host, peer: peer.connect(host.address))

    def dials(self) -> None:
        self._talk(lambda host, peer: host.connect(peer.address))

    def _talk(self, connect) -> None:
        host, peer = self.start(SwarmPeer), self.start(GoPeer, options=self.options)
        connect(host, peer)
        eventually("the stream for gossip", lambda: host.is_connected(peer.key.peer_id))
        time.sleep(2)
        for size in (300, 900_000):
            carry(peer, host, size)
            carry(host, peer, size)
        peer.pour(host.key.peer_id, 10 * MIB, 2 * 65_536)


class Sessions(Stage):
    """A client of OpenSSL that keeps the sessions of TLS."""

    def __init__(self, root: Path):
        super().__init__(root, "sessions")

    def come_back(self) -> None:
        """Whoever wants to go on with a session shows its certificate all the same, and is let in."""
        host = self.start(SwarmPeer)
        port = int(host.address.split("/")[4])
        client = TLSClient(self.directory("client"))
        for _ in range(3):
            client.meet(port)
            assert client.session and client.session.has_ticket, "there was no session to go on with"


class Line(Stage):
    """Peers in a row, each of which knows its neighbours only."""

    def __init__(self, root: Path, name: str, *kinds):
        super().__init__(root, name)
        self.kinds = kinds

    def join(self) -> None:
        # All at once: the imports of py-libp2p take seconds.
        with ThreadPoolExecutor() as pool:
            self.peers = list(pool.map(self.start, self.kinds))
        for left, right in zip(self.peers, self.peers[1:]):
            left.connect(right.address)
        # Meshes are built at heartbeats.
        time.sleep(3)

    def there(self) -> None:
        carry(self.peers[0], self.peers[-1])
        carry(self.peers[0], self.peers[-1], 100_000)

    def back(self) -> None:
        carry(self.peers[-1], self.peers[0])
        carry(self.peers[-1], self.peers[0], 100_000)


class Rejoin(Stage):
    """Processes are killed and come back with their keys."""

    def meet_go(self) -> None:
        self.host, self.peer = self.start(SwarmPeer), self.start(GoPeer)
        self.host.connect(self.peer.address)
        self._talk_to_go()

    def kill_go(self) -> None:
        before = self.peer
        before.kill()
        eventually("its going", lambda: not self.host.is_connected(before.key.peer_id))
        self.peer = self.start(GoPeer, key=before.key, port=before.port)
        self.host.connect(self.peer.address)
        self._talk_to_go()

    def kill_host(self) -> None:
        before = self.host
        before.kill()
        eventually("its going", lambda: not self.peer.is_connected(before.key.peer_id))
        self.host = self.start(SwarmPeer, key=before.key, port=before.port)
        self.peer.connect(self.host.address)
        self._talk_to_go()

    def _talk_to_go(self) -> None:
        time.sleep(2)
        carry(self.peer, self.host)
        carry(self.host, self.peer)

    def meet_py(self) -> None:
        self.peer = self.start(PyPeer, port=free_port())
        own = self.peer.key.node_id
        self.node = self.start(Node, "--bootstrap", self.peer.address, founders=[own])
        self._talk_to_py("at first")

    def kill_py(self) -> None:
        before = self.peer
        before.kill()
        self.peer = self.start(PyPeer, key=before.key, port=before.port)
        self._talk_to_py("after py was killed")

    kill_py.seconds = 160

    def kill_node(self) -> None:
        self.node.kill()
        # py-libp2p forgets the subscriptions of a peer that comes back before it has noticed its going.
        time.sleep(3)
        self.node.start()
        assert "at first" in self.node.titles(), "the node forgot what it accepted"
        self._talk_to_py("after the node was killed")

    kill_node.seconds = 160

    def _talk_to_py(self, title: str) -> None:
        def is_met() -> bool:
            return bool(self.node.peer(self.peer.key.node_id).get("authenticated"))

        eventually("authentication", is_met, seconds=40)
        time.sleep(2)
        # A handshake that met a host which still computes its proof makes the node wait before the next.
        self.peer.tell(self.node, title, seconds=100)
        made = self.node.command("request", "new", "--title", f"to py, {title}")["id"].encode()
        inbox = self.peer.inboxes[TOPIC]
        eventually("the request's arrival at py", lambda: made in inbox.get(timeout=15))


class SlowReader(Stage):
    """One foreign peer stops reading, as a process does that is stopped; another one reads on."""

    def __init__(self, root: Path, kind):
        super().__init__(root, f"slow-{kind.name}")
        self.kind = kind
        self.slow = None

    def stall(self) -> None:
        """More than may wait for a slow peer: the other one gets all, and memory has a bound."""
        self.host = self.start(SwarmPeer)
        self.slow, self.other = self.start(self.kind), self.start(GoPeer)
        for peer in (self.slow, self.other):
            peer.connect(self.host.address)
        time.sleep(3)
        carry(self.host, self.slow)
        before = self.host.resident_mib
        self.slow.process.send_signal(signal.SIGSTOP)
        self.stalled_at = time.monotonic()
        # 96 MiB, six times what may wait for a peer; the other one is served all along.
        for _ in range(16):
            self.host.flood(TOPIC, 32, 196_608)
            carry(self.host, self.other)
        grown = self.host.resident_mib - before
        dropped = f"dropped for {self.slow.key.peer_id}"
        assert dropped in self.host.problems, "nothing was dropped for the slow peer"
        # 64 MiB that a router remembers of messages, 16 MiB that wait, and what buffers round up.
        assert grown < 112, f"{grown:.0f} MiB more for one slow peer"
        assert self.host.is_connected(self.slow.key.peer_id), "given up at once"

    def recover(self) -> None:
        self.slow.process.send_signal(signal.SIGCONT)
        carry(self.host, self.slow)
        carry(self.slow, self.other)

    def cut_off(self) -> None:
        """A peer that takes in nothing for a minute loses its connection."""
        if self.slow is None:
            self.stall()
        left = 100 - (time.monotonic() - self.stalled_at)
        try:
            gone = self.host.disconnections.get(timeout=max(1, left))
        finally:
            self.slow.kill()
        assert gone["peer"] == self.slow.key.peer_id, gone
        assert "takes in nothing" in gone["text"] or "sign of life" in gone["text"], gone
        carry(self.host, self.other)

    cut_off.seconds = 160
