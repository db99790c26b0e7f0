"""What a row of tests stands on."""

import itertools
import time
from pathlib import Path

import valence
from node import Node, eventually


class Stage:
    """A node and what else a row of tests needs; everything it starts is ended by it."""

    all: list["Stage"] = []

    def __init__(self, root: Path, name: str):
        self.all.append(self)
        self.root = root / name
        self.root.mkdir()
        self.started: list = []
        self.numbers = itertools.count()
        self.node: Node | None = None

    def directory(self, name: str) -> Path:
        path = self.root / f"{name}{next(self.numbers)}"
        path.mkdir()
        return path

    def start(self, kind, *arguments, **options):
        made = kind(self.directory(kind.__name__.lower()), *arguments, **options)
        self.started.append(made)
        return made

    @staticmethod
    def tell(peer, node: Node, title: str, seconds: float = 15) -> None:
        """Publishes a request of a py-libp2p host until the node has it.

        The host waits for somebody who listens, and then sends to its mesh alone: until one of both has asked
        the other into it, what is published goes nowhere.
        """
        request = valence.canonical(valence.request(peer.key, title))

        def has_arrived() -> bool:
            peer.publish(valence.PROPOSALS, request, seconds)
            time.sleep(1)
            return title in node.titles()

        eventually("the request's arrival", has_arrived, seconds)

    def stop(self) -> None:
        while self.started:
            self.started.pop().stop()
