"""Who has no token holds the local API; who has no name fills the disk."""

import os
import socket
import time
from pathlib import Path

import valence
from networks import Network, peers_of
from node import Node, Place, eventually
from py_peer import PyPeer
from stage import Stage

HALF_OPEN = 1_100
DESCRIPTORS = 1_024
# A server gives up on a request that does not go on long before this.
CLOSED_WITHIN = 75


class HalfOpen(Network):
    """More half-sent requests than the node may have files open."""

    def __init__(self, root: Path):
        super().__init__(root, "half-open")
        self.sockets: list[socket.socket] = []

    def hold(self) -> None:
        """The node serves its operator and new peers all the same."""
        place = Place(descriptors=DESCRIPTORS)
        self.held, = self.found([place])
        port = int(self.held.api.rsplit(":", 1)[1])
        for _ in range(HALF_OPEN):
            self._begin_request(port)
        status = self.held.command("status")
        assert status, "no status"
        newcomer = Node(
            self.directory("newcomer"), "--bootstrap", self.held.address,
            place=Place(genesis=self.root / "network.json"),
        )
        self.started.append(newcomer)
        eventually("a new peer gets in", lambda: peers_of(newcomer) == 1, 30)

    def stay_idle(self) -> None:
        """Held sockets cost no work, once the surplus was turned away."""
        time.sleep(3)
        before = self._seconds_of_work()
        time.sleep(5)
        spent = self._seconds_of_work() - before
        assert spent < 1.5, f"{spent:.1f} s of work in 5 s"

    def let_go(self) -> None:
        """No half-sent request is kept for ever."""

        def are_closed():
            return all(self._is_closed(one) for one in self.sockets)

        eventually("the end of half-sent requests", are_closed, CLOSED_WITHIN)

    let_go.seconds = CLOSED_WITHIN + 15

    def stop(self) -> None:
        for one in self.sockets:
            one.close()
        super().stop()

    def _begin_request(self, port: int) -> None:
        one = socket.socket()
        one.settimeout(2)
        try:
            one.connect(("127.0.0.1", port))
            one.sendall(b"GET /v1/status HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Slow: ")
        except OSError:
            # Refused at once, which is an answer as well.
            one.close()
            return
        one.setblocking(False)
        self.sockets.append(one)

    @staticmethod
    def _is_closed(one: socket.socket) -> bool:
        try:
            while one.recv(4_096):
                pass
            return True
        except BlockingIOError:
            return False
        except OSError:
            return True

    def _seconds_of_work(self) -> float:
        fields = Path(f"/proc/{self.held.process.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


class Flood(Stage):
    """A stranger that authenticated posts as fast as it can."""

    OFFERED_MIB = 64
    PIECE = 256 * 1_024
    SMALL = 3_000
    # A host of py-libp2p drops what it is given faster than it can send.
    MIB_A_SECOND, MESSAGES_A_SECOND = 4, 100

    def __init__(self, root: Path):
        super().__init__(root, "flood")

    def pour(self) -> None:
        """The disk takes a bounded part of what one stranger offers."""
        self.stranger = self.start(PyPeer)
        self.node = self.start(Node, "--profile", "server")
        self.stranger.connect(self.node.address)
        key = self.stranger.key
        eventually("authentication", lambda: self.node.peer(key.node_id).get("authenticated"))
        before = self._bytes_kept()
        for number in range(self.OFFERED_MIB * 1_048_576 // self.PIECE):
            message = valence.request(key, f"large {number}")
            payload = message["payload"] | {"body": "x" * self.PIECE}
            self._publish(valence.envelope(key, "REQUEST", payload))
            time.sleep(self.PIECE / 1_048_576 / self.MIB_A_SECOND)
        self._settle()
        kept = self._bytes_kept() - before
        assert kept < self.OFFERED_MIB * 1_048_576 // 3, f"{kept >> 20} MiB kept"

    pour.seconds = 240

    def drizzle(self) -> None:
        """Nor does it help to post many small messages."""
        key = self.stranger.key
        before = self._messages_kept()
        for number in range(self.SMALL):
            self._publish(valence.request(key, f"small {number}"))
            time.sleep(1 / self.MESSAGES_A_SECOND)
        self._settle()
        kept = self._messages_kept() - before
        assert kept < self.SMALL // 2, f"{kept} of {self.SMALL} small posts kept"

    drizzle.seconds = 240

    def leave_room(self) -> None:
        """The operator's own posts still go, and so does a start."""
        self.node.command("request", "new", "--title", "the operator's own")
        self.node.kill()
        started = time.monotonic()
        self.node.start()
        assert time.monotonic() - started < 15, "the start takes long"
        assert "the operator's own" in self.node.titles()

    def _publish(self, message: dict) -> None:
        self.stranger.publish(valence.PROPOSALS, valence.canonical(message))

    def _settle(self) -> None:
        """Waits until no more arrives."""
        seen = -1
        while seen != (seen := self._bytes_kept()):
            time.sleep(2)

    def _messages_kept(self) -> int:
        return self.node.command("status")["log"]["last_sequence"]

    def _bytes_kept(self) -> int:
        files = (path.stat() for path in self.node.directory.rglob("*") if path.suffix == ".mdb")
        return sum(stat.st_blocks * 512 for stat in files)
