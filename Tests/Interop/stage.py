"""What a row of tests stands on."""

import itertools
from pathlib import Path

from node import Node


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

    def stop(self) -> None:
        while self.started:
            self.started.pop().stop()
