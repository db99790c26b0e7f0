"""A go-libp2p host: the daemon `p2pd`, driven through its control protocol."""

import os
import queue
import socket
import subprocess
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import base58
import protobuf as pb
import valence
from multiaddr import Multiaddr
from node import eventually
from peer_process import PeerProcess

DAEMON = ".interop/p2pd"

# Types of a control request.
IDENTIFY, CONNECT, STREAM_OPEN, STREAM_HANDLER, LIST_PEERS, PUBSUB = 0, 1, 2, 3, 5, 8
PUBLISH, SUBSCRIBE = 2, 3

# Requests on their way at once: a host reads 16 at most, so that nobody fills its memory.
SENDING_MAX = 4


class Wire:
    """A control connection; what follows the dialogue is the stream itself."""

    def __init__(self, connection: socket.socket):
        self.socket = connection
        self.file = connection.makefile("rb")

    def read_delimited(self) -> bytes:
        length = shift = 0
        while True:
            byte = self.file.read(1)
            if not byte:
                raise EOFError("the daemon closed the connection")
            length |= (byte[0] & 0x7F) << shift
            shift += 7
            if byte[0] < 0x80:
                return self.file.read(length)

    def read_frame(self) -> bytes:
        head = self.file.read(4)
        if len(head) < 4:
            raise EOFError("the stream ended without an answer")
        return self.file.read(int.from_bytes(head, "big"))

    def close(self) -> None:
        self.file.close()
        self.socket.close()


