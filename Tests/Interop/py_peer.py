"""A py-libp2p host, `py_host.py`, in a process of its own."""

import sys
import time
from pathlib import Path

import protobuf as pb
import valence
from commanded_peer import CommandedPeer
from node import Node, eventually


class PyPeer(CommandedPeer):
    name = "py"

    def __init__(
        self,
        directory: Path,
        answers_auth: bool = True,
        key: valence.Key | None = None,
        port: str = "0",
        topics=valence.TOPICS,
    ):
        key = key or valence.Key()
        script = Path(__file__).with_name("py_host.py")
        answers = "answers" if answers_auth else "keeps silent"
        command = [sys.executable, str(script), key.seed.hex(), answers, port, *topics]
        super().__init__(directory, command, key, topics)

    def tell(self, node: Node, title: str, seconds: float = 15) -> None:
        """Publishes a request until the node has it.

        This host sends to its mesh alone: until one of both has asked the other into it, what is published
        goes nowhere.
        """
        request = valence.canonical(valence.request(self.key, title))

        def has_arrived() -> bool:
            if self._do("has_listener", valence.PROPOSALS):
                self.publish(valence.PROPOSALS, request)
            time.sleep(1)
            return title in node.titles()

        eventually("the request's arrival", has_arrived, seconds)

    def exchange(self, peer: str, protocol: str, document: bytes) -> bytes:
        return bytes.fromhex(self._do("exchange", peer, protocol, document.hex()))

    def ping(self, peer: str, payload: bytes) -> bytes:
        return bytes.fromhex(self._do("ping", peer, payload.hex()))

    def pour(self, peer: str, size: int, ahead: int) -> None:
        """Sends so many bytes through the peer's ping stream, `ahead` of the echo, and checks it."""
        self._do("pour", peer, size, ahead, seconds=55)

    def identify(self, peer: str) -> dict[int, list]:
        return pb.fields(bytes.fromhex(self._do("identify", peer)))