class GoPeer(PeerProcess):
    name = "go"

    def __init__(
        self,
        directory: Path,
        key: valence.Key | None = None,
        port: str = "0",
        topics=valence.TOPICS,
        ip: str = "127.0.0.1",
        options: tuple[str, ...] = ("-relay=false",),
    ):
        self.key = key or valence.Key()
        self.challenges: queue.Queue = queue.Queue()
        # What was read on streams of the echo protocol.
        self.documents: queue.Queue = queue.Queue()
        self.inboxes: dict[str, queue.Queue] = {topic: queue.Queue() for topic in topics}
        self.control = directory / "control.sock"
        (directory / "key").write_bytes(self.key.libp2p_private)
        self.log = open(directory / "p2pd.log", "wb")
        self.process = subprocess.Popen(
            [
                DAEMON, "-id", str(directory / "key"), "-listen", f"/unix{self.control}",
                "-hostAddrs", f"/ip4/{ip}/tcp/{port}", "-pubsub", "-quic=false", *options,
            ],
            stdout=self.log,
            stderr=self.log,
            env=os.environ | {"GOLOG_LOG_LEVEL": "info,autonat=debug,p2p-holepunch=debug"},
        )
        self.handlers: list[socket.socket] = []
        try:
            self._wait_for_control()
            self._serve(valence.AUTH, self._answer)
            self._serve(valence.ECHO, self._echo)
            for topic in topics:
                self._subscribe(topic)
            # Who is behind a relay has none before its place there.
            addresses = eventually("an address of go", self._addresses)
        except BaseException:
            self.stop()
            raise
        # One through a relay names the peer already.
        own = f"/p2p/{self.key.peer_id}"
        self.address = next(a for a in addresses if "/tcp/" in a).removesuffix(own) + own

    def _wait_for_control(self) -> None:
        for _ in range(100):
            try:
                self._call(pb.number(1, LIST_PEERS)).close()
                return
            except (FileNotFoundError, ConnectionRefusedError):
                if self.process.poll() is not None:
                    break
                threading.Event().wait(0.1)
        raise AssertionError(f"p2pd did not start (exit code {self.process.poll()})")

    def _call(self, request: bytes) -> Wire:
        """Sends a request; the connection stays open behind the answer."""
        connection = socket.socket(socket.AF_UNIX)
        connection.settimeout(40)
        connection.connect(str(self.control))
        wire = Wire(connection)
        connection.sendall(pb.delimited(request))
        wire.answer = pb.fields(wire.read_delimited())
        if wire.answer[1] != [0]:
            wire.close()
            raise AssertionError(f"p2pd: {wire.answer.get(2)}")
        return wire

    def _do(self, request: bytes) -> dict[int, list]:
        wire = self._call(request)
        wire.close()
        return wire.answer

    def _addresses(self) -> list[str]:
        identity = pb.fields(self._do(pb.number(1, IDENTIFY))[4][0])
        return [str(Multiaddr(raw)) for raw in identity.get(2, [])]

    # Streams

    def _serve(self, protocol: str, answer) -> None:
        handler = socket.create_server(("127.0.0.1", 0))
        self.handlers.append(handler)
        address = Multiaddr(f"/ip4/127.0.0.1/tcp/{handler.getsockname()[1]}").to_bytes()
        request = pb.text(1, address) + pb.text(2, protocol) + pb.number(3, 0)
        self._do(pb.number(1, STREAM_HANDLER) + pb.text(4, request))
        threading.Thread(target=self._accept, args=(handler, answer), daemon=True).start()

    def _accept(self, handler: socket.socket, answer) -> None:
        while True:
            try:
                connection, _ = handler.accept()
            except OSError:
                return
            threading.Thread(target=answer, args=(Wire(connection),), daemon=True).start()

    def _answer(self, wire: Wire) -> None:
        # The daemon closes both ways at the first half-close, and who challenges half-closes at
        # once: the challenge can be seen, an answer would go nowhere.
        try:
            wire.read_delimited()
            self.challenges.put(wire.read_frame())
        except (EOFError, OSError):
            pass
        finally:
            wire.close()

    def _echo(self, wire: Wire) -> None:
        # The echo reaches those alone who half-close behind it; of others it is known what arrived.
        try:
            wire.read_delimited()
            document = wire.read_frame()
            self.documents.put(document)
            wire.socket.sendall(valence.frame(document))
            wire.file.read()
        except (EOFError, OSError):
            pass
        finally:
            wire.close()

    def _open(self, peer: str, protocol: str) -> Wire:
        stream = pb.text(1, base58.b58decode(peer)) + pb.text(2, protocol) + pb.number(3, 10)
        return self._call(pb.number(1, STREAM_OPEN) + pb.text(3, stream))

    def exchange(self, peer: str, protocol: str, document: bytes) -> bytes:
        """One document there, one back."""
        # Not half-closed, see above.
        wire = self._open(peer, protocol)
        try:
            wire.socket.sendall(valence.frame(document))
            return wire.read_frame()
        finally:
            wire.close()

    def ping(self, peer: str, payload: bytes) -> bytes:
        wire = self._open(peer, "/ipfs/ping/1.0.0")
        try:
            wire.socket.sendall(payload)
            return wire.file.read(len(payload))
        finally:
            wire.close()

    def pour(self, peer: str, size: int, ahead: int) -> None:
        """Sends so many bytes through the peer's ping stream, `ahead` of the echo, and checks it."""
        wire = self._open(peer, "/ipfs/ping/1.0.0")
        try:
            sent, echoed = os.urandom(size), bytearray()
            wire.socket.sendall(sent[:ahead])
            while len(echoed) < size:
                chunk = wire.socket.recv(65_536)
                assert chunk, f"the echo ended after {len(echoed)} bytes"
                start = ahead + len(echoed)
                echoed += chunk
                wire.socket.sendall(sent[start : start + len(chunk)])
            assert echoed == sent, "the echo differs"
        finally:
            wire.close()

    def echo(self, peer: str, count: int, size: int, at_once: int) -> None:
        """Opens so many streams to a peer that echoes, and checks what comes back."""
        places = threading.Semaphore(SENDING_MAX)

        def one(_) -> None:
            document = os.urandom(size)
            with places:
                wire = self._open(peer, valence.ECHO)
                wire.socket.sendall(valence.frame(document))
            try:
                assert wire.read_frame() == document, "the echo differs"
            finally:
                wire.close()

        with ThreadPoolExecutor(at_once) as pool:
            list(pool.map(one, range(count)))

    def identify(self, peer: str) -> dict[int, list]:
        wire = self._open(peer, "/ipfs/id/1.0.0")
        try:
            return pb.fields(wire.read_delimited())
        finally:
            wire.close()

    # Connections

    def connect(self, address: str) -> None:
        transport, _, peer = address.rpartition("/p2p/")
        request = pb.text(1, base58.b58decode(peer)) + pb.text(2, Multiaddr(transport).to_bytes())
        self._do(pb.number(1, CONNECT) + pb.text(2, request + pb.number(3, 10)))

    def is_connected(self, peer: str) -> bool:
        return bool(self.addresses_of(peer))

    def addresses_of(self, peer: str) -> list[str]:
        """Where the peer is seen, one address a connection."""
        known = [pb.fields(info) for info in self._do(pb.number(1, LIST_PEERS)).get(6, [])]
        return [
            str(Multiaddr(info[2][0])) for info in known if info[1][0] == base58.b58decode(peer)
        ]

    def has_noted(self, text: str) -> bool:
        """Whether the daemon wrote this into its log."""
        return text.encode() in Path(self.log.name).read_bytes()

    # Gossip

    def _subscribe(self, topic: str) -> None:
        request = pb.number(1, SUBSCRIBE) + pb.text(2, topic)
        wire = self._call(pb.number(1, PUBSUB) + pb.text(8, request))
        wire.socket.settimeout(None)
        threading.Thread(target=self._receive, args=(wire, topic), daemon=True).start()

    def _receive(self, wire: Wire, topic: str) -> None:
        try:
            while True:
                self.inboxes[topic].put(pb.fields(wire.read_delimited())[2][0])
        except (EOFError, OSError, ValueError):
            return

    def publish(self, topic: str, data: bytes) -> None:
        request = pb.number(1, PUBLISH) + pb.text(2, topic) + pb.text(3, data)
        self._do(pb.number(1, PUBSUB) + pb.text(8, request))

    def stop(self) -> None:
        for handler in self.handlers:
            handler.close()
        self.process.terminate()
        try:
            self.process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.log.close()
